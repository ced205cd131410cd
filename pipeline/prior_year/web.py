"""The tables and paragraphs of a saved web page, whatever made it: a content system, Word, a scraper.

lxml's HTML parser mends what is broken and knows no entities but HTML's own; nothing is fetched.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from lxml import etree, html

from pipeline.files.containers import MIB, swollen
from pipeline.files.containers.bounds import damaged
from pipeline.prior_year.pages import MAX_CELLS, Cell, Page, lines, page, too_many

_LARGEST = 16 * MIB
_MOST_TABLES = 300
_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([\w-]{3,20})""", re.IGNORECASE)
_CELL = re.compile(rb"<t[dh][\s>/]", re.IGNORECASE)
_CHINESE = frozenset({"gb2312", "gbk", "gb18030", "x-gbk", "gb_2312-80"})
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "title", "section", "article"})
_UNSEEN = frozenset({"script", "style", "noscript", "template", "select", "textarea"})


def read_web(content: bytes) -> Page:
    """The page of a saved .html. Raises `RefusedError` for what is too large or no page."""
    if len(content) > _LARGEST:
        raise swollen(f"网页有 {len(content) / 1e6:.0f} MB")
    if len(_CELL.findall(content)) > MAX_CELLS:
        raise too_many()
    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, encoding="utf-8", huge_tree=True)
    try:
        root = html.document_fromstring(decoded(content).encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError) as error:
        raise damaged("不是网页") from error
    found = list(root.iter("table"))
    if len(found) > _MOST_TABLES:
        raise swollen(f"有 {len(found)} 个表格")
    tables = [list(_cells(table)) for table in found]
    return page("\n".join(lines([_text(root)])), tables)


def decoded(content: bytes) -> str:
    """The text of a page: by its byte order mark, else what its head declares if that fits, else UTF-8, else GB 18030.

    >>> decoded('<meta charset="gb2312">镕'.encode("gb18030"))
    '<meta charset="gb2312">镕'
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return content.decode(encoding, "replace").removeprefix("\ufeff")
    declared = (match[1].decode("ascii").lower() for match in _CHARSET.finditer(content[:4096]))
    for encoding in (*("gb18030" if name in _CHINESE else name for name in declared), "utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("gb18030", "replace")


def _cells(table: etree._Element) -> Iterator[Cell]:
    """Every cell of the table itself, at the place its row and what spans down into the row leave for it."""
    taken: set[tuple[int, int]] = set()
    rows = [row for row in table.iter("tr") if _nearest(row, "table") is table]
    for r, row in enumerate(rows):
        col = 0
        for cell in row.iter("td", "th"):
            if _nearest(cell, "tr") is not row:
                continue
            while (r, col) in taken:
                col += 1
            span = _span(cell, "colspan", 1)
            down = min(_span(cell, "rowspan", 0) or len(rows), len(rows) - r)
            if len(taken) + span * down > MAX_CELLS:
                raise too_many()
            taken.update((r + y, col + x) for y in range(down) for x in range(span))
            yield Cell(row=r, col=col, rows=down, cols=span, text="\n".join(lines([_text(cell)])))
            col += span


def _nearest(node: etree._Element, tag: str) -> etree._Element | None:
    return next(node.iterancestors(tag), None)


def _span(cell: etree._Element, name: str, least: int) -> int:
    """A span as browsers understand it: 1 when it says nothing sensible."""
    said = re.match(r"\s*(\d{1,4})", cell.get(name) or "")
    return max(least, min(int(said[1]), 1000)) if said else 1


def _text(top: etree._Element) -> str:
    """What an element shows, without the tables in it; blocks begin and end a line."""
    parts: list[str] = []
    walk = etree.iterwalk(top, events=("start", "end"))
    for event, node in walk:
        tag = node.tag if isinstance(node.tag, str) else "script"
        parts.append("\n" if tag in _BREAKS and node is not top else "")
        if event == "start":
            if tag in _UNSEEN or (tag == "table" and node is not top):
                walk.skip_subtree()
            else:
                parts.append(node.text or "")
        elif node is not top:
            parts.append(node.tail or "")
    return "".join(parts)
