"""An answer to every return that came: received and passed, or what has to be corrected. Each arrival is answered once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from pipeline.chase.letters import Letter, digest, read_correction
from pipeline.model.control import Unit
from pipeline.model.received import ADOPTED, ASIDE, REPLACED, TO_MEND, UNDECIDED
from pipeline.model.standing import State
from pipeline.night.replay import Remembered, replay_night
from pipeline.workspace import Workspace

FOLDER, KIND = "receipts", "回执"


def list_receipts(workspace: Workspace, year: int, today: dt.date, unit: str = "") -> list[Letter]:
    """Return a letter for every unit with returns that were not answered yet, in the order of the roster.

    A return that must be corrected is answered with the letter and the marked workbook of the last night. What nobody
    can be held to is not answered. Raises `WorkspaceError` when there has been no night, `AskedError` for an
    unknown ``unit``.
    """
    workspace.require_inputs(year)
    with workspace.open_ledger() as ledger:
        night = replay_night(workspace, ledger, year)
        document = ledger.nights.document(night.row.id) or {}
        if unit:
            night.require_unit(unit)
        done = {(m.unit, m.digest) for m in ledger.messages.all(year) if m.sent and m.kind == KIND}
        waiting: dict[str, list[Mapping[str, Any]]] = {}
        for arrival in document.get("arrivals", []):
            code = arrival["unit"]
            if code and (code, _key(arrival)) not in done:
                waiting.setdefault(code, []).append(arrival)
        return [
            _answer(workspace, night, known, waiting[known.code], today)
            for known in night.control.units
            if known.code in waiting and unit in ("", known.code)
        ]


def _key(arrival: Mapping[str, Any]) -> str:
    return digest(str(arrival["sha256"]))


def _answer(
    workspace: Workspace, night: Remembered, unit: Unit, arrivals: Sequence[Mapping[str, Any]], today: dt.date
) -> Letter:
    profile, year = night.control.profile, night.row.year
    mending = [arrival for arrival in arrivals if arrival["state"] in TO_MEND]
    letter = read_correction(workspace, night, unit, "说明.txt") if mending else None
    marked = read_correction(workspace, night, unit) if mending else None
    row = night.states.get(unit.code)
    waived = row is not None and row.state == State.WAIVED
    keeps = bool(mending) and row is not None and row.state == State.PASSED
    lines = [
        line for arrival in arrivals for line in _lines(arrival, waived=waived, told=letter is not None, keeps=keeps)
    ]
    if letter:
        lines += _paragraphs(letter, profile.contact)
        lines += ["在它改正、通过以前，仍按贵单位此前通过的一份计入；不想改用它的，请告诉我们。"] if keeps else []
    return Letter(
        unit=unit,
        kind=KIND,
        name=f"{unit.file_stem}_回执",
        title=f"关于{year}年度政府信息公开工作年度报告统计表的{'退改通知' if mending and not waived else '回执'}",
        lines=tuple(lines),
        contact=profile.contact,
        compiler=profile.compiler,
        day=today,
        year=year,
        keys=tuple(_key(arrival) for arrival in arrivals),
        attachment=marked,
        lost=bool(mending) and not waived and (letter is None or marked is None),
    )


def _lines(arrival: Mapping[str, Any], *, waived: bool, told: bool, keeps: bool) -> Iterator[str]:
    """What is said of one return; one that ``told`` its findings in the correction's own letter is not spoken of twice.
    ``keeps`` tells that the unit's last return must be corrected while an earlier one is counted.
    """
    name, state = f"贵单位报来的“{PurePosixPath(arrival['names'][0]).name}”", arrival["state"]
    if waived:
        yield f"{name}已收到。贵单位本年度登记了免报，没有计入。"
    elif state == ADOPTED:
        yield f"{name}已收到，核对通过，" + ("现在按它计入。" if keeps else "不用再报。")
    elif state == REPLACED:
        yield f"{name}已收到，现在以贵单位的另一份为准，这一份不再使用。"
    elif state == UNDECIDED:
        yield f"{name}已收到，核对通过；贵单位还有一份数字不同的，看不出哪份在后，请告诉我们以哪一份为准。"
    elif state == ASIDE:
        yield f"{name}已收到，没有采用。"
    elif not told:
        yield f"{name}已收到，经核对有问题，退改件随后发给贵单位。"


def _paragraphs(letter: bytes, contact: str) -> list[str]:
    """The letter of the correction without its address, and from whom to ask on, which stands on every letter."""
    body = letter.decode("utf-8-sig").replace("\r\n", "\n").split("\n")[1:]
    last = max((at for at, line in enumerate(body) if line == contact), default=len(body))
    return [line.strip() for line in body[:last] if line.strip()]
