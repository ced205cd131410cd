"""Import what units reported in former years from a published report or a workbook, and look it up. This room is above
the stations: it opens and reads returns as they do, and reads the tables of reports.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.control import read_control
from pipeline.errors import WorkspaceError, explain_fault
from pipeline.files.containers import Bounds, RefusedError, directory, ole, sniff
from pipeline.form import Form, Value
from pipeline.layout import IDENTITY_SHEET, plain
from pipeline.model.control import Control, Unit
from pipeline.model.finding import Finding, clause, notice
from pipeline.model.past import ROOT, Past, cross_over
from pipeline.model.seal import Seal
from pipeline.model.submission import Arrival, Obstacle, Opened, Reason, Sheet, Unclaimed
from pipeline.prior_year import Imported, find_stated, read_report, read_tables
from pipeline.prior_year import known as former
from pipeline.road.intake import open_arrival
from pipeline.road.read import read_many
from pipeline.road.read.identity import seals_of
from pipeline.road.read.locate import grid
from pipeline.road.read.names import Roster
from pipeline.road.read.parser import UnreadableError
from pipeline.road.read.workbook import read_workbook
from pipeline.workspace import Workspace

WHOLE = "本级汇总"
"""What the consolidation itself is called among the units."""
_UNCOMPUTED, _PICTURE = "（公式未计算）", "（图片）"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """One import: unit, year, the content of the file, and what was kept of it (``past``, ``None`` for nothing)."""

    unit: Unit
    form: Form
    imported: Imported
    past: Past | None
    findings: tuple[Finding, ...]

    @property
    def attention(self) -> bool:
        """Whether somebody has to look at it."""
        return self.past is None or any(finding.severity != "info" for finding in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a year: the units, and for each by item code the value with the file it is from."""

    form: Form
    units: tuple[Unit, ...]
    values: Mapping[str, Mapping[str, tuple[Value, Past]]]


def import_history(
    workspace: Workspace, file: Path, *, unit: str, year: int, now: dt.datetime, workers: int = 1
) -> Recalled:
    """Read what ``unit`` reported for ``year`` from ``file`` and keep it as history, never as a return. ``unit`` is
    `ROOT` for the report of the consolidation itself. A later import takes precedence, item by item. A file that names
    another year, or another unit of the roster, is not kept.

    Raises `WorkspaceError` when the unit is in no 台账 of the year or the next, no form covers the year, or the file is
    not there.
    """
    form, _ = workspace.form(year)
    controls = list(_controls(workspace, year))
    named = next((found for control in controls if (found := _named(control, unit))), None)
    if named is None:
        raise WorkspaceError(_nobody(unit, year, controls))
    arrival, content = _arrival(file, now)
    forms = [form for form, _ in workspace.forms()]
    imported, seals = _read(arrival, content, forms, workers)
    findings = [*imported.findings, *_contradictions(workspace, imported, seals, named, year, controls)]
    past = None
    if imported.form and imported.values and not any(finding.severity == "error" for finding in findings):
        past = cross_over(imported.past(unit, year), form)
        if past.form != imported.form.id:
            words = {"found": imported.form.id, "expected": form.id, "count": len(past.values), "year": year}
            findings.append(notice("H15", where={"file": file.name}, name=file.name, **words))
        with workspace.alone() as ledger:
            ledger.archive(arrival.sha256, content)
            ledger.pasts.keep(past, now=now)
    return Recalled(unit=named, form=form, imported=imported, past=past, findings=tuple(findings))


def withdraw_history(workspace: Workspace, *, unit: str, year: int, now: dt.datetime) -> Past:
    """Withdraw the last import of a unit and year; earlier ones become valid again.

    Raises `WorkspaceError` when there is none.
    """
    with workspace.alone() as ledger:
        mine = [past for past in ledger.pasts.of(year) if past.unit == unit]
        if not mine:
            raise WorkspaceError(
                f"没有导入过 {unit or WHOLE} {year} 年度的历史，不用撤回。用 xxgk history show --year {year} 可以查看。"
            )
        ledger.pasts.withdraw(mine[-1], now=now)
    return mine[-1]


def load_known(workspace: Workspace, year: int) -> Known:
    """Load what is known of a year, for the units of its 台账, of the next year's, and all others with history.

    Raises `WorkspaceError` when no form covers the year.
    """
    form, _ = workspace.form(year)
    units = {code: unit for control in _controls(workspace, year) for code, unit in control.by_code.items()}
    values: dict[str, dict[str, tuple[Value, Past]]] = {}
    if workspace.ledger.is_dir():
        with workspace.open_ledger() as ledger:
            for past in former.load_pasts(ledger, year):
                units.setdefault(past.unit, Unit(code=past.unit, name=past.unit or WHOLE))
                each = values.setdefault(past.unit, {})
                each.update({code: (value, past) for code, value in cross_over(past, form).values.items()})
    return Known(form=form, units=tuple(units.values()), values=values)


def _controls(workspace: Workspace, year: int) -> Iterator[Control]:
    """Yield the 台账 of the year after, which uses the history, then the year's own."""
    for candidate in (year + 1, year):
        if workspace.control(candidate).is_file():
            yield read_control(workspace.control(candidate), workspace.form(candidate)[0], year=candidate)


def _named(control: Control, unit: str) -> Unit | None:
    """Return the unit of this code; for `ROOT` the consolidation, which may sign as its office."""
    if unit == ROOT:
        return Unit(code=ROOT, name=control.profile.root, aliases=(control.profile.compiler,), type="本级政府")
    return control.by_code.get(unit)


