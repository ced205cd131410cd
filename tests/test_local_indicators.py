"""Local indicators and rules from their rows in the 台账 to the Word report, and back to the unit where they are wrong."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path

import jsonschema
import openpyxl
import pytest
from docx import Document

from pipeline.control import build_control
from pipeline.layout import LOCAL_SHEET, Place
from pipeline.model.standing import State
from pipeline.night.issue import issue_workbooks
from pipeline.night.replay import replay_night
from pipeline.night.run import Effort, run_night
from pipeline.queries.compare import diff_nights
from pipeline.road.templates import check_report
from pipeline.setup import local_indicators, write_templates
from pipeline.workbook.patch import patch_workbook
from tests import ROOT
from tests.libreoffice import XLSX, at_the_desk, convert, pages
from tests.local_rows import INDICATORS, RULES, filled, form_of, layout_of, local_office
from tests.test_cli import xxgk
from tests.workspaces import NOW, YEAR, Office, tree

SCHEMA = json.loads((ROOT / "docs" / "run.schema.json").read_text(encoding="utf-8"))
GOOD = {
    "info.trainings": 2,
    "local.trainings_online": 1,
    "local.print_fee": Decimal("1.25"),
    "local.notes": "送培训下乡。",
}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return local_office(tmp_path / "office")


def sheet(data: bytes, *, values: bool = True) -> openpyxl.worksheet.worksheet.Worksheet:
    return openpyxl.load_workbook(io.BytesIO(data), data_only=values)[LOCAL_SHEET]


def corrected(office: Office, unit: str) -> bytes:
    (path,) = (office.outputs / "corrections").glob(f"{unit}_*_退改.xlsx")
    return path.read_bytes()


def all_good(office: Office) -> None:
    for unit, values in (("u01", GOOD), ("u03", GOOD | {"local.print_fee": Decimal("0.5")})):
        office.drop(f"{unit}.xlsx", filled(office, office.issued(unit), values))
    office.drop("u02.xlsx", filled(office, office.issued("u02"), {"local.hotline": 7, "local.staff": 3}))


# ---------------------------------------------------------------- the issued workbook
def test_each_unit_is_asked_what_concerns_it(office: Office) -> None:
    shown = {}
    for unit in ("u01", "u02", "u03"):
        rows = sheet(office.issued(unit)).iter_rows(min_row=3, values_only=True)
        shown[unit] = [row[0] for row in rows]
    town = [
        "本地指标",
        "网上培训场次",
        "印刷费",
        "特色做法",
        "规则",
        "B1　强制性　网上培训不多于全部培训",
        "B2　核实性　印刷费不超过五万元",
    ]
    assert shown["u01"] == shown["u03"] == town
    assert shown["u02"] == [
        "本地指标", "网上培训场次", "特色做法", "热线来电数", "专职人员数", "规则",
        "B1　强制性　网上培训不多于全部培训", "B3　核实性　热线来电不比上年少",
    ]  # fmt: skip
    assert sheet(office.issued("u02"))["A2"].value == "填报单位：第2镇人民政府　报告年度：2024年"


def test_the_sheet_stops_and_tells(office: Office) -> None:
    book = openpyxl.load_workbook(io.BytesIO(office.issued("u01")))
    assert book.sheetnames[-3:] == [LOCAL_SHEET, "校验", "_xxgk"]
    page = book[LOCAL_SHEET]
    assert page.protection.sheet
    assert [page[cell].protection.locked for cell in ("A4", "B4", "B5", "B6", "C4", "C8", "G8")] == [
        True, False, False, False, True, True, False,
    ]  # fmt: skip
    stops = {str(v.sqref): (v.type, v.promptTitle, v.prompt, v.error) for v in page.data_validations.dataValidation}
    assert stops["B4"] == (
        "whole", "网上培训场次", "只计本单位主办的网上培训。\n填 0 或正整数，没有请填 0，不要留空。",
        "请填 0 或正整数，只填数字；没有请填 0。",
    )  # fmt: skip
    assert stops["B5"][:1] + stops["B5"][3:] == ("decimal", "请填不小于 0 的数字，单位是万元；没有请填 0。")
    names = {name: entry.attr_text for name, entry in book.defined_names.items() if "local" in name or "B1" in name}
    assert names == {
        "local_trainings_online": "'本地指标'!$B$4", "local_print_fee": "'本地指标'!$B$5",
        "local_notes": "'本地指标'!$B$6", "banner_local": "'本地指标'!$A$2", "explain_B1": "'本地指标'!$G$8",
    }  # fmt: skip
    assert page["F8"].value.startswith("=IF(COUNT(")
    marks = {str(area.sqref) for area in page.conditional_formatting}
    assert marks == {"F8", "F9", "B4", "B4 B5"}
    assert "B20" in {str(area.sqref) for area in book["基本情况"].conditional_formatting}


def test_issuing_again_gives_the_same_bytes(office: Office) -> None:
    before = tree(office.outputs / "issued")
    issue_workbooks(office.workspace, YEAR)
    assert tree(office.outputs / "issued") == before


def test_a_unit_asked_nothing_has_the_workbook_of_before(tmp_path: Path) -> None:
    with_rows = local_office(tmp_path / "a", indicators=[("x", "甲", "件数", "", "", "相加", "", "部门", "")], rules=[])
    without = local_office(tmp_path / "b", indicators=[], rules=[])
    (without.workspace.secret).write_bytes(with_rows.workspace.secret.read_bytes())
    issue_workbooks(without.workspace, YEAR)
    assert [with_rows.issued(unit) == without.issued(unit) for unit in ("u01", "u02", "u03")] == [True, False, True]


def test_a_restyled_template_takes_the_sheet(tmp_path: Path) -> None:
    """Saved by another program, sheets in another order, the last one open; nothing of the old numbering is lost."""
    office = local_office(tmp_path / "office")
    write_templates(office.workspace, force=False)
    path = office.workspace.form(YEAR)[1] / "return.xlsx"
    book = openpyxl.load_workbook(path)
    book.move_sheet("校验", -3)
    book.active = book.sheetnames.index("文字材料")
    book.save(path)
    issue_workbooks(office.workspace, YEAR)
    issued = openpyxl.load_workbook(io.BytesIO(office.issued("u01")))
    assert issued.sheetnames == [
        "填报说明",
        "基本情况",
        "表二",
        LOCAL_SHEET,
        "校验",
        "表三",
        "表四",
        "文字材料",
        "_xxgk",
    ]
    assert issued.active.title == "文字材料"
    assert issued["校验"].print_title_rows == "$1:$3"
    office.drop("u01.xlsx", filled(office, office.issued("u01"), GOOD))
    outcome = office.run()
    assert office.states(outcome)["u01"] == "通过"
    assert [f.code for f in outcome.findings if f.unit] == []


# ---------------------------------------------------------------- from return to report
def test_the_whole_road(office: Office) -> None:
    all_good(office)
    wrong = GOOD | {"local.trainings_online": 4}
    first = office.drop("u01.xlsx", filled(office, office.issued("u01"), wrong), hour=8)
    outcome = office.run()
    assert office.states(outcome) == {"u01": "退回", "u02": "通过", "u03": "通过"}
    (finding,) = [f for f in outcome.findings if f.unit == "u01"]
    assert (finding.code, finding.sheet, finding.cell, finding.item) == (
        "B1",
        LOCAL_SHEET,
        "B4",
        "local.trainings_online",
    )
    assert finding.message == "网上培训 4 场，比全部培训 2 场多 2 场。"
    assert outcome.county.figures["local.trainings_online"] == 1

    back = corrected(office, "u01")
    assert sheet(back)["B4"].fill.fgColor.rgb == "FFFF8F8F"
    assert "网上培训 4 场" in sheet(back)["B4"].comment.text
    assert (sheet(back)["B4"].value, sheet(back)["F8"].value) == (4, "✗")
    place = layout_of(form_of(office), back).places["local.trainings_online"]
    assert place == Place(LOCAL_SHEET, 3, 1)
    office.drop("改好.xlsx", patch_workbook(back, {place: 2}), hour=10)
    outcome = office.run()
    assert office.states(outcome) == {"u01": "通过", "u02": "通过", "u03": "通过"}
    assert first.exists()

    county = outcome.county
    assert county.figures["local.trainings_online"] == 3
    assert county.figures["local.print_fee"] == Decimal("1.75")
    assert county.figures["local.hotline"] == 7
    assert [(c.unit, c.file, c.sheet, c.cell, c.value) for c in county.contributions["local.print_fee"]] == [
        ("u01", "改好.xlsx", LOCAL_SHEET, "B5", Decimal("1.25")), ("u03", "u03.xlsx", LOCAL_SHEET, "B5", Decimal("0.50")),
    ]  # fmt: skip
    assert county.collected["local.staff"] == (("第2镇人民政府", "3"),)
    figures = (office.outputs / "data" / "figures.csv").read_text(encoding="utf-8-sig").splitlines()
    assert any(
        line.startswith("2024,方正县人民政府,local.print_fee,本地指标,印刷费,,万元,1.75,是,") for line in figures
    )
    document = json.loads((office.outputs / "run.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, SCHEMA)
    assert {code: value for code, value in document["figures"].items() if code.startswith("local")} == {
        "local.trainings_online": 3, "local.print_fee": "1.75", "local.hotline": 7,
    }  # fmt: skip
    assert document["units"][0]["returns"][0]["state"] == "退回"
    book = openpyxl.load_workbook(office.outputs / "county.xlsx")
    listed = {row[0]: row[1:4] for row in book[LOCAL_SHEET].iter_rows(values_only=True)}
    assert listed["印刷费"] == (1.75, "万元", "各单位相加")
    assert listed["热线来电数"] == (7, "个", "取自第2镇人民政府（u02）")
    sources = [row for row in book["来源"].iter_rows(values_only=True) if row[0] == "local.trainings_online"]
    assert [(row[3], row[4], row[5], row[6], row[7]) for row in sources] == [
        ("第1镇人民政府", "改好.xlsx", LOCAL_SHEET, "B4", 2), ("第3镇人民政府", "u03.xlsx", LOCAL_SHEET, "B4", 1),
        ("其余 1 个单位都是 0", "", LOCAL_SHEET, "B4", 0),
    ]  # fmt: skip
    texts = list(book["文字材料汇总"].iter_rows(min_row=4, values_only=True))
    assert ("特色做法", "第3镇人民政府", "送培训下乡。") in texts
    assert ("专职人员数", "第2镇人民政府", "3") in texts


def test_a_warning_is_explained_on_the_sheet_itself(office: Office) -> None:
    all_good(office)
    much = GOOD | {"local.print_fee": Decimal("9.5")}
    office.drop("u01.xlsx", filled(office, office.issued("u01"), much), hour=10)
    outcome = office.run()
    assert office.states(outcome)["u01"] == "待说明"
    assert [(f.code, f.cell) for f in outcome.findings if f.unit == "u01"] == [("B2", "B5")]
    office.drop("说明.xlsx", filled(office, office.issued("u01"), much, {"B2": "印了宣传册"}), hour=11)
    outcome = office.run()
    assert office.states(outcome)["u01"] == "通过"
    assert [f.answer for f in outcome.findings if f.code == "B2"] == ["出错说明：印了宣传册"]


def test_what_a_unit_is_not_asked_is_neither_missing_nor_counted(office: Office) -> None:
    all_good(office)
    outcome = office.run()
    assert not outcome.findings
    (second,) = [standing for standing in outcome.standings if standing.unit.code == "u02"]
    assert second.decisive is not None
    values = dict(zip(outcome.form.position, second.decisive.submission.values, strict=True))
    assert values["local.print_fee"] is None
    assert "local.print_fee" not in second.decisive.submission.places
    assert not {"B1", "B2"} & set(second.decisive.unevaluated)
    assert "B3" in second.decisive.unevaluated  # no year before is known


@pytest.mark.parametrize(
    ("code", "cell", "told"),
    [
        ("local.trainings_online", None, ("S2", "B4")),
        ("local.trainings_online", "若干", ("S3", "B4")),
        ("local.trainings_online", "２场", ("V1", "B4")),
        ("local.print_fee", "1.234", ("S3", "B5")),
        ("local.print_fee", "12500元", ("V3", "B5")),
        ("local.notes", None, None),
    ],
)
def test_a_bad_local_cell(office: Office, code: str, cell: str | None, told: tuple[str, str] | None) -> None:
    values = GOOD | {code: cell}
    office.drop("u01.xlsx", filled(office, office.issued("u01"), values))
    outcome = office.run()
    found = [(f.code, f.cell) for f in outcome.findings if f.unit]
    assert (told in found) if told else found == []


# ---------------------------------------------------------------- workbooks that are not as issued
def reopened(data: bytes, change: str) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)  # it would save the formulas without their results
    page = book[LOCAL_SHEET]
    match change:
        case "rename":
            page.title = "Sheet7"
            for entry in book.defined_names.values():
                entry.attr_text = entry.attr_text.replace(LOCAL_SHEET, "Sheet7")
        case "insert":
            book.defined_names.clear()
            page.insert_rows(4)
        case "note":
            page["A20"] = "以上数据已核"
        case "swap":
            page["A4"], page["A5"] = page["A5"].value, page["A4"].value
        case "label":
            page["A4"] = "网络培训"
        case "delete":
            del book[LOCAL_SHEET]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("change", "state", "codes"),
    [
        ("rename", "通过", {"L1"}),
        ("insert", "通过", {"L1"}),
        ("note", "通过", set()),
        ("swap", "退回", {"L1", "L6"}),
        ("label", "退回", {"L1", "S1"}),
        ("delete", "退回", {"S1"}),
    ],
)
def test_labels_prove_the_cells(office: Office, change: str, state: str, codes: set[str]) -> None:
    office.drop("u01.xlsx", reopened(filled(office, office.issued("u01"), GOOD), change))
    outcome = office.run()
    assert office.states(outcome)["u01"] == state
    assert {f.code for f in outcome.findings if f.unit} == codes
    (standing, *_) = outcome.standings
    assert standing.decisive is not None
    values = dict(zip(outcome.form.position, standing.decisive.submission.values, strict=True))
    wanted = {code: values[code] for code in GOOD if values[code] is not None}
    assert wanted.items() <= GOOD.items()
    assert (len(wanted) == len(GOOD)) == (state == "通过")


def test_a_workbook_issued_before_the_indicators_were_added(tmp_path: Path) -> None:
    """It cannot be put right as it is: the unit gets the new workbook with all it had filled in."""
    office = local_office(tmp_path, indicators=[], rules=[])
    old = filled(office, office.issued("u01"), {"info.trainings": 2, "t3.received.natural": 1, "t3.granted.natural": 1})
    office.drop("u01.xlsx", old)
    assert office.states(office.run())["u01"] == "通过"
    office.write_control({"本地指标": INDICATORS, "本地规则": RULES})
    issue_workbooks(office.workspace, YEAR)
    outcome = office.run()
    assert office.states(outcome)["u01"] == "退回"
    (finding,) = [f for f in outcome.findings if f.unit]
    assert finding.code == "S1"
    assert finding.message.startswith("缺少本地指标“网上培训场次”、“印刷费”、“特色做法”：这份报表是增加它们以前下发的")
    back = corrected(office, "u01")
    assert sheet(back)["B4"].fill.fgColor.rgb == "FFFF8F8F"
    places = layout_of(form_of(office), back).places
    assert openpyxl.load_workbook(io.BytesIO(back))["表三"]["D6"].value == 1
    typed = {places["local.trainings_online"]: 1, places["local.print_fee"]: Decimal("0.25")}
    office.drop("新表.xlsx", patch_workbook(back, typed), hour=11)
    outcome = office.run()
    assert office.states(outcome)["u01"] == "通过"
    assert outcome.county.figures["info.trainings"] == 2
    assert outcome.county.figures["local.print_fee"] == Decimal("0.25")
    assert not (office.outputs / "corrections").exists()


def test_rows_added_and_taken_away_between_issue_and_return(office: Office) -> None:
    office.drop("u01.xlsx", filled(office, office.issued("u01"), GOOD))
    office.write_control({"本地指标": INDICATORS[1:], "本地规则": RULES[2:]})
    outcome = office.run()
    assert office.states(outcome)["u01"] == "通过"
    assert outcome.county.figures["local.print_fee"] == Decimal("1.25")
    added = [*INDICATORS, ("visits", "来访批次", "件数", "", "批", "相加", "", "", "")]
    office.write_control({"本地指标": added, "本地规则": RULES})
    outcome = office.run()
    assert office.states(outcome)["u01"] == "退回"
    assert [(f.code, f.item) for f in outcome.findings if f.unit and f.severity == "error"] == [("S1", "local.visits")]
    assert sheet(corrected(office, "u01"))["B5"].value == 1.25


def test_rules_without_indicators(tmp_path: Path) -> None:
    rule = (
        "B1",
        "许可不超过三百件",
        "核实性",
        "t2.permit.decisions <= 300",
        "",
        "乡镇",
        "许可 {左边} 件。",
        "请核对。",
        "",
    )
    office = local_office(tmp_path, indicators=[], rules=[rule])
    assert [row[0].value for row in sheet(office.issued("u01")).iter_rows(min_row=3)] == [None, "规则", _B1]
    assert LOCAL_SHEET not in openpyxl.load_workbook(io.BytesIO(office.issued("u02"))).sheetnames
    much = {"t2.permit.decisions": 301}
    office.drop("u01.xlsx", filled(office, office.issued("u01"), much, {"B1": "集中办理"}))
    office.drop("u02.xlsx", filled(office, office.issued("u02"), much))
    outcome = office.run()
    assert office.states(outcome) == {"u01": "通过", "u02": "通过", "u03": "未报"}
    assert [(f.code, f.sheet, f.cell, f.answer) for f in outcome.findings if f.unit] == [
        ("B1", "表二", "B9", "出错说明：集中办理")
    ]


_B1 = "B1　核实性　许可不超过三百件"


def test_a_local_total_of_statutory_cells_folds_like_any_balance(tmp_path: Path) -> None:
    rule = (
        "B1",
        "线上线下之和等于新收",
        "强制性",
        "online + desk = t3.received.total",
        "",
        "",
        "{左边} 不等于 {右边}（{各项}）。",
        "请核对。",
        "",
    )
    rows = [(code, label, "件数", "", "", "相加", "", "", "") for code, label in (("online", "线上"), ("desk", "当面"))]
    office = local_office(tmp_path, indicators=rows, rules=[rule])
    received = {"t3.received.natural": 3, "t3.granted.natural": 3, "local.online": 1, "local.desk": 1}
    office.drop("u01.xlsx", filled(office, office.issued("u01"), received))
    (finding,) = [f for f in office.run().findings if f.unit]
    assert (finding.code, finding.cell) == ("B1", "B4")
    assert finding.message == "2 不等于 3（线上 1、当面 1、一、本年新收政府信息公开申请数量·总计 3）。"


# ---------------------------------------------------------------- the Word template
def own_report(office: Office, *paragraphs: str) -> Path:
    """The workspace's own Word template with more paragraphs and a table at its end."""
    write_templates(office.workspace, force=False)
    path = office.workspace.form(YEAR)[1] / "report.docx"
    document = Document(str(path))
    for text in paragraphs:
        document.add_paragraph(text)
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "{{ local.print_fee }}", "{{ local.notes }}"
    document.save(str(path))
    return path


