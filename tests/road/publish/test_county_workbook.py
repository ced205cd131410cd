"""county.xlsx as a clerk and an auditor read it: every sheet says who is missing, every row adds up."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import jsonschema
import pytest
from python_calamine import CalamineWorkbook

from pipeline.layout import county_cells
from pipeline.model.changes import Snapshot, changes
from pipeline.model.outcome import Outcome
from pipeline.road.publish import county_workbook, figures_csv, run_json
from pipeline.road.publish.county_workbook import sources
from pipeline.workbook.annex import SOURCES, TITLES, is_annex
from tests import ROOT
from tests.workspaces import Office

SCHEMA = ROOT / "docs" / "run.schema.json"
TOTALS = ("表二", "表三", "表四", "基本情况", "文字材料", "校验")
Rows = Sequence[Sequence[object]]


def sheets_of(content: bytes) -> Mapping[str, Rows]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def rows(sheets: Mapping[str, Rows], name: str) -> list[dict[str, object]]:
    """The rows of a list by their headings."""
    table = sheets[name][2:]
    return [dict(zip(map(str, table[0]), row, strict=True)) for row in table[1:]]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Four units of two types: one is missing, one is counted for the time being, two issued a document together."""
    joint = "方政发〔2024〕3号"
    control = {
        "认可": [("u02", "R3", "已电话核实", "张三"), ("u01", "A4", "牵头", "张三"), ("u03", "A4", "联合", "张三")],
        "差额调整": [("t2.fees.amount", "0.0001", "尾差", "张三"), ("t2.fees.amount", "-0.5", "重复", "李四")],
    }
    office = Office(tmp_path_factory.mktemp("county"), units=4, control=control)
    roster = [
        (u.code, "", u.name, "", kind, "是", "", "", "", "")
        for u, kind in zip(office.units, ("部门", "乡镇", "乡镇", "乡镇"), strict=True)
    ]
    office.write_control({"单位名录": roster})
    stock = {"t2.normative.in_force": 2, "info.document_numbers": joint}
    own = {"info.document_numbers": f"{joint}；方政发〔2024〕9号"}
    office.returns("u01", {**stock, **own, "t2.normative.issued": 2, "t2.fees.amount": Decimal("1.25")})
    office.returns("u02", {"t3.received.natural": 5, "t3.granted.natural": 4})
    office.returns("u03", {**stock, "t2.normative.issued": 1})
    return office.run()


@pytest.fixture(scope="module")
def sheets(outcome: Outcome) -> Mapping[str, Rows]:
    return sheets_of(county_workbook(outcome))


def test_every_sheet_names_who_is_missing_and_who_counts_for_the_time_being(sheets: Mapping[str, Rows]) -> None:
    assert list(sheets) == [*TOTALS, *TITLES]
    for name, table in sheets.items():
        said = str(table[1][0])
        assert "已计入 3 / 4 个单位　尚缺：第4镇人民政府　经认可暂计入：第2镇人民政府" in said, name
        assert said.startswith(
            "填报单位：方正县人民政府　报告年度：2024年" if name in TOTALS else "汇总单位：方正县人民政府"
        )
        assert is_annex(name, table) == (name in TITLES)
        assert not is_annex(name, table[1:])


def test_the_differences(sheets: Mapping[str, Rows]) -> None:
    found = [tuple(row.values()) for row in rows(sheets, "差额表")]
    issued, fees = (
        "第二十条第（一）项·行政规范性文件·本年制发件数",
        "第二十条第（八）项·行政事业性收费·本年收费金额（单位：万元）",
    )
    reason = "联合发文 方政发〔2024〕3号 由第1镇人民政府、第3镇人民政府都计了数，汇总只计一次（《条例》第二十条第一项，规则 A4）"
    assert found == [
        ("t2.normative.issued", issued, 3, -1, 2, reason, "程序按规则 A4 自动登记", "u03.xlsx", "基本情况!B26"),
        ("t2.fees.amount", fees, 1.25, 0.0001, "", "尾差", "张三", "台账.xlsx", "差额调整!A3"),
        ("t2.fees.amount", fees, "", -0.5, 0.7501, "重复", "李四", "台账.xlsx", "差额调整!A4"),
    ]


def test_the_subtotals_add_up(outcome: Outcome, sheets: Mapping[str, Rows]) -> None:
    found = rows(sheets, "分类小计")
    assert list(found[0]) == ["指标代码", "指标", "乡镇\n2 个", "部门\n1 个", "各单位之和", "差额", "汇总数"]
    assert len(found) == len(outcome.county.figures)
    for row in found:
        towns, offices, units, beside, total = (Decimal(str(cell or 0)) for cell in list(row.values())[2:])
        assert towns + offices == units, row
        assert units + beside == total, row
        assert total == (outcome.county.figures[str(row["指标代码"])] or 0)
    matrix = sheets["分单位数据"]
    codes = matrix[3][2:]
    assert [row[1] for row in matrix[4:]] == [
        "第1镇人民政府", "第2镇人民政府（认可）", "第3镇人民政府", "差额", "方正县人民政府（汇总）",
    ]  # fmt: skip
    column = 2 + list(codes).index("t2.normative.issued")
    assert [row[column] for row in matrix[4:]] == [2, 0, 1, -1, 2]


