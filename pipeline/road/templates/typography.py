"""How a government report is set: page, styles, page numbers and merged tables, as Word parts.

Measures follow GB/T 9704-2012 (Layout key for official document of Party and government organs): A4 with a text
block of 156 mm by 225 mm, 22 lines of 28 characters, 三号 仿宋. Font names go into every script's attribute, because
Chinese runs look only at ``w:eastAsia`` and quotation marks take the Latin font unless hinted otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor
from typing import Any

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.shared import Mm, Pt, RGBColor, Twips
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph

from pipeline.layout import Grid, GridCell

TITLE, HEADING, SUBHEADING, BODY = "Title", "Heading 1", "Heading 2", "Body Text"
NOTICE, CELL, SMALL_CELL, SIGNATURE = "汇总提示", "表格文字", "表格小字", "落款"
BLACK = RGBColor(0, 0, 0)
RED = RGBColor(0xC0, 0x00, 0x00)

_TEXT_WIDTH = 8844
"""The text block's 156 mm in twentieths of a point."""
_LINE = 29.0
_CHARACTERS = 28
"""Characters of a line: twenty-eight of 16 points are 6 points wider than the text block, so each is set a little closer.
A grid of characters would say the same, and programs disagree about its pitch.
"""
_LABEL_WIDTHS = (12.0, 18.0, 45.0)
"""Millimetres of a table's label columns, read from the right: a single label column is the widest."""
_LONG_TABLE, _WIDE_TABLE = 20, 10
"""From this many rows on a table has its own page, closer set; from this many columns on its type is small."""
_SIDE, _NARROW_SIDE = 42, 20
"""The blank at either side of a cell's text, in twentieths of a point; narrow where there are only figures."""
_UNUSED_PARTS = ("thumbnail", "customXml", "stylesWithEffects", "numbering")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """One paragraph style: fonts, size and line in points, indents in characters."""

    chinese: str
    latin: str = "Times New Roman"
    size: float = 16
    line: float = _LINE
    align: WD_ALIGN_PARAGRAPH = WD_ALIGN_PARAGRAPH.JUSTIFY
    first_line: int = 0
    right: int = 0
    heading: bool = False
    bold: bool = False
    color: RGBColor = BLACK
    on_grid: bool = True
    boxed: bool = False


_CENTER = WD_ALIGN_PARAGRAPH.CENTER
_STYLES: dict[str, _Setting] = {
    "Normal": _Setting(chinese="仿宋_GB2312"),
    BODY: _Setting(chinese="仿宋_GB2312", first_line=2),
    TITLE: _Setting(chinese="方正小标宋简体", latin="方正小标宋简体", size=22, line=36, align=_CENTER, on_grid=False),
    HEADING: _Setting(chinese="黑体", first_line=2, heading=True),
    SUBHEADING: _Setting(chinese="楷体_GB2312", first_line=2, heading=True),
    NOTICE: _Setting(chinese="黑体", size=14, line=24, bold=True, color=RED, on_grid=False, boxed=True),
    SIGNATURE: _Setting(chinese="仿宋_GB2312", align=WD_ALIGN_PARAGRAPH.RIGHT, right=4),
    CELL: _Setting(chinese="宋体", size=10.5, line=14, align=_CENTER, on_grid=False),
    SMALL_CELL: _Setting(chinese="宋体", size=9, line=12, align=_CENTER, on_grid=False),
    "Footer": _Setting(chinese="宋体", latin="宋体", size=14, line=18, align=WD_ALIGN_PARAGRAPH.LEFT),
}


_KEPT_STYLES = _STYLES.keys() | {"Default Paragraph Font", "Normal Table", "No List"}


def new_document() -> WordDocument:
    """Make an empty report with our page, styles and page numbers, and none of Word's default look."""
    document = Document()
    _drop_unused(document)
    _set_page(document)
    for name, setting in _STYLES.items():
        _set_style(document, name, setting)
    _number_pages(document)
    return document


def add_paragraph(document: WordDocument, text: str, style: str, *, color: RGBColor | None = None) -> Paragraph:
    """Append a paragraph of a single run, so that no Jinja tag is ever split."""
    paragraph = document.add_paragraph(style=style)
    run = paragraph.add_run(text)
    _hint_chinese(run._r)
    if color is not None:
        run.font.color.rgb = color
    return paragraph


