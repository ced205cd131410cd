"""`xxgk collect`, and collecting before a night."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import screen
from pipeline.cli.log import note_fault
from pipeline.cli.options import CANNOT_BEGIN, FINDINGS, HANDLED, HERE, NEWEST, Json, Root, Year, choose
from pipeline.errors import XxgkError
from pipeline.settings import read_settings
from pipeline.workspace import Workspace


def add_mailbox(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("collect", **HANDLED)(collect)


def _day(text: str | None) -> str | None:
    """Refuse what is no day of the calendar."""
    if text is not None:
        try:
            dt.date.fromisoformat(text.strip())
        except ValueError:
            raise typer.BadParameter("应当是 年-月-日，如 2025-01-05") from None
    return text


def collect(
    year: Year = NEWEST,
    workspace: Root = HERE,
    folder: Annotated[
        Path | None,
        typer.Option("--from", metavar="文件夹", help="从存放 .eml 的文件夹里收，不连信箱。", show_default=False),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="日期",
            help="只看信箱从哪一天起收到的信，如 2025-01-05；不写就从报告年度的 12 月 1 日起，还没到的看最近 30 天。",
            callback=_day,
            show_default=False,
        ),
    ] = None,
    dry: Annotated[bool, typer.Option("--dry-run", help="只看会收下哪些，什么都不保存。")] = False,
    json: Json = False,
) -> None:
    """收信：把信箱（xxgk.toml 里的 mail.imap）里带附件的信原样收进 inputs/年度/邮件/；信箱里什么都不改，收过的不再收。"""
    from pipeline.cli import show_mailbox
    from pipeline.mailbox.fetch import collect_mail

    if folder is not None and since is not None:
        raise typer.BadParameter("只用于信箱，不能与 --from 一起写", param_hint="--since")
    where, year = choose(workspace, year)
    result = collect_mail(
        where,
        year,
        now=dt.datetime.now().astimezone(),
        since=dt.date.fromisoformat(since.strip()) if since else None,
        folder=folder,
        dry=dry,
        progress=screen.progress,
    )
    show_mailbox.collected(result, year, dry=dry, json=json)
    if result.broken:
        raise typer.Exit(CANNOT_BEGIN)
    if result.troubles or result.left:
        raise typer.Exit(FINDINGS)


def collect_before(where: Workspace, year: int, *, json: bool) -> bool:
    """Collect before a night where the settings say so; return whether that went well. The night takes place anyway."""
    if not read_settings(where.root).inbox.collect:
        return True
    from pipeline.cli import show_mailbox
    from pipeline.mailbox.fetch import collect_mail

    try:
        result = collect_mail(where, year, now=dt.datetime.now().astimezone(), progress=screen.progress)
    except Exception as error:  # the night is worth more than the mail of one evening
        reason = str(error) if isinstance(error, XxgkError) else "程序出错了，详情记在 outputs/log/xxgk.jsonl。"
        note_fault("收信没有成功")
        screen.error(f"收信没有成功，只汇总已经收到的。{reason}")
        return False
    show_mailbox.collected_before(result, json=json)
    return not (result.broken or result.troubles or result.left)
