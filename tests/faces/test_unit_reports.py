"""Every unit's own report: its figures and texts, whom it speaks of, what it still has to write, who has none."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from docx import Document

from pipeline.errors import AskedError
from pipeline.faces.unit_reports import FOLDER, TODO, write_unit_reports
from tests.test_cli import xxgk
from tests.workspaces import NOW, YEAR, Office, tree


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path / "office", units=3, control={"免报": [("u03", "撤并", "王五")]})
    texts = {"text.supervision": "我镇加强督促。", "text.problems": "人手不足。\n培训不够。"}
    office.returns("u01", {"t3.received.natural": 5, "t3.granted.natural": 5, "info.trainings": 2, **texts})
    office.returns("u02", {"t3.received.natural": 4})
    office.run()
    return office


def words(office: Office, name: str) -> list[str]:
    content = tree(office.outputs)[f"{FOLDER}/{name}"]
    return [paragraph.text for paragraph in Document(io.BytesIO(content)).paragraphs]


def test_its_own_figures_and_words(office: Office) -> None:
    reports = write_unit_reports(office.workspace, YEAR)
    assert [(report.unit.code, bool(report.content), report.lacking, report.findings) for report in reports] == [
        ("u01", True, False, ()), ("u02", False, True, ()), ("u03", False, False, ()),
    ]  # fmt: skip
    lines = words(office, "u01_第1镇人民政府.docx")
    assert lines[:2] == ["第1镇人民政府2024年", "政府信息公开工作年度报告"]
    assert "第1镇人民政府根据2024年政府信息公开工作情况，编制本报告" in lines[2]
    assert "2024年，全镇新收政府信息公开申请5件，年内办结5件。办结的申请中，予以公开5件。" in lines
    at = lines.index("（五）监督保障")
    assert lines[at + 1 : at + 3] == ["2024年，全镇举办政务公开培训2场。", "我镇加强督促。"]
    assert [lines[lines.index("（一）存在的主要问题") + n] for n in (1, 2)] == ["人手不足。", "培训不够。"]
    table = Document(io.BytesIO(tree(office.outputs)[f"{FOLDER}/u01_第1镇人民政府.docx"])).tables[1]
    assert table.rows[3].cells[-1].text == "5"


def test_what_is_still_to_be_written(office: Office) -> None:
    write_unit_reports(office.workspace, YEAR)
    rows = list(csv.DictReader(io.StringIO(tree(office.outputs)[f"{FOLDER}/{TODO}"].decode("utf-8-sig"))))
    assert [(row["单位代码"], row["状态"], row["报告"], row["还要写的部分"]) for row in rows] == [
        ("u01", "通过", "u01_第1镇人民政府.docx",
         "（一）主动公开（只有数字）、（二）依申请公开（只有数字）、（三）政府信息管理（只有数字）、"
         "（四）政府信息公开平台建设（只有数字）、（二）改进情况、其他需要报告的事项（只有数字）"),
        ("u02", "退回", "", "报表还没有通过，报告没有生成"),
        ("u03", "免报", "", "不用报送"),
    ]  # fmt: skip


def test_one_unit_leaves_the_others(office: Office) -> None:
    write_unit_reports(office.workspace, YEAR)
    before = tree(office.outputs)
    (report,) = write_unit_reports(office.workspace, YEAR, "u01")
    assert report.unit.code == "u01"
    assert tree(office.outputs) == before, "the same bytes, and nothing else is touched"
    with pytest.raises(AskedError, match="没有代码 u09"):
        write_unit_reports(office.workspace, YEAR, "u09")


def test_a_later_night_leaves_no_stale_report(office: Office) -> None:
    write_unit_reports(office.workspace, YEAR)
    office.returns("u02", {"t3.received.natural": 4, "t3.granted.natural": 4}, name="改.xlsx", hour=15)
    office.run(now=NOW.replace(day=21))
    assert not (office.outputs / FOLDER).exists()
    assert [report.lacking for report in write_unit_reports(office.workspace, YEAR)] == [False] * 3


def test_hostile_words_of_a_unit(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=1)
    hostile = "<w:p/> & ]]> =cmd|'/C calc'!A0 {_{ a }_} &amp;"
    office.returns("u01", {"text.improvements": hostile})
    office.run()
    (report,) = write_unit_reports(office.workspace, YEAR)
    assert hostile in [paragraph.text for paragraph in Document(io.BytesIO(report.content)).paragraphs]
    assert report.findings == ()


def test_the_command(office: Office) -> None:
    where = ["--year", str(YEAR), "-w", str(office.workspace.root)]
    code, out, _ = xxgk("report", "--all", *where)
    assert (code, "已生成 1 份单位报告" in out, "没有生成 u02" in out, "u03" in out) == (3, True, True, False)
    assert xxgk("report", "--unit", "u01", *where)[0] == 0
    for arguments in ([], ["--all", "--unit", "u01"]):
        code, _, err = xxgk("report", *arguments, *where)
        assert (code, "二者写一个" in err) == (2, True)