def add_table(document: WordDocument, grid: Grid) -> None:
    """Append the merged grid: labels as they are, ``{{ item.code }}`` in every value cell.

    A merged area is one ``w:tc`` with ``w:gridSpan`` in each of its rows, chained by ``w:vMerge``.
    """
    widths = column_widths(grid)
    table = _element("tbl")
    table.append(_table_properties(side=_SIDE if grid.label_columns else _NARROW_SIDE))
    table.append(_element("tblGrid", *(_element("gridCol", w=width) for width in widths)))
    small, long = grid.width >= _WIDE_TABLE, is_long(grid)
    for row in range(grid.height):
        cells = sorted((c for c in grid.cells if c.row <= row < c.row + c.rows), key=lambda c: c.col)
        last = row == grid.height - 1
        table.append(
            _element(
                "tr",
                _row_properties(header=row < grid.headings, height=350 if long else 400),
                *(_cell(document, c, row, widths, small=small, keep=not long and not last) for c in cells),
            )
        )
    document.element.body.insert_element_before(table, "w:sectPr")


def is_long(grid: Grid) -> bool:
    """Whether the table needs a page of its own."""
    return grid.height >= _LONG_TABLE


def column_widths(grid: Grid) -> list[int]:
    """Column widths in twentieths of a point; they add up to the text block exactly."""
    labels = grid.label_columns
    millimetres = (_LABEL_WIDTHS[0],) * (labels - len(_LABEL_WIDTHS)) + _LABEL_WIDTHS
    widths = [round(mm * 56.6929) for mm in millimetres[len(millimetres) - labels :]]
    rest, numbers = _TEXT_WIDTH - sum(widths), grid.width - labels
    edges = [rest * n // numbers for n in range(numbers + 1)]
    return widths + [right - left for left, right in pairwise(edges)]


def _element(tag: str, *children: Any, **attributes: object) -> Any:
    element = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), str(value))
    element.extend(children)
    return element


def _table_properties(*, side: int) -> Any:
    edges = ("top", "left", "bottom", "right", "insideH", "insideV")
    margins = (("top", 16), ("left", side), ("bottom", 16), ("right", side))
    return _element(
        "tblPr",
        _element("tblW", w=_TEXT_WIDTH, type="dxa"),
        _element("jc", val="center"),
        _element("tblBorders", *(_element(edge, val="single", sz=4, space=0, color="000000") for edge in edges)),
        _element("tblLayout", type="fixed"),
        _element("tblCellMar", *(_element(edge, w=width, type="dxa") for edge, width in margins)),
    )


def _row_properties(*, header: bool, height: int) -> Any:
    properties = _element("trPr", _element("cantSplit"), _element("trHeight", val=height, hRule="atLeast"))
    if header:
        properties.append(_element("tblHeader"))
    return properties


