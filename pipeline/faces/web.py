"""The report as a page for the web: the words of the Word file in force, the tables of the form with scope and caption.

A page is one file: no request leaves it. The fragment is the article alone, to paste into a portal.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources

from docx import Document
from docx.table import Table as WordTable

from pipeline.form import Figure, Form, Table, print_figure
from pipeline.layout import GridCell, plain, table_grid
from pipeline.night.gate import headings

_HEAD_LINES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A chart: its title, one sentence that says what it shows, and its SVG."""

    title: str
    says: str
    svg: str

    @property
    def file(self) -> bytes:
        """The chart as a file of its own."""
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{self.svg}\n'.encode()


def report_article(report: bytes, form: Form, figures: Mapping[str, Figure | None]) -> str:
    """Return the article: the paragraphs of a .docx in their order, each statutory table in its place."""
    tables = iter(form.tables)
    top = {plain(heading): heading for heading in headings(form)}
    below = {plain(item.row_path[1]) for item in form.of_table("text") if len(item.row_path) > 1}
    parts: list[str] = []
    title: list[str] | None = []
    for block in Document(io.BytesIO(report)).iter_inner_content():
        if isinstance(block, WordTable):
            table = next(tables, None)
            parts.append(_table(table, figures) if table else "")
            continue
        text = block.text.strip()
        bare = plain(text)
        if not text:
            continue
        if title is not None:
            title.append(text)
            if form.title in text or len(title) >= _HEAD_LINES:
                parts.append("<h1>" + "<br>".join(escape(line) for line in title) + "</h1>")
                title = None
        elif bare in top:
            parts.append(f"<h2>{escape(text)}</h2>")
        elif bare in below:
            parts.append(f"<h3>{escape(text)}</h3>")
        elif text.startswith("【"):
            parts.append(f'<p class="notice" role="note">{escape(text)}</p>')
        else:
            parts.append(f"<p>{escape(text)}</p>")
    return '<article class="xxgk-report">\n' + "\n".join(parts) + "\n</article>"


def page(title: str, body: str, pictures: Sequence[Picture] = ()) -> bytes:
    """Return a whole page around an article, its charts behind it."""
    figures = "\n".join(draw(picture) for picture in pictures)
    section = f'<section class="charts" aria-label="图表">\n{figures}\n</section>\n' if pictures else ""
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style()}</style>\n</head>\n<body>\n<main>\n{body}\n{section}</main>\n</body>\n</html>\n"
    ).encode()


def fragment(body: str) -> bytes:
    """Return the article with its style, to paste into a portal's editor."""
    return f"<style>\n{style()}</style>\n{body}\n".encode()


def draw(picture: Picture) -> str:
    """Return a chart with its caption."""
    title = escape(picture.title)
    caption = f"<figcaption>{title}：{escape(picture.says)}</figcaption>"
    return f'<figure tabindex="0" aria-label="{title}">\n{picture.svg}\n{caption}\n</figure>'


def style() -> str:
    """Return the style sheet of all our pages."""
    return (resources.files("pipeline") / "faces" / "page.css").read_text(encoding="utf-8")


def _table(table: Table, figures: Mapping[str, Figure | None]) -> str:
    grid = table_grid(table)
    rows = "\n".join(_row(grid.cells, row, figures) for row in range(grid.height))
    name = f"{table.sheet}　{table.heading.partition('、')[2]}"
    return (
        f'<div class="wide" role="region" aria-label="{escape(name)}" tabindex="0">\n<table>\n'
        f"<caption>{escape(name)}</caption>\n<tbody>\n{rows}\n</tbody>\n</table>\n</div>"
    )


def _row(cells: Sequence[GridCell], row: int, figures: Mapping[str, Figure | None]) -> str:
    mine = sorted((cell for cell in cells if cell.row == row), key=lambda cell: cell.col)
    return "<tr>" + "".join(_cell(cell, figures) for cell in mine) + "</tr>"


def _cell(cell: GridCell, figures: Mapping[str, Figure | None]) -> str:
    spans = "".join(_spans(cell))
    if cell.code:
        value = figures.get(cell.code)
        return f"<td{spans}>{'' if value is None else print_figure(value)}</td>"
    across = cell.role != "row"
    scope = ("colgroup" if cell.cols > 1 else "col") if across else ("rowgroup" if cell.rows > 1 else "row")
    return f'<th scope="{scope}"{spans}>{escape(cell.text)}</th>'


def _spans(cell: GridCell) -> Iterator[str]:
    if cell.rows > 1:
        yield f' rowspan="{cell.rows}"'
    if cell.cols > 1:
        yield f' colspan="{cell.cols}"'
