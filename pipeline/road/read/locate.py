"""The place of each item in a workbook, with proof. There are three ways, in this order; each proves the row and column
labels of a cell before it is believed:

1. the sheet is as issued: every label stands where the layout says, so its items do (`SheetPlan.intact`);
2. the labels are found elsewhere, on a sheet of any name, by their own words (`labels`);
3. a heading of a group is gone, but the issued defined name points to a cell with the item's own labels (`around`).

Refused are single items, not the table: proven items have their place, each row or column that is not found is one S1.
An item proven at two places is believed only if both say the same; a copy of a table with no figure in it does not
count as a place. A defined name that contradicts the labels makes the item uncertain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.form import Form
from pipeline.layout import Layout, Place, plain
from pipeline.model.finding import Finding, notice
from pipeline.model.submission import Sheet
from pipeline.road.read.around import is_proven_around
from pipeline.road.read.missing import missing_findings, moved_findings
from pipeline.workbook.cells import Chart, Rows, Sighting, Sightings, labels_of, sight, value_at

_FEW = 5


@dataclass(frozen=True, kw_only=True)
class SheetPlan:
    """One issued sheet: the labels to prove, as (row, column, text), and the cells to read, as (index, row, column).

    ``counts`` are the cells of counts, ``others`` those of money, dates and texts. ``statutory`` sheets hold nothing
    to the right of their table. ``entries`` are row and column of the cells that a unit types into.
    """

    sheet: str
    height: int
    width: int
    statutory: bool
    anchors: tuple[tuple[int, int, str], ...]
    counts: tuple[tuple[int, int, int], ...]
    others: tuple[tuple[int, int, int], ...]
    entries: frozenset[tuple[int, int]]

    @property
    def cells(self) -> tuple[tuple[int, int, int], ...]:
        """All cells of items."""
        return self.counts + self.others

    @cached_property
    def places(self) -> Mapping[int, Place]:
        """The place of every item of the sheet by its index."""
        return {index: Place(self.sheet, row, col) for index, row, col in self.cells}

    @cached_property
    def _labels(self) -> tuple[str, ...]:
        return tuple(text for _, _, text in self.anchors)

    @cached_property
    def label_cells(self) -> frozenset[tuple[int, int]]:
        """Row and column of every label."""
        return frozenset((row, col) for row, col, _ in self.anchors)

    def exact(self, rows: Rows) -> bool:
        """Whether every label is where it was issued, letter by letter."""
        try:
            return tuple([rows[row][col] for row, col, _ in self.anchors]) == self._labels
        except IndexError:
            return False

    @cached_property
    def corners(self) -> frozenset[tuple[int, int]]:
        """Row and column of every cell of an item."""
        return frozenset((row, col) for _, row, col in self.cells)

    def pad(self, rows: Rows) -> Rows:
        """Return the rows padded with blanks, so that they contain every cell of an item."""
        if len(rows) >= self.height and len(rows[0]) >= self.width:
            return rows
        blank = [""] * self.width
        return [[*row, *blank[len(row) :]] for row in rows] + [blank] * (self.height - len(rows))

    def intact(self, rows: Rows) -> bool:
        """Whether every label is where it was issued."""
        if self.exact(rows):
            return True
        try:
            for row, col, text in self.anchors:
                found = rows[row][col]
                if found != text and plain(found) != plain(text):
                    return False
        except IndexError:
            return False
        return True

    def is_contained(self, rows: Rows) -> bool:
        """Whether at most a few words were written below the issued table, or to the right of a statutory one. A few
        words have their own warning; more may be a second copy of the table.
        """
        stray = [cell for row in rows[self.height :] for cell in row if _text(cell)]
        if self.statutory and rows and len(rows[0]) > self.width:
            stray += [cell for row in rows for cell in row[self.width :] if _text(cell)]
        return len(stray) <= (_FEW if self.statutory else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """The place of every proven item by its index in ``Form.items``; ``as_issued`` if all are where the layout says."""

    places: Mapping[int, Place]
    findings: tuple[Finding, ...] = ()
    as_issued: bool = False


def sheet_plans(form: Form, layout: Layout) -> tuple[SheetPlan, ...]:
    """The issued sheets that hold items."""
    statutory = {table.sheet for table in form.tables}
    cells: dict[str, list[tuple[int, int, int]]] = {}
    for code, place in layout.places.items():
        cells.setdefault(place.sheet, []).append((form.position[code], place.row, place.col))
    return tuple(
        _sheet_plan(form, layout, sheet, items, statutory=sheet in statutory) for sheet, items in cells.items()
    )


def _sheet_plan(
    form: Form, layout: Layout, sheet: str, items: Sequence[tuple[int, int, int]], *, statutory: bool
) -> SheetPlan:
    anchors = [anchor for anchor in layout.anchors if anchor.place.sheet == sheet]
    places = [
        *(anchor.place for anchor in anchors),
        *(place for place in layout.named.values() if place.sheet == sheet),
    ]
    corners = [(row, col) for _, row, col in items] + [(place.row, place.col) for place in places]
    return SheetPlan(
        sheet=sheet,
        height=1 + max(row for row, _ in corners),
        width=1 + max(col for _, col in corners),
        statutory=statutory,
        anchors=tuple((a.place.row, a.place.col, a.text) for a in anchors),
        counts=tuple(cell for cell in items if form.items[cell[0]].kind == "count"),
        others=tuple(cell for cell in items if form.items[cell[0]].kind != "count"),
        entries=frozenset((row, col) for index, row, col in items if form.items[index].mode == "entered"),
    )


def as_issued(plans: Sequence[SheetPlan], layout: Layout, book: Mapping[str, Rows]) -> bool:
    """Return the places of a workbook whose issued sheets are all intact, with nothing beside them (the fast path)."""
    others = (rows for name, rows in book.items() if name not in layout.sheets)
    if any(_text(cell) for rows in others for row in rows for cell in row):
        return False
    return all(
        (rows := book.get(plan.sheet)) is not None and plan.intact(rows) and plan.is_contained(rows) for plan in plans
    )


def grid(sheet: Sheet) -> Rows:
    """The rows of a sheet counted from its own first row and column."""
    if not sheet.top and not sheet.left:
        return sheet.rows
    blank = [""] * sheet.left
    return [[] for _ in range(sheet.top)] + [[*blank, *row] for row in sheet.rows]


@dataclass(slots=True, kw_only=True)
class Locator:
    """Finds the items of one workbook that is not as issued."""

    form: Form
    layout: Layout
    plans: Sequence[SheetPlan]
    charts: Sequence[Chart]
    book: Mapping[str, Rows]
    names: Callable[[], Mapping[str, Place]]
    unread: Mapping[str, str] = field(default_factory=dict)
    _findings: list[Finding] = field(default_factory=list)
    _told: set[int] = field(default_factory=set)

    def locate(self) -> Located:
        """Locate every certain item, with findings for what moved, is contradictory or is missing."""
        intact = {plan.sheet for plan in self.plans if plan.intact(self.book.get(plan.sheet, ()))}
        seen = self._sightings(intact)
        places: dict[int, Place] = {}
        for chart in self.charts:
            found = self._certain(chart, seen[chart.name].found)
            self._veto(chart, found, seen[chart.name].found, intact)
            named = self._by_name(chart, found, seen[chart.name].found)
            self._findings += moved_findings(self.form, self.layout, chart, found, seen[chart.name].reworded, self.book)
            if named:
                first = next(iter(named.values()))
                self._findings.append(
                    notice("L2", where={"sheet": first.sheet, "cell": first.cell}, table=chart.name, count=len(named))
                )
            places |= found | named
            self._stray(chart, seen[chart.name].stray, found)
        absent = [index for index in range(len(self.form.items)) if index not in places and index not in self._told]
        self._findings += missing_findings(self.form, self.layout, self.charts, absent, self.book, self.unread)
        return Located(places=places, findings=tuple(self._findings))

    def _sightings(self, intact: set[str]) -> dict[str, Sightings]:
        """Return what the labels prove on every sheet. An intact sheet proves its items at their issued places. When
        there is more on it than was issued, that holds only for tables without other sightings, so that a second table
        below is not overlooked.
        """
        seen = {chart.name: Sightings() for chart in self.charts}
        by_sheet = {plan.sheet: plan for plan in self.plans if plan.sheet in intact}
        for name, rows in self.book.items():
            plan = by_sheet.get(name)
            settled = plan is not None and plan.is_contained(rows)
            labels = {} if settled else labels_of(rows)
            for chart in self.charts:
                here = Sightings()
                sight(name, rows, labels, chart, here)
                if plan and not here.found and not here.stray:
                    cells = ((index, Place(name, row, col)) for index, row, col in plan.cells if index in chart.indexes)
                    here.found = [Sighting(index, place, (name, -1)) for index, place in cells]
                seen[chart.name].add(here)
        return seen

    def _certain(self, chart: Chart, sightings: Sequence[Sighting]) -> dict[int, Place]:
        """Return the items with one place, or with several places of equal content in separate copies of the table."""
        # copies of the table           this item in them        outcome
        # one                           7                        certain
        # two sheets, one of them blank 7 | blank                certain, the blank sheet does not count
        # two sheets                    7 | 7                    certain, told (L3)
        # two sheets                    7 | 9                    not certain (L4)
        # one, its label there twice    7 | 7 in one block       not certain (L4): one of them is another item's
        sheets = {sighting.place.sheet for sighting in sightings}
        filled = {sighting.place.sheet for sighting in sightings if self._is_entered(sighting)} or sheets
        by_index: dict[int, dict[Place, tuple[str, int]]] = {}
        for sighting in sightings:
            if sighting.place.sheet in filled:
                by_index.setdefault(sighting.index, {}).setdefault(sighting.place, sighting.block)
        certain: dict[int, Place] = {}
        differing: list[tuple[int, Sequence[Place]]] = []
        for index, candidates in by_index.items():
            places = list(candidates)
            separate = len(set(candidates.values())) == len(places)
            if separate and len({_normal_text(self._raw(place)) for place in places}) == 1:
                certain[index] = places[0]
            else:
                differing.append((index, places))
        if differing:
            self._differ(chart, differing)
        elif len(sheets) > 1:
            where = {"sheet": min(filled)}
            words = {"table": chart.name, "sheets": "”“".join(sorted(sheets)), "found": min(filled)}
            self._findings.append(notice("L3", where=where, **words))
        return certain

    def _differ(self, chart: Chart, differing: Sequence[tuple[int, Sequence[Place]]]) -> None:
        self._told.update(index for index, _ in differing)
        index, places = differing[0]
        item = self.form.items[index]
        places_in_words = "，".join(f"“{p.sheet}”{p.cell} 是“{_normal_text(self._raw(p)) or '空白'}”" for p in places)
        where = {"sheet": places[-1].sheet, "cell": places[-1].cell, "item": item.code}
        words = {"table": chart.name, "count": len(differing), "label": item.label, "found": places_in_words}
        self._findings.append(notice("L4", where=where, **words))

    def _is_entered(self, sighting: Sighting) -> bool:
        """Whether the unit itself wrote something in this cell: it is no total and no printed figure."""
        return self.form.items[sighting.index].mode == "entered" and bool(_normal_text(self._raw(sighting.place)))

    def _veto(self, chart: Chart, found: dict[int, Place], sightings: Sequence[Sighting], intact: set[str]) -> None:
        """Remove the items whose defined name points to another cell than their labels prove."""
        if not found or all(place.sheet in intact for place in found.values()):
            return
        proven = {(sighting.index, sighting.place) for sighting in sightings}
        against: list[tuple[int, Place, Place]] = []
        for index, place in found.items():
            named = self.names().get(self.form.items[index].name)
            if named and named.sheet in self.book and named != place and (index, named) not in proven:
                against.append((index, place, named))
        if not against:
            return
        for index, _, _ in against:
            del found[index]
            self._told.add(index)
        index, place, named = against[0]
        item = self.form.items[index]
        words = {"table": chart.name, "count": len(against), "label": item.label}
        words |= {"found": f"“{place.sheet}”{place.cell}", "expected": f"“{named.sheet}”{named.cell}"}
        where = {"sheet": place.sheet, "cell": place.cell, "item": item.code}
        self._findings.append(notice("L6", where=where, **words))

    def _by_name(self, chart: Chart, found: Mapping[int, Place], sightings: Sequence[Sighting]) -> dict[int, Place]:
        """Locate items by their defined name when no label path leads to them, but their own row and column labels are
        there.
        """
        doubtful = {sighting.index for sighting in sightings}
        wanted = chart.indexes - found.keys() - doubtful
        if not chart.stacked or not wanted:
            return {}
        leaves = [row[-1] for row in chart.rows]
        taken = set(found.values())
        named: dict[int, Place] = {}
        for block in chart.blocks:
            for (row, column), index in block.items.items():
                place = self.names().get(self.form.items[index].name) if index in wanted else None
                if not place or place in taken or leaves.count(row[-1]) > 1:
                    continue
                if is_proven_around(self.book.get(place.sheet, ()), place, row, column, chart):
                    named[index] = place
        return named

    def _stray(self, chart: Chart, stray: Sequence[Place], found: Mapping[int, Place]) -> None:
        if not stray:
            return
        if not found:
            self._told.update(chart.indexes)
        place = stray[0]
        where = {"sheet": place.sheet, "cell": place.cell}
        words = {"table": chart.name, "found": _normal_text(self._raw(place)), "row": place.row + 1}
        self._findings.append(notice("L5", where=where, **words))

    def _raw(self, place: Place) -> object:
        rows = self.book[place.sheet]
        return value_at(rows, place.row, place.col)


def _text(cell: object) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else cell is not None


def _normal_text(cell: object) -> str:
    """Normalise a cell to compare two copies: 3, 3.0 and " 3" are the same."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return plain(cell)
