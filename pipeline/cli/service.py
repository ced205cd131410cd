"""The commands of whoever looks after the machine: settings, check, schedule, backup and restore."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import show_service
from pipeline.cli.chinese import new_app
from pipeline.cli.options import FINDINGS, HANDLED, HERE, Json, Root, find_root
from pipeline.service.schedule import Kind

config_app = new_app("看设置：每一项的值，从哪里来。")


def add_service(app: typer.Typer) -> None:
    """Add these commands to ``app``."""
    app.add_typer(config_app, name="config")
    for command in (doctor, schedule, backup, restore):
        app.command(command.__name__, **HANDLED)(command)


@config_app.command("show", **HANDLED)
def config_show(workspace: Root = HERE, json: Json = False) -> None:
    """列出全部设置：值是什么，来自默认、xxgk.toml 还是环境变量。"""
    from pipeline.settings import list_settings

    where = find_root(workspace)
    show_service.settings(where.root, list_settings(where.root), json=json)


def doctor(workspace: Root = HERE, json: Json = False) -> None:
    """检查这台机器和工作区：程序、字体、权限、磁盘、时钟、密钥、历史库、定时任务，逐项说明怎么办。"""
    from pipeline.service.doctor import examine_machine

    checks = examine_machine(find_root(workspace), dt.datetime.now().astimezone())
    show_service.checks(checks, json=json)
    if any(check.verdict == "fault" for check in checks):
        raise typer.Exit(FINDINGS)


def _time_of_day(text: str) -> str:
    """Refuse what is no time of a day."""
    match = re.fullmatch(r"([01]?\d|2[0-3])[:：]([0-5]\d)", text.strip())
    if match is None:
        raise typer.BadParameter("应当是 时:分，如 22:00")
    return f"{int(match[1]):02d}:{match[2]}"


def schedule(
    workspace: Root = HERE,
    at: Annotated[str, typer.Option("--at", metavar="时:分", help="每晚几点运行。", callback=_time_of_day)] = "22:00",
    kind: Annotated[
        Kind | None, typer.Option("--kind", metavar="种类", help="systemd、crontab 或 windows；不写就按这台机器。")
    ] = None,
    install: Annotated[bool, typer.Option("--install", help="装上；已有的换成新的。")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="撤掉。")] = False,
) -> None:
    """每晚自动运行：先打印定时任务的内容，加上 --install 才装。"""
    from pipeline.service.schedule import install_task, plan_task, remove_task

    if install and remove:
        raise typer.BadParameter("只能写一个", param_hint="--install、--remove")
    task = plan_task(find_root(workspace), at, kind)
    if remove:
        remove_task(task)
        show_service.removed(task)
        return
    show_service.task(task, install=install)
    if install:
        install_task(task)
        show_service.installed(task)


def backup(
    folder: Annotated[Path, typer.Argument(metavar="目录", help="备份放在哪里，最好是另一块盘。")],
    workspace: Root = HERE,
) -> None:
    """备份：报送件、台账、历史库、原件、密钥、设置、模板，存成一个带校验的文件。"""
    from pipeline.service.backup import back_up

    show_service.backed_up(back_up(find_root(workspace), folder, now=dt.datetime.now().astimezone()))


def restore(
    file: Annotated[Path, typer.Argument(metavar="备份文件", help="xxgk backup 写的 .zip。")],
    folder: Annotated[Path, typer.Argument(metavar="目录", help="恢复到哪里：空文件夹，或原来的工作区。")],
    force: Annotated[
        bool, typer.Option("--force", help="那里有更新的内容也恢复；现有的内容先挪到旁边，不删除。")
    ] = False,
) -> None:
    """恢复：先核对备份是否完好；那里有更新的内容就停下，逐项说明。"""
    from pipeline.service.backup import restore as restoring

    show_service.restored(restoring(file, folder, force=force, now=dt.datetime.now().astimezone()), folder)
