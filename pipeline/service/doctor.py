"""The check of a machine and a workspace: each line is in order, or says what to do."""

from __future__ import annotations

import datetime as dt
import importlib.util
import locale
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal

from pipeline.control import read_control
from pipeline.errors import XxgkError, explain_fault
from pipeline.files.atomic import can_exchange
from pipeline.ledger.database import DATABASE
from pipeline.model.seal import read_secret
from pipeline.night.template_trial import examine_letter, examine_templates
from pipeline.service.schedule import is_installed, plan_task
from pipeline.settings import read_settings
from pipeline.setup import local_indicators
from pipeline.workspace import Workspace

Verdict = Literal["ok", "hint", "fault"]
_FREE = 1 << 30
_CHINA, _DRIFT = 8, 120


@dataclass(frozen=True, slots=True)
class Check:
    """One line: what was looked at, what was found, and what to do unless that is in order. A ``hint`` costs nothing."""

    what: str
    verdict: Verdict
    found: str
    remedy: str = ""


def examine_machine(workspace: Workspace, now: dt.datetime) -> list[Check]:
    """Look at everything a nightly run depends on; a check that fails itself is a line as well."""
    looks: tuple[Look, ...] = (
        *(_python, _packages, _extras, _encoding, _clock, _office_program, _fonts, _folders, _disk, _publishing),
        *(_settings, _secret, _ledger, _originals, _year, _templates, _schedule),
    )
    return [check for look in looks for check in _guarded(look, workspace, now)]


Look = Callable[[Workspace, dt.datetime], Iterator[Check]]


def _guarded(look: Look, workspace: Workspace, now: dt.datetime) -> list[Check]:
    try:
        return list(look(workspace, now))
    except XxgkError as error:
        return [Check("工作区", "fault", str(error), "请按上面说的处理。")]
    except (OSError, sqlite3.Error, ValueError) as error:
        return [Check("工作区", "fault", explain_fault(error), "请检查文件夹权限和磁盘。")]


def _python(_: Workspace, __: dt.datetime) -> Iterator[Check]:
    here = ".".join(map(str, sys.version_info[:3]))
    right = sys.version_info >= (3, 11)
    yield Check("Python", "ok" if right else "fault", f"{here}，{sys.executable}", "请换用 Python 3.11 或更新的版本。")


def _packages(_: Workspace, __: dt.datetime) -> Iterator[Check]:
    try:
        needed = [line for line in requires("xxgk") or () if "extra ==" not in line]
    except PackageNotFoundError:
        yield Check("程序包", "hint", "程序没有安装，直接从源代码运行", "请按 README 安装。")
        return
    lacking = [name for line in needed if not _version_of(name := _name_in(line))]
    found = f"xxgk {version('xxgk')}，用到的 {len(needed)} 个程序包" + (
        f"缺 {'、'.join(lacking)}" if lacking else "都在"
    )
    yield Check("程序包", "fault" if lacking else "ok", found, "请重新安装程序。")


def _name_in(requirement: str) -> str:
    return re.split(r"[ \[<>=!~;(]", requirement, maxsplit=1)[0]


