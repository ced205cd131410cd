"""Whom to remind today, by the last night and the day, and in which words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

from pipeline.chase.letters import Letter, daily_key, read_correction
from pipeline.model.control import Profile, Unit
from pipeline.model.received import LATER, TO_MEND, UNREAD
from pipeline.model.standing import State
from pipeline.night.replay import Remembered, replay_night
from pipeline.workspace import Workspace

FOLDER, KIND = "reminders", "催报"
_NAMED = 3
"""Refused files a letter names."""
_DOUBTED = "请核对填报单位和年度，用本年下发给贵单位的原表填写；不清楚的请与我们联系。"


class Stage(StrEnum):
    """How far off the deadline is; the value is what people see."""

    EARLY = "未到期限"
    NEAR = "临近期限"
    DUE = "今天到期"
    LATE = "已逾期"
    VERY_LATE = "严重逾期"
    OPEN = "没有期限"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A file that seems to be a missing unit's and could not be used: its name, why, and what its sender can do. One that
    is ``arriving`` was still being copied.
    """

    name: str
    why: str
    remedy: str
    arriving: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """One unit that has to act: its state, by when, and the letter to it."""

    unit: Unit
    state: str
    stage: Stage
    due: dt.date | None
    days: int
    because: str
    letter: Letter


def list_reminders(workspace: Workspace, year: int, today: dt.date, unit: str = "") -> list[Reminder]:
    """Return the units that have not sent a return that passes, or whose later return does not, in the order of the
    roster.

    Raises `WorkspaceError` when there has been no night, `AskedError` for an unknown ``unit``.
    """
    workspace.require_inputs(year)
    with workspace.open_ledger() as ledger:
        night = replay_night(workspace, ledger, year)
        document = ledger.nights.document(night.row.id) or {}
        if unit:
            night.require_unit(unit)
        found = [
            _remind(workspace, night, entry, document, today)
            for entry in night.control.units
            if unit in ("", entry.code)
        ]
    return [reminder for reminder in found if reminder]


def _remind(
    workspace: Workspace, night: Remembered, unit: Unit, document: Mapping[str, Any], today: dt.date
) -> Reminder | None:
    row = night.states.get(unit.code)
    state, sha256 = (row.state, row.sha256) if row else (State.MISSING.value, "")
    later = _later_return(document, unit) if state == State.PASSED else None
    if later:
        state, sha256 = later["state"], later["sha256"]
    if state not in (State.MISSING, State.RETURNED, State.UNEXPLAINED) or not unit.readable:
        return None
    refused = _list_refused(document, unit) if state == State.MISSING else []
    if any(file.arriving for file in refused):  # the next night tells what it is
        return None
    profile = night.control.profile
    is_correction = state != State.MISSING
    due = (profile.return_by if is_correction else None) or unit.due or profile.due
    days = (today - due).days if due else 0
    stage = _stage(due, days, profile)
    lines = tuple(_lines(profile, state, _when(stage, due, days), refused, keeps=later is not None))
    marked = read_correction(workspace, night, unit) if is_correction else None
    letter = Letter(
        unit=unit,
        kind=KIND,
        name=f"{unit.file_stem}_{'退改' if is_correction else '催报'}",
        title=f"关于{night.row.year}年度政府信息公开工作年度报告统计表的{'退改' if is_correction else '催报'}通知",
        lines=lines,
        contact=profile.contact,
        compiler=profile.compiler,
        day=today,
        year=night.row.year,
        keys=(daily_key(today, state, sha256),),
        attachment=marked,
        lost=is_correction and marked is None,
    )
    came = "".join(f"来过“{file.name}”：{file.why}" for file in refused[:_NAMED])
    because = (row.because if row else "还没有收到可以认定的报表。") + came
    return Reminder(unit=unit, state=state, stage=stage, due=due, days=days, because=because, letter=letter)


def _later_return(document: Mapping[str, Any], unit: Unit) -> Mapping[str, Any] | None:
    """The return of a passed unit that came later and does not pass."""
    arrivals = document.get("arrivals", [])
    return next((entry for entry in arrivals if entry["unit"] == unit.code and entry["state"] in TO_MEND), None)


def _list_refused(document: Mapping[str, Any], unit: Unit) -> list[Refused]:
    """The files that bear a missing unit's name and could not be used."""
    entry: Mapping[str, Any] = next((entry for entry in document.get("units", []) if entry["code"] == unit.code), {})
    found = []
    for path in entry.get("refused", ()):
        finding: Mapping[str, Any] = next((f for f in document["findings"] if f.get("file") == path), {})
        state = next((a["state"] for a in document["arrivals"] if path in a["names"]), "")
        name = PurePosixPath(path).name
        found.append(
            Refused(
                name=name,
                why=finding.get("message", "没有读出。").replace(path, name),
                remedy=finding.get("remedy", "") if state == UNREAD else _DOUBTED,
                arriving=state == LATER,
            )
        )
    return found


def _stage(due: dt.date | None, days: int, profile: Profile) -> Stage:
    if due is None:
        return Stage.OPEN
    if days < -profile.near:
        return Stage.EARLY
    if days < 0:
        return Stage.NEAR
    if days == 0:
        return Stage.DUE
    return Stage.VERY_LATE if days > profile.very_late else Stage.LATE


def _when(stage: Stage, due: dt.date | None, days: int) -> str:
    """The deadline in words."""
    if due is None:
        return "请尽快报送"
    day = f"{due.year}年{due.month}月{due.day}日"
    if days < 0:
        return f"期限是{day}，还有{-days}天"
    if days == 0:
        return f"今天（{day}）就是期限"
    return f"期限是{day}，已经过了{days}天" + ("，影响全部汇总" if stage is Stage.VERY_LATE else "")


def _lines(profile: Profile, state: str, when: str, refused: Sequence[Refused], *, keeps: bool) -> Iterator[str]:
    """The letter, paragraph by paragraph; ``keeps`` tells that an earlier return is still counted."""
    table = f"{profile.year}年度政府信息公开工作年度报告统计表"
    kept = "目前仍按此前通过的一份计入。" if keeps else ""
    if state == State.MISSING:
        yield f"贵单位{table}还没有收到可以认定的一份，{when}。"
        for file in refused[:_NAMED]:
            yield f"来过的“{file.name}”没有采用：{file.why}{file.remedy}"
        yield "请在下发给贵单位的原表里填写，没有发生的填 0，不要留空，保存为 .xlsx 后整份发回。原表找不到的请告诉我们，再发一份。"
    elif state == State.RETURNED:
        yield f"贵单位报来的{table}有必须改正的问题，{when}。{kept}"
        yield "随附标好问题的报表，请按首页“修改意见”逐条改正，整份发回。"
    else:
        yield f"贵单位报来的{table}有问题需要说明，{when}。{kept}"
        yield "随附标好问题的报表，数字确实无误的，请在首页“修改意见”的“出错说明”一栏写明原因，整份发回。"
