"""The sheet 修改意见 drawn as XML: two lines of instructions, then every finding with a link to its cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import etree
from xlsxwriter.utility import xl_rowcol_to_cell

from pipeline.layout import Place
from pipeline.model.finding import SEVERITY_LABELS, Finding
from pipeline.workbook.opinions import HEADINGS, KEYS, REASON
from pipeline.workbook.patch import MAIN, Styles, element_of, main, parse, put_text
from pipeline.workbook.sheets import lines_height

TOP = 4
"""The row of the first finding, counted from 0: above it title, two lines of advice, headings."""

_WIDTHS = (5, 9, 7, 10, 9, 44, 13, 15, 40, 30)
_FILLS = {"error": "FFFFC7CE", "warning": "FFFFEB9C"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """One row. ``places`` are the marked cells, none when the finding is about the file; ``fill`` is their former fill."""

    finding: Finding
    places: tuple[Place, ...]
    fill: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """The lines above the list."""

    title: str
    advice: tuple[str, str]


def opinion_sheet(styles: Styles, face: Face, opinions: Sequence[Opinion]) -> etree._Element:
    """The worksheet, protected without a password; only the cells for reasons can be typed into."""
    inks = _Inks(styles)
    root = parse(f'<worksheet xmlns="{MAIN}"/>'.encode())
    root.append(element_of('<sheetPr><tabColor rgb="FFC00000"/><pageSetUpPr fitToPage="1"/></sheetPr>'))
    root.append(element_of(f'<dimension ref="A1:{xl_rowcol_to_cell(TOP + len(opinions) - 1, _last())}"/>'))
    root.append(element_of(_view()))
    root.append(element_of('<sheetFormatPr defaultRowHeight="15"/>'))
    root.append(_columns())
    root.append(_data(inks, face, opinions))
    root.append(element_of('<sheetProtection sheet="1" formatColumns="0" formatRows="0" autoFilter="0"/>'))
    merges = "".join(f'<mergeCell ref="A{row}:{xl_rowcol_to_cell(row - 1, REASON)}"/>' for row in (1, 2, 3))
    root.append(element_of(f'<mergeCells count="3">{merges}</mergeCells>'))
    links = list(_links(opinions))
    if links:
        container = etree.SubElement(root, main("hyperlinks"))
        container.extend(links)
    root.append(element_of('<printOptions horizontalCentered="1"/>'))
    root.append(element_of('<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'))
    root.append(element_of('<pageSetup paperSize="9" fitToHeight="0" orientation="landscape"/>'))
    root.append(element_of("<headerFooter><oddFooter>&amp;C第 &amp;P 页 共 &amp;N 页</oddFooter></headerFooter>"))
    return root


class _Inks:
    """The styles of this sheet, added to the workbook's when first asked for."""

    def __init__(self, styles: Styles) -> None:
        self._ink = styles.ink

    def title(self) -> int:
        return self._ink(size="16", name="黑体", horizontal="center", border=False)

    def advice(self) -> int:
        return self._ink(size="11", border=False)

    def heading(self) -> int:
        return self._ink(bold=True, horizontal="center", fill="FFEEF2F6")

    def body(self, *, centred: bool = False, fill: str = "") -> int:
        return self._ink(horizontal="center" if centred else "left", fill=fill)

    def link(self) -> int:
        return self._ink(horizontal="center", line="<u/>", colour="0563C1")

    def reason(self, *, wanted: bool) -> int:
        return self._ink(locked=False, fill="FFFFFDE7" if wanted else "")

    def key(self) -> int:
        return self._ink(border=False, colour="808080")


def _last() -> int:
    return len(HEADINGS) + len(KEYS) - 1


def _view() -> str:
    pane = f'<pane ySplit="{TOP}" topLeftCell="A{TOP + 1}" activePane="bottomLeft" state="frozen"/>'
    selection = f'<selection pane="bottomLeft" activeCell="A{TOP + 1}" sqref="A{TOP + 1}"/>'
    view = f'<sheetView showGridLines="0" tabSelected="1" workbookViewId="0">{pane}{selection}</sheetView>'
    return f"<sheetViews>{view}</sheetViews>"


def _columns() -> etree._Element:
    shown = [f'<col min="{n}" max="{n}" width="{width}.7" customWidth="1"/>' for n, width in enumerate(_WIDTHS, 1)]
    first = len(_WIDTHS) + 1
    keys = f'<col min="{first}" max="{first + len(KEYS) - 1}" width="20" hidden="1" customWidth="1"/>'
    return element_of(f"<cols>{''.join(shown)}{keys}</cols>")


def _data(inks: _Inks, face: Face, opinions: Sequence[Opinion]) -> etree._Element:
    data = etree.Element(main("sheetData"))
    width = sum(_WIDTHS)
    _row(data, 0, [(face.title, inks.title())], height=34)
    for number, line in enumerate(face.advice, 1):
        _row(data, number, [(line, inks.advice())], height=max(20.0, lines_height([line], [width * 0.9])))
    headings = [(heading, inks.heading()) for heading in HEADINGS]
    _row(data, TOP - 1, headings + [(key, inks.key()) for key in KEYS], height=24)
    for number, opinion in enumerate(opinions, 1):
        cells = list(_cells(inks, number, opinion))
        texts = [text for text, _ in cells[: len(_WIDTHS)]]
        _row(data, TOP + number - 1, cells, height=max(30.0, 8 + lines_height(texts, [w * 0.92 for w in _WIDTHS])))
    return data


def _cells(inks: _Inks, number: int, opinion: Opinion) -> Iterator[tuple[str, int]]:
    finding = opinion.finding
    yield str(number), inks.body(centred=True)
    yield SEVERITY_LABELS[finding.severity], inks.body(centred=True, fill=_FILLS.get(finding.severity, ""))
    yield finding.code, inks.body(centred=True)
    yield finding.sheet, inks.body(centred=True)
    yield finding.cell, inks.link() if opinion.places else inks.body(centred=True)
    for text in (finding.message, finding.found, finding.expected, finding.remedy):
        yield text, inks.body()
    yield opinion.reason, inks.reason(wanted=finding.needs_reason)
    for text in (finding.subject, finding.item, opinion.fill):
        yield text, inks.key()


def _row(data: etree._Element, row: int, cells: Sequence[tuple[str, int]], *, height: float) -> None:
    line = etree.SubElement(data, main("row"), r=str(row + 1), ht=f"{min(height, 400):.1f}", customHeight="1")
    for col, (text, style) in enumerate(cells):
        cell = etree.SubElement(line, main("c"), r=xl_rowcol_to_cell(row, col), s=str(style))
        if text:
            put_text(cell, text)


def _links(opinions: Sequence[Opinion]) -> Iterator[etree._Element]:
    for row, opinion in enumerate(opinions, TOP):
        if opinion.places:
            sheet, cell = opinion.places[0].sheet.replace("'", "''"), opinion.finding.cell
            reference = xl_rowcol_to_cell(row, HEADINGS.index("单元格"))
            yield etree.Element(main("hyperlink"), ref=reference, location=f"'{sheet}'!{cell}", display=cell)