def printed(office: Office) -> list[str]:
    return [paragraph.text for paragraph in Document(str(office.outputs / "report.docx")).paragraphs]


def test_the_report_prints_local_figures(office: Office) -> None:
    own_report(office, "网上培训{{ local.trainings_online }}场，来电{{ local.hotline }}个。", "{{ local.notes }}")
    office.drop("u01.xlsx", filled(office, office.issued("u01"), GOOD))
    outcome = office.run()
    assert "网上培训1场，来电（暂缺）个。" in printed(office)
    assert [f.code for f in outcome.findings] == ["A2"]
    all_good(office)
    outcome = office.run()
    assert not outcome.findings
    assert "网上培训2场，来电7个。" in printed(office)
    assert printed(office)[-2:] == ["第1镇人民政府：送培训下乡。", "第3镇人民政府：送培训下乡。"]
    table = Document(str(office.outputs / "report.docx")).tables[-1]
    assert table.cell(0, 0).text == "1.75"
    office.write_control({"报告文字": [("特色做法", "全县送培训下乡。")]})
    office.run()
    assert printed(office)[-1] == "全县送培训下乡。"


def test_template_check_knows_local_codes(office: Office) -> None:
    own_report(office, "{{ local.trainings_online }}{{ local.nothing }}")
    form, folder = office.workspace.form(YEAR)
    assert [
        (f.code, f.item)
        for f in check_report(form, folder, frozenset(i.code for i in local_indicators(office.workspace)))
    ] == [("K13", "local.nothing")]
    code, out, _ = xxgk("template", "check", cwd=office.workspace.root)
    assert code == 3
    assert "local.nothing" in out
    assert "local.trainings_online" not in out


