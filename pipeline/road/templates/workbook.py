"""The blank return.xlsx, built once from the form; afterwards the office may restyle it in Excel or WPS.

No macros; it must open and work in Excel, WPS and LibreOffice. Only entry cells are unlocked; totals are formulas
with cached results; both sides of a broken balance turn red while the clerk types.
"""

from __future__ import annotations

import datetime as dt
from itertools import groupby
from pathlib import Path

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipeline.form import LARGEST, Equation, Form, Item, Rule, Table, Verdict, prompt, stop
from pipeline.form.rules import WHOLE
from pipeline.layout import IDENTITY_KEYS, IDENTITY_SHEET, Layout, Place, design_layout, formulas
from pipeline.layout.design import (
    BASICS_HEADINGS,
    BASICS_SHEET,
    CHECKS_HEADINGS,
    CHECKS_SHEET,
    GUIDE_SHEET,
    STATUS_COLUMN,
    SWITCHES_ROW,
    TABLE_ROW,
    TEXT_COLUMN,
    TEXTS_HEADINGS,
    TEXTS_SHEET,
    VALUE_COLUMN,
    basics_rows,
    check_rows,
    later_rows,
    nothing_row,
    table_origin,
    text_rows,
)
from pipeline.layout.summary import (
    EXTRA_BROKEN,
    EXTRA_LACKING,
    NO,
    NOTHING,
    NOTHING_LABEL,
    NOTHING_NOTE,
    YES,
    due_items,
    status_formula,
    status_text,
)
from pipeline.layout.switches import defaults
from pipeline.workbook.sheets import Inks, check_title, draw_table, head, lines_height, page

BLANK_BANNER = "填报单位：（下发时印入）　　报告年度：（下发时印入）"
EPOCH = dt.datetime(2021, 9, 26)  # the day the format was issued; a build date would make every build differ

_LATER = "以下各条要与上年、文字材料或其他单位比对，由汇总单位收件后核对；被要求说明、数字和文字又确实无误的，把原因写在右边“出错说明”一列。"

_GUIDE = (
    ("一、填什么", ""),
    ("1", "按顺序填写“基本情况”“表二”“表三”“表四”“文字材料”，最后看“校验”。"),
    ("2", "只填浅黄色的格子。灰色的合计由公式自动计算，其他格子已锁定。"),
    (
        "3",
        "浅黄色的数字格都要填，没有发生的填 0，空白不等于 0，会被退回；“基本情况”里注明“可以不填”的除外。"
        "本年没有收到申请、也没有复议诉讼的，在“基本情况”最后一行选“是”，表三、表四就可以空着。",
    ),
    ("4", "件数填整数，只填数字，不要写“件”“条”“约”“若干”；说明写在“文字材料”里。"),
    ("5", "“行政事业性收费”以万元为单位，“信息处理费”以元为单位，请看清单位。"),
    ("二、怎么核对", ""),
    ("6", "表内出现红色，说明勾稽关系不平：表三每一列第一项加第二项之和，等于第三项加第四项之和。"),
    (
        "7",
        "“校验”表最上面一行写着还差几格、几处不平、能不能报送，下面逐条列出左边、右边和差额：强制性的出现 ✗ 必须改平后再报；"
        "“待填”表示还有格子没填，“不适用”“无上年数”不用管。",
    ),
    (
        "8",
        "“上年结转”印成灰色的，是上年年报的数，只核对、不用填；与上年年报不符的，联系下发单位更正，不要自行改动。没有印数的照常填写。",
    ),
    ("9", "表内变黄、核实性的出现 ✗，数字又确实无误的，把原因写在“校验”表“出错说明”一列；数字改了，说明也要重写。"),
    ("三、怎么报", ""),
    ("10", "直接在本文件里填，保存为 .xlsx 后整份发回；不要另做表格，不要拍照、截图或转成 PDF。"),
    ("11", "不要改工作表名称、行列标题，不要插入或删除行列，不要给文件加打开密码。"),
    ("12", "一个单位用一份：本文件已印有本单位名称，请不要借给其他单位使用。"),
    ("13", "发现填错，改正后重新发送即可，以最后一次通过审核的为准，以前的都会保留。"),
)


