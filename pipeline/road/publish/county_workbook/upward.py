"""The sheets that make county.xlsx a return for the next level up: laid out, labelled and named as it is issued."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from decimal import Decimal

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipeline.form import LOCAL, Equation, Item, Rule, Table, Verdict
from pipeline.form.rules import WHOLE
from pipeline.layout import IDENTITY_KEYS, IDENTITY_SHEET, LOCAL_SHEET, Place, table_grid
from pipeline.layout.design import (
    BASICS_HEADINGS,
    BASICS_SHEET,
    CHECKS_HEADINGS,
    CHECKS_SHEET,
    REASON_COLUMN,
    TABLE_ROW,
    TEXT_COLUMN,
    TEXTS_HEADINGS,
    TEXTS_SHEET,
    VALUE_COLUMN,
    basics_rows,
    check_rows,
    later_rows,
    reason_name,
    text_rows,
)
from pipeline.layout.local import LOCAL_HEADINGS
from pipeline.model.seal import Seal
from pipeline.road.publish.county_workbook.pen import Pen
from pipeline.workbook.sheets import check_title, draw_table, head, lines_height, page


def tables(pen: Pen, source_rows: Mapping[str, tuple[str, int]]) -> None:
    """The statutory tables; every figure links to its rows in 来源."""
    for table in pen.form.tables:
        _table(pen, pen.sheet(table.sheet), table, source_rows)


def _table(pen: Pen, sheet: Worksheet, table: Table, source_rows: Mapping[str, tuple[str, int]]) -> None:
    grid = table_grid(table)
    head(sheet, pen.inks, table.heading, pen.declared, grid.width)

    def value(code: str, row: int, col: int, cols: int) -> None:
        item = pen.form.item(code)
        ink = pen.ink("total" if item.mode == "computed" else "value")
        if cols > 1:
            sheet.merge_range(row, col, row, col + cols - 1, "", ink)
        _figure(pen, sheet, (row, col), item, ink, source_rows)

    draw_table(sheet, pen.inks, table, grid, TABLE_ROW, value)
    if grid.headings:
        sheet.freeze_panes(TABLE_ROW + grid.headings, grid.label_columns)
    page(sheet, repeat=(0, TABLE_ROW + max(grid.headings - 1, 0)))


def _figure(
    pen: Pen, sheet: Worksheet, at: tuple[int, int], item: Item, ink: Format, source_rows: Mapping[str, tuple[str, int]]
) -> None:
    """Write a county figure that links to its sources; blank when its single source is unknown."""
    value = pen.county.figures[item.code]
    if item.code in source_rows:
        tip = f"{item.label}：点击看来源"[:255]
        where, row = source_rows[item.code]
        sheet.write_url(*at, f"internal:'{where}'!A{row + 1}", ink, "", tip)
    if value is None:
        sheet.write_blank(*at, None, ink)
    else:
        sheet.write_number(*at, value, ink)
    _define_name(pen, item.name, Place(sheet.name, *at))


def _define_name(pen: Pen, name: str, place: Place) -> None:
    pen.book.define_name(name, f"={place.absolute}")


# ---------------------------------------------------------------- 基本情况
def basics(pen: Pen, source_rows: Mapping[str, tuple[str, int]]) -> None:
    """The reporting unit, and the indicators behind the narrative with the way each was aggregated."""
    sheet = pen.sheet(BASICS_SHEET)
    headings = (*BASICS_HEADINGS[:3], "汇总方式")
    pen.draw_head(sheet, BASICS_SHEET, pen.declared, headings, (32, 34, 10, 52))
    for row, entry in basics_rows(pen.form):
        if isinstance(entry, str):
            sheet.merge_range(row, 0, row, len(headings) - 1, entry, pen.ink("band"))
            continue
        sheet.set_row(row, 20)
        pen.text(sheet, row, 0, entry.row_path[-1], "label")
        pen.text(sheet, row, 2, entry.unit, "value")
        pen.text(sheet, row, 3, _mode(pen, entry))
        if entry.code in pen.county.figures:
            _figure(pen, sheet, (row, VALUE_COLUMN), entry, pen.ink("value"), source_rows)
            continue
        answer = _own_answers(pen).get(entry.code, "")
        if isinstance(answer, int):
            pen.number(sheet, row, VALUE_COLUMN, answer)
        else:
            sheet.set_row(row, max(20.0, lines_height([answer], [34])))
            pen.text(sheet, row, VALUE_COLUMN, answer)
        _define_name(pen, entry.name, Place(BASICS_SHEET, row, VALUE_COLUMN))
    page(sheet, repeat=(0, TABLE_ROW))


def local(pen: Pen, source_rows: Mapping[str, tuple[str, int]]) -> None:
    """The local indicators, under their issued labels, so that a next level that asks for them finds them."""
    items = [item for item in pen.items if item.table == LOCAL]
    if not items:
        return
    sheet = pen.sheet(LOCAL_SHEET)
    headings = (*LOCAL_HEADINGS[:3], "汇总方式")
    pen.draw_head(sheet, f"{LOCAL_SHEET}（本地区加报的内容）", pen.declared, headings, (32, 34, 10, 52))
    for row, item in enumerate(items, TABLE_ROW + 1):
        pen.text(sheet, row, 0, item.row_path[-1], "label")
        _figure(pen, sheet, (row, VALUE_COLUMN), item, pen.ink("value"), source_rows)
        pen.text(sheet, row, 2, item.unit, "value")
        pen.text(sheet, row, 3, _mode(pen, item))
    page(sheet, repeat=(0, TABLE_ROW))


def _own_answers(pen: Pen) -> Mapping[str, str | int]:
    """Return the county's own answers: who signs, and the document numbers it counted."""
    profile = pen.outcome.control.profile
    return {
        "meta.unit": profile.root,
        "meta.year": profile.year,
        "meta.preparer": profile.preparer,
        "meta.reviewer": profile.reviewer,
        "meta.phone": profile.phone,
        "meta.date": profile.signed_on.isoformat() if profile.signed_on else "",
        **pen.county.texts,
    }


