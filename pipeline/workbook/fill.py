"""Results of the formulas of an issued workbook, and an issued workbook filled in as Excel would have saved it. Excel
stores the last result beside every formula; a reader that does not calculate sees only these. So results are written
along with values: the totals of the tables, the lines of 校验, the lengths on 文字材料.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from python_calamine import CalamineWorkbook

from pipeline.form import LAST, LOCAL, Equation, Figure, Form, Item, Term, Value, Verdict
from pipeline.form.expressions import total
from pipeline.layout import IDENTITY_SHEET, Layout, Place
from pipeline.layout.design import (
    CHECKS_HEADINGS,
    REASON_COLUMN,
    TEXT_COLUMN,
    TEXTS_HEADINGS,
    check_rows,
    reason_name,
)
from pipeline.layout.formulas import DASH
from pipeline.layout.summary import (
    EXTRA_BROKEN,
    EXTRA_LACKING,
    NOTHING,
    NOTHING_TABLES,
    STATUS,
    YES,
    due_items,
    status_text,
)
from pipeline.layout.switches import applies_name, last_name
from pipeline.workbook.patch import patch_workbook

_LENGTH = TEXTS_HEADINGS.index("字数") - TEXT_COLUMN
_LEFT, _RIGHT, _DIFFERENCE, _VERDICT = (
    CHECKS_HEADINGS.index(heading) - REASON_COLUMN for heading in ("左边", "右边", "差额", "结果")
)


def fill(
    workbook: bytes, form: Form, layout: Layout, values: Mapping[str, Value], reasons: Mapping[str, str] | None = None
) -> bytes:
    """``workbook`` with ``values`` (by item code) typed into their cells, and every formula's result up to date.

    Other cells keep their content, which is counted. ``reasons`` (出错说明) go by rule or equation. Items whose name a
    restyled template has lost are left out.
    """
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook))
    cells: dict[Place, Value] = {layout.places[code]: v for code, v in values.items() if code in layout.places}
    cells |= results(form, layout, _standing(book, form, layout) | dict(values), _read_hidden(book, form, layout))
    for key, text in (reasons or {}).items():
        if reason_cell := layout.named.get(reason_name(key)):
            cells[reason_cell] = text
    return patch_workbook(workbook, cells)


def results(
    form: Form, layout: Layout, values: Mapping[str, Value], hidden: Mapping[str, Figure | None]
) -> dict[Place, Value]:
    """Return the result of every formula for ``values`` (by item code). ``hidden`` holds the values of the hidden sheet
    by name: which checks apply, last year's figures. A total among ``values`` is one that was typed over.
    """
    figures = {code: value for code, value in values.items() if isinstance(value, int | Decimal)}
    if hidden.get(NOTHING):
        free = (item for item in form.items if item.table in NOTHING_TABLES and item.mode == "entered")
        figures = {**dict.fromkeys((item.code for item in free), 0), **figures}
    for code in form.formulas:
        _total(form, code, figures)
    cells: dict[Place, Value] = {layout.places[code]: figures[code] for code in form.formulas if code in layout.places}
    cells |= _lengths(form, layout, values)
    figures |= {code: value for code in form.remembered if (value := hidden.get(last_name(code))) is not None}
    for _, equation in check_rows(form):
        reason_cell = layout.named.get(reason_name(equation))
        if reason_cell and _is_placed(form, layout, equation):
            asked = hidden.get(applies_name(equation)) != 0
            cells |= _check_line(equation, reason_cell, figures, form.operands[equation.key], asked=asked)
    return cells | dict(_status(form, layout, figures, cells))


def _status(
    form: Form, layout: Layout, figures: Mapping[str, Figure], cells: Mapping[Place, Value]
) -> Iterator[tuple[Place, Value]]:
    """Yield the line on top of 校验, and what the sheet of local indicators adds to its counts."""
    if STATUS not in layout.named:
        return
    blank = [item for item in due_items(form, layout.places) if item.code not in figures]
    verdict = {"error": [0, 0], "warning": [0, 0]}
    for _, equation in check_rows(form):
        rule, reason = form.rule(equation.rule), layout.named.get(reason_name(equation))
        if reason and cells.get(Place(reason.sheet, reason.row, reason.col + _VERDICT)) == Verdict.BROKEN.value:
            verdict[rule.severity][rule.table == LOCAL] += 1
    lacking = [sum(item.table != LOCAL for item in blank), sum(item.table == LOCAL for item in blank)]
    yield layout.named[STATUS], status_text(sum(lacking), sum(verdict["error"]), verdict["warning"][0])
    for name, count in ((EXTRA_LACKING, lacking[1]), (EXTRA_BROKEN, verdict["error"][1])):
        if name in layout.named:
            yield layout.named[name], count


def _is_placed(form: Form, layout: Layout, equation: Equation) -> bool:
    """Whether the workbook has formulas for the equation; local ones over last year or over other units' cells have
    none.
    """
    if form.rule(equation.rule).table == LOCAL and equation.historic:
        return False
    return all(code in layout.places for code in equation.codes if not code.startswith(LAST))


def _read_hidden(book: CalamineWorkbook, form: Form, layout: Layout) -> Mapping[str, Figure | None]:
    """The figures of the hidden sheet, by the label beside them, and the switch of 基本情况."""
    items = {last_name(code): form.item(code.removeprefix(LAST)) for code in form.remembered}
    rows = book.get_sheet_by_name(IDENTITY_SHEET).to_python()
    found = {name: _figure(row[1], items.get(name)) for row in rows if len(row) > 1 and (name := str(row[0]))}
    return found | {NOTHING: int(_says_nothing(book, layout))}


def _says_nothing(book: CalamineWorkbook, layout: Layout) -> bool:
    """Whether the unit said that there were no requests and no cases."""
    place = layout.named.get(NOTHING)
    if place is None or place.sheet not in book.sheet_names:
        return False
    rows = book.get_sheet_by_name(place.sheet).to_python(skip_empty_area=False)
    return place.row < len(rows) and place.col < len(rows[place.row]) and rows[place.row][place.col] == YES


def _standing(book: CalamineWorkbook, form: Form, layout: Layout) -> dict[str, Value]:
    """Read what is in the entry cells already."""
    sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    found: dict[str, Value] = {}
    for code, place in layout.places.items():
        item, rows = form.item(code), sheets.get(place.sheet, [])
        if item.mode == "entered" and place.row < len(rows) and place.col < len(rows[place.row]):
            raw = rows[place.row][place.col]
            value: Value = _figure(raw, item) if item.numeric else str(raw)
            if value not in (None, ""):
                found[code] = value
    return found


def _figure(raw: object, item: Item | None) -> Figure | None:
    """A number cell exactly as it is written; ``None`` when it is none."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    value = Decimal(str(raw))
    return value if item and item.kind == "money" else int(value) if value == value.to_integral_value() else None


