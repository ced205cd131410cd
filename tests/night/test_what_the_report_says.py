"""The words of a county's report on the whole road: growth against last year, the office's own sentences, signature."""

from __future__ import annotations

import io
import re
import sys
import zipfile
from itertools import takewhile
from pathlib import Path

import pytest
from docx import Document

from pipeline.cli.history import ROOT
from pipeline.errors import WorkspaceError
from pipeline.prior_year.importing import import_history, load_known, withdraw_history
from pipeline.queries.verify import verify_report
from pipeline.road.publish import bars
from tests.prior_year.reports import cms_html, published
from tests.test_cli import xxgk
from tests.workspaces import NOW, PROFILE, TEXTS, Office

COUNTY = "方正县人民政府"
HEADING = re.compile("（[一二三四五]）|[一二三四五六]、")


def paragraphs(office: Office) -> list[str]:
    return [p.text for p in Document(io.BytesIO((office.outputs / "report.docx").read_bytes())).paragraphs]


def part(office: Office, heading: str) -> list[str]:
    """The paragraphs below a heading, up to the next."""
    lines = paragraphs(office)
    at = lines.index(heading) + 1
    return list(takewhile(lambda line: not HEADING.match(line), lines[at:]))


def last_year(office: Office, received: int, *, unit: str = COUNTY) -> Path:
    """The county's own report of 2023, as its web site has it."""
    figures = published(office.form) | {
        "t3.received.natural": str(received), "t3.received.total": str(received), "t3.granted.natural": str(received),
        "t3.granted.total": str(received), "t3.total.natural": str(received), "t3.total.total": str(received),
    }  # fmt: skip
    page = cms_html(office.form, figures, title=f"{unit}2023年政府信息公开工作年度报告")
    path = office.workspace.root / "去年年报.html"
    path.write_bytes(page.replace("2024年".encode(), "2023年".encode()))
    return path


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path / "office", units=1)
    office.returns("u01", {"t3.received.natural": 5, "t3.granted.natural": 5})
    return office


CHANGES = [
    (3, "新收政府信息公开申请5件，比上年增加2件，增长66.7%，"),
    (8, "新收政府信息公开申请5件，比上年减少3件，下降37.5%，"),
    (5, "新收政府信息公开申请5件，与上年持平，"),
    (0, "新收政府信息公开申请5件，比上年增加5件，年内"),
]


@pytest.mark.parametrize(("before", "words"), CHANGES)
def test_the_change_against_the_countys_own_report(before: int, words: str, office: Office) -> None:
    recalled = import_history(office.workspace, last_year(office, before), unit=ROOT, year=2023, now=NOW, workers=0)
    assert recalled.past is not None
    assert recalled.past.values["t3.received.total"] == before
    office.run()
    assert words in part(office, "（二）依申请公开")[0]
    assert verify_report(office.workspace, 2024, office.outputs / "report.docx") == []


def test_a_change_that_was_typed_over_is_found(office: Office) -> None:
    import_history(office.workspace, last_year(office, 3), unit=ROOT, year=2023, now=NOW, workers=0)
    office.run()
    document = Document(str(office.outputs / "report.docx"))
    paragraph = next(p for p in document.paragraphs if "增长66.7%" in p.text)
    for run in paragraph.runs:
        run.text = run.text.replace("66.7", "76.7")
    document.save(str(office.workspace.root / "改.docx"))
    (finding,) = verify_report(office.workspace, 2024, office.workspace.root / "改.docx")
    assert "“比上年增加2件，增长76.7%”应当是“比上年增加2件，增长66.7%”" in finding.message


def test_nothing_is_said_of_a_year_nobody_knows(office: Office) -> None:
    office.run()
    assert "上年" not in "".join(paragraphs(office))


def test_another_counties_report_is_not_taken(office: Office) -> None:
    for name in ("第1镇人民政府", "依兰县人民政府"):
        recalled = import_history(
            office.workspace, last_year(office, 3, unit=name), unit=ROOT, year=2023, now=NOW, workers=0
        )
        assert [f.code for f in recalled.findings if f.severity != "info"] == ["H13" if name[0] == "第" else "H14"]
        assert (recalled.past is None) is (name[0] == "第")


def test_it_is_shown_and_taken_back(office: Office) -> None:
    where = ["--year", "2023", "-w", str(office.workspace.root)]
    file = str(last_year(office, 3))
    assert xxgk("history", "import", file, "--county", *where)[0] == 0
    assert [unit.name for unit in load_known(office.workspace, 2023).units if unit.code == ROOT] == ["本级汇总"]
    assert "本级汇总" in xxgk("history", "show", *where)[1]
    code, out, _ = xxgk("history", "withdraw", "--county", *where)
    assert (code, "本级汇总" in out) == (0, True)
    with pytest.raises(WorkspaceError, match="没有导入过 本级汇总"):
        withdraw_history(office.workspace, unit=ROOT, year=2023, now=NOW)
    for arguments in ([], ["--county", "--unit", "u01"]):
        code, _, err = xxgk("history", "import", file, *arguments, *where)
        assert (code, "二者写一个" in err) == (2, True)


