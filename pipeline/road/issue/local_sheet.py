"""The sheet 本地指标 drawn as XML and added to the office's template as one more part. It works like the sheets of the
template: unlocked entry cells with a prompt, live lines for the rules, both sides of a broken balance coloured on every
sheet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lxml import etree
from xlsxwriter.utility import xl_rowcol_to_cell

from pipeline.errors import TemplateError
from pipeline.form import LARGEST, Form, Item, Verdict, prompt, stop
from pipeline.form.expressions import total
from pipeline.form.prompts import PROMPT_TITLE
from pipeline.layout import LOCAL_SHEET, Layout, LocalPage, formulas
from pipeline.layout.design import BANNER_ROW, CHECKS_HEADINGS, REASON_COLUMN, TABLE_ROW, VALUE_COLUMN
from pipeline.layout.local import LOCAL_HEADINGS, LocalLine
from pipeline.layout.summary import EXTRA_BROKEN, EXTRA_LACKING, NOTHING
from pipeline.model.finding import SEVERITY_LABELS
from pipeline.workbook.patch import (
    MAIN,
    Book,
    Cells,
    Package,
    Styles,
    UnpatchableError,
    element_of,
    main,
    parse,
    put_text,
)
from pipeline.workbook.patch.styles import GENERAL
from pipeline.workbook.sheets import lines_height

_WIDTHS = (38, 26, 10, 10, 10, 8, 36)
_NOTE = LOCAL_HEADINGS.index("填报说明")
_LEFT, _RIGHT, _DIFFERENCE, _VERDICT = (CHECKS_HEADINGS.index(word) for word in ("左边", "右边", "差额", "结果"))
_ENTRY, _GREY, _HEADING, _LABEL = "FFFFFDE7", "FFECECEC", "FFEEF2F6", "FFF7F7F7"
_WRONG, _DOUBTFUL, _RIGHT_COLOUR = ("FF9C0006", "FFFFC7CE"), ("FF7A5B00", "FFFFEB9C"), "FF1B7F3B"
_BEHIND_CONDITIONS = (
    "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks",
    "customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF",
    "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
)  # fmt: skip
"""What a worksheet holds behind its conditional formats (CT_Worksheet)."""

Cell = tuple[str, int]


def with_page(template: bytes, layout: Layout, page: LocalPage) -> bytes:
    """``template`` with the sheet of ``page``; ``layout`` is the one that has it.

    Raises `TemplateError` when the template cannot take it.
    """
    package = Package(template)
    try:
        book, styles = Book(package), Styles(package)
        if LOCAL_SHEET in book.parts:
            raise TemplateError(
                f"模板里已经有一张“{LOCAL_SHEET}”表，台账的本地指标放不进去。请给模板里的那张表换个名字。"
            )
        part = book.insert(layout.sheets.index(LOCAL_SHEET), LOCAL_SHEET, _sheet(styles, layout, page))
        _conditions(package, book, styles, layout, page)
    except UnpatchableError as error:
        raise TemplateError(f"模板加不上“{LOCAL_SHEET}”表（{error}）。请用 xxgk template --force 重新生成。") from error
    _validate(package.edit(part), page)
    _counts(package, book, layout, page)
    for _, item in page.items:
        book.define(item.name, layout.places[item.code].absolute)
    for name, place in layout.named.items():
        if place.sheet == LOCAL_SHEET:
            book.define(name, place.absolute)
    return package.save()


# ---------------------------------------------------------------- the sheet
def _sheet(styles: Styles, layout: Layout, page: LocalPage) -> etree._Element:
    root = parse(f'<worksheet xmlns="{MAIN}"/>'.encode())
    root.append(element_of('<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'))
    last = page.lines[-1].row if page.lines else page.headings - 1
    root.append(element_of(f'<dimension ref="A1:{xl_rowcol_to_cell(last, REASON_COLUMN)}"/>'))
    root.append(element_of(_view()))
    root.append(element_of('<sheetFormatPr defaultRowHeight="15"/>'))
    columns = (f'<col min="{n}" max="{n}" width="{width}.7" customWidth="1"/>' for n, width in enumerate(_WIDTHS, 1))
    root.append(element_of(f"<cols>{''.join(columns)}</cols>"))
    root.append(_data(styles, layout, page))
    protection = 'sheet="1" objects="1" scenarios="1" formatColumns="0" formatRows="0" autoFilter="0"'
    root.append(element_of(f"<sheetProtection {protection}/>"))
    merged = [f"A{row + 1}:{xl_rowcol_to_cell(row, REASON_COLUMN)}" for row in (0, BANNER_ROW)]
    notes = [TABLE_ROW, *(row for row, _ in page.items)] if page.items else []
    merged += [f"{xl_rowcol_to_cell(row, _NOTE)}:{xl_rowcol_to_cell(row, REASON_COLUMN)}" for row in notes]
    merges = "".join(f'<mergeCell ref="{area}"/>' for area in merged)
    root.append(element_of(f'<mergeCells count="{len(merged)}">{merges}</mergeCells>'))
    root.append(element_of('<printOptions horizontalCentered="1"/>'))
    root.append(element_of('<pageMargins left="0.6" right="0.6" top="0.7" bottom="0.7" header="0.3" footer="0.3"/>'))
    root.append(element_of('<pageSetup paperSize="9" fitToHeight="0" orientation="landscape"/>'))
    root.append(element_of("<headerFooter><oddFooter>&amp;C第 &amp;P 页 共 &amp;N 页</oddFooter></headerFooter>"))
    return root


def _view() -> str:
    top = TABLE_ROW + 1
    first = xl_rowcol_to_cell(top, VALUE_COLUMN)
    pane = f'<pane ySplit="{top}" topLeftCell="A{top + 1}" activePane="bottomLeft" state="frozen"/>'
    selection = f'<selection pane="bottomLeft" activeCell="{first}" sqref="{first}"/>'
    return f'<sheetViews><sheetView showGridLines="0" workbookViewId="0">{pane}{selection}</sheetView></sheetViews>'


def _data(styles: Styles, layout: Layout, page: LocalPage) -> etree._Element:
    data, ink = etree.Element(main("sheetData")), styles.ink
    title = ink(size="16", name="黑体", horizontal="center", border=False)
    heading = ink(bold=True, horizontal="center", fill=_HEADING)
    _row(data, 0, [(f"{LOCAL_SHEET}（本地区加报的内容，与其他各表一并填报）", title)], height=32)
    _row(data, BANNER_ROW, [("", ink(border=False))], height=20)
    if page.items:
        words = (*LOCAL_HEADINGS, *[""] * (len(CHECKS_HEADINGS) - len(LOCAL_HEADINGS)))
        _row(data, TABLE_ROW, [(word, heading) for word in words], height=22)
    for row, item in page.items:
        cells = _item(styles, item)
        height = lines_height([item.row_path[-1], item.note], [_WIDTHS[0] * 0.92, sum(_WIDTHS[_NOTE:]) * 0.92])
        _row(data, row, cells, height=max(60.0 if item.kind == "text" else 26.0, height + 6))
    if page.lines:
        _row(data, page.headings, [(word, heading) for word in CHECKS_HEADINGS], height=22)
    for line in page.lines:
        _line(_row(data, line.row, _labels(styles, line), height=30), styles, layout, page.form, line)
    return data


def _item(styles: Styles, item: Item) -> list[Cell]:
    if item.numeric:
        entry = styles.ink(fill=_ENTRY, horizontal="center", locked=False, number_format=GENERAL)
    else:
        entry = styles.ink(fill=_ENTRY, locked=False)
    note = styles.ink(size="9", colour="555555")
    label = (item.row_path[-1], styles.ink(fill=_LABEL))
    return [label, ("", entry), (item.unit, styles.ink(horizontal="center")), (item.note, note), *[("", note)] * 3]


def _labels(styles: Styles, line: LocalLine) -> list[Cell]:
    label = styles.ink(fill=_LABEL)
    title = f"{line.rule.id}　{SEVERITY_LABELS[line.rule.severity]}　{line.rule.title}"
    return [(title, label), (line.equation.over_label, label)]


def _line(row: etree._Element, styles: Styles, layout: Layout, form: Form, line: LocalLine) -> None:
    """Draw left, right, difference and verdict as formulas; for a rule evaluated on receipt only the reason cell."""
    at, equation, places = line.row + 1, line.equation, layout.places
    total_ink = styles.ink(bold=True, horizontal="center", fill=_GREY, number_format=GENERAL)
    left, right = (xl_rowcol_to_cell(line.row, col) for col in (_LEFT, _RIGHT))
    if line.live:
        sides = [total(terms, lambda _: 0) or 0 for terms in (equation.left, equation.right)]
        for col, terms, result in ((_LEFT, equation.left, sides[0]), (_RIGHT, equation.right, sides[1])):
            _formula(row, at, col, total_ink, formulas.side_formula(terms, places, on=LOCAL_SHEET), str(result))
        _formula(row, at, _DIFFERENCE, total_ink, f"{left}-{right}", str(sides[0] - sides[1]))
        switch = NOTHING if NOTHING in layout.named else ""
        verdict = formulas.verdict_formula(form, equation, places, left, right, nothing=switch)
        _formula(row, at, _VERDICT, total_ink, verdict, Verdict.PENDING)
    else:
        texts = {_LEFT: "", _RIGHT: "", _DIFFERENCE: "", _VERDICT: "收件后"}
        for col, text in texts.items():
            _cell(row, at - 1, col, text, total_ink)
    _cell(row, at - 1, REASON_COLUMN, "", styles.ink(fill=_ENTRY, locked=False))


def _formula(row: etree._Element, at: int, col: int, ink: int, formula: str, result: str) -> None:
    cell = etree.SubElement(row, main("c"), r=xl_rowcol_to_cell(at - 1, col), s=str(ink))
    if col == _VERDICT:
        cell.set("t", "str")
    etree.SubElement(cell, main("f")).text = formula
    etree.SubElement(cell, main("v")).text = result


def _row(data: etree._Element, row: int, cells: Sequence[Cell], *, height: float) -> etree._Element:
    line = etree.SubElement(data, main("row"), r=str(row + 1), ht=f"{min(height, 400):.1f}", customHeight="1")
    for col, (text, style) in enumerate(cells):
        _cell(line, row, col, text, style)
    return line


def _cell(line: etree._Element, row: int, col: int, text: str, style: int) -> None:
    cell = etree.SubElement(line, main("c"), r=xl_rowcol_to_cell(row, col), s=str(style))
    if text:
        put_text(cell, text)


# ---------------------------------------------------------------- what is seen while the clerk types
def _conditions(package: Package, book: Book, styles: Styles, layout: Layout, page: LocalPage) -> None:
    """Add the colours of verdicts, and of both sides of a broken rule on every sheet."""
    inks = {"error": styles.conditional(colour=_WRONG[0], fill=_WRONG[1])}
    inks["warning"] = styles.conditional(colour=_DOUBTFUL[0], fill=_DOUBTFUL[1])
    for line in page.lines:
        verdict = xl_rowcol_to_cell(line.row, _VERDICT)
        marks = ((inks[line.rule.severity], Verdict.BROKEN), (styles.conditional(colour=_RIGHT_COLOUR), Verdict.HELD))
        for ink, sign in marks if line.live else ():
            _condition(package.edit(book.parts[LOCAL_SHEET]), verdict, f'{verdict}="{sign}"', ink)
        for sheet, cells in _operands(layout, line):
            switch = NOTHING if NOTHING in layout.named else ""
            formula = formulas.broken_formula(page.form, line.equation, layout.places, on=sheet, nothing=switch)
            _condition(package.edit(book.parts[sheet]), cells, formula, inks[line.rule.severity])


def _counts(package: Package, book: Book, layout: Layout, page: LocalPage) -> None:
    """Write what this sheet adds to the line on top of 校验 (blank figures, broken rules) to the hidden sheet."""
    due = [item.code for _, item in page.items if item.numeric and item.required]
    verdicts = [
        xl_rowcol_to_cell(line.row, _VERDICT) for line in page.lines if line.live and line.rule.severity == "error"
    ]
    broken = "+".join(f"COUNTIF('{LOCAL_SHEET}'!{cell},\"{Verdict.BROKEN}\")" for cell in verdicts)
    lacking = formulas.lacking_formula(page.form, due, layout.places) if due else ""
    for name, formula in ((EXTRA_LACKING, lacking), (EXTRA_BROKEN, broken)):
        place = layout.named.get(name)
        if formula and place is not None and place.sheet in book.parts:
            cell = Cells(package.edit(book.parts[place.sheet])).at(place.row, place.col)
            for child in list(cell):
                cell.remove(child)
            etree.SubElement(cell, main("f")).text = formula
            etree.SubElement(cell, main("v")).text = "0"


def _operands(layout: Layout, line: LocalLine) -> Iterator[tuple[str, str]]:
    places = [layout.places[code] for code in line.equation.codes] if line.live else []
    for sheet in dict.fromkeys(place.sheet for place in places):
        yield sheet, " ".join(place.cell for place in places if place.sheet == sheet)


def _condition(sheet: etree._Element, cells: str, formula: str, ink: int) -> None:
    """Append a conditional format with the lowest priority."""
    made = etree.Element(main("conditionalFormatting"), sqref=cells)
    taken = (int(rule.get("priority", "0")) for rule in sheet.iter(main("cfRule")))
    priority = str(1 + max(taken, default=0))
    rule = etree.SubElement(made, main("cfRule"), type="expression", dxfId=str(ink), priority=priority)
    etree.SubElement(rule, main("formula")).text = formula
    behind = {main(tag) for tag in _BEHIND_CONDITIONS}
    later = next((node for node in sheet if node.tag in behind), None)
    if later is None:
        sheet.append(made)
    else:
        later.addprevious(made)


def _validate(sheet: etree._Element, page: LocalPage) -> None:
    """Add the note of every entry cell, and the validation that refuses what is no figure."""
    if not page.items:
        return
    made = etree.Element(main("dataValidations"), count=str(len(page.items)))
    for row, item in page.items:
        node = etree.SubElement(
            made, main("dataValidation"), allowBlank="1", showInputMessage="1", showErrorMessage="1"
        )
        title, text = prompt(item)
        node.set("promptTitle", title[:PROMPT_TITLE])
        if text:
            node.set("prompt", text)
        node.set("sqref", xl_rowcol_to_cell(row, VALUE_COLUMN))
        if item.numeric:
            node.set("type", "whole" if item.kind == "count" else "decimal")
            for attribute, word in zip(("errorTitle", "error"), stop(item), strict=True):
                node.set(attribute, word)
            etree.SubElement(node, main("formula1")).text = "0"
            etree.SubElement(node, main("formula2")).text = str(LARGEST)
    next(node for node in sheet if node.tag == main("printOptions")).addprevious(made)
