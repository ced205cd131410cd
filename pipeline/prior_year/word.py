"""The tables and paragraphs of a .docx, from its bytes: the guard first, then one parse of ``word/document.xml``.

Only what Word shows is read: no deleted text, no fallbacks, no hidden runs, and no texts of cells that a vertical merge
covers. Letters that are struck out, raised or lowered are read and marked. Source: ECMA-376 part 1, 17.4 (tables),
17.13.5 (revisions), 17.3.2 (run properties), 17.7 (styles).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from lxml import etree

from pipeline.files.containers import MIB, Bounds, Member, directory, inflate, sniff, swollen_error
from pipeline.files.containers.bounds import damaged_error
from pipeline.files.containers.parts import measure, names_of, prolog
from pipeline.prior_year.marks import Mark, mark_text
from pipeline.prior_year.pages import MAX_CELLS, Cell, NoTablesError, Page, lines, page, too_many

WORD, BODY, _STYLES = "Word 文档", "word/document.xml", "word/styles.xml"
_NEEDED = frozenset({"[content_types].xml", "_rels/.rels"})
"""Parts without which Word does not open a file, in small letters."""
_LARGEST = 24 * MIB
"""The body of a report with all its formatting; its pictures lie in other parts."""
_SLIVER = 120
"""A grid column narrower than this (twentieths of a point, 2 mm) is a border that was dragged, and no column."""
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_WRAPPERS = frozenset({"sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo", "body", "document", "hyperlink"})
_RAISED = 6
"""From how many half points above or below its line a run counts as raised or lowered; less aligns fonts."""
_OFF = frozenset({"0", "false", "off", "none"})
_UNSEEN = frozenset({"del", "moveFrom", "Fallback", "tbl", "instrText", "delText"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Styles:
    """The run properties of a document's styles by their id."""

    nodes: Mapping[str, etree._Element]

    def property(self, run: etree._Element, name: str) -> etree._Element | None:
        """Return a property of a run: its own, else that of its character style, its paragraph's style, or their bases."""
        own = _property(run, "rPr", name)
        if own is not None:
            return own
        paragraph = next(run.iterancestors(f"{_WORD}p", f"{_STRICT}p"), None)
        named = [_property(run, "rPr", "rStyle")]
        named += [] if paragraph is None else [_property(paragraph, "pPr", "pStyle")]
        for style in named:
            found = None if style is None else self._find_inherited(_value(style), name)
            if found is not None:
                return found
        return None

    def _find_inherited(self, style: str, name: str) -> etree._Element | None:
        seen: set[str] = set()
        while style in self.nodes and style not in seen:
            seen.add(style)
            found = _property(self.nodes[style], "rPr", name)
            if found is not None:
                return found
            base = next(_own(self.nodes[style], "basedOn"), None)
            style = "" if base is None else _value(base)
        return None

    def is_on(self, run: etree._Element, *names: str) -> bool:
        """Whether a run has one of these properties and it is not switched off."""
        found = (self.property(run, name) for name in names)
        return any(node is not None and _value(node) not in _OFF for node in found)

    def marks(self, run: etree._Element) -> frozenset[Mark]:
        """Return the marks of a run's letters."""
        aligned = self.property(run, "vertAlign")
        position = self.property(run, "position")
        height = "" if position is None else _value(position)
        shift = int(height) if height.lstrip("-").isdecimal() and len(height) < 6 else 0
        place = "" if aligned is None else _value(aligned)
        marks: set[Mark] = set()
        if self.is_on(run, "strike", "dstrike"):
            marks.add("struck")
        if place == "superscript" or shift >= _RAISED:
            marks.add("raised")
        elif place == "subscript" or shift <= -_RAISED:
            marks.add("lowered")
        return frozenset(marks)


@lru_cache(maxsize=1)  # the gate asks for the text of a report, then for its figures
def read_word(content: bytes) -> Page:
    """The page of a .docx. Raises `RefusedError` for what must not be, or cannot be, parsed."""
    root, styles = _parts(content)
    if sum(1 for node in root.iter() if _tag(node) == "tc") > MAX_CELLS:
        raise too_many()
    paragraphs = (_text(node, styles) for node in _own(root, "p"))
    tables = [_cells(node, styles) for node in root.iter() if _tag(node) == "tbl"]
    return page("\n".join(lines(paragraphs)), tables)