def _total(form: Form, code: str, figures: dict[str, Figure]) -> Figure:
    """Compute a total, after the totals it is a sum of."""
    if code not in figures:
        terms = form.formulas[code].right
        for term in terms:
            if term.name in form.formulas:
                _total(form, term.name, figures)
        figures[code] = total(terms, lambda name: figures.get(name, 0)) or 0
    return figures[code]


def _lengths(form: Form, layout: Layout, values: Mapping[str, Value]) -> Iterator[tuple[Place, int]]:
    """Yield the length of each text, for the cell beside it."""
    for item in form.of_table("text"):
        if place := layout.places.get(item.code):
            yield Place(place.sheet, place.row, place.col + _LENGTH), len(str(values.get(item.code) or ""))


def _check_line(
    equation: Equation, reason: Place, figures: Mapping[str, Figure], operands: Sequence[str], *, asked: bool
) -> Iterator[tuple[Place, Value]]:
    """Yield one line of 校验. SUM and COUNT skip text, so a line with a figure typed as text stays at 待填."""

    def side(terms: tuple[Term, ...]) -> Figure:
        return total(terms, lambda name: figures.get(name, 0)) or 0

    left, right = side(equation.left), side(equation.right)
    known = all(code in figures for code in equation.codes if code.startswith(LAST))
    verdict = Verdict.PENDING if known else Verdict.UNKNOWN
    if all(code in figures for code in operands):
        verdict = equation.verdict(figures.get)
    shown: dict[int, Value] = {_LEFT: left, _RIGHT: right, _DIFFERENCE: left - right}
    if not known:
        shown[_DIFFERENCE] = DASH
        shown |= {
            at: DASH for at, terms in ((_LEFT, equation.left), (_RIGHT, equation.right)) if any(t.last for t in terms)
        }
    for offset, result in (shown | {_VERDICT: (verdict if asked else Verdict.NOT_ASKED).value}).items():
        yield Place(reason.sheet, reason.row, reason.col + offset), result
