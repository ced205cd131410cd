"""The demo county: what the two nights show, and that the second ends on the figures the county published."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import zipfile
from pathlib import Path

import docx
import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from pipeline.control import read_control
from pipeline.demo import DemoNight, Play, play
from pipeline.errors import WorkspaceError
from pipeline.layout import defined_names
from pipeline.workspace import Workspace

YEAR = 2024
PUBLISHED = {
    "t3.received.natural": 3,
    "t3.received.total": 3,
    "t3.granted.natural": 3,
    "t3.granted.total": 3,
    "t3.total.natural": 3,
    "t3.total.total": 3,
}
"""Every figure of the three statutory tables that the county's report for 2024 does not print as 0."""
PUBLISHED_INDICATORS = {
    "info.site_items": 2210,
    "info.special_columns": 8,
    "info.messages_received": 5,
    "info.messages_answered": 5,
    "info.interpretations": 4,
}
"""The figures of its text. What it does not print must not be printed here either."""

TOWNSHIPS = ["方正镇", "会发镇", "大罗密镇", "得莫利镇", "天门乡", "松南乡", "德善乡", "宝兴乡"]
NOT_PASSED = {
    "会发镇人民政府": "退回",
    "宝兴乡人民政府": "未报",
    "方正县农业农村局": "退回",
    "方正县商务局": "未报",
    "方正县信访局": "未报",
    "方正县乡村振兴局": "免报",
    "哈尔滨市方正生态环境局": "待说明",
}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Play:
    return play(tmp_path_factory.mktemp("demo") / "county")


@pytest.fixture(scope="module")
def first(played: Play) -> DemoNight:
    return played.nights[0]


@pytest.fixture(scope="module")
def second(played: Play) -> DemoNight:
    return played.nights[1]


def states(night: DemoNight) -> dict[str, str]:
    return {standing.unit.name: standing.state.value for standing in night.outcome.standings}


def cell_of(workbook: Path, name: str) -> tuple[str, str]:
    """Sheet and cell of a defined name, read with another library than the product's."""
    book = openpyxl.load_workbook(workbook)
    sheet, _, cell = book.defined_names[name].attr_text.partition("!")
    return sheet.strip("'"), cell.replace("$", "")


def nonzero(figures: object) -> dict[str, object]:
    assert isinstance(figures, dict)
    return {code: value for code, value in figures.items() if value not in (0, "0", None)}


# ---------------------------------------------------------------- the county
def test_roster(played: Play, second: DemoNight) -> None:
    control = second.outcome.control
    assert control.findings == ()
    units = control.units
    assert [unit.name for unit in units if unit.type == "乡镇"] == [f"{name}人民政府" for name in TOWNSHIPS]
    assert len([unit for unit in units if unit.type == "部门" and unit.counted]) >= 32
    assert [unit.name for unit in units if not unit.counted] == ["哈尔滨市方正生态环境局", "国家税务总局方正县税务局"]
    waiver = control.waivers[0]
    assert (control.by_code[waiver.subject].name, len(control.waivers)) == ("方正县乡村振兴局", 1)
    assert waiver.reason
    assert waiver.approver
    profile = control.profile
    assert (profile.root, profile.compiler, profile.level) == ("方正县人民政府", "方正县人民政府办公室", "县级")
    assert (profile.postcode, profile.phone, profile.due) == ("150800", "0451-57116077", dt.date(2025, 1, 20))
    assert control.by_code[profile.sources["网站数据单位"]].name == "方正县人民政府办公室"


def test_nobody_in_it_can_be_reached(second: DemoNight) -> None:
    for unit in second.outcome.control.units:
        assert re.fullmatch(r"0451-5700\d{4}", unit.phone)
        assert re.fullmatch(r"[a-z]\d\d@example\.com", unit.email)


def test_county_text_leaves_the_figures_to_the_tables(second: DemoNight) -> None:
    texts = second.outcome.control.texts
    assert list(texts) == [item.code for item in second.outcome.form.of_table("text")]
    for code, paragraphs in texts.items():
        assert not re.search(r"\d", "".join(paragraphs)), code


def test_units_do_not_write_alike(second: DemoNight) -> None:
    for code, collected in second.outcome.county.collected.items():
        texts = [text for _, text in collected]
        if code == "text.disclosure":
            assert len(set(texts)) == len(texts) == 40
        elif code.startswith("text.") and code != "text.other":
            assert len(set(texts)) >= 10, code


