"""county.xlsx as a clerk and an auditor read it: every sheet says who is missing, every row adds up."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import jsonschema
import pytest
from python_calamine import CalamineWorkbook
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipeline.files.archive import settled_zip
from pipeline.layout import Place, county_cells
from pipeline.model.changes import Snapshot, changes
from pipeline.model.outcome import Outcome
from pipeline.road.publish import county_workbook, figures_csv, run_json
from pipeline.road.publish.county_workbook import arrived, sources, sums
from pipeline.road.publish.county_workbook.lean import LeanWorkbook
from pipeline.road.publish.county_workbook.longlist import LongList
from pipeline.road.publish.county_workbook.pen import Pen, cut
from pipeline.workbook.annex import SOURCES, TITLES, is_annex, sources_in
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


def test_what_is_not_zero_has_a_row_and_the_rest_has_one_together(outcome: Outcome) -> None:
    content = county_workbook(outcome)
    found = rows(sheets_of(content), SOURCES)
    listed = [(row["指标代码"], row["单位代码"], row["单元格"], row["数值"]) for row in found]
    assert [row for row in listed if row[0] == "t3.received.natural"] == [
        ("t3.received.natural", "u02", "D6", 5),
        ("t3.received.natural", "其余", "D6", 0),
    ]
    assert [row for row in listed if row[0] == "t2.rules.issued"] == [("t2.rules.issued", "其余", "B5", 0)]
    assert [row for row in listed if row[0] == "t2.normative.issued"] == [
        ("t2.normative.issued", "u01", "B6", 2),
        ("t2.normative.issued", "u03", "B6", 1),
        ("t2.normative.issued", "其余", "B6", 0),
        ("t2.normative.issued", "", "B26", -1),
    ]
    assert {row["单位"] for row in found if row["单位代码"] == "其余" and row["指标代码"] == "t2.rules.issued"} == {
        "其余 3 个单位都是 0"
    }
    assert [(row["指标代码"], row["单位代码"], row["文件"], row["数值"]) for row in found[-3:]] == [
        ("", "u01", "u01.xlsx", ""), ("", "u02", "u02.xlsx", ""), ("", "u03", "u03.xlsx", ""),
    ]  # fmt: skip
    hashes = [counted.submission.arrival.sha256 for counted in outcome.county.counted]
    assert [row["文件哈希"] for row in found[-3:]] == hashes


def test_the_long_list_is_an_ordinary_sheet(outcome: Outcome) -> None:
    """Links where there is something to see, one relation a file, the used rectangle and the filter over all rows."""
    content = county_workbook(outcome)
    found = rows(sheets_of(content), SOURCES)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.read("xl/workbook.xml").decode()
        sheet = names[: names.index(f'name="{SOURCES}"')].count("<sheet ")
        xml = archive.read(f"xl/worksheets/sheet{sheet}.xml").decode()
        relations = archive.read(f"xl/worksheets/_rels/sheet{sheet}.xml.rels").decode()
    assert f'<dimension ref="A1:I{3 + len(found)}"/>' in xml
    assert f'<autoFilter ref="A3:I{3 + len(found)}"/>' in xml
    assert xml.count("<hyperlink ") == sum(1 for row in found if row["数值"])
    targets = re.findall(r'Target="([^"]*)"', relations)
    inputs = [rf"..\..\inputs\2024\{name}.xlsx" for name in ("u01", "u02", "u03", "台账")]
    assert sorted(targets) == inputs
    at, row = next((at, row) for at, row in enumerate(found, 4) if row["数值"])
    ((number, location),) = re.findall(rf'<hyperlink ref="G{at}" r:id="rId(\d)" location="([^"]*)"/>', xml)
    assert targets[int(number) - 1] == rf"..\..\inputs\2024\{row['文件']}"
    assert location == f"'{row['工作表']}'!{row['单元格']}"


def test_every_addend_can_be_read_back(outcome: Outcome) -> None:
    """Also those that share a row: unit, file, hash, cell and value, in the same order."""
    found, addends = sheets_of(county_workbook(outcome)), outcome.county.contributions
    assert len(addends) == 200 + 14
    for code in addends:
        assert sources_in(found, code) == list(addends[code]), code


def test_a_unit_whose_cell_was_moved_or_that_reports_nothing_certain_is_not_among_the_rest(outcome: Outcome) -> None:
    county = outcome.county
    first, second, third = county.counted
    moved = {**second.submission.places, "t2.rules.issued": Place("表二", 40, 7)}
    values = list(third.submission.values)
    values[outcome.form.position["t3.granted.legal"]] = None
    doctored = (
        first,
        replace(second, submission=replace(second.submission, places=moved)),
        replace(third, submission=replace(third.submission, values=outcome.form.vector(values))),
    )
    addends = replace(county.contributions, counted=doctored)
    altered = replace(outcome, county=replace(county, counted=doctored, contributions=addends))
    found = sheets_of(county_workbook(altered))
    zeros = [
        (row["指标代码"], row["单位代码"], row["单元格"])
        for row in rows(found, SOURCES)
        if row["数值"] == 0 and row["单位代码"] != "其余" and str(row["指标代码"]).startswith("t")
    ]
    # the blank of the third unit: with it the others are told of one by one
    assert zeros == [
        ("t2.rules.issued", "u02", "H41"),
        ("t3.granted.legal", "u01", "H8"),
        ("t3.granted.legal", "u02", "H8"),
    ]
    for code in addends:
        assert sources_in(found, code) == list(addends[code]), code
    assert [addend.unit for addend in sources_in(found, "t3.granted.legal")] == ["u01", "u02"]


def test_lists_longer_than_a_sheet_go_on_on_the_next(outcome: Outcome) -> None:
    pen = Pen(outcome)
    listed = sources.list_sources(pen)
    most = len(listed) // 3 + 1
    sources.sources(pen, listed, most)
    sums.matrix(pen, most=100)
    pen.rows("版本对照", ("甲", "乙"), (10, 10), [("a", "b"), ("c", "d"), ("e", "f")], pen.texts, most=2)
    arrived.arrivals(pen, most=2)
    found = sheets_of(pen.bytes())
    assert {name: table[0][0] for name, table in found.items()} == {
        "来源": "来源：每个汇总数由哪些单元格相加而成（第 1 张，共 3 张）",
        "来源2": "来源：每个汇总数由哪些单元格相加而成（第 2 张，共 3 张）",
        "来源3": "来源：每个汇总数由哪些单元格相加而成（第 3 张，共 3 张）",
        "分单位数据": "分单位数据（第 1 张，共 3 张）",
        "分单位数据2": "分单位数据（第 2 张，共 3 张）",
        "分单位数据3": "分单位数据（第 3 张，共 3 张）",
        "版本对照": "版本对照：同一单位报了几份，哪里不一样（第 1 张，共 2 张）",
        "版本对照2": "版本对照：同一单位报了几份，哪里不一样（第 2 张，共 2 张）",
        "来件清单": "来件清单（第 1 张，共 2 张）",
        "来件清单2": "来件清单（第 2 张，共 2 张）",
    }
    assert all(is_annex(name, table) for name, table in found.items())
    assert [row[:2] for name in ("来件清单", "来件清单2") for row in found[name][3:]] == [
        [received.arrival.name, received.state] for received in outcome.arrivals
    ]
    assert [len(found[name]) - 3 for name in ("来源", "来源2", "来源3")] == [most, most, len(listed) - 2 * most]
    for code in outcome.county.contributions:
        assert sources_in(found, code) == list(outcome.county.contributions[code]), code
    where = sources.first_rows(listed, most)
    for code, (sheet, row) in where.items():
        assert str(found[sheet][row][0]) == code
    assert {sheet for sheet, _ in where.values()} == {"来源", "来源2", "来源3"}
    codes = [found[f"分单位数据{part}"][3][2:] for part in ("", "2", "3")]
    assert [len(each) for each in codes] == [100, 100, 14]
    assert [code for each in codes for code in each] == [item.code for item in pen.items]
    assert [row[:2] for row in found["分单位数据3"][4:]] == [row[:2] for row in found["分单位数据"][4:]]
    assert [table[3:] for name, table in found.items() if name[:4] == "版本对照"] == [
        [["a", "b"], ["c", "d"]],
        [["e", "f"]],
    ]


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


def test_a_lean_workbook_has_the_parts_of_an_ordinary_one() -> None:
    out, options = io.BytesIO(), {"in_memory": True}
    made = []
    for book in (Workbook(out, options), LeanWorkbook({})):
        sheet = book.add_worksheet("图表")
        sheet.write_column(0, 0, ["甲", "a & <b>", "行\n行\r_x0007_\x07", 1.5, "𠮷"])
        sheet.write_column(0, 1, [f"第{n}行" for n in range(9_000)])  # more than is deflated at once
        sheet.write_url(6, 0, "external:../输入/甲.xlsx#'表三'!D6", string="甲")
        chart = book.add_chart({"type": "bar"})
        chart.add_series({"name": "系列", "values": ["图表", 3, 0, 3, 0]})
        sheet.insert_chart(8, 0, chart)
        sheet.set_footer("&C第 &P 页")
        book.set_properties({"title": "汇总表", "created": dt.datetime(2025, 1, 1)})
        book.close()
        made.append(book.content if isinstance(book, LeanWorkbook) else out.getvalue())
    assert settled_zip(made[0]) == made[1]
    assert sheets_of(made[1])["图表"][:2] == [["甲", "第0行"], ["a & <b>", "第1行"]]


def test_a_long_list_has_the_xml_of_an_ordinary_sheet() -> None:
    """Texts, blanks, whole numbers and money, in one ink and in two; a cell in its own; heights of whole pixels."""
    lines = [("甲", 5, None, Decimal("5.00")), ("乙", Decimal(5), 12, Decimal("0.10")), ("甲", 0, "", None)]
    xml = []
    for kind in (Worksheet, LongList):
        book = LeanWorkbook({})
        sheet = book.add_worksheet("清单", worksheet_class=kind)
        words, figures, own = (book.add_format({style: True}) for style in ("bold", "italic", "underline"))
        sheet.write_row(0, 0, ["标题"] * 4, words)
        for row, cells in enumerate(lines, 1):
            ink = figures if row > 1 else words
            if isinstance(sheet, LongList):
                sheet.line(row, cells, words, figure=ink, apart=(1, own) if row == 3 else None, height=16.0 * (row - 1))
                continue
            if row > 1:
                sheet.set_row(row, 16.0 * (row - 1))
            for col, cell in enumerate(cells):
                if (row, col) == (3, 1):
                    sheet.write_number(row, col, cell, own)
                elif isinstance(cell, str):
                    sheet.write_string(row, col, cell, words)
                elif cell is None:
                    sheet.write_blank(row, col, None, ink)
                else:
                    sheet.write_number(row, col, cell, ink)
        book.close()
        with zipfile.ZipFile(io.BytesIO(book.content)) as archive:
            xml.append([archive.read(f"xl/{part}.xml").decode() for part in ("worksheets/sheet1", "sharedStrings")])
    assert xml[0] == xml[1]
    assert "<v>5</v>" in xml[1][0]
    assert "<v>5.00</v>" in xml[1][0]


def test_a_long_text_in_the_comparison_of_versions_is_cut_with_a_mark() -> None:
    assert cut("字" * 32_767) == "字" * 32_767
    assert cut("字" * 40_000) == "字" * 32_747 + "……（余下 7253 字略）"
