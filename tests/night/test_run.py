"""The whole road on small counties: states, sums, what is published, and that it can be repeated byte for byte."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import shutil
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

import jsonschema
import openpyxl
import pytest
from docx import Document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from pipeline.errors import PublishError, WorkspaceError
from pipeline.form import Form, load_form
from pipeline.night.issue import issue_workbooks
from pipeline.night.run import Effort, run_night
from pipeline.workbook.annex import sources_in
from pipeline.workspace import bundled_templates
from tests import ROOT
from tests.hostile import hostile
from tests.workspaces import NOW, PROFILE, YEAR, Office, tree

SCHEMA = ROOT / "docs" / "run.schema.json"


def test_three_good_units_make_a_county(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.returns("u01", {"t3.received.natural": 2, "t3.granted.natural": 2, "info.site_items": 2210})
    received = {"t3.received.legal": 4, "t3.granted.legal": 3, "t3.carried_out.legal": 1}
    office.returns("u02", {**received, "t2.fees.amount": Decimal("59237.2449")})
    office.returns(
        "u03", {"t2.fees.amount": Decimal("0.1"), "info.site_items": 99, "info.trainings": 4}, name="邮件/a.xlsx"
    )
    outcome = office.run()
    assert office.states(outcome) == {"u01": "通过", "u02": "通过", "u03": "通过"}
    figures = outcome.county.figures
    assert figures["t3.received.total"] == 6
    assert figures["t3.total.total"] == 5
    assert figures["t3.carried_out.total"] == 1
    assert figures["t2.fees.amount"] == Decimal("59237.3449")
    assert figures["info.site_items"] == 2210  # from its one source, not from u03
    assert figures["info.trainings"] == 4
    assert outcome.county.complete
    assert not outcome.attention
    assert outcome.findings == ()


def test_every_published_file_says_the_same(tmp_path: Path, form: Form) -> None:
    office = Office(tmp_path)
    office.returns("u01", {"t3.received.natural": 2, "t3.granted.natural": 2, "info.site_items": 7})
    request = {"t3.received.legal": 1, "t3.granted.legal": 1}
    office.returns("u02", {**request, "t4.review.upheld": 1, "t2.fees.amount": Decimal("12.5")})
    office.returns("u03")
    county = office.run().county
    figures = county.figures
    run = json.loads((office.outputs / "run.json").read_text(encoding="utf-8"))
    jsonschema.validate(run, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert run["figures"]["t2.fees.amount"] == "12.5"
    assert run["figures"]["t3.granted.total"] == 3
    assert run["figures"]["info.gazette_issues"] == 0
    assert run["complete"] is True
    assert [unit["state"] for unit in run["units"]] == ["通过"] * 3
    raw = (office.outputs / "data" / "figures.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = {row["指标代码"]: row["数值"] for row in csv.DictReader(io.StringIO(raw.decode("utf-8-sig")))}
    assert rows["t2.fees.amount"] == "12.5"
    assert rows["t4.review.total"] == "1"
    assert len(rows) == 200 + 14
    book = CalamineWorkbook.from_path(str(office.outputs / "county.xlsx"))
    for table in form.tables:
        grid = book.get_sheet_by_name(table.sheet).to_python()
        for item in form.of_table(table.code):
            place = office.layout.places[item.code]
            assert grid[place.row][place.col] == float(figures[item.code] or 0), item.code
    sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    granted = sources_in(sheets, "t3.granted.natural")
    assert granted == list(county.contributions["t3.granted.natural"])
    assert [(each.unit, each.file, each.cell, each.value) for each in granted] == [
        ("u01", "u01.xlsx", "D8", 2),
        ("u02", "u02.xlsx", "D8", 0),
        ("u03", "u03.xlsx", "D8", 0),
    ]
    assert {code: sources_in(sheets, code) for code in figures} == {c: list(county.contributions[c]) for c in figures}
    tables = Document(str(office.outputs / "report.docx")).tables
    assert tables[1].rows[5].cells[3].text == "2"  # （一）予以公开 · 自然人
    assert tables[0].rows[-1].cells[1].text == "12.5"


def test_wrong_returns_are_sent_back_and_disturb_nobody(tmp_path: Path) -> None:
    office = Office(tmp_path, units=5)
    office.returns("u01", {"t3.received.natural": 2, "t3.granted.natural": 2})
    office.returns("u02", {"t3.received.natural": 2, "t3.granted.natural": 1})
    office.returns("u03", {"t3.received.natural": "三件左右"})
    office.returns("u04", {"t2.rules.issued": 4})
    outcome = office.run()
    assert office.states(outcome) == {"u01": "通过", "u02": "退回", "u03": "退回", "u04": "退回", "u05": "未报"}
    found = {(f.unit, f.code, f.sheet, f.cell) for f in outcome.findings}
    assert found == {
        ("u02", "R3", "表三", "D6"),
        ("u03", "S3", "表三", "D6"),
        ("u04", "R5", "表二", "B5"),
        ("", "A2", "", ""),
    }
    assert outcome.county.figures["t3.received.natural"] == 2
    assert [standing.unit.code for standing in outcome.county.missing] == ["u02", "u03", "u04", "u05"]
    text = "\n".join(p.text for p in Document(str(office.outputs / "report.docx")).paragraphs)
    assert "第2镇人民政府、第3镇人民政府、第4镇人民政府、第5镇人民政府" in text


def test_the_latest_valid_return_counts(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    right = {"t3.received.natural": 2, "t3.granted.natural": 2}
    office.returns("u01", {"t3.received.natural": 1, "t3.granted.natural": 1}, name="一.xlsx", hour=8)
    office.returns("u01", right, name="二.xlsx", hour=9)
    office.returns("u01", {"t3.received.natural": 5}, name="三.xlsx", hour=10)
    outcome = office.run()
    assert outcome.county.figures["t3.received.natural"] == 2
    (standing,) = outcome.standings
    assert standing.decisive is not None
    assert standing.decisive.submission.arrival.name == "二.xlsx"
    assert [judged.submission.arrival.name for judged in standing.returns] == ["一.xlsx", "二.xlsx", "三.xlsx"]
    later = office.returns("u01", {"t3.received.natural": 3, "t3.granted.natural": 3}, name="a.xlsx", hour=1)
    assert later.exists()
    assert office.run(now=NOW + dt.timedelta(days=1)).county.figures["t3.received.natural"] == 3  # first seen later


def test_decisions_of_the_office(tmp_path: Path) -> None:
    control = {
        "免报": [("u03", "机构撤并", "张三")],
        "差额调整": [("t3.received.natural", "2", "上年漏报", "张三"), ("t3.granted.natural", "2", "上年漏报", "张三")],
        "认可": [("u02", "R3", "已电话核实", "张三")],
    }
    office = Office(tmp_path, units=4, control=control, not_counted=["u04"])
    office.returns("u01", {"t3.received.natural": 1, "t3.granted.natural": 1})
    office.returns("u02", {"t3.received.natural": 5, "t3.granted.natural": 4})
    office.returns("u04", {"t3.received.natural": 100, "t3.granted.natural": 100})
    outcome = office.run()
    assert office.states(outcome) == {"u01": "通过", "u02": "通过", "u03": "免报", "u04": "通过"}
    assert outcome.county.figures["t3.received.natural"] == 1 + 5 + 2
    assert outcome.county.complete
    adjusted = [c for c in outcome.county.contributions["t3.received.natural"] if not c.unit]
    assert [(c.file, c.sheet, c.cell, c.value) for c in adjusted] == [("台账.xlsx", "差额调整", "A3", 2)]
    assert [standing.unit.code for standing in outcome.standings if standing.provisional] == ["u02"]
    assert {f.code for f in outcome.findings if not f.unit} == {"A3"}  # the accepted imbalance shows on the root


def test_a_one_sided_adjustment_breaks_the_root(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1, control={"差额调整": [("t3.received.natural", "2", "漏报", "张三")]})
    office.returns("u01")
    outcome = office.run()
    assert [f.code for f in outcome.findings] == ["A3", "A3"]
    assert "R3" in outcome.findings[0].message
    assert outcome.county.figures["t3.received.total"] == 2


def test_unknown_files_are_named_and_wait(tmp_path: Path) -> None:
    office, other = Office(tmp_path / "a", units=1), Office(tmp_path / "b", units=1, secret=b"of another office")
    office.returns("u01")
    office.drop("别人的.xlsx", other.filled("u01"))
    office.drop("空.xlsx", b"")
    office.drop("~$u01.xlsx", b"lock")
    outcome = office.run()
    assert office.states(outcome) == {"u01": "通过"}
    assert {waiting.arrival.name for waiting in outcome.unclaimed} == {"别人的.xlsx", "空.xlsx"}
    assert all(waiting.findings[0].file == waiting.arrival.name for waiting in outcome.unclaimed)
    assert outcome.attention


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are no text")
def test_names_that_are_no_utf8_travel_the_whole_road(tmp_path: Path) -> None:
    """A share written to by an old Windows: names in GBK, and names nobody could have meant."""
    office = Office(tmp_path, units=3)
    here = os.fsencode(office.inputs)
    wrong = {"t3.received.natural": 2}
    names = {
        "第二批".encode("gbk") + b"/" + "第1镇人民政府.xlsx".encode("gbk"): office.filled("u01"),
        "第2镇".encode("gbk") + b"\xff.xlsx": office.filled("u02", wrong),
        "第3镇".encode("gbk") + b"\x01\n.xlsx": office.filled("u03"),
        "坏".encode("gbk") + b".xlsx": b"no workbook",
        "第1镇人民政府.xlsx".encode(): office.filled("u01", wrong),
    }
    (office.inputs / os.fsdecode("第二批".encode("gbk"))).mkdir()
    for name, content in names.items():
        with open(here + b"/" + name, "wb") as file:  # noqa: PTH123 - these bytes are no path of Python's
            file.write(content)
        os.utime(here + b"/" + name, (1_700_000_000, 1_700_000_000))
    outcome = office.run()
    assert office.states(outcome) == {"u01": "通过", "u02": "退回", "u03": "通过"}
    shown = {"第二批/第1镇人民政府.xlsx", "第2镇\ufffd.xlsx", "第3镇\x01\n.xlsx", "坏.xlsx", "第1镇人民政府.xlsx"}
    assert {each.arrival.name for each in outcome.arrivals} == shown
    run = json.loads((office.outputs / "run.json").read_text(encoding="utf-8"))
    assert {name for each in run["arrivals"] for name in each["names"]} == shown
    rows = CalamineWorkbook.from_path(str(office.outputs / "county.xlsx")).get_sheet_by_name("来件清单").to_python()
    assert {"第二批/第1镇人民政府.xlsx", "坏.xlsx"} <= {cell for row in rows for cell in row}
    assert (office.outputs / "corrections" / "u02_第2镇人民政府_退改.xlsx").is_file()
    with office.workspace.open_ledger() as ledger:
        assert {name for _, name, _ in ledger.arrivals.all(YEAR)} == shown
    assert run_night(office.workspace, YEAR, now=NOW, effort=Effort(workers=0)) is None


@pytest.mark.parametrize(("blanks", "state", "code"), [("退回", "退回", "S2"), ("按0计", "通过", "V2")])
def test_blanks_are_the_offices_choice(tmp_path: Path, blanks: str, state: str, code: str) -> None:
    profile = [(key, blanks if key == "空白处理" else value) for key, value in PROFILE]
    office = Office(tmp_path, units=1, profile=profile)
    office.returns("u01", {"t3.received.natural": None})
    outcome = office.run()
    assert office.states(outcome) == {"u01": state}
    assert [(f.code, f.sheet, f.cell) for f in outcome.findings if f.unit] == [(code, "表三", "D6")]


def test_running_again_and_rebuilding_give_the_same_bytes(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.returns("u01", {"text.disclosure": "A&B ‹甲> {{ x }}"})
    office.returns("u02", {"t3.received.natural": 2})
    office.run()
    first = tree(office.outputs)
    office.run(now=NOW + dt.timedelta(hours=5))
    assert tree(office.outputs) == first
    shutil.rmtree(office.outputs)
    issue_workbooks(office.workspace, YEAR)
    office.run(now=NOW + dt.timedelta(days=9))
    assert tree(office.outputs) == first
    assert not list(office.workspace.outputs.glob(".2024*"))


def test_nothing_has_arrived(tmp_path: Path) -> None:
    office = Office(tmp_path)
    outcome = office.run()
    assert set(office.states(outcome).values()) == {"未报"}
    assert outcome.county.figures["t3.received.total"] == 0
    assert (office.outputs / "report.docx").exists()


def test_what_stops_a_run_before_it_begins(tmp_path: Path) -> None:
    office = Office(tmp_path)
    with pytest.raises(WorkspaceError, match="没有 inputs/2023 文件夹"):
        run_night(office.workspace, 2023, now=NOW)
    (office.workspace.inputs / "2015").mkdir()
    with pytest.raises(
        WorkspaceError, match="没有适用于 2015 年度的表式（xxgk-2019 适用于 2019—2020 年；xxgk-2021 适用于 2021 年起）"
    ):
        run_night(office.workspace, 2015, now=NOW)
    secret = office.workspace.secret.read_text()
    office.workspace.secret.unlink()
    with pytest.raises(WorkspaceError, match="没有找到签发密钥"):
        office.run()
    office.workspace.secret.write_text("xyz")
    with pytest.raises(WorkspaceError, match="已损坏"):
        office.run()
    office.workspace.secret.unlink()
    office.workspace.secret.mkdir()
    with pytest.raises(WorkspaceError, match=r"那是一个文件夹，不是文件.*从备份恢复"):
        office.run()
    with pytest.raises(WorkspaceError, match="请从备份恢复"):
        issue_workbooks(office.workspace, YEAR)
    office.workspace.secret.rmdir()
    office.workspace.secret.write_text(secret)
    office.workspace.control(YEAR).write_bytes(b"no workbook")
    with pytest.raises(WorkspaceError, match="打不开"):
        office.run()
    office.workspace.control(YEAR).unlink()
    with pytest.raises(WorkspaceError, match="没有找到台账"):
        office.run()


def test_outputs_that_cannot_be_written(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.run()
    before = tree(office.outputs)
    county = office.outputs / "county.xlsx"
    held = county.read_bytes()

    def full(*args: object, **words: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.files.atomic._write", full)
        with pytest.raises(PublishError, match="无法写入"):
            office.run(anew=True)
    assert (tree(office.outputs), county.read_bytes()) == (before, held)


COUNTS = st.integers(0, 9) | st.integers(0, 999_999)
FEES = st.decimals(0, 99_999, places=4, allow_nan=False)


@st.composite
def consistent(draw: st.DrawFn, form: Form) -> dict[str, int | Decimal]:
    """A random return that keeps every balance: results are drawn, receipts follow from them."""
    values: dict[str, int | Decimal] = {}
    entered = [item for item in form.items if item.mode == "entered" and item.numeric]
    for item in draw(st.lists(st.sampled_from(entered), max_size=12, unique_by=lambda item: item.code)):
        values[item.code] = draw(COUNTS) if item.kind == "count" else round(draw(FEES), item.scale)
    for column in ("natural", "business", "research", "welfare", "legal", "other"):
        handled = [i.code for i in entered if i.code.startswith("t3.") and i.code.endswith(f".{column}")]
        outgoing = sum(
            int(values.get(code, 0)) for code in handled if ".received." not in code and ".carried_in." not in code
        )
        values[f"t3.carried_in.{column}"] = draw(st.integers(0, outgoing))
        values[f"t3.received.{column}"] = outgoing - int(values[f"t3.carried_in.{column}"])
    return values | {f"t2.rules.{column}": 0 for column in ("issued", "repealed", "in_force")}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_counties_add_up(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    form = load_form(bundled_templates() / "xxgk-2021")
    size = data.draw(st.integers(1, 5))
    plausible = [rule.id for rule in form.rules if rule.id[0] in "PY"]  # random figures are consistent, not plausible
    accepted = [(f"u{n:02d}", rule, "随机数", "测试") for n in range(1, size + 1) for rule in plausible]
    office = Office(tmp_path_factory.mktemp("county"), units=size, control={"认可": accepted, "报告文字": []})
    statutory = [item.code for table in form.tables for item in form.items if item.table == table.code]

    def figures_of(values: dict[str, int | Decimal]) -> tuple[int | Decimal, ...]:
        return tuple(values.get(code, 0) for code in statutory)

    # Two units with the same figures are a finding of their own (C6), so no two returns are drawn alike.
    returns = data.draw(st.lists(consistent(form), min_size=size, max_size=size, unique_by=figures_of))
    for unit, values in zip(office.units, returns, strict=True):
        office.returns(unit.code, values)
    outcome = office.run()
    assert set(office.states(outcome).values()) == {"通过"}
    assert all(finding.code in plausible and finding.answer for finding in outcome.findings)
    figures = outcome.county.figures
    for item in form.items:
        if item.numeric and item.aggregation == "sum":
            assert figures[item.code] == sum((Decimal(each.get(item.code, 0)) for each in returns), Decimal(0)), (
                item.code
            )
    for rule, equation in form.linear(level="县级", year=YEAR):
        sides = equation.sides(figures.get)
        assert sides is not None or equation.historic
        if sides is None:
            continue
        assert rule.severity == "warning" or equation.holds(*sides), (rule.id, equation.key)
    first = tree(office.outputs)
    office.run()
    assert tree(office.outputs) == first


def test_fifty_hostile_files_among_three_hundred_good_ones(tmp_path: Path) -> None:
    office = Office(tmp_path, units=300)
    for n, unit in enumerate(office.units):
        office.returns(
            unit.code, {"t3.received.natural": n, "t3.granted.natural": n, "t2.fees.amount": Decimal(n) / 10}
        )
    alone = office.run(workers=2)
    assert alone.county.figures["t3.received.natural"] == sum(range(300))
    assert alone.county.figures["t2.fees.amount"] == Decimal(sum(range(300))) / 10
    files = dict(hostile(office.filled("u01")))
    assert len(files) == 50
    for name, content in files.items():
        office.drop(name, content)
    among = office.run(workers=2)
    assert among.county.figures == alone.county.figures
    assert office.states(among) == office.states(alone)
    said = {name for each in among.arrivals for name in each.arrival.names if each.unit is None}
    assert {name.partition(".")[0] for name in said} == {name.partition(".")[0] for name in files}
    assert all(each.next_step for each in among.arrivals)
    assert {each.state for each in among.arrivals} == {"采用", "未读取", "待认领"}
    codes = Counter(waiting.findings[0].code for waiting in among.unclaimed)
    assert sum(codes.values()) == 50
    assert set(codes) <= {"I3", "I5", "I6", "I7", "I8", "I9", "I15", "I21", "U6"}, codes


def test_a_figure_typed_as_text_is_not_called_wrong(tmp_path: Path) -> None:
    """The workbook's own sums leave it out; what is asked for is to type it again, never to change it."""
    office = Office(tmp_path, units=1)
    book = openpyxl.load_workbook(io.BytesIO(office.filled("u01", {"t3.received.natural": 3, "t3.granted.natural": 3})))
    place = office.layout.places["t3.granted.natural"]
    book[place.sheet][place.cell].value = "3"
    for code in ("t3.granted.total", "t3.total.natural", "t3.total.total"):  # as a program that ignores texts adds up
        at = office.layout.places[code]
        book[at.sheet][at.cell].value = 0
    out = io.BytesIO()
    book.save(out)
    office.drop("文本.xlsx", out.getvalue())
    found = [(f.code, f.cell, f.found, f.expected) for f in office.run().findings if f.unit and f.severity != "info"]
    assert found == [("V7", place.cell, "3", "数字 3")]