def test_the_offices_words_take_the_place_of_ours(office: Office) -> None:
    own = "全县收到申请5件，全部公开。"
    mine = "（二）依申请公开"
    texts = [(name, own, "不要") if name == mine else (name, words) for name, words in TEXTS]
    office.write_control({"报告文字": texts})
    outcome = office.run()
    assert part(office, "（二）依申请公开") == [own]
    assert [f.code for f in outcome.findings if f.sheet == "报告文字"] == []
    wrong = [(name, words.replace("5", "6"), *rest) for name, words, *rest in texts]
    office.write_control({"报告文字": wrong})
    assert "N1" in [f.code for f in office.run().findings if f.sheet == "报告文字"]


def test_words_that_are_not_there_replace_nothing(office: Office) -> None:
    texts = [(name, "" if name == "（二）依申请公开" else words, "不要") for name, words in TEXTS]
    office.write_control({"报告文字": texts})
    office.run()
    assert part(office, "（二）依申请公开")[0].startswith("2024年，全县新收政府信息公开申请5件")


def test_another_word_in_that_column_is_told(office: Office) -> None:
    office.write_control({"报告文字": [("（二）依申请公开", "依法办理。", "删掉")]})
    outcome = office.run()
    assert [(f.code, f.cell) for f in outcome.findings if f.sheet == "报告文字"] == [("T3", "C3")]
    assert part(office, "（二）依申请公开")[0].startswith("2024年，全县新收")


def test_signature_and_date_stand_at_the_end(office: Office) -> None:
    office.run()
    assert paragraphs(office)[-1] != "方正县人民政府办公室"
    office.write_control({"年报信息": [*PROFILE, ("落款", "方正县人民政府办公室"), ("成文日期", "2025-01-20")]})
    office.run()
    assert paragraphs(office)[-2:] == ["方正县人民政府办公室", "2025年1月20日"]
    last = Document(str(office.outputs / "report.docx")).paragraphs[-1]
    assert last.style is not None
    assert last.style.name == "落款"
    assert verify_report(office.workspace, 2024, office.outputs / "report.docx") == []


def test_nothing_is_said_twice(office: Office) -> None:
    """What is issued and abolished is said in one part; every generated sentence names whom it speaks of."""
    figures = {
        "t2.normative.issued": 3,
        "t2.normative.repealed": 1,
        "t2.normative.in_force": 9,
        "t2.permit.decisions": 4,
        "t4.review.upheld": 2,
    }
    office.returns("u01", {"t3.received.natural": 5, "t3.granted.natural": 5, **figures}, name="二.xlsx", hour=15)
    office.run()
    text = "".join(paragraphs(office))
    assert text.count("制发行政规范性文件") == 1
    assert "因政府信息公开被申请行政复议2件，复议结果维持2件。" in text
    assert "全县共作出行政许可决定4件。" in text
    assert verify_report(office.workspace, 2024, office.outputs / "report.docx") == []


def with_chart(office: Office) -> None:
    xxgk("template", "-w", str(office.workspace.root))
    path = office.workspace.root / "workbook_templates" / "xxgk-2021" / "report.docx"
    document = Document(str(path))
    document.add_paragraph("{{ charts.results }}")
    document.save(str(path))


def test_a_chart_stands_where_the_template_asks_for_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    with_chart(office)
    code, out, err = xxgk("template", "check", "-w", str(office.workspace.root))
    assert (code, err) == (0, ""), out
    office.run()
    report = (office.outputs / "report.docx").read_bytes()
    with zipfile.ZipFile(io.BytesIO(report)) as archive:
        pictures = [archive.read(name) for name in archive.namelist() if name.startswith("word/media/")]
    assert [picture[:8] for picture in pictures] == [b"\x89PNG\r\n\x1a\n"]
    assert verify_report(office.workspace, 2024, office.outputs / "report.docx") == []
    for module, words in (("_FONTS", "没有中文字体"), ("matplotlib", "没有安装画图的程序包")):
        if module == "_FONTS":
            monkeypatch.setattr(bars, "_FONTS", [])
            monkeypatch.setattr(bars, "_OTHER_NAMES", ["no such font"])
        else:
            monkeypatch.setitem(sys.modules, "matplotlib", None)
            monkeypatch.setitem(sys.modules, "matplotlib.font_manager", None)
        office.run(anew=True)
        assert words in paragraphs(office)[-1]
