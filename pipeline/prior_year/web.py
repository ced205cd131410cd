"""The tables and paragraphs of a saved web page, made by a content system, Word or a scraper. lxml's HTML parser
repairs broken markup and knows only HTML's own entities; nothing is fetched. Hidden text is not read. Letters that are
struck out, raised or lowered, by element, inline style or class, are read and marked. Source: CSS 2.2, 10.8 and 16.3.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping

from lxml import etree, html

from pipeline.files.containers import MIB, swollen_error
from pipeline.files.containers.bounds import damaged_error
from pipeline.prior_year.marks import Mark, mark_text
from pipeline.prior_year.pages import MAX_CELLS, Cell, Page, lines, page, too_many

_LARGEST = 16 * MIB
_MOST_TABLES = 300
_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([\w-]{3,20})""", re.IGNORECASE)
_CELL = re.compile(rb"<t[dh][\s>/]", re.IGNORECASE)
_CHINESE = frozenset({"gb2312", "gbk", "gb18030", "x-gbk", "gb_2312-80"})
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "title", "section", "article"})
_UNSEEN = frozenset({"script", "style", "noscript", "template", "select", "textarea"})
_MARKS: Mapping[str, Mark] = {
    "s": "struck",
    "strike": "struck",
    "del": "struck",
    "sup": "raised",
    "sub": "lowered",
}
_LOOKS: tuple[tuple[re.Pattern[str], Mark], ...] = (
    (re.compile(r"text-decoration[\w-]*\s*:[^;]*line-through"), "struck"),
    (re.compile(r"vertical-align\s*:\s*(?:super|text-top|[1-9]\d*(?:\.\d+)?(?:pt|px|em|%))"), "raised"),
    (re.compile(r"vertical-align\s*:\s*(?:sub|text-bottom|-[1-9]\d*(?:\.\d+)?(?:pt|px|em|%))"), "lowered"),
)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all"
    r"|(?:opacity|font-size)\s*:\s*0(?:\.0*)?(?:pt|px|em|%)?\s*(?:!important\s*)?(?:;|$)"
)
_RULE = re.compile(r"([^{}]{1,500})\{([^{}]{0,5000})\}")
_CLASS = re.compile(r"[\w*]*\.([\w-]+)\s*$")


def read_web(content: bytes) -> Page:
    """The page of a saved .html. Raises `RefusedError` for what is too large or no page."""
    if len(content) > _LARGEST:
        raise swollen_error(f"网页有 {len(content) / 1e6:.0f} MB")
    if len(_CELL.findall(content)) > MAX_CELLS:
        raise too_many()
    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, encoding="utf-8", huge_tree=True)
    try:
        root = html.document_fromstring(decode_page(content).encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError) as error:
        raise damaged_error("不是网页") from error
    found = list(root.iter("table"))
    if len(found) > _MOST_TABLES:
        raise swollen_error(f"有 {len(found)} 个表格")
    classes = _classes(root)
    tables = [list(_cells(table, classes)) for table in found]
    return page("\n".join(lines([_text(root, classes)])), tables)


def _classes(root: etree._Element) -> dict[str, str]:
    """Return the marks of every class in the page's style sheets, from rules with a single class, as editors write
    them.
    """
    found: dict[str, str] = {}
    for sheet in root.iter("style"):
        for names, declarations in _RULE.findall(sheet.text or ""):
            for name in names.split(","):
                if match := _CLASS.match(name.strip()):
                    found[match[1]] = f"{found.get(match[1], '')};{declarations}"
    return found


def _style(node: etree._Element, classes: Mapping[str, str]) -> str:
    named = (classes.get(name, "") for name in (node.get("class") or "").split())
    return ";".join((*named, node.get("style") or "")).lower()


def _is_hidden(node: etree._Element, classes: Mapping[str, str]) -> bool:
    return node.get("hidden") is not None or _HIDDEN.search(_style(node, classes)) is not None


def _marks(node: etree._Element, classes: Mapping[str, str]) -> frozenset[Mark]:
    """Return the marks an element puts on its letters; the vertical alignment of a cell is none."""
    style = _style(node, classes)
    is_cell = node.tag in ("td", "th", "tr", "tbody", "thead", "table")
    own = {_MARKS[node.tag]} if isinstance(node.tag, str) and node.tag in _MARKS else set()
    return frozenset(own | {mark for look, mark in _LOOKS if look.search(style) and (mark == "struck" or not is_cell)})


def decode_page(content: bytes) -> str:
    """Decode a page: by its byte order mark, else by a fitting declaration, else as UTF-8, else as GB 18030.

    >>> decode_page('<meta charset="gb2312">镕'.encode("gb18030"))
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


def _cells(table: etree._Element, classes: Mapping[str, str]) -> Iterator[Cell]:
    """Yield every cell of the table, at the first place in its row that no span from above covers."""
    taken: set[tuple[int, int]] = set()
    rows = [row for row in table.iter("tr") if _nearest(row, "table") is table and not _is_hidden(row, classes)]
    for r, row in enumerate(rows):
        col = 0
        for cell in row.iter("td", "th"):
            if _nearest(cell, "tr") is not row or _is_hidden(cell, classes):
                continue
            while (r, col) in taken:
                col += 1
            span = _span(cell, "colspan", 1)
            down = min(_span(cell, "rowspan", 0) or len(rows), len(rows) - r)
            if len(taken) + span * down > MAX_CELLS:
                raise too_many()
            taken.update((r + y, col + x) for y in range(down) for x in range(span))
            yield Cell(row=r, col=col, rows=down, cols=span, text="\n".join(lines([_text(cell, classes)])))
            col += span


def _nearest(node: etree._Element, tag: str) -> etree._Element | None:
    return next(node.iterancestors(tag), None)


def _span(cell: etree._Element, name: str, least: int) -> int:
    """Return a span as browsers understand it: 1 for anything invalid."""
    number = re.match(r"\s*(\d{1,4})", cell.get(name) or "")
    return max(least, min(int(number[1]), 1000)) if number else 1


def _text(top: etree._Element, classes: Mapping[str, str]) -> str:
    """Return the text of an element without its tables; block elements begin and end a line."""
    parts: list[str] = []
    marks = [_marks(node, classes) for node in (top, *top.iterancestors())]
    at: list[frozenset[Mark]] = [frozenset().union(*marks)]
    for event, node in (walk := etree.iterwalk(top, events=("start", "end"))):
        tag = node.tag if isinstance(node.tag, str) else "script"
        parts.append("\n" if tag in _BREAKS and node is not top else "")
        if event == "start":
            unseen = tag in _UNSEEN or (tag == "table" and node is not top) or _is_hidden(node, classes)
            at.append(at[-1] | _marks(node, classes))
            if unseen:
                walk.skip_subtree()
            else:
                parts.append(mark_text(node.text or "", at[-1]))
        else:
            at.pop()
            if node is not top:
                parts.append(mark_text(node.tail or "", at[-1]))
    return "".join(parts)