def test_a_later_return_that_does_not_pass_is_listed_as_open(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    office.returns("u01", name="一.xlsx", hour=8)
    office.returns("u01", {"t3.received.natural": 4}, name="二.xlsx", hour=9)
    outcome = office.run()
    assert office.states(outcome) == {"u01": "通过"}
    assert [(each.arrival.name, each.state) for each in outcome.arrivals] == [("一.xlsx", "采用"), ("二.xlsx", "退回")]
    digits = outcome.arrivals[1].arrival.sha256[:8]
    assert outcome.arrivals[1].next_step == (
        "没有采用，仍按此前通过的“一.xlsx”计入；要以这份为准，请单位改正或说明后重报；"
        f"不用的，在台账“来件认领”写哈希 {digits}，“处理”写“不采用”"
    )


def test_issuing_tells_what_is_wrong_with_the_control_workbook(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    office.write_control({"免报": [("u09", "撤并", "张三")]})
    issued = issue_workbooks(office.workspace, YEAR, now=NOW)
    assert len(issued.files) == 1
    assert [(finding.sheet, finding.open) for finding in issued.findings] == [("免报", True)]


def test_a_unit_may_be_let_off_after_a_return_that_does_not_pass(tmp_path: Path) -> None:
    office = Office(tmp_path, units=2)
    office.returns("u01")
    office.returns("u02", {"t3.received.natural": 4})
    assert office.states(office.run()) == {"u01": "通过", "u02": "退回"}
    office.write_control({"免报": [("u02", "机构撤并", "张三")]})
    outcome = office.run(now=NOW + dt.timedelta(days=1))
    assert office.states(outcome) == {"u01": "通过", "u02": "免报"}
    assert outcome.county.complete
    assert [(each.state, each.next_step) for each in outcome.arrivals if each.arrival.name == "u02.xlsx"] == [
        ("退回", "台账登记了免报，没有计入")
    ]