# ---------------------------------------------------------------- the first night
def test_first_night_states(first: DemoNight) -> None:
    found = states(first)
    assert {name: state for name, state in found.items() if state != "通过"} == NOT_PASSED
    assert {state.value: number for state, number in first.counts.items()} == {
        "未报": 3,
        "退回": 2,
        "待说明": 1,
        "通过": len(found) - 7,
        "免报": 1,
    }
    assert [pending.unit.name for pending in first.pending] == [n for n, s in NOT_PASSED.items() if s != "免报"]


@pytest.mark.parametrize(
    ("unit", "code", "file", "name", "words"),
    [
        (
            "会发镇人民政府",
            "R3",
            "乡镇/X02_会发镇人民政府.xlsx",
            "t3_received_natural",
            "表三“自然人”一列：本年新收加上年结转为 1，办理结果总计加结转下年度为 0，相差 1。",
        ),
        (
            "方正县农业农村局",
            "S3",
            "邮件/2025-01-17/农业农村局年报数据.xlsx",
            "info_interpretations",
            "“发布政策解读数”填的是“2条左右”，不是确数。",
        ),
    ],
)
def test_first_night_finding(
    played: Play, first: DemoNight, unit: str, code: str, file: str, name: str, words: str
) -> None:
    (pending,) = [pending for pending in first.pending if pending.unit.name == unit]
    finding = pending.finding
    assert finding is not None
    assert (finding.code, finding.severity, finding.file) == (code, "error", file)
    assert finding.message == words
    assert (finding.sheet, finding.cell) == cell_of(played.workspace / "inputs" / str(YEAR) / file, name)


def test_first_night_finds_nothing_else(first: DemoNight) -> None:
    found = [(finding.code, finding.unit) for finding in first.outcome.findings]
    assert found == [("A2", ""), ("R3", "X02"), ("S3", "B14"), ("P4", "C01"), ("M1", "B12")]
    assert [finding.severity for finding in first.outcome.findings] == ["error", "error", "error", "warning", "info"]
    assert first.outcome.unclaimed == ()


def test_first_night_is_not_complete(first: DemoNight) -> None:
    county = first.outcome.county
    assert not county.complete
    assert first.outcome.attention
    waited_for = [n for n, s in NOT_PASSED.items() if s not in ("免报", "待说明")]  # the last is not counted
    assert [standing.unit.name for standing in county.missing] == waited_for
    assert county.figures["t3.received.total"] == 2
    assert county.figures["info.interpretations"] == 2


def test_of_two_versions_the_later_counts(first: DemoNight) -> None:
    (standing,) = first.repeated
    assert standing.unit.name == "方正县住房和城乡建设局"
    at = first.outcome.form.position["t3.received.natural"]
    shown = [
        (judged.submission.arrival.name, judged.state.value, judged.submission.values[at])
        for judged in standing.returns
    ]
    assert shown == [
        ("邮件/2025-01-14/B12_方正县住房和城乡建设局.xlsx", "通过", 2),
        ("邮件/2025-01-18/B12_方正县住房和城乡建设局（更正）.xlsx", "通过", 1),
    ]
    assert standing.decisive is standing.returns[1]
    addends = first.outcome.county.contributions["t3.received.natural"]
    assert [(addend.file, addend.value) for addend in addends if addend.unit == "B12"] == [(shown[1][0], 1)]


# ---------------------------------------------------------------- the second night
def test_second_night_is_complete(second: DemoNight) -> None:
    assert {name: state for name, state in states(second).items() if state != "通过"} == {"方正县乡村振兴局": "免报"}
    assert second.outcome.county.complete
    assert not second.outcome.attention
    assert second.pending == ()
    assert [f for f in second.outcome.findings if f.open] == []
    assert [standing.unit.name for standing in second.repeated] == [
        "会发镇人民政府",
        "方正县住房和城乡建设局",
        "方正县农业农村局",
        "哈尔滨市方正生态环境局",
    ]


def test_a_warning_is_answered_by_its_reason(first: DemoNight, second: DemoNight) -> None:
    """待说明 on the first night; the same figures with a reason in the unit's own workbook pass on the second."""
    (asked,) = [f for f in first.outcome.findings if f.code == "P4"]
    (told,) = [f for f in second.outcome.findings if f.code == "P4"]
    assert asked.message == "表三“（六）其他处理·3.其他”填了 1 件，这种结果很少见。"
    assert (asked.answer, told.answer) == ("", "出错说明：申请人在答复前书面撤回申请，计1件。")
    assert (asked.key, asked.operands) == (told.key, told.operands)
    assert states(second)["哈尔滨市方正生态环境局"] == "通过"