def test_open_data_says_who_is_missing(outcome: Outcome) -> None:
    table = list(csv.DictReader(io.StringIO(figures_csv(outcome).decode("utf-8-sig"))))
    assert {tuple(list(row.values())[-5:]) for row in table} == {("否", "3", "1", "第4镇人民政府", "第2镇人民政府")}
    run = json.loads(run_json(outcome))
    jsonschema.validate(run, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert (run["missing"], run["provisional"], run["changes"]) == (["u04"], ["u02"], None)
    assert [(d["item"], d["amount"], d["automatic"]) for d in run["differences"]] == [
        ("t2.normative.issued", -1, True),
        ("t2.fees.amount", "0.0001", False),
        ("t2.fees.amount", "-0.5", False),
    ]
    assert [(g["type"], g["units"], g["figures"]["t2.fees.amount"]) for g in run["groups"]] == [
        ("乡镇", ["u02", "u03"], "0"),
        ("部门", ["u01"], "1.25"),
    ]


def test_what_changed(outcome: Outcome, sheets: Mapping[str, Rows]) -> None:
    assert sheets["变动"][3][0] == "没有上一次汇总的记录，本次不作比较。"
    county = outcome.county
    before = Snapshot.of(outcome.form, replace(county, counted=county.counted[:2]))
    figures = {**county.figures, "t2.normative.issued": 2, "t2.normative.in_force": 2}
    before = replace(before, figures=figures, adjustments={**before.adjustments, "t2.normative.issued": 0})
    later = replace(outcome, changes=changes(outcome.form, before, county))
    found = [tuple(row.values())[2:] for row in rows(sheets_of(county_workbook(later)), "变动")]
    assert found == [
        (2, 2, 0, "新计入", "第3镇人民政府", "", "u03.xlsx", "", 1),
        ("", "", "", "差额变动", "差额表", "", "", 0, -1),
        (2, 4, 2, "新计入", "第3镇人民政府", "", "u03.xlsx", "", 2),
    ]
    run = json.loads(run_json(later))
    jsonschema.validate(run, json.loads(SCHEMA.read_text(encoding="utf-8")))
    item, _ = run["changes"]["items"]
    assert [(cause["reason"], cause["unit"], cause["after"]) for cause in item["causes"]] == [
        ("新计入", "u03", 1), ("差额变动", "", -1),
    ]  # fmt: skip


def test_the_checks_are_those_of_the_county(sheets: Mapping[str, Rows]) -> None:
    by_range = {(str(row["规则"]).split("　")[0], row["范围"]): row for row in rows(sheets, "校验")}
    broken = by_range["R3", "自然人"]
    assert [broken[key] for key in ("左边", "右边", "差额", "结果")] == [5, 4, 1, "✗"]
    assert by_range["R3", "法人或其他组织·商业企业"]["结果"] == "✓"
    assert by_range["P11", "全表"]["结果"] == "不适用"
    assert by_range["Y4", "全表"]["结果"] == "收件后"


def test_the_long_list_is_an_ordinary_sheet(outcome: Outcome) -> None:
    """Every addend once, in order, with links where there is something to see."""
    content = county_workbook(outcome)
    found = rows(sheets_of(content), SOURCES)
    addends = [addend for code in outcome.county.figures for addend in outcome.county.contributions[code]]
    assert sorted((str(row["指标代码"]), str(row["单位代码"]), row["数值"]) for row in found) == sorted(
        (a.item, a.unit, float(a.value)) for a in addends
    )
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.read("xl/workbook.xml").decode()
        number = names[: names.index(f'name="{SOURCES}"')].count("<sheet ")
        xml = archive.read(f"xl/worksheets/sheet{number}.xml").decode()
    assert f'<dimension ref="A1:I{3 + len(addends)}"/>' in xml
    assert xml.count("<hyperlink ") == sum(1 for addend in addends if addend.value)


def test_more_addends_than_a_sheet_can_hold(outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    nonzero = [a for code in outcome.county.figures for a in outcome.county.contributions[code] if a.value]
    order = {item.code: n for n, item in enumerate(outcome.form.items)}
    nonzero.sort(key=lambda addend: order[addend.item])
    monkeypatch.setattr(sources, "ROWS", len(nonzero) + 3)
    found = rows(sheets_of(county_workbook(outcome)), SOURCES)
    assert [(row["指标代码"], row["单位代码"]) for row in found] == [(a.item, a.unit) for a in nonzero]
    monkeypatch.setattr(sources, "ROWS", 5)
    cut = rows(sheets_of(county_workbook(outcome)), SOURCES)
    assert [row["指标代码"] for row in cut] == [a.item for a in nonzero[:3]] + [""]
    assert "列不下" in str(cut[-1]["指标"])


def test_a_figure_leads_to_its_own_row_of_the_sources(outcome: Outcome) -> None:
    """Every link of 表二, 表三, 表四 goes to the first row of 来源 that is of that very item."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(county_workbook(outcome)))
    sources, checked = book["来源"], 0
    for sheet, place, code in ((p.sheet, p.cell, code) for p, code in county_cells(outcome.form).items()):
        link = book[sheet][place].hyperlink
        if link is None:
            continue
        row = int(link.location.rpartition("!A")[2])
        assert sources.cell(row, 1).value == code, (sheet, place)
        assert sources.cell(row - 1, 1).value != code, (sheet, place)
        checked += 1
    assert checked > 100
