"""D1: the finished report is read back, ours and the one people edited; every damage is found and nothing else."""

from __future__ import annotations

import copy
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.oxml import OxmlElement, parse_xml
from docx.text.paragraph import Paragraph

from pipeline.form import Figure, Form
from pipeline.model.county import complete_totals
from pipeline.night.close import lock_year
from pipeline.night.gate import Printed, gate_findings, headings
from pipeline.night.template_trial import try_template
from pipeline.prior_year.word import read_word
from pipeline.road.publish import ReportContent, render_report
from tests.test_cli import xxgk
from tests.workspaces import NOW, YEAR, Office

ROOT = "方正县人民政府"


def figures_of(form: Form) -> dict[str, Figure | None]:
    """Every entered cell another figure."""
    found: dict[str, Figure | None] = {
        item.code: 1_000 + n
        for n, item in enumerate(form.items)
        if item.numeric and item.mode == "entered" and item.kind == "count"
    }
    found |= {item.code: Decimal("190.457379") for item in form.items if item.kind == "money"}
    complete_totals(form, found)
    return found


@pytest.fixture(scope="module")
def printed(form: Form) -> Printed:
    return Printed(form=form, root=ROOT, year=2024, figures=figures_of(form))


@pytest.fixture(scope="module")
def report(form: Form, form_folder: Path, printed: Printed) -> bytes:
    content = ReportContent(
        form=form, year=2024, figures=printed.figures, texts={}, profile={"root": ROOT}, missing=(), provisional=()
    )
    return render_report(form_folder / "report.docx", content)


