"""Words of a Word template that would vanish without a trace when it is filled."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from pipeline.model.finding import Finding, notice

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_ANY_TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}")
_OF: tuple[tuple[str, str, str], ...] = (
    ("p", "p", "段落"),
    ("tr", "tr", "表格行"),
    ("tc", "tc", "单元格"),
    ("r", "r", "文字"),
)
"""The letter behind ``{%``, the element that docxtpl removes with the tag, and its name."""
_BODY = "word/document.xml"
_SHOWN = 30


def vanishing_words(path: Path) -> Iterator[Finding]:
    """Yield a finding for every paragraph, row or cell that goes with its tag and has words beside it."""
    with zipfile.ZipFile(path) as archive:
        root = etree.fromstring(archive.read(_BODY), etree.XMLParser(resolve_entities=False, no_network=True))
    for letter, element, name in _OF:
        for node in root.iter(f"{_W}{element}"):
            text = "".join(part.text or "" for part in node.iter(f"{_W}t"))
            tag = re.search(rf"\{{[%{{]-?{letter}\s[^}}]*[%}}]-?\}}", text)
            if tag is None:
                continue
            left = "".join(_ANY_TAG.sub("", text).split())
            if left:
                yield notice(
                    "K15", where={"file": path.name}, name=name, found=tag.group()[:_SHOWN], detail=left[:_SHOWN]
                )
