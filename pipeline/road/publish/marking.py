"""Mark a unit's own workbook: coloured cells, a note at each, the sheet 修改意见 in front; nothing else is touched.

The marks of an earlier correction are removed first. They are recognised by what survives any office program: the
colour, the text between the first and the last line of our notes, and the names of the cells.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

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
_AREA = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})(?::\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6}))?")
_REFERENCE = re.compile(rf"(?:'((?:[^']|'')+)'|([^'!]+))!({_AREA.pattern})")
_LARGEST_AREA = 2_000
"""Cells of an area that one mark can cover: more than any table has."""
_NO_FILL = '<fill><patternFill patternType="none"/></fill>'


@dataclass(frozen=True, slots=True)
class _OldMark:
    places: Sequence[Place]
    fill: str


def mark_workbook(
    data: bytes,
    face: Face,
    findings: Sequence[Finding],
    *,
    places: Mapping[str, Place] = MappingProxyType({}),
    opens: Collection[str] = (),
) -> bytes:
    """The workbook ``data`` with ``findings`` marked in it; the same findings give the same bytes.

    ``places`` are the cells of the items in it, for findings about several of them. A marked cell of an item in
    ``opens`` is unlocked, also when it was issued printed and locked. Raises `UnpatchableError` when it is no workbook
    issued by us or cannot be changed part by part.
    """
    try:
        return _Marking(data, places, opens).done(face, findings)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        # a part that is not what the standard says it is: a number that is none, a style that does not exist
        raise UnpatchableError(f"{type(error).__name__}: {error}") from error


class _Marking:
    """One workbook while it is marked."""

    def __init__(self, data: bytes, places: Mapping[str, Place], opens: Collection[str]) -> None:
        self._places, self._opens = places, opens
        self._package = Package(data)
        self._book = Book(self._package)
        if not self._book.plain or IDENTITY_SHEET not in self._book.parts:
            raise UnpatchableError("not an issued .xlsx")
        self._styles = Styles(self._package)
        self._cells: dict[str, Cells] = {}
        self._reasons: Mapping[tuple[str, str], str] = {}

    def done(self, face: Face, findings: Sequence[Finding]) -> bytes:
        self._clear()
        marks = [self._cells_of(finding) for finding in findings]
        fills = self._fill(findings, marks)
        self._note(findings, marks)
        opinions = [
            Opinion(
                finding=finding,
                places=tuple(cells),
                fill=fills.get(cells[0], "") if cells else "",
                reason=self._reasons.get((finding.subject, finding.item), ""),
            )
            for finding, cells in zip(findings, marks, strict=True)
        ]
        self._book.insert_first(SHEET, opinion_sheet(self._styles, face, opinions))
        self._name(opinions)
        return self._package.save()

    # ---------------------------------------------------------------- an earlier correction
    def _clear(self) -> None:
        """Remove the marks of an earlier correction, and keep the reasons the unit gave in it."""
        old = self._old_marks()
        for mark in sorted(old, key=lambda mark: len(mark.places)):
            for place in mark.places:
                cell = self._sheet(place.sheet).find(place.row, place.col)
                if cell is not None and self._is_marked(cell):
                    self._edit(place.sheet)
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
            places = _pointed_at(names.get(mark_name(int(row["序号"])), "")) if row["序号"].isdigit() else ()
            places = places or _cells_in(row["工作表"], row["单元格"])
            if places and places[0].sheet in self._book.parts and row["原底色"]:
                marks.append(_OldMark(places, row["原底色"]))
        return marks

    def _is_marked(self, cell: etree._Element) -> bool:
        colour = self._styles.fill(int(cell.get("s", "0"))).find(f"{main('patternFill')}/{main('fgColor')}")
        return colour is not None and colour.get("rgb") in COLOURS.values()

    # ---------------------------------------------------------------- the marks of this one
    def _cells_of(self, finding: Finding) -> Sequence[Place]:
        """The cells to mark, if the workbook shows them."""
        if finding.sheet not in self._book.visible:
            return ()
        if finding.items:
            places = (self._places.get(code) for code in finding.items)
            return [place for place in places if place and place.sheet == finding.sheet]
        return _cells_in(finding.sheet, finding.cell)

    def _fill(self, findings: Sequence[Finding], marks: Sequence[Sequence[Place]]) -> dict[Place, str]:
        """Colour the cells; return the former fill of each. The most severe finding gives the colour. Of several cells
        of one finding only those with the same fill are coloured, because one fill is restored later.
        """
        fills: dict[Place, str] = {}
        for severity, colour in COLOURS.items():
            for finding, places in zip(findings, marks, strict=True):
                first = ""
                for place in places:
                    if place in fills or finding.severity != severity:
                        continue
                    cell = self._sheet(place.sheet).at(place.row, place.col)
                    style = int(cell.get("s", "0"))
                    before = canonical(self._styles.fill(style))
                    first = first or before
                    if before != first:
                        continue
                    self._edit(place.sheet)
                    fills[place] = before
                    locked = False if finding.item in self._opens else None
                    cell.set("s", str(self._styles.with_fill(style, solid(colour), locked=locked)))
        return fills

    def _note(self, findings: Sequence[Finding], marks: Sequence[Sequence[Place]]) -> None:
        """A note at the first cell of every finding."""
        texts: dict[Place, list[str]] = {}
        for finding, places in zip(findings, marks, strict=True):
            if places and finding.severity in COLOURS:
                texts.setdefault(places[0], []).append(finding_text(finding))
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
            if opinion.fill and opinion.places:
                self._book.define(mark_name(number), _around(opinion.places))
        self._book.define("_xlnm.Print_Titles", f"'{SHEET}'!${TOP}:${TOP}", local=0)

    def _sheet(self, name: str) -> Cells:
        if name not in self._cells:
            self._cells[name] = Cells(self._package.look(self._book.parts[name]))
        return self._cells[name]

    def _edit(self, name: str) -> None:
        self._package.edit(self._book.parts[name])


def finding_text(finding: Finding) -> str:
    """Return a finding as lines of a note or a letter: what, found and expected, what to do."""
    lines = [f"{SEVERITY_LABELS[finding.severity]} {finding.code}：{finding.message}"]
    facts = [f"{word}：{text}" for word, text in (("填报", finding.found), ("应为", finding.expected)) if text]
    if facts:
        lines.append("；".join(facts))
    lines.append(f"怎么办：{finding.remedy}")
    return "\n".join(lines)


def _old_fill(xml: str) -> etree._Element:
    """Return the former fill of a cell. It is read from a returned file, so anything that is no fill counts as none."""
    try:
        found = element_of(xml)
    except (UnpatchableError, IndexError):
        return element_of(_NO_FILL)
    children = [child.tag for child in found]
    allowed = found.tag == main("fill") and children in ([main("patternFill")], [main("gradientFill")])
    return found if allowed else element_of(_NO_FILL)


def _pointed_at(reference: str) -> Sequence[Place]:
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        return ()
    quoted, bare, area = match[1], match[2], match[3]
    return _cells_in(quoted.replace("''", "'") if quoted else bare, area)


def _cells_in(sheet: str, area: str) -> Sequence[Place]:
    """The cells of ``D6`` or ``$D$6:$I$30``, row by row; none where it is neither, or larger than any table."""
    match = _AREA.fullmatch(area)
    if match is None:
        return ()
    top, left = xl_cell_to_rowcol(f"{match[1]}{match[2]}")
    bottom, right = xl_cell_to_rowcol(f"{match[3]}{match[4]}") if match[3] else (top, left)
    if (bottom - top + 1) * (right - left + 1) > _LARGEST_AREA:
        return ()
    return [Place(sheet, row, col) for row in range(top, bottom + 1) for col in range(left, right + 1)]


def _around(places: Sequence[Place]) -> str:
    """Return the area around all places, as a formula in another sheet writes it."""
    rows, columns = [place.row for place in places], [place.col for place in places]
    first = Place(places[0].sheet, min(rows), min(columns)).absolute
    last = Place(places[0].sheet, max(rows), max(columns)).absolute
    return first if first == last else f"{first}:{last.rpartition('!')[2]}"
