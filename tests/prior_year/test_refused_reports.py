"""Files that are no report, or mean harm: one finding, no exception, and never long."""

from __future__ import annotations

import io
import random
import time
import zipfile
from collections.abc import Callable

import pytest

from pipeline.form import Form
from pipeline.prior_year import read_report
from tests.prior_year.reports import cms_html, docx, published

BODY = "word/document.xml"
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>'
NS = b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def zipped(body: bytes, *others: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("[Content_Types].xml", HEAD + b"<Types/>"), (BODY, body), *others):
            archive.writestr(name, content)
    return out.getvalue()


def flipped(content: bytes) -> bytes:
    at = content.index(b"word/document.xml") + 200
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


def nested(depth: int) -> bytes:
    return HEAD + b"<w:document " + NS + b">" + b"<w:ins>" * depth + b"</w:ins>" * depth + b"</w:document>"


ENTITIES = b"<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>"
EXTERNAL = b"<!DOCTYPE html [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><html><body><table><tr><td>&x;</td></tr></table></body></html>"
MANY = b"<tr>" + b"<td>1</td>" * 20 + b"</tr>"
HARM: dict[str, tuple[Callable[[Form], bytes], str]] = {
    "nothing": (lambda form: b"", "是空的"),
    "zeros": (lambda form: bytes(5000), "是空的"),
    "random bytes": (lambda form: random.Random(7).randbytes(40_000), "不认识的格式"),
    "a zip of random bytes": (lambda form: b"PK\3\4" + random.Random(7).randbytes(40_000), "已损坏"),
    "bomb": (lambda form: zipped(HEAD + b"<w:document " + NS + b">" + b" " * 80_000_000 + b"</w:document>"), "异常膨胀"),
    "bomb beside": (lambda form: zipped(HEAD + b"<a/>", ("word/media/a.bmp", bytes(90_000_000))), "异常膨胀"),
    "truncated": (lambda form: docx(form, published(form))[:-300], "已损坏"),
    "flipped": (lambda form: flipped(docx(form, published(form))), "没有读到往年的数"),
    "entities": (lambda form: zipped(HEAD + ENTITIES + b"<w:document " + NS + b"/>"), "文档类型声明"),
    "no body": (lambda form: zipped(b"", ("word/styles.xml", HEAD + b"<a/>")).replace(b"document.xml", b"documenx.xml"), "缺少部件"),
    "a zip of pictures": (lambda form: zipped(b"").replace(b"word/", b"wort/").replace(b"[Content", b"[Kontent"), "它是压缩包"),
    "another office format": (lambda form: zipped(b"", ("ppt/a.xml", b"")).replace(b"word/", b"wort/"), "PPT 演示文稿"),
    "not xml": (lambda form: zipped(HEAD + b"<w:document " + NS + b"><w:p></w:document>"), "不是完好的 XML"),
    "too deep": (lambda form: zipped(nested(3000)), "不是完好的 XML"),
    "old word": (lambda form: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "旧版 .doc"),
    "pdf": (lambda form: b"%PDF-1.7 ...", "PDF 文档"),
    "picture": (lambda form: b"\x89PNG\r\n\x1a\n" + bytes(100), "图片"),
    "mhtml": (lambda form: b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "没有读到"),
    "a page without tables": (lambda form: "<html><body><p>没有表格</p></body></html>".encode(), "没有找到年报的表格"),
    "another table": (lambda form: "<html><body><table><tr><td>姓名</td><td>1</td></tr></table></body></html>".encode(), "没有找到年报的表格"),
    "external entity": (lambda form: EXTERNAL, "没有找到年报的表格"),
    "a million cells": (lambda form: b"<html><body><table>" + MANY * 50_000 + b"</table></body></html>", "异常膨胀"),
    "a million cells by spans": (lambda form: b"<html><table>" + b"<tr><td rowspan=1000 colspan=1000>1</td></tr>" * 999, "异常膨胀"),
    "tables in tables": (lambda form: b"<html>" + b"<table><tr><td>" * 20_000, "异常膨胀"),
    "all blank": (lambda form: cms_html(form, {}), "没有一个能确定的数"),
}  # fmt: skip


@pytest.mark.parametrize("name", HARM)
def test_refused_with_one_word(name: str, form: Form) -> None:
    make, words = HARM[name]
    content = make(form)
    began = time.perf_counter()
    imported = read_report("a.docx", content, [form])
    assert time.perf_counter() - began < 20
    assert imported.values == {}
    (refused,) = (finding for finding in imported.findings if finding.code == "H1")
    assert words in refused.message
    assert refused.severity == "error"
    assert "root:" not in str(imported.findings)


@pytest.mark.parametrize("seed", range(8))
def test_a_mangled_report_never_raises(seed: int, form: Form) -> None:
    """Fuzz: bytes changed, cut out and doubled; whatever is still read is never another figure's."""
    chance = random.Random(seed)
    figures = published(form) | {"t3.received.natural": "31", "t3.granted.natural": "31"}
    for whole in (docx(form, figures), cms_html(form, figures)):
        for _ in range(6):
            content = bytearray(whole)
            for _ in range(chance.randrange(1, 12)):
                at = chance.randrange(len(content))
                match chance.randrange(3):
                    case 0:
                        content[at] = chance.randrange(256)
                    case 1:
                        del content[at : at + chance.randrange(1, 200)]
                    case _:
                        content[at:at] = content[at : at + chance.randrange(1, 200)]
            read_report("a", bytes(content), [form])


def test_deep_markup_of_word_is_no_danger(form: Form) -> None:
    """Spans in spans in spans, as years of pasting leave them."""
    page = cms_html(form, published(form))
    deep = page.replace(b"&nbsp;3&nbsp;", b"<span>" * 400 + b"3" + b"</span>" * 400)
    assert {str(value) for value in read_report("a", deep, [form]).values.values()} == {"0", "3", "0.000000"}
