"""Fill in an issued workbook: type into the entry cells and save, as Excel would have saved it.

Excel stores beside every formula the result it last showed; a reader that does not calculate sees only these. So they
are written too: the totals of the tables, the lines of 校验, the lengths on 文字材料.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from decimal import Decimal

from python_calamine import CalamineWorkbook

from pipeline.form import Equation, Form, Value
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
from pipeline.layout.switches import applies_name
from pipeline.patch import patch_workbook

_LENGTH = TEXTS_HEADINGS.index("字数") - TEXT_COLUMN
_LEFT, _RIGHT, _DIFFERENCE, _VERDICT = (
    CHECKS_HEADINGS.index(heading) - REASON_COLUMN for heading in ("左边", "右边", "差额", "结果")
)


def fill(
    workbook: bytes, form: Form, layout: Layout, values: Mapping[str, Value], reasons: Mapping[str, str] | None = None
) -> bytes:
    """``workbook`` with ``values`` (by item code) typed into their cells, and every formula's result up to date.

    ``reasons`` (出错说明) go by rule or equation. What a restyled template has lost the name of is left out.
    """
    figures = {code: value for code, value in values.items() if isinstance(value, int | Decimal)}
    for code in form.formulas:
        _total(form, code, figures)
    cells: dict[Place, Value] = {layout.places[code]: v for code, v in values.items() if code in layout.places}
    cells |= {layout.places[code]: figures[code] for code in form.formulas if code in layout.places}
    cells |= _lengths(form, layout, values)
    hidden = _hidden(workbook)
    for _, equation in check_rows(form):
        reason_cell = layout.named.get(reason_name(equation))
        if reason_cell and all(code in layout.places for code in equation.codes):
            cells |= _check_line(equation, reason_cell, figures, asked=hidden.get(applies_name(equation)) != 0)
    for key, text in (reasons or {}).items():
        if reason_cell := layout.named.get(reason_name(key)):
            cells[reason_cell] = text
    return patch_workbook(workbook, cells)


def _hidden(workbook: bytes) -> Mapping[str, object]:
    """What the hidden sheet says, by the label beside it."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook))
    return {str(row[0]): row[1] for row in book.get_sheet_by_name(IDENTITY_SHEET).to_python() if len(row) > 1}


def _total(form: Form, code: str, figures: dict[str, int | Decimal]) -> int | Decimal:
    """A computed cell, and first the computed cells it rests on."""
    if code not in figures:
        terms = form.formulas[code].right
        for term in terms:
            if term.name in form.formulas:
                _total(form, term.name, figures)
        figures[code] = total(terms, lambda name: figures.get(name, 0)) or 0
    return figures[code]


def _lengths(form: Form, layout: Layout, values: Mapping[str, Value]) -> Iterator[tuple[Place, int]]:
    """How long each text is, in the cell beside it."""
    for item in form.of_table("text"):
        if place := layout.places.get(item.code):
            yield Place(place.sheet, place.row, place.col + _LENGTH), len(str(values.get(item.code) or ""))


def _check_line(
    equation: Equation, reason: Place, figures: Mapping[str, int | Decimal], *, asked: bool
) -> Iterator[tuple[Place, Value]]:
    """One line of 校验. SUM passes over text and COUNT misses it: such a line stays at 待填."""
    left, right = (total(side, lambda name: figures.get(name, 0)) or 0 for side in (equation.left, equation.right))
    verdict = "待填" if asked else "不适用"
    if asked and all(code in figures for code in equation.codes):
        verdict = "✓" if equation.holds(left, right) or not equation.asked(figures.get) else "✗"
    results = {_LEFT: left, _RIGHT: right, _DIFFERENCE: left - right, _VERDICT: verdict}
    for offset, result in results.items():
        yield Place(reason.sheet, reason.row, reason.col + offset), result