def _nobody(unit: str, year: int, controls: Sequence[Control]) -> str:
    if not controls:
        whose = f"单位 {unit}" if unit else "汇总单位"
        return f"{year + 1} 年度和 {year} 年度都没有台账，认不出{whose}。请先运行 xxgk init，填好单位名录。"
    years = "、".join(str(control.profile.year) for control in controls)
    return f"{years} 年度的单位名录里没有代码 {unit}。请核对 --unit，或先把单位加到名录里。"


def _arrival(file: Path, now: dt.datetime) -> tuple[Arrival, bytes]:
    limit = Bounds().file
    try:
        with file.open("rb") as opened:
            content = opened.read(limit + 1)
    except OSError as error:
        raise WorkspaceError(f"{file} 打不开（{explain_fault(error)}）。请核对路径。") from error
    sha256 = hashlib.sha256(content).hexdigest()
    return Arrival(
        sha256=sha256, names=(file.name,), size=len(content), modified=now, first_seen=now, path=file
    ), content


def _read(arrival: Arrival, content: bytes, forms: Sequence[Form], workers: int) -> tuple[Imported, Sequence[Seal]]:
    """Read the file, and the seals of an issued workbook."""
    if len(content) > Bounds().file or not _is_workbook(content):
        return read_report(arrival.name, content, forms), ()
    (sheets,) = read_many(open_arrival, sheets_of, [arrival], workers=workers)
    if isinstance(sheets, Unclaimed):
        finding = notice("H1", where={"file": arrival.name}, name=arrival.name, reason=sheets.obstacle.words)
        empty = Imported(name=arrival.name, sha256=arrival.sha256, source="报表", findings=(finding,))
        return empty, ()
    book = {name: _cells(sheet) for name, sheet in sheets.items() if not name.startswith(IDENTITY_SHEET)}
    text = "\n".join(" ".join(str(cell) for cell in row if cell != "") for rows in book.values() for row in rows)
    imported = read_tables(arrival.name, arrival.sha256, book, forms, source="报表", stated=find_stated(text))
    return imported, seals_of({name: grid(sheet) for name, sheet in sheets.items()})


def _is_workbook(content: bytes) -> bool:
    """Whether the content is a workbook. One that cannot be opened is left to the reader of reports, which refuses it."""
    kind = sniff.sniff(content)
    try:
        if kind == sniff.ZIP:
            names = {member.name.lower() for member in directory(content, Bounds())}
            return sniff.zip_kind(names) in ("xlsx", "xlsm", "xlsb", "ods")
        return kind == sniff.CSV or (kind == sniff.OLE and sniff.ole_kind(ole.open_ole(content).names) == "xls")
    except RefusedError:
        return False


def sheets_of(opened: Opened) -> Mapping[str, Sheet] | Unclaimed:
    """The sheets of a workbook behind the guard; `Unclaimed` with the reason when there are none to read."""
    arrival = opened.arrival
    if arrival.obstacle:
        return Unclaimed(arrival=arrival, obstacle=arrival.obstacle, findings=arrival.findings[-1:])
    try:
        return read_workbook(opened).sheets
    except UnreadableError as error:
        obstacle = Obstacle(reason=Reason.UNREADABLE, words=clause("I1", reason=error))
        return Unclaimed(arrival=arrival, obstacle=obstacle, findings=())


def _cells(sheet: Sheet) -> list[list[object]]:
    """The rows of a sheet, with words where a formula was never computed or a picture stands for a figure."""
    rows = [list(row) for row in grid(sheet)]
    for places, words in ((sheet.uncomputed, _UNCOMPUTED), (sheet.pictures, _PICTURE)):
        for row, col in places:
            if row < len(rows) and col < len(rows[row]):
                rows[row][col] = words
    return rows


def _contradictions(
    workspace: Workspace,
    imported: Imported,
    seals: Sequence[Seal],
    unit: Unit,
    year: int,
    controls: Sequence[Control],
) -> Iterator[Finding]:
    """Yield findings when the file names another year or another unit."""
    if imported.form is None:
        return
    where, name = {"file": imported.name}, imported.name
    sealed = [seal for seal in seals if seal.genuine(_secret(workspace))]
    years = [int(seal.year) for seal in sealed if seal.year.isdecimal()] or list(imported.stated.years)
    if years and year not in years:
        yield notice("H12", where=where, name=name, found="、".join(map(str, years)), expected=year)
    expected = f"“{unit.name}”"
    if sealed:
        for seal in sealed:
            if seal.unit != unit.code:
                other = next(
                    (control.by_code[seal.unit].name for control in controls if seal.unit in control.by_code), ""
                )
                yield notice("H13", where=where, name=name, found=f"{seal.unit} {other}".strip(), expected=expected)
        return
    stated = imported.stated.unit
    resolved = [Roster.of(control).resolve(stated) for control in controls] if stated else []
    if unit.code == ROOT and plain(stated) in {plain(name) for name in (unit.name, *unit.aliases)}:
        return
    if stated and not any(unit.code in codes for codes in resolved):
        ours = any(stated == control.profile.root for control in controls)  # the consolidation's own report
        words = {"name": name, "found": stated, "expected": expected}
        known = ours or any(resolved)
        yield notice("H13", where=where, **words) if known else notice("H14", where=where, **words)


def _secret(workspace: Workspace) -> bytes:
    """Load the issuing secret; empty when nothing was ever issued, so that no seal is genuine."""
    with suppress(WorkspaceError):
        return workspace.load_secret()
    return b""