def build_workbook(form: Form, path: Path) -> None:
    """Write the blank workbook of ``form`` to ``path``; the same form gives the same bytes."""
    book = Workbook(str(path), {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False})
    book.set_properties({"title": form.title, "author": "", "created": EPOCH})
    inks, layout = Inks(book), design_layout(form)
    sheets = {name: book.add_worksheet(name) for name in layout.sheets}
    _guide(sheets[GUIDE_SHEET], inks, form)
    _basics(sheets[BASICS_SHEET], inks, form)
    for table in form.tables:
        _table(sheets[table.sheet], inks, form, table, layout)
    _texts(sheets[TEXTS_SHEET], inks, form)
    _checks(sheets[CHECKS_SHEET], inks, form, layout)
    _identity(sheets[IDENTITY_SHEET], form)
    _balances(sheets, inks, form, layout)
    for name, place in names(form, layout).items():
        book.define_name(name, f"={place.absolute}")
    book.close()


def names(form: Form, layout: Layout) -> dict[str, Place]:
    """Return every defined name of a return workbook with its cell."""
    return {form.item(code).name: place for code, place in layout.places.items()} | dict(layout.named)


def _guide(sheet: Worksheet, inks: Inks, form: Form) -> None:
    head(sheet, inks, f"{form.title}填报说明", BLANK_BANNER, 2)
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 1, 80)
    for row, (number, text) in enumerate(_GUIDE, TABLE_ROW):
        if text:
            sheet.write_string(row, 0, number, inks["heading"])
            sheet.write_string(row, 1, text, inks["value_left"])
        else:
            sheet.merge_range(row, 0, row, 1, number, inks["band"])
        sheet.set_row(row, max(24.0, lines_height([text], [76]) + 4))
    sheet.hide_gridlines(2)
    _lock(sheet)
    page(sheet)


def _basics(sheet: Worksheet, inks: Inks, form: Form) -> None:
    head(sheet, inks, "基本情况", BLANK_BANNER, len(BASICS_HEADINGS))
    for col, (heading, width) in enumerate(zip(BASICS_HEADINGS, (28, 26, 10, 56), strict=True)):
        sheet.set_column(col, col, width)
        sheet.write_string(TABLE_ROW, col, heading, inks["heading"])
    for row, entry in basics_rows(form):
        sheet.set_row(row, 24)
        if isinstance(entry, str):
            sheet.merge_range(row, 0, row, len(BASICS_HEADINGS) - 1, entry, inks["band"])
            continue
        sheet.write_string(row, 0, entry.row_path[-1], inks["label"])
        ink = {"locked": "total"}.get(entry.mode, "entry" if entry.numeric else "entry_text")
        sheet.write_blank(row, VALUE_COLUMN, None, inks[ink])
        sheet.write_string(row, 2, entry.unit, inks["value"])
        sheet.write_string(row, 3, entry.note, inks["note"])
        _validate(sheet, row, VALUE_COLUMN, row, VALUE_COLUMN, entry)
    last = nothing_row(form)
    sheet.set_row(last, 32)
    for col, (text, ink) in enumerate(((NOTHING_LABEL, "label"), ("", "entry"), ("", "value"), (NOTHING_NOTE, "note"))):
        sheet.write_string(last, col, text, inks[ink])
    sheet.data_validation(last, VALUE_COLUMN, last, VALUE_COLUMN, {"validate": "list", "source": [YES, NO]})
    sheet.freeze_panes(TABLE_ROW + 1, 1)
    _lock(sheet)
    page(sheet, repeat=(0, TABLE_ROW))


def _table(sheet: Worksheet, inks: Inks, form: Form, table: Table, layout: Layout) -> None:
    grid, origin = table_origin(table)
    head(sheet, inks, table.heading, BLANK_BANNER, grid.width)
    entries: list[tuple[int, int, int, Item]] = []

    def value(code: str, row: int, col: int, cols: int) -> None:
        item = form.item(code)
        ink = inks["total" if item.mode == "computed" else "entry"]
        if cols > 1:
            sheet.merge_range(row, col, row, col + cols - 1, "", ink)
        if item.mode == "computed":
            sheet.write_formula(row, col, "=" + _formula(form, code, layout), ink, 0)
        else:
            sheet.write_blank(row, col, None, ink)
            entries.append((row, col, col + cols - 1, item))

    draw_table(sheet, inks, table, grid, origin, value)
    for row, run in groupby(entries, key=lambda entry: (entry[0], prompt(entry[3]))):
        cells = list(run)
        _validate(sheet, row[0], cells[0][1], row[0], cells[-1][2], cells[0][3])
    if grid.headings:
        sheet.freeze_panes(origin + grid.headings, grid.label_columns)
    _lock(sheet)
    page(sheet, repeat=(0, origin + grid.headings - 1) if grid.headings else (0, 1))