def _version_of(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _extras(workspace: Workspace, _: dt.datetime) -> Iterator[Check]:
    if importlib.util.find_spec("isal") is None:
        yield Check(
            "加速包", "hint", "没有装 isal，解压慢一些，结果一样", "可以不装；要装请运行 pip install xxgk[fast]。"
        )
    if importlib.util.find_spec("matplotlib") is None:
        yield Check(
            "画图", "hint", "没有装 matplotlib，网页和图解里没有图表", '要图表的运行 pip install "xxgk[charts]"。'
        )
    if read_settings(workspace.root).ledger and importlib.util.find_spec("psycopg") is None:
        yield Check(
            "数据库驱动", "fault", "历史库设在 PostgreSQL，没有装 psycopg", "请运行 pip install xxgk[postgres]。"
        )


def _encoding(_: Workspace, __: dt.datetime) -> Iterator[Check]:
    names = sys.getfilesystemencoding()
    right = names.lower().replace("-", "") == "utf8"
    found = f"文件名 {names}，文字 {locale.getpreferredencoding(do_setlocale=False)}"
    yield Check("字符编码", "ok" if right else "fault", found, "请设置 LANG=C.UTF-8（或 zh_CN.UTF-8）后再运行。")


def _clock(_: Workspace, now: dt.datetime) -> Iterator[Check]:
    offset = (now.utcoffset() or dt.timedelta()).total_seconds() / 3600
    shown = f"{now:%Y-%m-%d %H:%M}，时区 UTC{offset:+g}"
    if now.year < 2024:
        yield Check("时钟", "fault", shown, "请校准时钟：逾期天数按它来算。")
    elif offset != _CHINA:
        yield Check("时钟", "hint", shown, "不是北京时间：收到时间和逾期天数按这个时区来算。")
    else:
        yield Check("时钟", "ok", shown)


def _office_program(_: Workspace, __: dt.datetime) -> Iterator[Check]:
    found = next((path for name in ("soffice", "libreoffice", "wps", "et") if (path := shutil.which(name))), "")
    yield Check("办公软件", "ok", found or "没有找到 LibreOffice 或 WPS；程序自己不需要，打开结果要有一个")


_REPORT_FONTS = ("方正小标宋简体", "仿宋_GB2312", "楷体_GB2312", "黑体")
_WINDOWS_FONTS = ("simfang.ttf", "simkai.ttf", "simhei.ttf")


def _fonts(_: Workspace, __: dt.datetime) -> Iterator[Check]:
    remedy = "报告照样生成，字体名不变；要在这台机器上看到原样，请装上这些字体。"
    if sys.platform == "win32":
        folder = Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts"
        lacking = [name for name in _WINDOWS_FONTS if not (folder / name).exists()]
        yield Check(
            "字体",
            "hint" if lacking else "ok",
            f"缺 {'、'.join(lacking)}" if lacking else "仿宋、楷体、黑体都在",
            remedy,
        )
    elif program := shutil.which("fc-list"):
        listed = subprocess.run([program, ":lang=zh", "family"], capture_output=True, text=True, check=False).stdout  # noqa: S603
        families = len(set(listed.splitlines()))
        lacking = [name for name in _REPORT_FONTS if name not in listed]
        found = f"中文字体 {families} 种" + (f"，没有 {'、'.join(lacking)}" if lacking else "")
        yield Check("字体", "hint" if lacking else "ok", found, remedy)


def _folders(workspace: Workspace, _: dt.datetime) -> Iterator[Check]:
    for path in (workspace.inputs, workspace.outputs):
        if not path.is_dir():
            yield Check(path.name, "fault", f"没有 {path}", "请用 --workspace 指明工作区，或先运行 xxgk init。")
            continue
        probe = path / f".xxgk{os.getpid()}"
        try:
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            yield Check(path.name, "fault", f"{path} 不能写（{explain_fault(error)}）", "请检查文件夹权限。")
        else:
            yield Check(path.name, "ok", f"{path} 可以读写")


def _disk(workspace: Workspace, _: dt.datetime) -> Iterator[Check]:
    free = shutil.disk_usage(workspace.root).free
    yield Check("磁盘", "ok" if free > _FREE else "fault", f"空余 {free / 1e9:.1f} GB", "请清理磁盘，至少留出 1 GB。")


def _publishing(workspace: Workspace, _: dt.datetime) -> Iterator[Check]:
    if workspace.outputs.is_dir() and os.access(workspace.outputs, os.W_OK):
        found = "文件夹可以整体交换" if can_exchange(workspace.outputs) else "文件夹不能整体交换，结果按清单逐个文件换"
        yield Check("发布结果", "ok", found)


def _settings(workspace: Workspace, _: dt.datetime) -> Iterator[Check]:
    settings = read_settings(workspace.root)
    yield Check("设置", "ok", "历史库在 PostgreSQL" if settings.ledger else "历史库在 outputs/ledger/ledger.sqlite")


def _secret(workspace: Workspace, _: dt.datetime) -> Iterator[Check]:
    if not workspace.inputs.is_dir():
        return
    remedy = "请从备份恢复；还没有下发过报表的，运行 xxgk issue 会生成。"
    try:
        read_secret(workspace.secret)
    except FileNotFoundError:
        yield Check("签发密钥", "fault", f"没有 {workspace.secret}", remedy)
        return
    except (OSError, ValueError):
        yield Check("签发密钥", "fault", f"{workspace.secret} 已损坏或是空的", remedy)
        return
    mode = stat.S_IMODE(workspace.secret.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        yield Check("签发密钥", "fault", f"别的用户也能读（{mode:o}）", f"请运行 chmod 600 {workspace.secret}")
    else:
        yield Check("签发密钥", "ok", "完好，只有本用户能读" if os.name == "posix" else "完好")


def _ledger(workspace: Workspace, _: dt.datetime) -> Iterator[Check]:
    path = workspace.ledger / DATABASE
    if read_settings(workspace.root).ledger:
        with workspace.open_ledger():
            yield Check("历史库", "ok", "PostgreSQL 连得上")
    elif path.is_file():
        with closing(sqlite3.connect(f"file:{path.as_posix()}?mode=ro", uri=True)) as connection:
            try:
                verdict = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
            except sqlite3.DatabaseError as error:
                verdict = str(error)
        right = verdict == "ok"
        found = f"{path.stat().st_size / 1e6:.1f} MB，" + ("完好" if right else f"已损坏（{verdict}）")
        yield Check("历史库", "ok" if right else "fault", found, f"请从备份恢复 {path}。")
    else:
        yield Check("历史库", "ok", "还没有，第一次运行时建立")


def _originals(workspace: Workspace, now: dt.datetime) -> Iterator[Check]:
    if not (workspace.ledger / DATABASE).is_file():
        return
    with workspace.open_ledger() as ledger:
        known = {sha256 for year in workspace.years() for sha256, *_ in ledger.arrivals.all(year)}
        lost = [sha256 for sha256 in sorted(known) if not ledger.original(sha256).is_file()]
        ahead = ledger.clock() - now.timestamp()
    found = f"收到过 {len(known)} 份" + (f"，缺 {len(lost)} 份原件：{lost[0][:12]}……" if lost else "，原件都在")
    yield Check("原件", "fault" if lost else "ok", found, "请从备份恢复 outputs/ledger/originals。")
    if abs(ahead) > _DRIFT:
        found = f"与本机相差 {ahead:.0f} 秒"
        yield Check("共享盘的时钟", "hint", found, "请让两台机器对时；先后次序不靠时钟，收到时间会差这么多。")


def _year(workspace: Workspace, _: dt.datetime) -> Iterator[Check]:
    if workspace.inputs.is_dir():
        year = workspace.current_year()
        form = workspace.form(year)[0]
        yield Check("年度", "ok", f"不写 --year 时是 {year} 年度，有适用的表式")
        try:
            control = read_control(workspace.control(year), form, year=year)
        except XxgkError as error:
            yield Check("台账", "fault", str(error), "没有读得出来的台账，这个年度不能下发，也不能汇总。")
        else:
            yield Check("台账", "ok", f"{year} 年度名录里有 {len(control.units)} 个单位")


_MOST = 5


def _templates(workspace: Workspace, _: dt.datetime) -> Iterator[Check]:
    """The templates of the year that is meant, as `template check` tries them."""
    if not workspace.inputs.is_dir():
        return
    form, folder = workspace.form(workspace.current_year())
    found = examine_templates(form, folder, local_indicators(workspace))
    found += examine_letter(workspace.letter_template())
    for finding in found[:_MOST]:
        verdict: Verdict = "fault" if finding.severity == "error" else "hint"
        yield Check("模板", verdict, f"{finding.code} {finding.file}：{finding.message}", finding.remedy)
    if len(found) > _MOST:
        yield Check("模板", "hint", f"另有 {len(found) - _MOST} 处", "请运行 xxgk template check 全部列出。")
    if not found:
        yield Check("模板", "ok", "填表用的和写报告用的都完整，填得成")


def _schedule(workspace: Workspace, _: dt.datetime) -> Iterator[Check]:
    if workspace.inputs.is_dir():
        task = plan_task(workspace, "22:00")
        there = is_installed(task)
        found = f"{task.kind} 任务 {task.name}" + ("已安装" if there else "没有安装")
        yield Check("每晚运行", "ok" if there else "hint", found, "要每晚自动运行，请运行 xxgk schedule --install。")
