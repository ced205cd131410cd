"""Whom to remind today, by the last night and the day: letters as text and Word, and a list of whom to call."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from docx import Document
from docx.oxml.ns import qn
from docx.shared import Pt
from xlsxwriter import Workbook

from pipeline.files.archive import settled_zip
from pipeline.files.atomic import publish_files
from pipeline.model.control import Profile, Unit
from pipeline.model.standing import State
from pipeline.night.replay import Remembered, replay_night
from pipeline.workspace import Workspace

FOLDER, CALLS = "reminders", "电话清单.xlsx"
_CORRECTIONS = "corrections"
_HEADINGS = ("单位代码", "单位名称", "联系人", "电话", "邮箱", "状态", "阶段", "期限", "为什么", "打过电话")
_NAMED = 3
"""Refused files a letter names."""
_WIDTHS = (12, 28, 10, 16, 26, 8, 10, 12, 44, 14)


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
    """One unit that has to act: what is asked of it, by when, and what goes with the letter."""

    unit: Unit
    state: str
    stage: Stage
    due: dt.date | None
    days: int
    because: str
    refused: tuple[str, ...]
    title: str
    lines: tuple[str, ...]
    attachment: Path | None

    @property
    def text(self) -> str:
        """The letter as plain text."""
        return "\n".join(self.lines)


def list_reminders(workspace: Workspace, year: int, today: dt.date, unit: str = "") -> list[Reminder]:
    """Return the units that have not sent a return that passes, in the order of the roster.

    Raises `WorkspaceError` when there has been no night.
    """
    workspace.require_inputs(year)
    with workspace.open_ledger() as ledger:
        night = replay_night(workspace, ledger, year)
        document = ledger.nights.document(night.row.id) or {}
    refused = {entry["code"]: tuple(entry.get("refused", ())) for entry in document.get("units", [])}
    found = (
        _remind(workspace, night, entry, refused.get(entry.code, ()), today)
        for entry in night.control.units
        if unit in ("", entry.code)
    )
    return [reminder for reminder in found if reminder]


def write_reminders(workspace: Workspace, year: int, reminders: Sequence[Reminder]) -> tuple[str, ...]:
    """Write letters and the list to call to ``outputs/<year>/reminders/``; return the names."""
    files: dict[str, bytes] = {CALLS: _call_list(year, reminders)}
    for reminder in reminders:
        stem = f"{reminder.unit.file_stem}_{'催报' if reminder.attachment is None else '退改'}"
        files[f"{stem}.txt"] = ("\ufeff" + reminder.text.replace("\n", "\r\n") + "\r\n").encode()
        files[f"{stem}.docx"] = _word(year, reminder)
    with workspace.lock():
        publish_files(workspace.year_outputs(year), {f"{FOLDER}/{n}": c for n, c in files.items()}, replaces=(FOLDER,))
    return tuple(files)


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
    marked = workspace.year_outputs(night.row.year) / _CORRECTIONS / f"{unit.file_stem}_退改.xlsx"
    return Reminder(
        unit=unit,
        state=state,
        stage=stage,
        due=due,
        days=days,
        because=row.because if row else "还没有收到可以认定的报表。",
        refused=tuple(refused),
        title=f"关于{night.row.year}年度政府信息公开工作年度报告统计表的{'退改' if is_correction else '催报'}通知",
        lines=tuple(_lines(profile, unit, state, stage, due, days, refused)),
        attachment=marked if is_correction and marked.is_file() else None,
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
    profile: Profile, unit: Unit, state: str, stage: Stage, due: dt.date | None, days: int, refused: Sequence[str]
) -> Iterator[str]:
    """The letter, line by line."""
    day = f"{due.year}年{due.month}月{due.day}日" if due else ""
    when = {
        Stage.EARLY: f"期限是{day}",
        Stage.NEAR: f"期限是{day}，还有{-days}天",
        Stage.DUE: f"今天（{day}）就是期限",
        Stage.LATE: f"期限是{day}，已经过了{days}天",
        Stage.VERY_LATE: f"期限是{day}，已经过了{days}天，影响全部汇总",
        Stage.OPEN: "请尽快",
    }[stage]
    yield f"{unit.name}："
    yield ""
    names = "、".join(f"“{name}”" for name in refused[:_NAMED]) + ("等" if len(refused) > _NAMED else "")
    if state == State.MISSING:
        yield f"    贵单位{profile.year}年度政府信息公开工作年度报告统计表还没有收到可以认定的一份，{when}。"
        if names:
            yield f"    来过的{names}没有读出或没有认定，请在下发给贵单位的原表里填写，保存为 .xlsx 再发一次。"
        yield "    请在下发给贵单位的原表里填写，没有发生的填 0，不要留空，保存为 .xlsx 后整份发回。原表找不到的请告诉我们，再发一份。"
    elif state == State.RETURNED:
        yield f"    贵单位报来的{profile.year}年度政府信息公开工作年度报告统计表有必须改正的问题，{when}。"
        yield "    随附标好问题的报表，请按首页“修改意见”逐条改正，整份发回。"
    else:
        yield f"    贵单位报来的{profile.year}年度政府信息公开工作年度报告统计表有问题需要说明，{when}。"
        yield "    随附标好问题的报表，数字确实无误的，请在首页“修改意见”的“出错说明”一栏写明原因，整份发回。"
    yield ""
    yield f"有疑问请联系：{profile.compiler}" + (f"，电话 {profile.phone}" if profile.phone else "") + "。"
    yield ""
    yield profile.compiler


def _word(year: int, reminder: Reminder) -> bytes:
    """The letter as a Word file that the office may print and stamp."""
    document = Document()
    normal = document.styles["Normal"]
    normal.font.size, normal.font.name = Pt(16), "Times New Roman"
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "仿宋_GB2312")
    document.add_paragraph(reminder.title).runs[0].bold = True
    for line in reminder.lines:
        document.add_paragraph(line.replace("    ", "　　"))
    properties = document.core_properties
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.created = properties.modified = dt.datetime(year + 1, 1, 1)
    out = io.BytesIO()
    document.save(out)
    return settled_zip(out.getvalue())


def _call_list(year: int, reminders: Sequence[Reminder]) -> bytes:
    """Whom to call, the latest first, with a column to tick."""
    out = io.BytesIO()
    book = Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    )
    book.set_properties({"title": f"{year} 年度催报电话清单", "author": "", "created": dt.datetime(year + 1, 1, 1)})
    heading = book.add_format({"bold": True, "border": 1, "bg_color": "#DDEBF7", "text_wrap": True})
    cell = book.add_format({"border": 1, "text_wrap": True, "valign": "vcenter"})
    sheet = book.add_worksheet("电话清单")
    for column, (name, width) in enumerate(zip(_HEADINGS, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, name, heading)
    for row, reminder in enumerate(sorted(reminders, key=lambda reminder: -reminder.days), 1):
        unit = reminder.unit
        texts = (
            unit.code, unit.name, unit.contact, unit.phone, unit.email, reminder.state, reminder.stage.value,
            reminder.due.isoformat() if reminder.due else "", reminder.because, "",
        )  # fmt: skip
        for column, text in enumerate(texts):
            sheet.write_string(row, column, text, cell)
    sheet.freeze_panes(1, 2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    book.close()
    return out.getvalue()
