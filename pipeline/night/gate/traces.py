"""What must not be published with a report: placeholders, comments, tracked changes, text boxes, hidden notes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence

from lxml import etree

from pipeline.model.finding import Finding
from pipeline.night.gate.lines import Line
from pipeline.night.gate.printed import Printed
from pipeline.prior_year.pages import Page

_LEFT_OVER = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
_TRACKED = re.compile(rb"<w:(?:del|ins|moveFrom|moveTo|pPrChange|rPrChange)[ />]")
_BODY = "word/document.xml"
_PARTS = re.compile(r"word/(?:header|footer|footnotes|endnotes)\d*\.xml")
_NOTES: dict[str, str] = {"word/footnotes.xml": "脚注", "word/endnotes.xml": "尾注"}


def left_over_findings(name: str, lines: Sequence[Line], page: Page, printed: Printed) -> Iterator[Finding]:
    """Yield a finding for every placeholder or tag that a template left behind."""
    for line in lines:
        if match := _LEFT_OVER.search(line.text):
            yield _left_over(printed, name, line.text, match, line.place)
    for number, table in enumerate(page.tables, 1):
        for row, cells in enumerate(table, 1):
            for column, cell in enumerate(cells, 1):
                if match := _LEFT_OVER.search(cell):
                    place = (f"第 {number} 个表格", f"第 {row} 行第 {column} 列")
                    yield _left_over(printed, name, cell, match, place)


def trace_findings(name: str, report: bytes, printed: Printed) -> Iterator[Finding]:
    """Yield a finding for everything in a .docx that people do not see on the page and that is published with it."""
    if not report.startswith(b"PK"):
        return
    with zipfile.ZipFile(io.BytesIO(report)) as archive:
        names = archive.namelist()
        body = archive.read(_BODY)
        others = {part: archive.read(part) for part in names if _PARTS.fullmatch(part)}
    kinds = ["批注"] if "word/comments.xml" in names else []
    kinds += ["修订记录"] if _TRACKED.search(body) else []
    for kind in kinds:
        yield printed.wrong(name, f"报告里留有{kind}，会随报告公开", f"有{kind}", f"没有{kind}")
    if b"<w:txbxContent" in body:
        detail = "报告里有文本框，里面的文字发布成网页时会丢失"
        yield printed.wrong(name, detail, "有文本框", "文字写在正文里")
    for part, content in others.items():
        text = _text(content)
        if match := _LEFT_OVER.search(text):
            yield _left_over(printed, name, text, match, (_NOTES.get(part, "页眉或页脚"), ""))


def note_lines(report: bytes) -> list[Line]:
    """Return the footnotes and endnotes of a .docx as lines."""
    if not report.startswith(b"PK"):
        return []
    with zipfile.ZipFile(io.BytesIO(report)) as archive:
        notes = {kind: archive.read(part) for part, kind in _NOTES.items() if part in archive.namelist()}
    texts = ((kind, text) for kind, content in notes.items() if (text := _text(content).strip()))
    return [Line(text=text, heading=kind, number=1) for kind, text in texts]


def _text(content: bytes) -> str:
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    return "".join(node.text or "" for node in root.iter() if str(node.tag).endswith("}t"))


def _left_over(printed: Printed, name: str, text: str, match: re.Match[str], place: tuple[str, str]) -> Finding:
    shown = text[max(match.start() - 10, 0) : match.end() + 20]
    return printed.wrong(name, f"留有占位符“{shown}”", shown, "文字或数字", place=place)
