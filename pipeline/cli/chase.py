"""`xxgk remind`: letters, the list to call, and sending."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from pipeline.cli.options import FINDINGS, HANDLED, HERE, NEWEST, Json, Root, Year, choose


def add_chase(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("remind", **HANDLED)(remind)


def remind(
    year: Year = NEWEST,
    workspace: Root = HERE,
    unit: Annotated[str, typer.Option("--unit", metavar="单位代码", help="只催一个单位。")] = "",
    send: Annotated[bool, typer.Option("--send", help="按 xxgk.toml 的 [mail] 发出去；不写只备好信，不发。")] = False,
    json: Json = False,
) -> None:
    """催报：给没有报来、没有通过的单位备好信和电话清单，放在 outputs/年度/reminders/；加 --send 发邮件。"""
    from pipeline.chase.reminders import list_reminders, write_reminders
    from pipeline.chase.sending import send_reminders
    from pipeline.cli import show_chase

    where, year = choose(workspace, year)
    now = dt.datetime.now().astimezone()
    reminders = list_reminders(where, year, now.date(), unit)
    write_reminders(where, year, reminders)
    deliveries = send_reminders(where, year, reminders, now=now) if send else []
    show_chase.reminders(reminders, deliveries, where.year_outputs(year), json=json)
    if any(delivery.result in ("failed", "no_address") for delivery in deliveries):
        raise typer.Exit(FINDINGS)
