"""A damaged template is told before anything depends on it: by the check, when workbooks go out, and in the night."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from pipeline.errors import TemplateError
from pipeline.night.issue import issue_workbooks
from tests.test_cli import xxgk
from tests.workspaces import NOW, YEAR, Office, tree

MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
FOOTNOTES = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path / "office", units=1)
    xxgk("template", "--workspace", str(office.workspace.root))
    return office


def template(office: Office, name: str) -> Path:
    return office.workspace.root / "workbook_templates" / "xxgk-2021" / name


def part(path: Path, name: str, change: Callable[[str], str], **more: str) -> None:
    """Change the text of one part of a package; ``more`` are new parts, ``__`` for a slash."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            content = old.read(info)
            new.writestr(info, change(content.decode()).encode() if info.filename == name else content)
        for added, text in more.items():
            new.writestr(f"{added.replace('__', '/')}.xml", text)
    path.write_bytes(out.getvalue())


def check(office: Office) -> tuple[int, str]:
    code, out, err = xxgk("template", "check", "--workspace", str(office.workspace.root))
    return code, out + err


BESIDE = {
    "before": (r"\{%p if missing %\}", "仅供内部审阅{%p if missing %}", "仅供内部审阅"),
    "behind": (r"\{%p endfor %\}", "{%p endfor %}（以上由各单位提供）", "（以上由各单位提供）"),
    "a placeholder as well": (r"\{%p if missing %\}", "{%p if missing %}共 {{ year }} 年", "共年"),
}


@pytest.mark.parametrize(("tag", "instead", "words"), BESIDE.values(), ids=BESIDE)
def test_words_beside_a_tag_are_told(tag: str, instead: str, words: str, office: Office) -> None:
    part(template(office, "report.docx"), "word/document.xml", lambda xml: re.sub(tag, instead, xml, count=1))
    code, out = check(office)
    assert (code, f"旁边的“{words}”也会一起没有" in out.replace("\n", "")) == (3, True), out


KINDS = {
    "dotx": (MAIN.replace("document.main", "template.main"), "Word 模板格式（.dotx）"),
    "docm": ("application/vnd.ms-word.document.macroEnabled.main+xml", "带宏的文档（.docm）"),
}


@pytest.mark.parametrize(("kind", "words"), KINDS.values(), ids=KINDS)
def test_another_kind_of_word_file_is_named(kind: str, words: str, office: Office) -> None:
    part(template(office, "report.docx"), "[Content_Types].xml", lambda xml: xml.replace(MAIN, kind))
    code, out = check(office)
    assert (code, words in out, "另存为 .docx" in out) == (3, True, True), out
    office.returns("u01")
    assert [f.code for f in office.run().findings if f.code in ("X2", "K14")] == ["X2"]
    assert "county.xlsx" in tree(office.outputs)


@pytest.mark.parametrize("code", ["{{ t3.no.such }}", "{{ year|千分位 }}"])
def test_a_wrong_code_in_a_footnote(code: str, office: Office) -> None:
    path = template(office, "report.docx")
    part(path, "[Content_Types].xml", lambda xml: xml.replace(
        "</Types>", f'<Override PartName="/word/footnotes.xml" ContentType="{FOOTNOTES}"/></Types>'))  # fmt: skip
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    part(
        path, "word/_rels/document.xml.rels",
        lambda xml: xml.replace("</Relationships>", f'<Relationship Id="rIdF" Type="{relation}" Target="footnotes.xml"/></Relationships>'),
        word__footnotes=f'<w:footnotes xmlns:w="{W}"><w:footnote w:id="2"><w:p><w:r><w:t>注：{code}</w:t></w:r></w:p></w:footnote></w:footnotes>',
    )  # fmt: skip
    status, out = check(office)
    assert (status, "t3.no.such" in out or "千分位" in out) == (3, True), out


def test_a_damaged_workbook_is_sent_to_nobody(office: Office) -> None:
    before = tree(office.outputs)
    path = template(office, "return.xlsx")
    book = openpyxl.load_workbook(path)
    book["表三"]["J8"] = 0
    book.save(path)
    with pytest.raises(TemplateError, match=r"报表模板 return.xlsx 有损坏，没有下发：\n  K6 表三 J8"):
        issue_workbooks(office.workspace, YEAR, now=NOW)
    assert tree(office.outputs) == before
    code, _, err = xxgk("issue", "--year", str(YEAR), "--workspace", str(office.workspace.root))
    assert (code, "xxgk template check" in err) == (2, True)


def test_a_harmless_change_is_issued(office: Office) -> None:
    path = template(office, "return.xlsx")
    book = openpyxl.load_workbook(path)
    book["表二"].page_setup.paperSize = 8
    book.save(path)
    issued = issue_workbooks(office.workspace, YEAR, now=NOW)
    assert len(issued.files) == 1
    assert [f.code for f in issued.findings if f.file == "return.xlsx"] == ["K11"]


def test_the_night_tells_what_a_template_has_lost(office: Office) -> None:
    tag = "{%p if missing %}"
    part(template(office, "report.docx"), "word/document.xml", lambda xml: xml.replace(tag, f"请勿外传{tag}", 1))
    office.returns("u01")
    outcome = office.run()
    assert [(f.code, f.severity) for f in outcome.findings if f.file == "report.docx"] == [("K15", "error")]