# ---------------------------------------------------------------- the catalogue, trying rules
def test_local_rules_are_listed_under_their_year(office: Office) -> None:
    code, out, _ = xxgk("rules", "--year", "2024", cwd=office.workspace.root)
    assert code == 0
    assert "46 条规则" in out
    assert "网上培训不多于全部培训" in out
    code, out, _ = xxgk("rules", "b2", "--year", "2024", cwd=office.workspace.root)
    assert "算式：print_fee <= 5（trainings_online >= 1 时）" in out
    assert "适用：只问乡镇" in out
    office.workspace.control(YEAR).write_bytes(b"no workbook yet")
    code, out, _ = xxgk("rules", "--year", "2024", cwd=office.workspace.root)
    assert code == 0
    assert "43 条规则" in out
    office.write_control({})
    code, out, _ = xxgk("rules", cwd=office.workspace.root)
    assert "43 条规则" in out
    code, out, _ = xxgk("rules", "try", str(office.folder / "rules.toml"), "--year", "2024", cwd=office.workspace.root)
    assert code == 2  # no run yet
    all_good(office)
    office.run()
    code, out, _ = xxgk("rules", "try", str(office.folder / "rules.toml"), "--year", "2024", cwd=office.workspace.root)
    assert code == 0, out
    assert "已通过的 3 个单位" in out


