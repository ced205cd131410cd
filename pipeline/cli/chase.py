"""`xxgk remind`, `xxgk receipt`: letters to the units, the list to call, and sending."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from pipeline.cli import screen
from pipeline.cli.options import FINDINGS, HANDLED, HERE, NEWEST, Json, Root, Year, choose
from pipeline.errors import XxgkError
from pipeline.settings import read_settings
from pipeline.workspace import Workspace

_Unit = Annotated[str, typer.Option("--unit", metavar="单位代码", help="只给一个单位。")]
_Send = Annotated[bool, typer.Option("--send", help="按 xxgk.toml 里 mail 一节的设置发出去；不写只备好信，不发。")]
_UNDONE = ("failed", "no_address", "bad_address", "lost")


def add_chase(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("receipt", **HANDLED)(receipt)
    app.command("remind", **HANDLED)(remind)


def remind(
    year: Year = NEWEST, workspace: Root = HERE, unit: _Unit = "", send: _Send = False, json: Json = False
) -> None:
    """催报：给没有报来、没有通过的单位备好信和电话清单，放在 outputs/年度/reminders/日期/；加 --send 发邮件。"""
    from pipeline.chase.calls import CALLS, call_list
    from pipeline.chase.letters import write_letters
    from pipeline.chase.reminders import FOLDER, list_reminders
    from pipeline.chase.sending import notify_group, send_reminders
    from pipeline.cli import show_chase

    where, year = choose(workspace, year)
    now = dt.datetime.now().astimezone()
    reminders = list_reminders(where, year, now.date(), unit)
    folder = where.year_outputs(year) / FOLDER
    if reminders:
        letters = [reminder.letter for reminder in reminders]
        folder = write_letters(where, folder, letters, {CALLS: call_list(year, reminders)})
    settings = read_settings(where.root)
    by_mail = send and reminders and (settings.mail or not settings.group)
    deliveries = send_reminders(where, year, reminders, now=now, early=bool(unit)) if by_mail else []
    told = notify_group(where, year, reminders, now=now) if send and not unit else None
    changed = not send and reminders and _has_changed(where, year, now)
    show_chase.reminders(reminders, deliveries, told, folder, json=json, changed=bool(changed))
    if (told and told.result == "failed") or any(delivery.result in _UNDONE for delivery in deliveries):
        raise typer.Exit(FINDINGS)


def receipt(
    year: Year = NEWEST, workspace: Root = HERE, unit: _Unit = "", send: _Send = False, json: Json = False
) -> None:
    """回执：每份来件回一次，通过了还是要改，要改的附上退改件，放在 outputs/年度/receipts/日期/；加 --send 发邮件。"""
    from pipeline.chase.letters import write_letters
    from pipeline.chase.receipts import FOLDER, list_receipts
    from pipeline.chase.sending import send_letters
    from pipeline.cli import show_chase

    where, year = choose(workspace, year)
    now = dt.datetime.now().astimezone()
    letters = list_receipts(where, year, now.date(), unit)
    folder = where.year_outputs(year) / FOLDER
    if letters:
        folder = write_letters(where, folder, letters)
    deliveries = send_letters(where, year, letters, now=now) if send and letters else []
    show_chase.receipts(letters, deliveries, folder, json=json)
    if any(delivery.result in _UNDONE for delivery in deliveries):
        raise typer.Exit(FINDINGS)


def answer_after(where: Workspace, year: int, *, json: bool) -> None:
    """Answer what came, after a night, when the settings say so; what cannot be sent is said and changes nothing else."""
    if not read_settings(where.root).receipts:
        return
    from pipeline.chase.receipts import list_receipts
    from pipeline.chase.sending import send_letters
    from pipeline.cli import show_chase

    now = dt.datetime.now().astimezone()
    try:
        letters = [letter for letter in list_receipts(where, year, now.date()) if letter.unit.addresses]
        deliveries = send_letters(where, year, letters, now=now, tonight=True) if letters else []
    except XxgkError as error:
        screen.error(f"回执没有发出：{error}")
        return
    for line in show_chase.undone(deliveries):
        screen.error(line)
    if deliveries and not json:
        screen.put(f"回执：{show_chase.tally(deliveries)}")


def _has_changed(where: Workspace, year: int, now: dt.datetime) -> bool:
    from pipeline.night.since import has_changed

    with where.alone() as ledger:
        return has_changed(where, ledger, year, now)
