"""来源, where every figure comes from, and 文字材料汇总, the texts of every unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.form import Figure, Item
from pipeline.layout import Place
from pipeline.model.county import Contribution
from pipeline.model.standing import CountedReturn
from pipeline.road.publish.county_workbook.longlist import Link
from pipeline.road.publish.county_workbook.pen import ROWS, TOP, Pen, parts
from pipeline.workbook.annex import REST, SOURCE_HEADINGS, SOURCES, TEXTS, UNLISTED, part_name

_CELL = SOURCE_HEADINGS.index("单元格")
_WIDTHS = (38, 60, 10, 28, 44, 10, 8, 12, 24)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of 来源, and the file and cell it leads to."""

    cells: tuple[str | Figure | None, ...]
    link: tuple[str, str] | None = None


def list_sources(pen: Pen) -> list[SourceRow]:
    """Return the rows: of every figure the addends other than 0, the units that all report 0 in one, the differences;
    then every counted unit with its file.
    """
    rows = [row for item in pen.items for row in _rows_of(pen, item)]
    return rows + [SourceRow(_unit(counted)) for counted in pen.county.counted]


def _rows_of(pen: Pen, item: Item) -> Iterator[SourceRow]:
    addends = pen.county.contributions
    if item.code not in addends:
        return
    if item.aggregation == "source":
        yield from (_addend(item, each) for each in addends[item.code])
        return
    cells = list(addends.of_units(item.code))
    head = (item.code, item.label)
    zeros = [place for _, place, value in cells if not value]
    usual = _most_common(zeros) if len(cells) == len(pen.county.counted) else None
    apart = 0
    for counted, place, value in cells:
        if value or (place is not usual and place != usual):
            yield _cell(head, counted, place, value)
            apart += not value
    if usual:
        words = f"其余 {len(zeros) - apart} 个单位都是 0"
        yield SourceRow((*head, REST, words, "", usual.sheet, usual.cell, 0, ""))
    yield from (_addend(item, each) for each in addends.beside(item.code))


def _most_common(places: Sequence[Place]) -> Place | None:
    """Return the cell in which most of the units that report 0 do so; ``None`` when no unit does."""
    if places and all(place is places[0] for place in places):  # nobody moved it
        return places[0]
    return Counter(places).most_common(1)[0][0] if places else None


def _cell(head: tuple[str, str], counted: CountedReturn, place: Place, value: Figure) -> SourceRow:
    unit, arrival, (cell, target) = counted.unit, counted.submission.arrival, _address(place)
    cells = (*head, unit.code, unit.name, arrival.name, place.sheet, cell, value, arrival.sha256)
    return SourceRow(cells, (arrival.name, target) if value else None)


@lru_cache(maxsize=1_000)
def _address(place: Place) -> tuple[str, str]:
    """Return a cell as the row shows it and as its link writes it; most units have a figure in the same cell."""
    return place.cell, f"'{place.sheet}'!{place.cell}"


def _addend(item: Item, addend: Contribution) -> SourceRow:
    cells = (item.code, item.label, addend.unit, addend.unit_name, addend.file, addend.sheet, addend.cell,
             addend.value, addend.sha256)  # fmt: skip
    return SourceRow(cells, (addend.file, f"'{addend.sheet}'!{addend.cell}") if addend.value else None)


def _unit(counted: CountedReturn) -> tuple[str | None, ...]:
    unit, arrival = counted.unit, counted.submission.arrival
    return ("", UNLISTED, unit.code, unit.name, arrival.name, "", "", None, arrival.sha256)


def first_rows(rows: Sequence[SourceRow], most: int = ROWS) -> Mapping[str, tuple[str, int]]:
    """Return the sheet and the row at which the sources of each figure begin, by item code."""
    found: dict[str, tuple[str, int]] = {}
    for number, row in enumerate(rows):
        found.setdefault(str(row.cells[0]), (part_name(SOURCES, number // most + 1), TOP + 1 + number % most))
    return found


def sources(pen: Pen, rows: Sequence[SourceRow], most: int = ROWS) -> None:
    """Write the rows of `list_sources`; those other than 0 link to the cell in their file."""
    paths: dict[str, str] = {}
    ink, linked = pen.ink("cell"), pen.ink("link")
    for part in parts(SOURCES, rows, most):
        sheet = pen.long_sheet(part.name)
        pen.draw_head(sheet, part.title, pen.banner, SOURCE_HEADINGS, _WIDTHS)
        for at, row in enumerate(part.entries, TOP + 1):
            link = None
            if row.link:
                file, cell = row.link
                if file not in paths:
                    paths[file] = pen.path(file)
                link = Link(_CELL, paths[file], cell, linked)
            sheet.line(at, row.cells, ink, link=link)
        pen.draw_end(sheet, len(SOURCE_HEADINGS), len(part.entries))


def write_collected(pen: Pen) -> None:
    """The units' texts side by side, for whoever drafts the report."""
    collected = [
        ("　".join(item.row_path), unit, text)
        for item in map(pen.form.item, pen.county.collected)
        if item.aggregation == "collect"
        for unit, text in pen.county.collected[item.code]
    ]
    pen.rows(TEXTS, ("小节", "单位", "文字"), (34, 28, 110), collected, pen.texts)