def _cell(document: WordDocument, cell: GridCell, row: int, widths: Sequence[int], *, small: bool, keep: bool) -> Any:
    width = sum(widths[cell.col : cell.col + cell.cols])
    properties = _element("tcPr", _element("tcW", w=width, type="dxa"))
    if cell.cols > 1:
        properties.append(_element("gridSpan", val=cell.cols))
    if cell.rows > 1:
        properties.append(_element("vMerge", val="restart" if row == cell.row else "continue"))
    properties.append(_element("vAlign", val="center"))
    element = _element("tc", properties, _element("p"))
    paragraph = Paragraph(element[1], document._body)
    paragraph.style = document.styles[SMALL_CELL if small else CELL]
    paragraph.paragraph_format.keep_with_next = True if keep else None
    if small and cell.role == "row" and cell.rows == 1:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT
    if small and cell.role == "column" and cell.cols == 1 and len(cell.text) % 2 == 0:
        # Two characters a line: 商业企业 breaks by sense, as the official table prints it.
        spare = width - 2 * _SIDE - round(2.5 * 20 * _STYLES[SMALL_CELL].size)
        paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Twips(max(0, spare // 2))
    if row == cell.row:
        _hint_chinese(paragraph.add_run(f"{{{{ {cell.code} }}}}" if cell.code else cell.text)._r)
    return element


def _hint_chinese(run: Any) -> None:
    """Let “ ” — … take the Chinese font, as Word does when they are typed in Chinese."""
    properties = run.get_or_add_rPr()
    properties.insert(0, _element("rFonts", hint="eastAsia"))


def _set_page(document: WordDocument) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.header_distance, section.footer_distance = Mm(15), Mm(22)
    for grid in section._sectPr.findall(qn("w:docGrid")):
        section._sectPr.remove(grid)
    section._sectPr.append(_element("docGrid", type="lines", linePitch=round(_LINE * 20)))


def _set_style(document: WordDocument, name: str, setting: _Setting) -> None:
    known = {style.name for style in document.styles}
    style = document.styles[name] if name in known else document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    assert isinstance(style, ParagraphStyle)
    element = style.element
    for old in (element.find(qn("w:pPr")), element.find(qn("w:rPr"))):
        if old is not None:
            element.remove(old)
    style.hidden, style.quick_style = False, True
    font, paragraph = style.font, style.paragraph_format
    font.size, font.bold, font.color.rgb = Pt(setting.size), setting.bold, setting.color
    _set_fonts(element.get_or_add_rPr().get_or_add_rFonts(), setting)
    paragraph.line_spacing_rule, paragraph.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(setting.line)
    paragraph.space_before = paragraph.space_after = Pt(0)
    paragraph.alignment, paragraph.widow_control = setting.align, False
    if setting.heading:
        paragraph.keep_with_next, style.next_paragraph_style = True, document.styles[BODY]
    properties = element.get_or_add_pPr()
    side, characters = 120 if setting.boxed else 0, setting.first_line
    first_line = {"firstLineChars": characters * 100, "firstLine": round(characters * setting.size * 20)}
    additions = [_element("snapToGrid", val=int(setting.on_grid))]
    if setting.boxed:
        edges = (_element(edge, val="single", sz=12, space=4, color=RED) for edge in ("top", "left", "bottom", "right"))
        additions[:0] = [_element("pBdr", *edges), _element("overflowPunct", val=0)]
        paragraph.space_after = Pt(12)
    for addition in additions:
        properties.insert_element_before(addition, "w:spacing", "w:ind", "w:jc", "w:outlineLvl")
    right = {"rightChars": setting.right * 100, "right": round(setting.right * setting.size * 20) or side}
    indent = _element("ind", left=side, **right, **first_line)
    properties.insert_element_before(indent, "w:jc", "w:outlineLvl")
    if setting.on_grid and setting.size == _STYLES["Normal"].size:
        closer = floor(_TEXT_WIDTH / _CHARACTERS - setting.size * 20)
        element.get_or_add_rPr().insert_element_before(_element("spacing", val=closer), "w:sz", "w:szCs")
    if setting.heading:
        properties.append(_element("outlineLvl", val=int(name[-1]) - 1))


def _set_fonts(fonts: Any, setting: _Setting) -> None:
    """Name the fonts of every script; theme fonts would win over them, so they go."""
    fonts.attrib.clear()
    for script, value in (("ascii", setting.latin), ("hAnsi", setting.latin), ("eastAsia", setting.chinese)):
        fonts.set(qn(f"w:{script}"), value)


def _number_pages(document: WordDocument) -> None:
    """“— 1 —” at the outer edge, one character in: odd pages right, even pages left."""
    document.settings.odd_and_even_pages_header_footer = True
    section = document.sections[0]
    for footer, side in ((section.footer, "right"), (section.even_page_footer, "left")):
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]
        paragraph.style = document.styles["Footer"]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if side == "right" else WD_ALIGN_PARAGRAPH.LEFT
        setattr(paragraph.paragraph_format, f"{side}_indent", Pt(14))
        _hint_chinese(paragraph.add_run("— ")._r)
        field = _element("fldSimple", _element("r", _element("t")), instr=" PAGE ")
        field[0][0].text = "1"
        paragraph._p.append(field)
        _hint_chinese(paragraph.add_run(" —")._r)


def _drop_unused(document: WordDocument) -> None:
    """Remove what python-docx's starting document brings along: sample styles, thumbnail, theme fonts."""
    for owner in (document.part.package, document.part):
        for key, relation in list(owner.rels.items()):
            if relation.reltype.rsplit("/", 1)[-1] in _UNUSED_PARTS:
                owner.rels.pop(key)
    styles = document.styles.element
    for style in list(document.styles):
        if style.name not in _KEPT_STYLES:
            styles.remove(style.element)
    for link in list(styles.iter(qn("w:link"))):
        link.getparent().remove(link)
    for fonts in styles.iter(qn("w:rFonts")):
        _set_fonts(fonts, _STYLES["Normal"])
    for language in styles.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), "zh-CN")
    settings = document.settings.element
    for language in settings.iter(qn("w:themeFontLang")):
        language.set(qn("w:eastAsia"), "zh-CN")
    for control in settings.iter(qn("w:characterSpacingControl")):
        control.set(qn("w:val"), "compressPunctuation")