def _formula(form: Form, code: str, layout: Layout) -> str:
    """Return the formula of a total: the right side of its defining equation."""
    place = layout.places[code]
    return formulas.side_formula(form.formulas[code].right, layout.places, on=place.sheet)


def _texts(sheet: Worksheet, inks: Inks, form: Form) -> None:
    head(sheet, inks, "文字材料", BLANK_BANNER, len(TEXTS_HEADINGS))
    for col, (heading, width) in enumerate(zip(TEXTS_HEADINGS, (16, 18, 70, 7, 9, 22), strict=True)):
        sheet.set_column(col, col, width)
        sheet.write_string(TABLE_ROW, col, heading, inks["heading"])
    for row, item in text_rows(form):
        sheet.set_row(row, 120)
        sheet.write_string(row, 0, item.row_path[0], inks["label"])
        sheet.write_string(row, 1, item.row_path[-1], inks["label"])
        sheet.write_blank(row, TEXT_COLUMN, None, inks["long_text"])
        cell = f"C{row + 1}"
        sheet.write_formula(row, 3, f"=LEN({cell})", inks["total"], 0)
        sheet.write_number(row, 4, item.limit, inks["value"])
        sheet.write_string(row, 5, item.note, inks["note"])
        _validate(sheet, row, TEXT_COLUMN, row, TEXT_COLUMN, item)
        sheet.conditional_format(
            row, 3, row, 3, {"type": "formula", "criteria": f"=D{row + 1}>E{row + 1}", "format": inks["wrong"]}
        )
    sheet.freeze_panes(TABLE_ROW + 1, 2)
    _lock(sheet)
    page(sheet, repeat=(0, TABLE_ROW), tall=0, landscape=True)


def _checks(sheet: Worksheet, inks: Inks, form: Form, layout: Layout) -> None:
    head(sheet, inks, "校验", BLANK_BANNER, len(CHECKS_HEADINGS), title_width=STATUS_COLUMN)
    _status(sheet, inks, form, layout)
    for col, (heading, width) in enumerate(zip(CHECKS_HEADINGS, (40, 30, 9, 9, 9, 8, 34), strict=True)):
        sheet.set_column(col, col, width)
        sheet.write_string(TABLE_ROW, col, heading, inks["heading"])
    last = TABLE_ROW
    for row, equation in check_rows(form):
        _check_row(sheet, inks, form, layout, row, equation)
        last = row
    for text, ink in ((Verdict.BROKEN, "wrong"), (Verdict.HELD, "right")):
        sheet.conditional_format(
            TABLE_ROW + 1, 5, last, 5, {"type": "cell", "criteria": "==", "value": f'"{text}"', "format": inks[ink]}
        )
    sheet.autofilter(TABLE_ROW, 0, last, len(CHECKS_HEADINGS) - 1)
    sheet.merge_range(last + 1, 0, last + 1, len(CHECKS_HEADINGS) - 1, _LATER, inks["band"])
    sheet.set_row(last + 1, 30)
    for row, rule in later_rows(form):
        _later_row(sheet, inks, row, rule)
    sheet.freeze_panes(TABLE_ROW + 1, 0)
    _lock(sheet)
    page(sheet, repeat=(0, TABLE_ROW), tall=0, landscape=True)


def _status(sheet: Worksheet, inks: Inks, form: Form, layout: Layout) -> None:
    """Draw the line on top: blank cells, broken balances, and whether the workbook can be sent in."""
    due = [item.code for item in due_items(form, layout.places)]
    lacking = f"({formulas.lacking_formula(form, due, layout.places, nothing=NOTHING)}+{EXTRA_LACKING})"
    counts: dict[str, str] = {}
    for severity in ("error", "warning"):
        rows = [row for row, equation in check_rows(form) if form.rule(equation.rule).severity == severity]
        runs = [list(run) for _, run in groupby(enumerate(rows), key=lambda pair: pair[1] - pair[0])]
        areas = [f"F{run[0][1] + 1}:F{run[-1][1] + 1}" for run in runs]
        counts[severity] = "+".join(f'COUNTIF({area},"{Verdict.BROKEN}")' for area in areas) or "0"
    broken = f"({counts['error']}+{EXTRA_BROKEN})"
    text = status_formula(lacking, broken, f"({counts['warning']})")
    last = len(CHECKS_HEADINGS) - 1
    sheet.merge_range(0, STATUS_COLUMN, 0, last, "", inks["status"])
    sheet.write_formula(0, STATUS_COLUMN, f"={text}", inks["status"], status_text(len(due), 0, 0))
    for words, ink in (("可以报送", "right"), ("还差", "wrong")):
        options = {"type": "text", "criteria": "begins with", "value": words, "format": inks[ink]}
        sheet.conditional_format(0, STATUS_COLUMN, 0, last, options)