def _mode(pen: Pen, item: Item) -> str:
    if item.table == "meta":
        return "取自台账“年报信息”"
    if item.aggregation == "source":
        code = pen.outcome.control.profile.sources.get(item.source, "")
        unit = pen.outcome.control.by_code.get(code)
        if unit is None:
            return f"取自{item.source}，台账未指定"
        known = pen.county.figures[item.code] is not None
        return f"取自{unit.name}（{item.source}）" + ("" if known else "，尚未计入")
    return {"sum": "各单位相加", "collect": "各单位所列，每个文号只列一次"}.get(item.aggregation, "")


# ---------------------------------------------------------------- 文字材料, 校验, the seal
def texts(pen: Pen) -> None:
    """The office's own text, section by section."""
    sheet = pen.sheet(TEXTS_SHEET)
    pen.draw_head(sheet, TEXTS_SHEET, pen.declared, TEXTS_HEADINGS, (16, 22, 70, 7, 9, 22))
    for row, item in text_rows(pen.form):
        text = "\n".join(pen.outcome.control.texts.get(item.code, ()))
        sheet.set_row(row, max(40.0, min(lines_height([text], [70]), 400.0)))
        pen.text(sheet, row, 0, item.row_path[0], "label")
        pen.text(sheet, row, 1, item.row_path[-1], "label")
        pen.text(sheet, row, TEXT_COLUMN, text)
        pen.number(sheet, row, 3, len(text))
        pen.number(sheet, row, 4, item.limit)
        pen.text(sheet, row, 5, "取自台账“报告文字”", "note")
        _define_name(pen, item.name, Place(TEXTS_SHEET, row, TEXT_COLUMN))


def checks(pen: Pen) -> None:
    """Every statutory rule at the county's own figures, and the office's reasons for the next level up."""
    form = replace(pen.form, rules=tuple(rule for rule in pen.form.rules if rule.table != LOCAL))
    sheet = pen.sheet(CHECKS_SHEET)
    pen.draw_head(sheet, CHECKS_SHEET, pen.declared, CHECKS_HEADINGS, (40, 30, 11, 11, 11, 8, 40))
    for row, equation in check_rows(form.set(pen.outcome.control.profile.thresholds)):
        _check(pen, sheet, row, equation)
    for row, rule in later_rows(form):
        _line(pen, sheet, row, rule, WHOLE, rule.id)
        pen.text(sheet, row, 5, "收件后", "value")


def _check(pen: Pen, sheet: Worksheet, row: int, equation: Equation) -> None:
    rule, profile = pen.form.rule(equation.rule), pen.outcome.control.profile
    _line(pen, sheet, row, rule, equation.over_label, equation.key)
    verdict = equation.verdict(pen.county.figures.get)
    if equation.unit_types or rule.unit_types or not rule.applies(level=profile.level, year=profile.year):
        verdict = Verdict.NOT_ASKED
    elif sides := equation.sides(pen.county.figures.get):
        for col, number in enumerate((*sides, Decimal(sides[0]) - Decimal(sides[1])), 2):
            pen.number(sheet, row, col, number)
    inks = {Verdict.HELD: "good", Verdict.BROKEN: "error" if rule.severity == "error" else "warning"}
    pen.text(sheet, row, 5, verdict, inks.get(verdict, "value"))


def _line(pen: Pen, sheet: Worksheet, row: int, rule: Rule, over: str, key: str) -> None:
    reason = _reason(pen.outcome.control.explanations, rule, key)
    sheet.set_row(row, max(30.0, lines_height([reason], [40])))
    pen.texts(sheet, row, (check_title(rule), over, "", "", ""), "label")
    pen.text(sheet, row, REASON_COLUMN, reason)
    _define_name(pen, reason_name(key), Place(CHECKS_SHEET, row, REASON_COLUMN))


def _reason(given: Mapping[str, str], rule: Rule, key: str) -> str:
    """Return the reason for an equation, or for its whole rule; the rule's own row joins those of its equations."""
    if text := given.get(key) or given.get(rule.id):
        return text
    if key != rule.id:
        return ""
    return "；".join(text for other, text in given.items() if other.startswith(f"{rule.id}."))


def identity(pen: Pen, seal: Seal) -> None:
    """The hidden sheet of the workbook the next level issued: it proves whose return this is."""
    sheet = pen.sheet(IDENTITY_SHEET)
    answer = asdict(seal)
    for row, key in enumerate(IDENTITY_KEYS):
        sheet.write_string(row, 0, key)
        sheet.write_string(row, 1, answer[key])
    sheet.very_hidden()
    sheet.protect("")
