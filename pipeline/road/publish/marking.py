"""Mark a unit's own workbook: coloured cells, a note at each, the sheet 修改意见 in front; nothing else is touched.

The marks of an earlier correction are taken off first. What the clerk's program kept of them is found by what survives
any office program: the colour, the text between the first and the last line of our notes, and the names of the cells.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree
from xlsxwriter.utility import xl_cell_to_rowcol

from pipeline.form import Severity
from pipeline.layout import IDENTITY_SHEET, Place
from pipeline.model.finding import SEVERITY_LABELS, Finding
from pipeline.road.publish.opinion_sheet import TOP, Face, Opinion, opinion_sheet
from pipeline.workbook.opinions import HEADINGS, NAME, SHEET, given_reasons, mark_name, opinion_rows, reason_name
from pipeline.workbook.patch import (
    Book,
    Cells,
    Notes,
    Package,
    Styles,
    UnpatchableError,
    canonical,
    element_of,
    main,
    shared_strings,
    solid,
)

COLOURS: Mapping[Severity, str] = {"error": "FFFF8F8F", "warning": "FFFFC533"}
"""The fill of a marked cell; other reds and ambers than those of the live checks, so that a mark is known as ours."""

AUTHOR = "退改意见"
_FIRST_LINE, _LAST_LINE = "【退改意见】", "（以上为退改意见，改好后不必删除）"
_OURS = re.compile(rf"\n?{_FIRST_LINE}.*?(?:{_LAST_LINE}|\Z)", re.DOTALL)
_CELL = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}")
_REFERENCE = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_NO_FILL = '<fill><patternFill patternType="none"/></fill>'


@dataclass(frozen=True, slots=True)
class _OldMark:
    place: Place
    fill: str


def mark_workbook(data: bytes, face: Face, findings: Sequence[Finding], *, opens: Collection[str] = ()) -> bytes:
    """The workbook ``data`` with ``findings`` marked in it; the same findings give the same bytes.

    A marked cell of one of the items ``opens`` can be typed in, also where it was issued printed and locked.
    Raises `UnpatchableError` when it is no workbook issued by us or cannot be changed part by part.
    """
    try:
        return _Marking(data, opens).done(face, findings)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        # a part that is not what the standard says it is: a number that is none, a style that does not exist
        raise UnpatchableError(f"{type(error).__name__}: {error}") from error


class _Marking:
    """One workbook while it is marked."""

    def __init__(self, data: bytes, opens: Collection[str]) -> None:
        self._opens = opens
        self._package = Package(data)
        self._book = Book(self._package)
        if not self._book.plain or IDENTITY_SHEET not in self._book.parts:
            raise UnpatchableError("not an issued .xlsx")
        self._styles = Styles(self._package)
        self._cells: dict[str, Cells] = {}
        self._reasons: Mapping[tuple[str, str], str] = {}

    def done(self, face: Face, findings: Sequence[Finding]) -> bytes:
        self._clear()
        places = [self._place(finding) for finding in findings]
        fills = self._fill(findings, places)
        self._note(findings, places)
        opinions = [
            Opinion(
                finding=finding,
                place=place,
                fill=fills.get(place, "") if place else "",
                reason=self._reasons.get((finding.subject, finding.item), ""),
            )
            for finding, place in zip(findings, places, strict=True)
        ]
        self._book.insert_first(SHEET, opinion_sheet(self._styles, face, opinions))
        self._name(opinions)
        return self._package.save()

    # ---------------------------------------------------------------- an earlier correction
    def _clear(self) -> None:
        """Take off the marks of an earlier correction, and remember the reasons the unit gave in it."""
        old = self._old_marks()
        for mark in old:
            cell = self._sheet(mark.place.sheet).find(mark.place.row, mark.place.col)
            if cell is not None and self._is_marked(cell):
                self._edited(mark.place.sheet)
                cell.set("s", str(self._styles.with_fill(int(cell.get("s", "0")), _old_fill(mark.fill))))
        if SHEET in self._book.parts:
            self._book.drop(SHEET)
        self._book.forget(NAME)
        for part in self._book.parts.values():
            if part in self._package:
                Notes(self._package, part).strip(_OURS)

    def _old_marks(self) -> list[_OldMark]:
        part = self._book.parts.get(SHEET)
        if part is None:
            return []
        strings = shared_strings(self._package)
        rows = [
            [texts.get(col, "") for col in range(max(texts, default=-1) + 1)]
            for _, texts in Cells(self._package.look(part)).rows(strings)
        ]
        self._reasons = given_reasons(rows)
        names = self._book.names()
        marks = []
        for row in opinion_rows(rows):
            place = _pointed_at(names.get(mark_name(int(row["序号"])), "")) if row["序号"].isdigit() else None
            if place is None and _CELL.fullmatch(row["单元格"]):
                place = Place(row["工作表"], *xl_cell_to_rowcol(row["单元格"]))
            if place is not None and place.sheet in self._book.parts and row["原底色"]:
                marks.append(_OldMark(place, row["原底色"]))
        return marks

    def _is_marked(self, cell: etree._Element) -> bool:
        colour = self._styles.fill(int(cell.get("s", "0"))).find(f"{main('patternFill')}/{main('fgColor')}")
        return colour is not None and colour.get("rgb") in COLOURS.values()

    # ---------------------------------------------------------------- the marks of this one
    def _place(self, finding: Finding) -> Place | None:
        """The cell to mark, if the workbook shows it."""
        if finding.sheet not in self._book.visible or not _CELL.fullmatch(finding.cell):
            return None
        return Place(finding.sheet, *xl_cell_to_rowcol(finding.cell))

    def _fill(self, findings: Sequence[Finding], places: Sequence[Place | None]) -> dict[Place, str]:
        """Colour the cells; returns what each was filled with before. The most severe finding gives the colour."""
        fills: dict[Place, str] = {}
        for severity, colour in COLOURS.items():
            for finding, place in zip(findings, places, strict=True):
                if place is None or place in fills or finding.severity != severity:
                    continue
                self._edited(place.sheet)
                cell = self._sheet(place.sheet).at(place.row, place.col)
                style = int(cell.get("s", "0"))
                fills[place] = canonical(self._styles.fill(style))
                locked = False if finding.item in self._opens else None
                cell.set("s", str(self._styles.with_fill(style, solid(colour), locked=locked)))
        return fills

    def _note(self, findings: Sequence[Finding], places: Sequence[Place | None]) -> None:
        texts: dict[Place, list[str]] = {}
        for finding, place in zip(findings, places, strict=True):
            if place is not None and finding.severity in COLOURS:
                texts.setdefault(place, []).append(said(finding))
        notes: dict[str, Notes] = {}
        for place, said_here in texts.items():
            if place.sheet not in notes:
                notes[place.sheet] = Notes(self._package, self._book.parts[place.sheet])
            text = "\n".join([_FIRST_LINE, *said_here, _LAST_LINE])
            notes[place.sheet].write(place.row, place.col, text, author=AUTHOR)

    def _name(self, opinions: Sequence[Opinion]) -> None:
        for number, opinion in enumerate(opinions, 1):
            reason = Place(SHEET, TOP + number - 1, HEADINGS.index("出错说明"))
            self._book.define(reason_name(number), reason.absolute)
            if opinion.fill and opinion.place:
                self._book.define(mark_name(number), opinion.place.absolute)
        self._book.define("_xlnm.Print_Titles", f"'{SHEET}'!${TOP}:${TOP}", local=0)

    def _sheet(self, name: str) -> Cells:
        if name not in self._cells:
            self._cells[name] = Cells(self._package.look(self._book.parts[name]))
        return self._cells[name]

    def _edited(self, name: str) -> None:
        self._package.edit(self._book.parts[name])


def said(finding: Finding) -> str:
    """A finding in the lines of a note or a letter: what, found and expected, what to do."""
    lines = [f"{SEVERITY_LABELS[finding.severity]} {finding.code}：{finding.message}"]
    facts = [f"{word}：{text}" for word, text in (("填报", finding.found), ("应为", finding.expected)) if text]
    if facts:
        lines.append("；".join(facts))
    lines.append(f"怎么办：{finding.remedy}")
    return "\n".join(lines)


def _old_fill(xml: str) -> etree._Element:
    """The fill a cell had. It comes back in a returned file, so anything but a fill counts as none."""
    try:
        found = element_of(xml)
    except (UnpatchableError, IndexError):
        return element_of(_NO_FILL)
    children = [child.tag for child in found]
    allowed = found.tag == main("fill") and children in ([main("patternFill")], [main("gradientFill")])
    return found if allowed else element_of(_NO_FILL)


def _pointed_at(reference: str) -> Place | None:
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        return None
    quoted, bare, column, row = match.groups()
    return Place(quoted.replace("''", "'") if quoted else bare, *xl_cell_to_rowcol(f"{column}{row}"))