# ---------------------------------------------------------------- a real client
@pytest.mark.external
def test_typed_in_libreoffice(tmp_path: Path) -> None:
    office = local_office(tmp_path / "office")
    blank = tmp_path / "blank.xlsx"
    blank.write_bytes(filled(office, office.issued("u01"), {"info.trainings": 2}))
    issued = tmp_path / "issued.xlsx"
    issued.write_bytes(office.issued("u01"))
    lines = [[LOCAL_SHEET, f"{column}{row}"] for row in (8, 9) for column in "CDEF"]
    wrong, right = office.inputs / "u01.xlsx", office.inputs / "u01改.xlsx"
    notes = [LOCAL_SHEET, "B6", "送培训下乡。"]
    jobs = [
        {"open": str(issued), "save": str(tmp_path / "no.xlsx"), "filter": XLSX, "cells": [], "read": lines},
        {"open": str(blank), "save": str(wrong), "filter": XLSX, "read": lines,
         "cells": [[LOCAL_SHEET, "B4", 3], [LOCAL_SHEET, "B5", 9.5], notes]},
        {"open": str(blank), "save": str(right), "filter": XLSX, "read": lines,
         "cells": [[LOCAL_SHEET, "B4", 2], [LOCAL_SHEET, "B5", 1.25], notes]},
    ]  # fmt: skip
    untouched, first, second = at_the_desk(tmp_path, jobs)
    assert untouched == ["0", "0", "0", "待填", "0", "5", "-5", "待填"]
    assert first == ["3", "2", "1", "✗", "9.5", "5", "4.5", "✗"]
    assert second == ["2", "2", "0", "✓", "1.25", "5", "-3.75", "✓"]
    outcome = office.run()
    (standing, *_) = outcome.standings
    assert [each.state for each in standing.returns] == [State.RETURNED, State.PASSED]
    assert {(f.code, f.sheet, f.cell) for f in standing.returns[0].findings if f.severity != "info"} == {
        ("B1", LOCAL_SHEET, "B4"), ("B2", LOCAL_SHEET, "B5"),
    }  # fmt: skip
    assert outcome.county.figures["local.print_fee"] == Decimal("1.25")
    assert outcome.county.collected["local.notes"] == (("第1镇人民政府", "送培训下乡。"),)