def edited(report: bytes, change: Callable[[Any], None]) -> bytes:
    document = Document(io.BytesIO(report))
    change(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def retype(paragraph: Any, text: str) -> None:
    for run in paragraph.runs[1:]:
        run._r.getparent().remove(run._r)
    paragraph.runs[0].text = text


def cell(table: int, row: int, col: int, text: str) -> Callable[[Any], None]:
    return lambda document: retype(document.tables[table].rows[row].cells[col].paragraphs[0], text)


def swapped(document: Any) -> None:
    cells = [document.tables[1].rows[5].cells[n].paragraphs[0] for n in (3, 4)]
    texts = [each.text for each in cells]
    for paragraph, text in zip(cells, reversed(texts), strict=True):
        retype(paragraph, text)


def without_row(document: Any) -> None:
    row = document.tables[1].rows[5]._tr
    row.getparent().remove(row)


def line(words: str, text: str) -> Callable[[Any], None]:
    """The first paragraph that says these words says something else."""

    def change(document: Any) -> None:
        paragraph = next(p for p in document.paragraphs if words in p.text)
        retype(paragraph, text)

    return change


def moved_heading(document: Any) -> None:
    first = next(p for p in document.paragraphs if p.text == "一、总体情况")
    last = next(p for p in document.paragraphs if p.text == "六、其他需要报告的事项")
    last._p.addnext(first._p)


def tracked(document: Any) -> None:
    run = document.paragraphs[3].runs[0]._r
    insertion = OxmlElement("w:ins")
    run.addprevious(insertion)
    insertion.append(run)


def words(before: str, unit: str, instead: str) -> Callable[[Any], None]:
    """The number between these words becomes another one."""

    def change(document: Any) -> None:
        paragraph = next(p for p in document.paragraphs if before in p.text)
        retype(paragraph, re.sub(rf"(?<={before})[\d.]+{unit}", instead, paragraph.text, count=1))

    return change


def year_in(word: str, instead: str) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        paragraph = next(p for p in document.paragraphs if word in p.text)
        retype(paragraph, re.sub(rf"(?<={word})2024年", instead, paragraph.text, count=1))

    return change


def after(document: Any, heading: str, text: str) -> None:
    paragraph = next(p for p in document.paragraphs if p.text == heading)
    new = copy.deepcopy(next(p for p in document.paragraphs if len(p.text) > 40)._p)
    paragraph._p.addnext(new)
    retype(Paragraph(new, paragraph._parent), text)


def split_heading(document: Any) -> None:
    """总计 of 表三 covers two rows; now it covers one."""
    rows = document.tables[1].rows
    for row in rows:
        for number, tc in enumerate(row._tr.tc_lst):
            if tc.vMerge == "continue" and number == len(row._tr.tc_lst) - 1:
                tc.vMerge = None
                return


def text_box(document: Any) -> None:
    run = document.paragraphs[4].add_run()
    picture = OxmlElement("w:pict")
    box = parse_xml(
        '<v:shape xmlns:v="urn:schemas-microsoft-com:vml" xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        "<v:textbox><w:txbxContent><w:p><w:r><w:t>领导批示</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape>"
    )
    picture.append(box)
    run._r.append(picture)


def in_header(document: Any) -> None:
    document.sections[0].header.is_linked_to_previous = False
    document.sections[0].header.paragraphs[0].text = "{{ year }}"


DAMAGES: dict[str, tuple[Callable[[Any], None], list[str]]] = {
    "nothing": (lambda document: None, []),
    "a digit of 表三": (cell(1, 5, 3, "7"), ["“三、本年度办理结果·（一）予以公开·自然人”印的是“7”"]),
    "a total of 表三": (cell(1, 5, 9, "7"), ["“三、本年度办理结果·（一）予以公开·总计”印的是“7”"]),
    "a blank": (cell(1, 5, 3, ""), ["印的是“空白或读不出来”"]),
    "a slash": (cell(2, 3, 0, "/"), ["“行政复议·结果维持”印的是“空白或读不出来”"]),
    "two cells swapped": (swapped, ["·自然人”印的是", "·商业企业”印的是"]),
    "a row of 表三 deleted": (without_row, ["“三、本年度办理结果·（一）予以公开·自然人”印的是“空白或读不出来”"]),
    "a placeholder": (lambda d: d.add_paragraph("共 {{ t3.received.total }} 件"), ["留有占位符"]),
    "a tag": (lambda d: d.add_paragraph("{%p if missing %}"), ["留有占位符"]),
    "last year in the title": (line("2024年", f"{ROOT}2023年"), ["标题的年份是“2023年”"]),
    "no year in the title": (line("2024年", ROOT), ["标题的年份是“没有年份”"]),
    "another county": (line("2024年", "依兰县人民政府2024年"), ["标题里没有本单位的名称"]),
    "another title": (line("政府信息公开工作年度报告", "工作总结"), ["标题里没有“政府信息公开工作年度报告”"]),
    "a heading renamed": (line("一、总体情况", "一、概述"), ["没有标题“一、总体情况”"]),
    "a heading moved": (moved_heading, ["标题“二、主动公开政府信息情况”的次序不对"]),
    "tracked changes": (tracked, ["报告里留有修订记录"]),
    "a digit in the text": (words("新收政府信息公开申请", "件", "7件"), ["”应当是“新收政府信息公开申请"]),
    "a numeral in the text": (words("新收政府信息公开申请", "件", "七件"), ["新收政府信息公开申请七件”应当是"]),
    "full-width digits": (words("新收政府信息公开申请", "件", "７件"), ["新收政府信息公开申请7件”应当是"]),
    "a figure of 基本情况": (words("收到网民留言", "条", "7条"), ["收到网民留言7条”应当是"]),
    "a fee": (words("共收取信息处理费", "元", "7元"), ["共收取信息处理费7元”应当是"]),
    "a sum over groups": (words("予以公开", "件", "7件"), ["予以公开7件”应当是"]),
    "last year in a sentence": (year_in("截至", "2023年"), ["的年份应当是 2024 年"]),
    "last year in the introduction": (year_in("统计时间为", "2023年"), ["引言里的“2023年1月1日”"]),
    "a merged heading split": (split_heading, ["行的合并单元格与格式不同"]),
    "a text box": (text_box, ["报告里有文本框"]),
    "a notice of an incomplete county": (lambda d: d.add_paragraph("【汇总未完成】"), ["却留着“【汇总未完成】”"]),
    "a placeholder in the header": (in_header, ["留有占位符“{{ year }}”"]),
}  # fmt: skip


SPREADING = (without_row, moved_heading)


def test_the_text_of_a_finished_report_is_read_by_the_rules_of_the_narrative(report: bytes, printed: Printed) -> None:
    """XX left in, a sentence of their own with another figure; what the 台账 says already is not asked again."""
    theirs = edited(
        report, lambda d: line("一、总体情况", "一、总体情况")(d) or after(d, "（五）监督保障", "全年培训XX场。")
    )
    found = list(gate_findings("a.docx", theirs, printed, final=True))
    assert [(f.code, f.sheet, f.cell) for f in found if "XX" in f.message] == [
        ("N3", "一、总体情况（五）监督保障", "第 1 段")
    ]
    own = replace(printed, own_lines=frozenset({"全年培训XX场。"}))
    assert [f for f in gate_findings("a.docx", theirs, own, final=True) if "XX" in f.message] == []


def test_what_the_text_says_of_another_year_is_no_fault(report: bytes, printed: Printed) -> None:
    """A comparison with the year before, in our own words, with other figures."""
    theirs = edited(report, lambda d: after(d, "（二）依申请公开", "2023年，新收政府信息公开申请3件，年内办结3件。"))
    assert list(gate_findings("a.docx", theirs, printed)) == []


def test_a_part_of_the_whole_in_our_words_is_no_fault(report: bytes, printed: Printed) -> None:
    """What the office itself writes in the 台账, and what another part says, may speak of something smaller."""
    words = "重点领域方面，新收政府信息公开申请3件。"
    theirs = edited(report, lambda d: after(d, "（二）依申请公开", words))
    assert [f.code for f in gate_findings("a.docx", theirs, printed)] == ["D1"]
    assert list(gate_findings("a.docx", theirs, replace(printed, own_lines=frozenset({words})))) == []
    elsewhere = edited(report, lambda d: after(d, "（五）监督保障", words))
    assert list(gate_findings("a.docx", elsewhere, printed)) == []


def test_the_place_is_told(report: bytes, printed: Printed) -> None:
    (cell_,) = gate_findings("a.docx", edited(report, cell(1, 5, 3, "7")), printed)
    assert (cell_.sheet, cell_.cell, cell_.found) == ("表三", "第 6 行第 4 列", "7")
    (text,) = gate_findings("a.docx", edited(report, words("收到网民留言", "条", "7条")), printed)
    assert (text.sheet, text.cell) == ("一、总体情况（四）政府信息公开平台建设", "第 1 段")


def test_a_final_report_of_an_incomplete_county_is_none(report: bytes, printed: Printed) -> None:
    waiting = replace(printed, missing=("甲局", "乙局"))
    found = [finding.message for finding in gate_findings("a.docx", report, waiting, final=True)]
    assert "还有 2 个单位没有计入，报告还不是最终结果" in found[0]


@pytest.mark.parametrize(("change", "expected"), DAMAGES.values(), ids=DAMAGES)
def test_every_damage_is_found(
    change: Callable[[Any], None], expected: list[str], report: bytes, printed: Printed
) -> None:
    found = [finding.message for finding in gate_findings("report.docx", edited(report, change), printed)]
    if change in SPREADING:  # the first is the cause, the others follow from it
        assert len(found) > len(expected), found
        found = found[: len(expected)]
    assert len(found) == len(expected), found
    for words, message in zip(expected, found, strict=True):
        assert words in message


def test_a_comment_is_told(report: bytes, printed: Printed) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(report)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            new.writestr(info, old.read(info))
        new.writestr("word/comments.xml", b"<w:comments/>")
    (finding,) = gate_findings("report.docx", out.getvalue(), printed)
    assert "批注" in finding.message


def test_an_incomplete_county_says_so(form: Form, form_folder: Path, report: bytes, printed: Printed) -> None:
    waiting = Printed(form=form, root=ROOT, year=2024, figures=printed.figures, missing=("甲局",))
    (finding,) = gate_findings("report.docx", report, waiting)
    assert "却没有“【汇总未完成】”的提示" in finding.message
    content = ReportContent(
        form=form, year=2024, figures=printed.figures, texts={}, profile={"root": ROOT}, missing=("甲局",), provisional=()
    )  # fmt: skip
    assert list(gate_findings("report.docx", render_report(form_folder / "report.docx", content), waiting)) == []


def test_what_is_no_document(printed: Printed) -> None:
    for content in (b"PK\3\4 broken", b"%PDF-1.4", b""):
        assert [f.code for f in gate_findings("a", content, printed)][:1] == ["D1"]


def test_headings_are_those_of_the_format(form: Form) -> None:
    assert headings(form) == [
        "一、总体情况", "二、主动公开政府信息情况", "三、收到和处理政府信息公开申请情况",
        "四、政府信息公开行政复议、行政诉讼情况", "五、存在的主要问题及改进情况", "六、其他需要报告的事项",
    ]  # fmt: skip


TEMPLATES: dict[str, tuple[Callable[[Any], None], str]] = {
    "as it is": (lambda document: None, ""),
    "a figure typed over a placeholder": (cell(2, 3, 0, "19"), "“行政复议·结果维持”印的是“19”"),
    "one code twice": (cell(2, 3, 1, "{{ t4.review.upheld }}"), "“行政复议·结果纠正”印的是"),
    "an unknown filter": (lambda d: d.add_paragraph("{{ t3.received.total|千分位 }}"), "千分位"),
    "a division by nothing": (lambda d: d.add_paragraph("{{ 1 / t3.received.total }}"), "除以 0"),
    "the year typed": (line("{{ year }}年", "{{ profile.root }}2019年"), "标题的年份是“2019年”"),
    "a heading gone": (line("一、总体情况", "总体"), "没有标题“一、总体情况”"),
}


@pytest.mark.parametrize(("change", "words"), TEMPLATES.values(), ids=TEMPLATES)
def test_a_template_is_tried_before_a_night_depends_on_it(
    change: Callable[[Any], None], words: str, form: Form, form_folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "report.docx"
    path.write_bytes(edited((form_folder / "report.docx").read_bytes(), change))
    found = [finding.message for finding in try_template(form, path)]
    assert bool(found) is bool(words), found
    assert not words or any(words in message for message in found), found


def test_a_typed_over_figure_is_not_sealed(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=1)
    xxgk("template", "--workspace", str(office.workspace.root))
    path = office.workspace.root / "workbook_templates" / "xxgk-2021" / "report.docx"
    path.write_bytes(edited(path.read_bytes(), cell(2, 3, 0, "19")))
    office.returns("u01")
    outcome = office.run()
    assert [(f.code, f.item, f.found, f.expected) for f in outcome.findings if f.severity == "error"] == [
        ("D1", "t4.review.upheld", "19", "0"),
        ("K12", "t4.review.upheld", "", ""),
    ]
    with pytest.raises(Exception, match="D1"):
        lock_year(office.workspace, YEAR, by="甲", reason="定稿", now=NOW)
    code, out, _ = xxgk("template", "check", "--workspace", str(office.workspace.root))
    assert code == 3
    assert "印的是“19”" in out


def test_a_report_that_people_edited_is_kept(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=1)
    office.returns("u01")
    office.run()
    path = office.outputs / "report.docx"
    ours = path.read_bytes()
    theirs = edited(ours, cell(1, 5, 3, "7"))
    path.write_bytes(theirs)
    outcome = office.run(now=NOW.replace(day=21))
    assert path.read_bytes() == ours
    (kept,) = (office.outputs / "手改稿").iterdir()
    assert re.fullmatch(r"report_\d{4}-\d\d-\d\d_\d{4}_[0-9a-f]{8}\.docx", kept.name)
    assert kept.read_bytes() == theirs
    (remark,) = [f for f in outcome.findings if f.code == "X3"]
    assert "印的是“7”，汇总数是 0" in remark.message
    office.returns("u01", {"t2.permit.decisions": 3}, name="二.xlsx", hour=12)
    later = office.run(now=NOW.replace(day=22))
    assert [f.code for f in later.findings if f.code == "X3"] == []
    assert kept.read_bytes() == theirs, "it stays beside what later nights publish"
    assert read_word(path.read_bytes()) != read_word(ours)


def test_the_report_of_a_night_that_was_killed_is_no_edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after publishing and before recording; then something else arrives before the next night."""
    office = Office(tmp_path / "office", units=1)
    office.returns("u01")
    office.run()
    office.returns("u01", {"t2.permit.decisions": 3}, name="二.xlsx", hour=12)

    def killed(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.ledger.nights.Nights.record", killed)
        with pytest.raises(KeyboardInterrupt):
            office.run(now=NOW.replace(day=21))
    office.returns("u01", {"t2.permit.decisions": 4}, name="三.xlsx", hour=14)
    outcome = office.run(now=NOW.replace(day=22))
    assert outcome.county.figures["t2.permit.decisions"] == 4
    assert [f.code for f in outcome.findings if f.code == "X3"] == []
    assert not (office.outputs / "手改稿").exists()


def test_the_command(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=1)
    office.returns("u01", {"t2.permit.decisions": 8})
    office.run()
    where = ["--year", str(YEAR), "--workspace", str(office.workspace.root)]
    ours = office.outputs / "report.docx"
    assert xxgk("verify", str(ours), *where)[0] == 0
    theirs = tmp_path / "定稿.docx"
    theirs.write_bytes(edited(ours.read_bytes(), cell(0, 4, 1, "9")))
    code, out, _ = xxgk("verify", str(theirs), *where)
    assert code == 3
    assert "定稿.docx 有" in out
    (tmp_path / "a.docx").write_bytes(b"PK\3\4 broken")
    code, _, err = xxgk("verify", str(tmp_path / "a.docx"), *where)
    assert (code, "读不出来" in err) == (2, True)
    assert xxgk("verify", str(tmp_path / "none.docx"), *where)[0] == 2