def test_nothing_that_arrived_was_overwritten(played: Play, first: DemoNight, second: DemoNight) -> None:
    folder = played.workspace / "inputs" / str(YEAR)
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*.xlsx")}
    assert files == {*first.arrived, *second.arrived, "台账.xlsx"}
    assert (len(first.arrived), len(second.arrived)) == (40, 6)
    assert len(second.outcome.arrivals) == 46
    for night, now in ((first, "2025-01-20T22:00+08:00"), (second, "2025-01-26T22:00+08:00")):
        latest = max((folder / name).stat().st_mtime for name in night.arrived)
        assert latest < dt.datetime.fromisoformat(now).timestamp()


def test_uncounted_units_report_but_do_not_count(second: DemoNight) -> None:
    at = second.outcome.form.position["t3.received.natural"]
    (standing,) = [s for s in second.outcome.standings if s.unit.name == "哈尔滨市方正生态环境局"]
    assert standing.decisive is not None
    assert standing.decisive.submission.values[at] == 1
    addends = second.outcome.county.contributions["t3.received.natural"]
    assert {addend.unit for addend in addends if addend.value} == {"X02", "B11", "B12"}


def test_figures_are_the_published_ones(second: DemoNight) -> None:
    outcome = second.outcome
    statutory = [item.code for item in outcome.form.items if item.table in ("t2", "t3", "t4")]
    assert len(statutory) == 200
    assert {code: outcome.county.figures[code] for code in statutory} == dict.fromkeys(statutory, 0) | PUBLISHED
    indicators = {code: value for code, value in outcome.county.figures.items() if code.startswith("info.")}
    assert nonzero(indicators) == PUBLISHED_INDICATORS


def test_run_json(played: Play) -> None:
    run = json.loads((played.workspace / "outputs" / str(YEAR) / "run.json").read_text(encoding="utf-8"))
    assert run["complete"] is True
    assert run["missing"] == []
    assert len(run["counted"]) == 40
    assert nonzero(run["figures"]) == PUBLISHED | PUBLISHED_INDICATORS


def test_county_workbook(played: Play) -> None:
    path = played.workspace / "outputs" / str(YEAR) / "county.xlsx"
    book = CalamineWorkbook.from_path(str(path))
    grids = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    with zipfile.ZipFile(path) as archive:
        workbook_xml = archive.read("xl/workbook.xml")
    places = {name: place for name, place in defined_names(workbook_xml).items() if re.match(r"t[234]_", name)}
    assert len(places) == 200
    figures = {name: grids[place.sheet][place.row][place.col] for name, place in places.items()}
    assert figures == dict.fromkeys(places, 0) | {code.replace(".", "_"): n for code, n in PUBLISHED.items()}
    said = {row[0]: row[1] for row in grids["基本情况"][4:]}
    assert {label: value for label, value in said.items() if value} == {
        "填报单位": "方正县人民政府",
        "报告年度": 2024,
        "联系电话": "0451-57116077",
        "政府网站发布信息数": 2210,
        "开设维护专题专栏数": 8,
        "收到网民留言数": 5,
        "答复网民留言数": 5,
        "发布政策解读数": 4,
    }


# ---------------------------------------------------------------- the Word report
@pytest.fixture(scope="module")
def report(played: Play) -> docx.document.Document:
    return docx.Document(str(played.workspace / "outputs" / str(YEAR) / "report.docx"))


def test_report_tables(report: docx.document.Document) -> None:
    disclosure, requests, disputes = (
        [[cell.text for cell in row.cells] for row in table.rows] for table in report.tables
    )
    zeros = [["0"] * 3] * 6  # 规章 … 行政事业性收费; a wide cell shows its text in each column
    assert [row[1:] for row in disclosure if row[0] != row[1] and row[0] != "信息内容"] == zeros
    printed = [(row[:3], row[-7:]) for row in requests[-25:]]
    three = ["3", "0", "0", "0", "0", "0", "3"]
    assert [(labels, values) for labels, values in printed if values != ["0"] * 7] == [
        (["一、本年新收政府信息公开申请数量"] * 3, three),
        (["三、本年度办理结果", "（一）予以公开", "（一）予以公开"], three),
        (["三、本年度办理结果", "（七）总计", "（七）总计"], three),
    ]
    assert disputes[-1] == ["0"] * 15


