"""The notes (classic comments) of one worksheet: ours are added to existing ones and can be found again.

A note is two things: its text in ``commentsN.xml`` and its box in ``vmlDrawingN.vml`` (ECMA-376 part 1, 18.7; part 4,
19.4). Threaded comments of newer Excels keep a placeholder there, with an author ``tc=…``; they are left alone.
"""

from __future__ import annotations

import re

from lxml import etree
from xlsxwriter.utility import xl_rowcol_to_cell

from pipeline.workbook.patch.boxes import Boxes
from pipeline.workbook.patch.package import MAIN, REL, Package, UnpatchableError, main

_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_AFTER = {
    main(tag)
    for tag in ("legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst")
} | {"{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"}  # fmt: skip
"""What a worksheet holds behind ``legacyDrawing`` (CT_Worksheet)."""


class Notes:
    """The notes of the worksheet in ``part``."""

    def __init__(self, package: Package, part: str) -> None:
        self._package, self._part = package, part
        self._comments = package.find_related(part, "comments")
        self._boxes: Boxes | None = None

    def strip(self, ours: re.Pattern[str]) -> None:
        """Remove what matches ``ours`` from every note; an empty note is removed with its box."""
        if not self._comments:
            return
        for comment in list(self._package.look(self._comments).iter(main("comment"))):
            texts = list(comment.iter(main("t")))
            whole = "".join(text.text or "" for text in texts)
            cuts = [match.span() for match in ours.finditer(whole)]
            if not cuts:
                continue
            self._package.edit(self._comments)
            _cut(texts, cuts)
            if not "".join(text.text or "" for text in texts).strip():
                _drop(comment)
                self._drawing().remove(comment.get("ref", ""))

    def write(self, row: int, col: int, text: str, *, author: str) -> None:
        """Add ``text`` to the note of a cell, new or old, and make its box large enough."""
        reference = xl_rowcol_to_cell(row, col)
        root = self._edit()
        comment = next((node for node in root.iter(main("comment")) if node.get("ref") == reference), None)
        if comment is not None and self._is_threaded(root, comment):
            return
        if comment is None:
            comments = root.find(main("commentList"))
            if comments is None:
                raise UnpatchableError("comments without a list")
            comment = etree.SubElement(comments, main("comment"), ref=reference, authorId=_author(root, author))
            etree.SubElement(comment, main("text"))
        else:
            text = "\n" + text
        body = comment.find(main("text"))
        if body is None:
            raise UnpatchableError("a comment without text")
        _add_run(body, text)
        self._drawing().put(row, col, "".join(node.text or "" for node in body.iter(main("t"))))

    def _is_threaded(self, root: etree._Element, comment: etree._Element) -> bool:
        authors = [node.text or "" for node in root.iter(main("author"))]
        number = int(comment.get("authorId", "0"))
        return number < len(authors) and authors[number].startswith("tc=")

    def _edit(self) -> etree._Element:
        if not self._comments:
            self._comments = self._package.free_name("xl/comments{}.xml")
            xml = f'<comments xmlns="{MAIN}"><authors/><commentList/></comments>'
            self._package.add(self._comments, xml.encode(), _COMMENTS_TYPE)
            self._package.relate(self._part, "comments", self._comments)
        return self._package.edit(self._comments)

    def _drawing(self) -> Boxes:
        """Return the drawing that holds the boxes; a sheet without one gets it at the place that the schema requires."""
        if self._boxes is None:
            sheet = self._package.look(self._part)
            anchor = sheet.find(main("legacyDrawing"))
            if anchor is None:
                part = self._package.free_name("xl/drawings/vmlDrawing{}.vml")
                self._package.add(part, Boxes.blank(self._package), _VML_TYPE)
                anchor = etree.Element(main("legacyDrawing"))
                anchor.set(f"{{{REL}}}id", self._package.relate(self._part, "vmlDrawing", part))
                sheet = self._package.edit(self._part)
                later = next((node for node in sheet if node.tag in _AFTER), None)
                if later is None:
                    sheet.append(anchor)
                else:
                    later.addprevious(anchor)
            wanted = anchor.get(f"{{{REL}}}id")
            relations = self._package.relations(self._part)
            part = next((relation.target for relation in relations if relation.id == wanted), "")
            self._boxes = Boxes(self._package.edit(part), sheet)
        return self._boxes


def _author(root: etree._Element, author: str) -> str:
    authors = root.find(main("authors"))
    if authors is None:
        raise UnpatchableError("comments without authors")
    names = [node.text for node in authors]
    if author not in names:
        etree.SubElement(authors, main("author")).text = author
        names.append(author)
    return str(names.index(author))


def _add_run(body: etree._Element, text: str) -> None:
    plain = body.find(main("t"))
    if plain is not None:  # a run may not stand beside unformatted text
        run = etree.Element(main("r"))
        body.replace(plain, run)
        run.append(plain)
        plain.set(_SPACE, "preserve")
    run = etree.SubElement(body, main("r"))
    style = etree.SubElement(run, main("rPr"))
    for tag, value in (("sz", "9"), ("rFont", "宋体"), ("family", "3"), ("charset", "134")):
        etree.SubElement(style, main(tag), val=value)
    node = etree.SubElement(run, main("t"))
    node.text = text
    node.set(_SPACE, "preserve")


def _cut(texts: list[etree._Element], cuts: list[tuple[int, int]]) -> None:
    """Cut spans of the joined text out of their runs, and remove empty runs."""
    at = 0
    for node in texts:
        text = node.text or ""
        kept = "".join(char for n, char in enumerate(text, at) if not any(start <= n < end for start, end in cuts))
        at += len(text)
        node.text = kept
        run = node.getparent()
        if not kept and run is not None and run.tag == main("r"):
            _drop(run)


def _drop(node: etree._Element) -> None:
    parent = node.getparent()
    assert parent is not None
    parent.remove(node)
