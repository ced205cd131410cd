"""Published reports as they come: the same figures in Word's merged tables, in Word's HTML, and in a content system's.

The figures are those of a report published for 2024; the labels are the form's, written as offices write them.
"""

from __future__ import annotations

import html
import io
from collections.abc import Callable, Mapping, Sequence

from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from pipeline.form import Form, Table
from pipeline.layout import Grid, table_grid

Label = Callable[[str], str]
TITLE = ("方正县政府办公室2024年", "政府信息公开工作年度报告")
PERIOD = "所列数据统计期限自2024年1月1日起至2024年12月31日止。"
BROKEN = {
    "商业企业": "商业\n企业",
    "科研机构": "科研\n机构",
    "结果纠正": "结果\n纠正",
    "其他结果": "其他\n结果",
    "尚未审结": "尚未\n审结",
}


def published(form: Form) -> dict[str, str]:
    """Every statutory cell of the report for 2024: three requests of natural persons, granted; the rest nothing."""
    tables = {table.code for table in form.tables}
    threes = {f"t3.{row}.{column}" for row in ("received", "granted", "total") for column in ("natural", "total")}
    return {item.code: "3" if item.code in threes else "0" for item in form.items if item.table in tables}


def as_offices_write(text: str) -> str:
    """``1、`` for ``1.``, and labels broken over two lines."""
    head, dot, rest = text.partition(".")
    return BROKEN.get(text, f"{head}、{rest}" if dot and head.isdigit() else text)


def as_printed(text: str) -> str:
    return text


def docx(
    form: Form,
    figures: Mapping[str, str],
    *,
    label: Label = as_offices_write,
    title: Sequence[str] = TITLE,
    split: Mapping[str, int] | None = None,
    between: str = "",
    nested: bool = False,
) -> bytes:
    """A report with merged tables (``gridSpan``, ``vMerge``).

    ``split`` breaks a table before that row into two; ``between`` stands between the halves; ``nested`` puts every
    table into a cell of another.
    """
    document = Document()
    for line in (*title, PERIOD):
        document.add_paragraph(line)
    for table in form.tables:
        document.add_paragraph(table.heading)
        grid = table_grid(table)
        cut = (split or {}).get(table.code, grid.height)
        for first, last in ((0, cut), (cut, grid.height)):
            if first < last:
                home = document.add_table(1, 1).cell(0, 0) if nested else document
                if first and between:
                    document.add_paragraph(between)
                _word_table(home.add_table(last - first, grid.width), grid, first, figures, label)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _word_table(table, grid: Grid, first: int, figures: Mapping[str, str], label: Label) -> None:  # type: ignore[no-untyped-def]
    rows = table._tbl.tr_lst
    covered = {}
    for cell in grid.cells:
        for r in range(cell.row, cell.row + cell.rows):
            for c in range(cell.col, cell.col + cell.cols):
                covered[r, c] = cell
    for r, row in enumerate(rows, first):
        cells = list(row.tc_lst)
        for c, tc in enumerate(cells):
            cell = covered.get((r, c))
            if cell is None:
                continue
            if c != cell.col:
                row.remove(tc)
                continue
            if cell.cols > 1:
                tc.grid_span = cell.cols
            if cell.rows > 1:
                tc.vMerge = "restart" if r in (cell.row, first) else "continue"
            if r == cell.row:
                text = figures.get(cell.code, "") if cell.code else label(cell.text)
                _write(tc.p_lst[0], text)


def _write(paragraph, text: str) -> None:  # type: ignore[no-untyped-def]
    for n, line in enumerate(text.split("\n")):
        run = OxmlElement("w:r")
        if n:
            run.append(OxmlElement("w:br"))
        node = OxmlElement("w:t")
        node.text = line
        node.set(qn("xml:space"), "preserve")
        run.append(node)
        paragraph.append(run)


def word_html(form: Form, figures: Mapping[str, str], *, label: Label = as_offices_write) -> bytes:
    """What Word saves as a web page: GB 18030, MsoNormalTable, paragraphs in spans in cells, tags left open."""
    body = "".join(f"<P class=MsoNormal><SPAN lang=EN-US>{line}</SPAN></P>" for line in (*TITLE, PERIOD))

    def cell(text: str, rows: int, cols: int) -> str:
        spans = (f" rowspan={rows}" if rows > 1 else "") + (f" colspan={cols}" if cols > 1 else "")
        inner = html.escape(text, quote=False).replace("\n", "<br>\n")
        return (
            f"<TD{spans} valign=top style='border:solid windowtext 1.0pt'><p class=MsoNormal align=center><span lang=EN-US "
            f"style='font-size:10.5pt'><span style='mso-spacerun:yes'></span>{inner}<o:p></o:p></span></p>"
        )

    for table in form.tables:
        body += f"<p class=MsoNormal><b><span>{table.heading}</span></b>"
        body += f"<TABLE class=MsoNormalTable border=1>{_html_rows(table, figures, label, cell, '<TR>', '')}</TABLE>"
    head = "<META http-equiv=Content-Type content='text/html; charset=gb2312'><title>年报</title>"
    return (
        f"<html xmlns:o='urn:schemas-microsoft-com:office:office'><HEAD>{head}</HEAD><BODY>{body}</BODY></html>".encode(
            "gb18030"
        )
    )


def cms_html(
    form: Form, figures: Mapping[str, str], *, label: Label = as_printed, title: str = "".join(TITLE)
) -> bytes:
    """What a content system publishes: UTF-8, ``<th>``, ``&nbsp;``, a layout table around it all, other lists beside."""

    def cell(text: str, rows: int, cols: int) -> str:
        tag = "td" if text.isdecimal() or not text else "th"
        inner = "<br/>".join(html.escape(part) for part in text.split("\n"))
        return f'<{tag} rowspan="{rows}" colspan="{cols}">&nbsp;{inner}&nbsp;</{tag}>'

    tables = "".join(
        f'<p><strong>{table.heading}</strong></p><table class="wzcon" cellspacing="0"><tbody>'
        f"{_html_rows(table, figures, label, cell, '<tr>', '</tr>')}</tbody></table>"
        for table in form.tables
    )
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}_某县人民政府</title>'
        f"<style>td{{}}</style><script>var a='<table><tr><td>9</td></tr></table>';</script></head><body>"
        f'<table><tr><td><a href="#">首页</a></td><td><h1>{title}</h1><div id="zoom"><p>{PERIOD}</p>{tables}</div></td></tr>'
        f"</table><ul><li>某县2022年统计公报</li></ul></body></html>"
    ).encode()


def _html_rows(
    table: Table, figures: Mapping[str, str], label: Label, cell: Callable[[str, int, int], str], begin: str, end: str
) -> str:
    grid = table_grid(table)
    rows = []
    for r in range(grid.height):
        here = sorted((c for c in grid.cells if c.row == r), key=lambda c: c.col)
        texts = [cell(figures.get(c.code, "") if c.code else label(c.text), c.rows, c.cols) for c in here]
        rows.append(begin + "".join(texts) + end)
    return "".join(rows)