def _parts(content: bytes) -> tuple[etree._Element, _Styles]:
    bounds = Bounds()
    members = directory(content, bounds)
    kind = sniff.zip_kind(names_of(members))
    if kind != WORD:
        raise NoTablesError(kind="压缩包" if kind == sniff.ZIP else f"另一种格式的文件（{kind}）")
    measure(members, bounds)
    body = _parse_part(content, members, BODY, "正文")
    if body is None:
        raise damaged_error(f"缺少部件“{BODY}”")
    for part in sorted(_NEEDED.difference(names_of(members))):
        raise damaged_error(f"缺少部件“{part}”")  # Word does not open it
    styles = _parse_part(content, members, _STYLES, "样式")
    nodes = [] if styles is None else list(_own(styles, "style"))
    by_id = {node.get(f"{_WORD}styleId") or node.get(f"{_STRICT}styleId") or "": node for node in nodes}
    return body, _Styles(nodes=by_id)


def _parse_part(content: bytes, members: Sequence[Member], name: str, what: str) -> etree._Element | None:
    """One part as a tree, ``None`` where the document has none of this name."""
    member = next((member for member in members if member.name.lower() == name), None)
    if member is None:
        return None
    if member.size > _LARGEST:
        raise swollen_error(f"{what}展开后 {member.size / 1e6:.0f} MB")
    part = inflate(content, member)
    prolog(member.name, part)
    try:
        return etree.fromstring(part, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise damaged_error(f"{what}不是完好的 XML") from error


def _tag(node: etree._Element) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _own(node: etree._Element, tag: str) -> Iterator[etree._Element]:
    """Yield the children of this name, also those in content controls and insertions."""
    for child in node:
        name = _tag(child)
        if name == tag:
            yield child
        elif name in _WRAPPERS:
            yield from _own(child, tag)


def _cells(table: etree._Element, styles: _Styles) -> list[Cell]:
    """Return every cell with its grid column; those that a vertical merge covers are part of the cell above."""
    rows = [list(_row(row)) for row in _own(table, "tr") if _property(row, "trPr", "del") is None]
    columns = _columns(table)

    def column(at: int) -> int:
        return columns[at] if at < len(columns) else columns[-1] + at - len(columns) + 1

    starts = [[column(start) for _, start, _ in row] for row in rows]
    if any(len(set(row)) < len(row) for row in starts):
        columns = [0]
    cells: list[Cell] = []
    above: dict[int, int] = {}  # by column the cell that a merge goes on with
    for r, row in enumerate(rows):
        for cell, start, end in row:
            at = column(start)
            if _continues(cell) and at in above:
                cells[above[at]] = replace(cells[above[at]], rows=r + 1 - cells[above[at]].row)
                continue
            above[at] = len(cells)
            text = "" if _continues(cell) else _paragraphs(cell, styles)
            cells.append(Cell(row=r, col=at, cols=max(1, column(end) - at), text=text))
    return cells


def _paragraphs(cell: etree._Element, styles: _Styles) -> str:
    return "\n".join(_text(paragraph, styles) for paragraph in _own(cell, "p")).strip()


def _row(row: etree._Element) -> Iterator[tuple[etree._Element, int, int]]:
    """The cells of a row with the grid columns they begin and end at."""
    at = _number(_property(row, "trPr", "gridBefore"), 0)
    for cell in _own(row, "tc"):
        span = max(1, _number(_property(cell, "tcPr", "gridSpan"), 1))
        yield cell, at, at + span
        at += span


def _columns(table: etree._Element) -> list[int]:
    """Map each border of the grid to its column, ignoring very narrow columns."""
    found = [0]
    for entry in _own(next(_own(table, "tblGrid"), table), "gridCol"):
        width = entry.get(f"{_WORD}w") or entry.get(f"{_STRICT}w") or ""
        found.append(found[-1] + (0 if width.isdecimal() and 0 < int(width) < _SLIVER else 1))
    return found


def _continues(cell: etree._Element) -> bool:
    merge = _property(cell, "tcPr", "vMerge")
    return merge is not None and _value(merge) in ("", "continue")


def _property(node: etree._Element, group: str, name: str) -> etree._Element | None:
    return next((entry for kept in _own(node, group) for entry in kept if _tag(entry) == name), None)


def _value(node: etree._Element) -> str:
    return node.get(f"{_WORD}val") or node.get(f"{_STRICT}val") or ""


def _number(node: etree._Element | None, default: int) -> int:
    value = "" if node is None else _value(node)
    return min(int(value), MAX_CELLS) if value.isdecimal() and len(value) < 9 else default


def _text(node: etree._Element, styles: _Styles) -> str:
    """Return the visible text of a paragraph."""
    is_run = _tag(node) == "r"
    if is_run and styles.is_on(node, "vanish"):
        return ""
    parts: list[str] = []
    for child in node:
        match _tag(child):
            case "t":
                parts.append(child.text or "")
            case "br" | "cr":
                parts.append("\n")
            case "tab":
                parts.append(" ")
            case "noBreakHyphen":
                parts.append("-")
            case name if name and name not in _UNSEEN and not name.endswith("Pr"):
                parts.append(_text(child, styles))
    text = "".join(parts)
    return mark_text(text, styles.marks(node)) if is_run and text else text