def _check_row(sheet: Worksheet, inks: Inks, form: Form, layout: Layout, row: int, equation: Equation) -> None:
    rule, at = form.rule(equation.rule), row + 1
    sheet.set_row(row, max(30.0, lines_height([check_title(rule), equation.over_label], [40, 30])))
    sheet.write_string(row, 0, check_title(rule), inks["label"])
    sheet.write_string(row, 1, equation.over_label, inks["label"])
    shown: str | int = formulas.DASH if equation.historic else 0
    for col, terms in ((2, equation.left), (3, equation.right)):
        formula, last = formulas.side_formula(terms, layout.places, rule=rule.id), any(term.last for term in terms)
        formula = formulas.if_known(equation, formula) if last else formula
        sheet.write_formula(row, col, "=" + formula, inks["total"], shown if last else 0)
    sheet.write_formula(row, 4, "=" + formulas.if_known(equation, f"C{at}-D{at}"), inks["total"], shown)
    verdict = formulas.verdict_formula(form, equation, layout.places, f"C{at}", f"D{at}", nothing=NOTHING)
    pending = Verdict.UNKNOWN if equation.historic else Verdict.PENDING
    sheet.write_formula(row, 5, "=" + verdict, inks["total"], pending.value)
    sheet.write_blank(row, 6, None, inks["entry_text"])


def _later_row(sheet: Worksheet, inks: Inks, row: int, rule: Rule) -> None:
    """Draw a rule that is evaluated on receipt: only the cell for the reason."""
    sheet.set_row(row, 30)
    sheet.write_string(row, 0, check_title(rule), inks["label"])
    sheet.write_string(row, 1, WHOLE, inks["label"])
    for col in range(2, 5):
        sheet.write_blank(row, col, None, inks["total"])
    sheet.write_string(row, 5, "收件后", inks["total"])
    sheet.write_blank(row, 6, None, inks["entry_text"])


def _identity(sheet: Worksheet, form: Form) -> None:
    for row, key in enumerate(IDENTITY_KEYS):
        sheet.write_string(row, 0, key)
        sheet.write_string(row, 1, form.id if key == "form" else "")
    for row, (name, number) in enumerate(defaults(form).items(), SWITCHES_ROW):
        sheet.write_string(row, 0, name)
        if number is not None:
            sheet.write_number(row, 1, number)
    sheet.very_hidden()
    _lock(sheet)


def _balances(sheets: dict[str, Worksheet], inks: Inks, form: Form, layout: Layout) -> None:
    """Colour both sides of a broken balance red, of a doubtful one yellow."""
    for _, equation in check_rows(form):
        rule = form.rule(equation.rule)
        places = [layout.places[code] for code in equation.codes if code in layout.places]
        for sheet in dict.fromkeys(place.sheet for place in places):
            cells = [place for place in places if place.sheet == sheet]
            sheets[sheet].conditional_format(
                cells[0].row,
                cells[0].col,
                cells[0].row,
                cells[0].col,
                {
                    "type": "formula",
                    "criteria": "=" + formulas.broken_formula(form, equation, layout.places, on=sheet, nothing=NOTHING),
                    "format": inks["wrong" if rule.severity == "error" else "doubtful"],
                    "multi_range": " ".join(place.cell for place in cells),
                },
            )


def _validate(sheet: Worksheet, row: int, col: int, last_row: int, last_col: int, item: Item) -> None:
    title, text = prompt(item)
    options: dict[str, object] = {"input_title": title, "input_message": text, "ignore_blank": True}
    if item.kind == "money" or (item.kind == "count" and item.mode == "entered"):
        options |= {"validate": "integer" if item.kind == "count" else "decimal", "criteria": "between"}
        options |= {"minimum": -LARGEST if item.signed else 0, "maximum": LARGEST}
        options |= dict(zip(("error_title", "error_message"), stop(item), strict=True))
    elif item.limit:
        options |= {
            "validate": "length", "criteria": "<=", "value": item.limit, "error_type": "warning",
            "error_title": "文字偏长", "error_message": f"建议不超过 {item.limit} 字，是否保留？",
        }  # fmt: skip
    else:
        options["validate"] = "any"
    if sheet.data_validation(row, col, last_row, last_col, options) != 0:
        raise ValueError(f"Excel cannot hold the validation of {item.code}")


def _lock(sheet: Worksheet) -> None:
    sheet.protect("", {"format_columns": True, "format_rows": True, "autofilter": True})
