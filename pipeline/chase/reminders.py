"""Whom to remind today, by the last night and the day, and in which words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.chase.letters import Letter, contact_of, daily_key, read_correction
from pipeline.model.control import Profile, Unit
from pipeline.model.standing import State
from pipeline.night.replay import Remembered, replay_night
from pipeline.workspace import Workspace

FOLDER, KIND = "reminders", "催报"
_NAMED = 3
"""Refused files a letter names."""


class Stage(StrEnum):
    """How far off the deadline is; the value is what people see."""

    EARLY = "未到期限"
    NEAR = "临近期限"
    DUE = "今天到期"
    LATE = "已逾期"
    VERY_LATE = "严重逾期"
    OPEN = "没有期限"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """One unit that has to act: its state, by when, and the letter to it. ``refused`` are files it seems to have sent."""

    unit: Unit
    state: str
    stage: Stage
    due: dt.date | None
    days: int
    because: str
    refused: tuple[str, ...]
    letter: Letter


def list_reminders(workspace: Workspace, year: int, today: dt.date, unit: str = "") -> list[Reminder]:
    """Return the units that have not sent a return that passes, in the order of the roster.

    Raises `WorkspaceError` when there has been no night.
    """
    workspace.require_inputs(year)
    with workspace.open_ledger() as ledger:
        night = replay_night(workspace, ledger, year)
        document = ledger.nights.document(night.row.id) or {}
        refused = {entry["code"]: tuple(entry.get("refused", ())) for entry in document.get("units", [])}
        found = [
            _remind(workspace, night, entry, refused.get(entry.code, ()), today)
            for entry in night.control.units
            if unit in ("", entry.code)
        ]
    return [reminder for reminder in found if reminder]


def _remind(
    workspace: Workspace, night: Remembered, unit: Unit, refused: Sequence[str], today: dt.date
) -> Reminder | None:
    row = night.states.get(unit.code)
    state = row.state if row else State.MISSING.value
    if state not in (State.MISSING, State.RETURNED, State.UNEXPLAINED) or not unit.readable:
        return None
    profile = night.control.profile
    is_correction = state != State.MISSING
    due = (profile.return_by if is_correction else None) or unit.due or profile.due
    days = (today - due).days if due else 0
    stage = _stage(due, days, profile)
    lines = tuple(_lines(profile, state, stage, due, days, refused))
    title = f"关于{night.row.year}年度政府信息公开工作年度报告统计表的{'退改' if is_correction else '催报'}通知"
    marked = read_correction(workspace, night, unit) if is_correction else None
    letter = Letter(
        unit=unit,
        kind=KIND,
        name=f"{unit.file_stem}_{'退改' if marked else '催报'}",
        title=title,
        lines=lines,
        contact=contact_of(profile),
        compiler=profile.compiler,
        day=today,
        year=night.row.year,
        keys=(daily_key(today, title, *lines),),
        attachment=marked,
        lost=is_correction and marked is None,
    )
    because = row.because if row else "还没有收到可以认定的报表。"
    return Reminder(
        unit=unit, state=state, stage=stage, due=due, days=days, because=because, refused=tuple(refused), letter=letter
    )


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


def _lines(
    profile: Profile, state: str, stage: Stage, due: dt.date | None, days: int, refused: Sequence[str]
) -> Iterator[str]:
    """The letter, paragraph by paragraph."""
    day = f"{due.year}年{due.month}月{due.day}日" if due else ""
    when = {
        Stage.EARLY: f"期限是{day}",
        Stage.NEAR: f"期限是{day}，还有{-days}天",
        Stage.DUE: f"今天（{day}）就是期限",
        Stage.LATE: f"期限是{day}，已经过了{days}天",
        Stage.VERY_LATE: f"期限是{day}，已经过了{days}天，影响全部汇总",
        Stage.OPEN: "请尽快",
    }[stage]
    names = "、".join(f"“{name}”" for name in refused[:_NAMED]) + ("等" if len(refused) > _NAMED else "")
    table = f"{profile.year}年度政府信息公开工作年度报告统计表"
    if state == State.MISSING:
        yield f"贵单位{table}还没有收到可以认定的一份，{when}。"
        if names:
            yield f"来过的{names}没有读出或没有认定，请在下发给贵单位的原表里填写，保存为 .xlsx 再发一次。"
        yield "请在下发给贵单位的原表里填写，没有发生的填 0，不要留空，保存为 .xlsx 后整份发回。原表找不到的请告诉我们，再发一份。"
    elif state == State.RETURNED:
        yield f"贵单位报来的{table}有必须改正的问题，{when}。"
        yield "随附标好问题的报表，请按首页“修改意见”逐条改正，整份发回。"
    else:
        yield f"贵单位报来的{table}有问题需要说明，{when}。"
        yield "随附标好问题的报表，数字确实无误的，请在首页“修改意见”的“出错说明”一栏写明原因，整份发回。"
