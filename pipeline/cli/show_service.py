"""What the commands for the machine print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from pipeline.cli.screen import document, plain, put
from pipeline.cli.words import word
from pipeline.service.schedule import Kind
from pipeline.settings import SETTINGS_FILE, Setting

if TYPE_CHECKING:
    from pipeline.service.backup import Backup, Restored
    from pipeline.service.doctor import Check
    from pipeline.service.schedule import Task

_MARKS = {"ok": "[green]正常[/]", "hint": "[yellow]提示[/]", "fault": "[red]要处理[/]"}


def settings(root: Path, found: Sequence[Setting], *, json: bool) -> None:
    """Print every setting and its source."""
    if json:
        document([asdict(setting) for setting in found])
        return
    put(f"工作区 {word(str(root.resolve()))}，设置文件 {SETTINGS_FILE}（没有也可以）")
    table = Table("设置", "值", "来自", box=None)
    for setting in found:
        table.add_row(setting.key, word(setting.value) or "（空）", setting.source)
    put(table)


def checks(found: Sequence[Check], *, json: bool) -> None:
    """Print each check, and what to do where it is not in order."""
    if json:
        document([asdict(check) for check in found])
        return
    for check in found:
        put(f"{_MARKS[check.verdict]}　{check.what}：{word(check.found)}")
        if check.verdict != "ok" and check.remedy:
            put(f"　　　{word(check.remedy)}")
    faults = sum(check.verdict == "fault" for check in found)
    put(f"[red]有 {faults} 项要处理。[/]" if faults else "[green]可以运行。[/]")


def task(planned: Task, *, install: bool) -> None:
    """Print the files of a task, and how it is installed."""
    for name, text in planned.files.items():
        put(f"[dim]── {word(name)}[/]")
        plain(text.rstrip("\n") + "\n")
    if not install:
        put("以上内容还没有装上。要装上请加 --install；要撤掉请用 --remove。")


def installed(planned: Task) -> None:
    """Print that a task was installed, and what to know about it."""
    put(f"[green]已装上：每晚 {planned.at} 运行一次（{planned.name}）。[/]")
    if planned.kind is Kind.SYSTEMD:
        put("本用户退出登录以后也要运行的，请让管理员执行一次 loginctl enable-linger 用户名。")
    put("运行情况看 outputs/log/xxgk.jsonl 和 xxgk runs。")


def removed(planned: Task) -> None:
    """Print that a task was removed."""
    put(f"已撤掉 {planned.name}，以后不再自动运行。")


def backed_up(done: Backup) -> None:
    """Print where a backup is, and what is not in it."""
    put(f"[green]已备份：{word(str(done.path))}（{done.files} 个文件，{done.size / 1e6:.1f} MB，已核对）[/]")
    put("里面有签发密钥，只有本用户能读，请妥善保管。")
    for line in done.omitted:
        put(f"[yellow]{word(line)}。[/]")


def restored(done: Restored, folder: Path) -> None:
    """Print what was restored, and the next step."""
    from pipeline.service.backup import DUMP

    put(f"[green]已恢复到 {word(str(folder))}：{done.files} 个文件，是 {done.at[:16].replace('T', ' ')} 的备份。[/]")
    if done.kept:
        put(f"原来的内容挪到了 {word(str(done.kept))}，确认以后可以删掉。")
    if (folder / DUMP).exists():
        put(f"历史库在 PostgreSQL 的，请用 pg_restore --clean --dbname=地址 {DUMP} 恢复它。")
    put(f"下一步：xxgk doctor -w {word(str(folder))}，再运行 xxgk run -w {word(str(folder))} 生成结果。")
