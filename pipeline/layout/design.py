"""The layout of a return workbook that is built from the form; the office may restyle it afterwards.

Sheets: 填报说明 · 基本情况 · 表二 · 表三 · 表四 · 文字材料 · 校验 · the hidden identity sheet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.form import KINDS, Equation, Form, Item, Rule, Table
from pipeline.layout.address import IDENTITY_KEYS, IDENTITY_SHEET, Anchor, Layout, Place
from pipeline.layout.grid import Grid, table_grid
from pipeline.layout.summary import NOTHING, STATUS
from pipeline.layout.switches import defaults

GUIDE_SHEET = "填报说明"
BASICS_SHEET = "基本情况"
TEXTS_SHEET = "文字材料"
CHECKS_SHEET = "校验"

BANNER_ROW, TABLE_ROW = 1, 2
"""Every sheet begins alike: title, the line with unit and year, then its table."""

BASICS_HEADINGS = ("项目", "填报内容", "计量单位", "填报说明")
TEXTS_HEADINGS = ("部分", "小节", "文字", "字数", "字数上限", "填报说明")
CHECKS_HEADINGS = ("规则", "范围", "左边", "右边", "差额", "结果", "出错说明")
VALUE_COLUMN, TEXT_COLUMN, REASON_COLUMN, STATUS_COLUMN = 1, 2, 6, 2
SWITCHES_ROW = len(IDENTITY_KEYS) + 1
"""On the hidden sheet, below the seal: what the live checks must know of the unit (see `switches`)."""


def basics_rows(form: Form) -> Iterator[tuple[int, Item | str]]:
    """The rows of 基本情况: a band title or an item, each with its row number."""
    row = TABLE_ROW + 1
    for title, items in (("单位信息", form.of_table("meta")), ("统计指标", form.of_table("info"))):
        yield row, title
        yield from enumerate(items, row + 1)
        row += 1 + len(items)


def nothing_row(form: Form) -> int:
    """Return the row of 基本情况 with the switch for units without requests and cases; it is below the items."""
    return max(row for row, _ in basics_rows(form)) + 1


def text_rows(form: Form) -> Iterator[tuple[int, Item]]:
    """The rows of 文字材料."""
    yield from enumerate(form.of_table("text"), TABLE_ROW + 1)


def check_rows(form: Form) -> Iterator[tuple[int, Equation]]:
    """The rows of 校验 that are evaluated while the clerk types: one for each equation."""
    equations = (equation for rule in form.rules if rule.live for equation in rule.equations)
    yield from enumerate(equations, TABLE_ROW + 1)


def later_rows(form: Form) -> Iterator[tuple[int, Rule]]:
    """The rows below, after a heading: rules that are evaluated on receipt and may need a reason."""
    first = TABLE_ROW + 2 + sum(1 for _ in check_rows(form))
    waiting = (
        rule for rule in form.rules if rule.needs_reason and not rule.live and KINDS[rule.kind].station == "check"
    )
    yield from enumerate(waiting, first)


def reason_name(asked: Equation | str) -> str:
    """The defined name of the cell for the unit's reason (出错说明) to an equation or, by its id, to a whole rule."""
    key = asked if isinstance(asked, str) else asked.key
    return "explain_" + key.replace(".", "_")


def reason_keys(form: Form) -> Mapping[str, str]:
    """Map the defined name of every reason cell to the key of its reason."""
    keys = [*(equation.key for _, equation in check_rows(form)), *(rule.id for _, rule in later_rows(form))]
    return {reason_name(key): key for key in keys}


def identity_name(key: str) -> str:
    """The defined name of a value on the hidden identity sheet."""
    return f"xxgk_{key}"


def banner_name(sheet_code: str) -> str:
    """The defined name of the line with unit and year on a sheet."""
    return f"banner_{sheet_code}"


def table_origin(table: Table) -> tuple[Grid, int]:
    """Return a table's grid and the sheet row of its first row."""
    return table_grid(table), TABLE_ROW


def design_layout(form: Form) -> Layout:
    """The layout of a workbook freshly built from the form."""
    places: dict[str, Place] = {}
    anchors: list[Anchor] = []
    named: dict[str, Place] = {}
    for row, entry in basics_rows(form):
        if isinstance(entry, str):
            continue
        places[entry.code] = Place(BASICS_SHEET, row, VALUE_COLUMN)
        anchors.append(Anchor(Place(BASICS_SHEET, row, 0), entry.row_path[-1]))
    named[NOTHING] = Place(BASICS_SHEET, nothing_row(form), VALUE_COLUMN)
    named[STATUS] = Place(CHECKS_SHEET, 0, STATUS_COLUMN)
    for table in form.tables:
        grid, origin = table_origin(table)
        for cell in grid.cells:
            place = Place(table.sheet, origin + cell.row, cell.col)
            if cell.code:
                places[cell.code] = place
            else:
                anchors.append(Anchor(place, cell.text))
    for row, item in text_rows(form):
        places[item.code] = Place(TEXTS_SHEET, row, TEXT_COLUMN)
        anchors.append(Anchor(Place(TEXTS_SHEET, row, 1), item.row_path[-1]))
    for row, equation in check_rows(form):
        named[reason_name(equation.key)] = Place(CHECKS_SHEET, row, REASON_COLUMN)
    for row, rule in later_rows(form):
        named[reason_name(rule.id)] = Place(CHECKS_SHEET, row, REASON_COLUMN)
    for code, sheet in banner_sheets(form):
        named[banner_name(code)] = Place(sheet, BANNER_ROW, 0)
    for row, key in enumerate(IDENTITY_KEYS):
        named[identity_name(key)] = Place(IDENTITY_SHEET, row, 1)
    for row, name in enumerate(defaults(form), SWITCHES_ROW):
        named[name] = Place(IDENTITY_SHEET, row, 1)
    return Layout(places=places, anchors=tuple(anchors), named=named, sheets=sheet_order(form))


def banner_sheets(form: Form) -> Iterator[tuple[str, str]]:
    """The sheets with the line of unit and year, each with the code at the end of its defined name."""
    yield "guide", GUIDE_SHEET
    yield "basics", BASICS_SHEET
    for table in form.tables:
        yield table.code, table.sheet
    yield "text", TEXTS_SHEET
    yield "checks", CHECKS_SHEET


def sheet_order(form: Form) -> tuple[str, ...]:
    """The sheets of a return workbook, in order."""
    tables = (table.sheet for table in form.tables)
    return (GUIDE_SHEET, BASICS_SHEET, *tables, TEXTS_SHEET, CHECKS_SHEET, IDENTITY_SHEET)
