"""The last gate (D1): what the Word report prints in its tables is read back and compared with the county's figures."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path

from lxml import etree

from pipeline.form import Figure, Form, print_figure
from pipeline.model.finding import Finding, violation

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PLACEHOLDER = re.compile(r"^\{\{\s*([a-z][\w.]*)\s*\}\}$")
_LEFT_OVER = re.compile(r"\{\{|\}\}|\{%|%\}")

Cells = list[list[str]]


def report_findings(
    form: Form, template: Path, report: bytes, figures: Mapping[str, Figure | None]
) -> Iterator[Finding]:
    """Every number of the tables that is not the county's, and every placeholder nothing was put into."""
    rule = form.rule("D1")
    for text in _paragraphs(report):
        if match := _LEFT_OVER.search(text):
            shown = text[max(match.start() - 10, 0) : match.end() + 20]
            yield violation(rule, detail=f"留有占位符“{shown}”", found=shown, expected="文字或数字")
    for asked, said in zip_longest(_tables(template.read_bytes()), _tables(report), fillvalue=None):
        if asked is None or said is None or [len(row) for row in asked] != [len(row) for row in said]:
            yield violation(
                rule, detail="表格与模板对不上，无法逐格核对", found="表格不同", expected="与模板相同的表格"
            )
            return
        yield from _compared(form, asked, said, figures)


def _compared(form: Form, asked: Cells, said: Cells, figures: Mapping[str, Figure | None]) -> Iterator[Finding]:
    """One table, cell by cell where the template has the placeholder of an item and nothing else."""
    for placeholders, texts in zip(asked, said, strict=True):
        for placeholder, text in zip(placeholders, texts, strict=True):
            match = _PLACEHOLDER.match(placeholder)
            if match is None or match[1] not in form.position or not form.item(match[1]).numeric:
                continue
            figure = figures.get(match[1])
            expected = "" if figure is None else print_figure(figure)
            if text != expected:
                label = form.item(match[1]).label
                detail = f"“{label}”印的是“{text}”，汇总数是 {expected or '（无）'}"
                yield violation(form.rule("D1"), where={"item": match[1]}, detail=detail, found=text, expected=expected)


def _body(document: bytes) -> etree._Element:
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        return etree.fromstring(archive.read("word/document.xml"), parser)


def _paragraphs(document: bytes) -> Iterator[str]:
    for paragraph in _body(document).iter(f"{_W}p"):
        yield _text(paragraph)


def _tables(document: bytes) -> list[Cells]:
    """The text of every cell, table by table and row by row."""
    return [
        [[_text(cell).strip() for cell in row.iter(f"{_W}tc")] for row in table.iter(f"{_W}tr")]
        for table in _body(document).iter(f"{_W}tbl")
    ]


def _text(node: etree._Element) -> str:
    return "".join(each.text or "" for each in node.iter(f"{_W}t"))