@pytest.mark.external
def test_the_printed_sheet(tmp_path: Path) -> None:
    office = local_office(tmp_path / "office")
    path = tmp_path / "u02.xlsx"
    path.write_bytes(office.issued("u02"))
    (page,) = [page for page in pages(convert(path, "pdf", tmp_path), tmp_path) if "本地区加报" in page]
    for text in ("热线来电数", "专职人员数", "B3", "收件后", "出错说明", "填报单位：第2镇人民政府"):
        assert text in page


def test_an_indicator_that_was_of_another_kind_last_year_compares_with_nothing(tmp_path: Path) -> None:
    office = Office(
        tmp_path, units=1, control={"本地指标": [("fee", "印刷费", "金额", "2", "万元", "相加", "", "", "")]}
    )
    office.drop("u01.xlsx", filled(office, office.issued("u01"), {"local.fee": Decimal("1.25")}))
    assert office.states(office.run())["u01"] == "通过"
    following = office.workspace.control(YEAR + 1)
    following.parent.mkdir()
    rows = [("fee", "印刷费", "件数", "", "件", "相加", "", "", "")]
    profile = [(key, str(YEAR + 1) if key == "年度" else text) for key, text in office.control_sheets["年报信息"]]
    build_control(office.form, following, {**office.control_sheets, "年报信息": profile, "本地指标": rows})
    (name,) = issue_workbooks(office.workspace, YEAR + 1).files
    issued = office.workspace.year_outputs(YEAR + 1) / "issued" / name
    office.workspace.year_inputs(YEAR + 1).joinpath(name).write_bytes(issued.read_bytes())
    outcome = run_night(office.workspace, YEAR + 1, now=NOW, effort=Effort(workers=0))
    assert outcome is not None
    assert office.states(outcome) == {"u01": "退回"}


def test_the_figure_of_an_indicator_that_was_taken_back_is_gone(tmp_path: Path) -> None:
    office = Office(
        tmp_path, units=1, control={"本地指标": [("fee", "印刷费", "金额", "2", "万元", "相加", "", "", "")]}
    )
    office.drop("u01.xlsx", filled(office, office.issued("u01"), {"local.fee": Decimal("1.25")}))
    office.run()
    office.write_control({"本地指标": []})
    office.run()
    (change,) = diff_nights(office.workspace, YEAR).figures
    assert (change.code, change.before, change.after) == ("local.fee", Decimal("1.25"), None)
    with office.workspace.open_ledger() as ledger:
        nights = [replay_night(office.workspace, ledger, YEAR, run).figures for run in (1, 2)]
    assert ["local.fee" in figures for figures in nights] == [True, False]