def test_report_text(report: docx.document.Document, second: DemoNight) -> None:
    paragraphs = [paragraph.text for paragraph in report.paragraphs]
    text = "\n".join(paragraphs)
    for words in (
        "政府网站发布信息2210条",
        "专题专栏8个",
        "发布政策解读4条",
        "新收政府信息公开申请3件",
        "予以公开3件",
        "收到网民留言5条，全部作了答复",
        "没有收取信息处理费",
        "方正县人民政府办公室",
        "0451-57116077",
    ):
        assert words in text
    assert "汇总未完成" not in text
    assert "待补充" not in text
    start, end = (
        next(n for n, line in enumerate(paragraphs) if line.startswith(heading)) for heading in ("一、", "二、")
    )
    assert len("".join(paragraphs[start + 1 : end])) <= 1000
    own = [line for lines in second.outcome.control.texts.values() for line in lines]
    assert all(line in paragraphs for line in own)


# ---------------------------------------------------------------- the clerk
def test_saved_totals_and_checks_are_as_excel_leaves_them(played: Play) -> None:
    path = played.workspace / "inputs" / str(YEAR) / "乡镇" / "X02_会发镇人民政府.xlsx"
    book = openpyxl.load_workbook(path, data_only=True)
    formulas = openpyxl.load_workbook(path)

    def at(name: str, where: openpyxl.Workbook = book) -> object:
        sheet, cell = cell_of(path, name)
        return where[sheet][cell].value

    assert [at(f"t3_received_{column}") for column in ("natural", "business", "total")] == [1, 0, 1]
    assert [at("t3_total_natural"), at("t3_total_total"), at("t4_review_total")] == [0, 0, 0]
    assert str(at("t3_total_total", formulas)).startswith("=SUM(")
    assert [at("meta_preparer"), at("meta_reviewer"), at("meta_date")] == ["吕春苗", "梁木森", "2025-01-15"]
    lines = [[cell.value for cell in row] for row in book["校验"].iter_rows(min_row=4)]
    assert [line[1:6] for line in lines if line[5] == "✗"] == [["自然人", 1, 0, 1, "✗"], ["总计", 1, 0, 1, "✗"]]
    assert {line[0][:3] for line in lines if line[5] == "不适用"} == {"P3　", "P11"}
    for row in book["文字材料"].iter_rows(min_row=4):
        assert row[3].value == len(str(row[2].value or ""))


# ---------------------------------------------------------------- once more
def contents(root: Path) -> dict[str, str]:
    folder = root / "outputs" / str(YEAR)
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_playing_again_gives_the_same_bytes(played: Play, tmp_path: Path) -> None:
    left_over = tmp_path / "inputs" / str(YEAR) / "旧文件.xlsx"
    left_over.parent.mkdir(parents=True)
    left_over.write_bytes(b"from an earlier demo")
    (tmp_path / ".xxgk-demo").touch()
    again = play(tmp_path)
    assert not left_over.exists()
    assert contents(again.workspace) == contents(played.workspace)
    assert {"county.xlsx", "report.docx", "run.json", "data/figures.csv"} <= contents(played.workspace).keys()


@pytest.mark.parametrize("found", ["inputs/2024/台账.xlsx", "报告.docx"])
def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path, found: str) -> None:
    path = tmp_path / found
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"somebody's work")
    with pytest.raises(WorkspaceError, match="没有改动它"):
        play(tmp_path)
    assert [p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()] == [b"somebody's work"]


def test_a_file_is_no_place_for_a_demo(tmp_path: Path) -> None:
    (tmp_path / "文件").write_text("")
    with pytest.raises(WorkspaceError, match="换一个空文件夹"):
        play(tmp_path / "文件")


def test_the_secret_is_nobody_elses(played: Play) -> None:
    workspace = Workspace(played.workspace)
    assert bytes.fromhex(workspace.secret.read_text(encoding="ascii")) == b"This demo secret protects nobody"
    assert workspace.secret.stat().st_mode & 0o777 == 0o600


def test_control_workbook_reads_as_published(played: Play) -> None:
    workspace = Workspace(played.workspace)
    form, _ = workspace.form(YEAR)
    assert read_control(workspace.control(YEAR), form, year=YEAR).profile.website.startswith("http://www.hrbfz.gov.cn/")
