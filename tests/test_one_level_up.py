"""One level up: a county's county.xlsx is a return of the city, read like any other, and the sum of sums is the sum."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from pipeline.control import build_control
from pipeline.form import Form, Value
from pipeline.layout import read_layout
from pipeline.model.control import SUPERIOR_FILE
from pipeline.model.outcome import Outcome
from pipeline.model.seal import read_secret
from pipeline.night.issue import issue_workbooks
from pipeline.night.replay import replay_night
from pipeline.night.run import Effort, run_night
from pipeline.queries.trace import Tracer, every_tree, trace
from pipeline.workbook.annex import sources_in
from pipeline.workspace import Workspace
from tests.local_rows import filled
from tests.road.check.test_station import consistent
from tests.workspaces import NOW, PROFILE, YEAR, Office, zeros

NAMES = ("甲县", "乙县", "丙县")
SIGNED = [("填报人", "张三"), ("审核人", "李四"), ("填报日期", "2025-03-01"), ("电话", "0451-57116077")]
TEXTS = [("（一）主动公开", "全县主动公开信息1200条，办事指南随时更新。"), ("（五）监督保障", "第一段。\n第二段。")]


class City:
    """A workspace whose units are counties, and the counties' own workspaces."""

    def __init__(self, root: Path, *, units: int, names: Sequence[str] = NAMES, accept: str = "") -> None:
        self.workspace = Workspace(root / "市")
        self.form, _ = self.workspace.form(YEAR)
        self.inputs = self.workspace.year_inputs(YEAR)
        self.inputs.mkdir(parents=True)
        roster = [(f"c{n}", "", f"{name}人民政府", "", "县区", "是", "", "", "", "") for n, name in enumerate(names, 1)]
        profile = [
            *PROFILE[2:5],
            ("汇总单位", "某市人民政府"),
            ("级别", "设区的市"),
            ("网站数据单位", "c1"),
            ("公报编发单位", "c1"),
        ]
        rules = [rule.id for rule in self.form.rules if rule.id[0] in accept]
        self._sheets = {
            "单位名录": roster,
            "年报信息": profile,
            "认可": [(f"c{n}", rule, "随机数", "测试") for n in range(1, len(names) + 1) for rule in rules],
        }
        self.control({})
        issue_workbooks(self.workspace, YEAR)
        accepted = [(f"u{n:02d}", rule, "随机数", "测试") for n in range(1, units + 1) for rule in rules]
        self.counties = [self._county(root / name, name, units, accepted) for name in names]
        for n, (county, name) in enumerate(zip(self.counties, names, strict=True), 1):
            issued = self.workspace.year_outputs(YEAR) / "issued" / f"c{n}_{name}人民政府.xlsx"
            shutil.copyfile(issued, county.inputs / SUPERIOR_FILE)

    def _county(self, root: Path, name: str, units: int, accepted: Sequence[Sequence[str]]) -> Office:
        profile = [(key, f"{name}人民政府" if key == "汇总单位" else value) for key, value in PROFILE]
        return Office(
            root, units=units, profile=[*profile, *SIGNED], control={"认可": accepted, "报告文字": TEXTS}
        )  # fmt: skip

    def control(self, sheets: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self._sheets |= sheets
        build_control(self.form, self.workspace.control(YEAR), self._sheets)

    def send(self, n: int, name: str = "") -> Path:
        """A county's workbook arrives at the city."""
        path = self.inputs / (name or f"{NAMES[n]}/county.xlsx")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes((self.counties[n].outputs / "county.xlsx").read_bytes())
        return path

    def run(self) -> Outcome:
        return run_night(self.workspace, YEAR, now=NOW, effort=Effort(workers=0))


def entries(form: Form, chance: random.Random) -> dict[str, Value]:
    """A random return: the cells a clerk fills in."""
    values = consistent(form, chance)
    extra: dict[str, Value] = {
        item.code: Decimal(chance.randint(0, 10**6)).scaleb(-item.scale) if item.scale else chance.randint(0, 500)
        for item in form.of_table("info")
        if item.numeric
    }
    return {code: v for code, v in values.items() if form.item(code).mode == "entered" and code[:4] != "meta"} | extra


@pytest.fixture
def city(tmp_path: Path) -> City:
    """Two counties of two units; the second has answered everything with nothing."""
    city = City(tmp_path, units=2, names=NAMES[:2])
    for n, county in enumerate(city.counties):
        own = {"t2.fees.amount": Decimal("0.1"), "t2.permit.decisions": n}
        county.returns("u01", {"t3.received.natural": 2, "t3.granted.natural": 2, **own})
        county.returns("u02", {"t3.received.legal": 1, "t3.granted.legal": 1, "t2.fees.amount": Decimal("0.2")})
    return city


def codes(outcome: Outcome) -> list[tuple[str, str]]:
    return [(finding.code, finding.unit) for finding in outcome.findings]


def test_a_countys_workbook_is_read_like_any_return(city: City) -> None:
    for n, county in enumerate(city.counties):
        assert county.run().findings == ()
        city.send(n)
    outcome = city.run()
    assert codes(outcome) == []
    assert [standing.state.value for standing in outcome.standings] == ["通过", "通过"]
    assert outcome.county.figures["t3.received.total"] == 6
    assert outcome.county.figures["t2.fees.amount"] == Decimal("0.6")
    decisive = outcome.standings[0].decisive
    assert decisive is not None
    said = dict(zip([item.code for item in city.form.items], decisive.submission.values, strict=True))
    assert {code: value for code, value in said.items() if code.startswith(("meta.", "text.")) and value} == {
        "meta.unit": "甲县人民政府",
        "meta.year": 2024,
        "meta.preparer": "张三",
        "meta.reviewer": "李四",
        "meta.phone": "0451-57116077",
        "meta.date": "2025-03-01",
        "text.disclosure": "全县主动公开信息1200条，办事指南随时更新。",
        "text.supervision": "第一段。\n第二段。",
    }
    assert decisive.submission.places == read_layout(city.form, _template()).places  # nothing moved


def _template() -> Path:
    from pipeline.workspace import bundled_templates

    return bundled_templates() / "xxgk-2021" / "return.xlsx"


def test_every_figure_of_the_city_is_traced_to_the_townships(city: City) -> None:
    city.counties[0].write_control({"差额调整": [("info.trainings", "3", "县直机关", "县长")]})
    for n, county in enumerate(city.counties):
        county.run()
        city.send(n)
    city.run()
    (first, second) = trace(city.workspace, YEAR, "予以公开 自然人").tree.branches
    for branch, county in ((first, "甲县"), (second, "乙县")):
        assert (branch.file, branch.value) == (f"{county}/county.xlsx", 2)
        assert [(each.unit, each.cell, each.value) for each in branch.below] == [("u01", "D8", 2), ("u02", "D8", 0)]
    branches = trace(city.workspace, YEAR, "培训场次", every=True).tree.branches
    assert [(each.unit, each.value) for each in branches[0].below][2:] == [("", 3)]
    with city.workspace.open_ledger() as ledger:
        night = replay_night(city.workspace, ledger, YEAR)
        tracer = Tracer(night)
        trees = [tracer.looked_up(tree, every=True) for tree in every_tree(night)]
    assert all(tree.holds for tree in trees)
    for tree in trees:
        for branch in tree.branches:
            assert branch.value == sum(each.value for each in branch.below), (tree.item.code, branch.unit)


def test_a_figure_of_the_city_can_be_followed_to_the_township(city: City) -> None:
    county = city.counties[0].run().county
    path = city.send(0)
    outcome = city.run()
    (addend,) = [each for each in outcome.county.contributions["t3.granted.natural"] if each.unit == "c1"]
    assert (addend.file, addend.sheet, addend.cell, addend.value) == ("甲县/county.xlsx", "表三", "D8", 2)
    book = CalamineWorkbook.from_path(str(path))
    sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    deeper = sources_in(sheets, addend.item)
    assert [(each.unit, each.file, each.sheet, each.cell, each.value) for each in deeper] == [
        ("u01", "u01.xlsx", "表三", "D8", 2),
        ("u02", "u02.xlsx", "表三", "D8", 0),
    ]
    assert [each.sha256 for each in deeper] == [each.submission.arrival.sha256 for each in county.counted]
    fees = sources_in(sheets, "t2.fees.amount")
    assert [each.value for each in fees] == [Decimal("0.1"), Decimal("0.2")]
    assert sources_in(sheets, "t3.nothing") == []
    assert sources_in({"表三": sheets["表三"]}, "t3.granted.natural") == []


def test_the_citys_trace_goes_down_to_the_township(city: City) -> None:
    for n, county in enumerate(city.counties):
        county.run()
        city.send(n)
    city.run()
    found = trace(city.workspace, YEAR, "表三!D8")
    assert (found.tree.published, found.tree.total, found.tree.holds) == (4, 4, True)
    told = [(b.unit, b.value, b.file, [(below.unit, below.value) for below in b.below]) for b in found.tree.branches]
    assert told == [
        ("c1", 2, "甲县/county.xlsx", [("u01", 2), ("u02", 0)]),
        ("c2", 2, "乙县/county.xlsx", [("u01", 2), ("u02", 0)]),
    ]


@pytest.mark.parametrize("asked", [False, True])
def test_a_countys_own_indicators(city: City, asked: bool) -> None:
    """A city that does not ask for them is not disturbed; one that asks for the same adds them up."""
    own = {"本地指标": [("trainings_online", "网上培训场次", "件数", "", "场", "相加", "", "", "")]}
    if asked:
        city.control(own)
    for n, county in enumerate(city.counties):
        county.write_control(own)
        issue_workbooks(county.workspace, YEAR, now=NOW)
        for unit in ("u01", "u02"):
            values = zeros(county.form) | {"local.trainings_online": n + 1}
            county.drop(f"{unit}.xlsx", filled(county, county.issued(unit), values))
        assert codes(county.run()) == []
        city.send(n)
    outcome = city.run()
    assert codes(outcome) == []
    assert outcome.county.figures.get("local.trainings_online") == (2 * 1 + 2 * 2 if asked else None)


def test_without_the_superiors_workbook_it_waits_to_be_claimed(city: City) -> None:
    county = city.counties[0]
    (county.inputs / SUPERIOR_FILE).unlink()
    assert county.run().findings == ()
    city.send(0)
    (waiting,) = city.run().unclaimed
    assert [finding.code for finding in waiting.findings] == ["U6"]
    assert "c1 甲县人民政府" in waiting.findings[0].remedy
    city.control({"来件认领": [("甲县/county.xlsx", "c1", "电话确认", "测试")]})
    outcome = city.run()
    assert codes(outcome) == [("A2", ""), ("U10", "c1")]
    assert outcome.county.figures["t3.received.total"] == 3


def test_a_superiors_workbook_that_cannot_be_used(city: City) -> None:
    county, other = city.counties
    figures = county.run().county.figures
    right = (county.inputs / SUPERIOR_FILE).read_bytes()
    for content, words in (
        ((other.inputs / SUPERIOR_FILE).read_bytes(), "发给“乙县人民政府”的"),
        (b"", "是空的"),
        (_template().read_bytes(), "没有签发页"),
        (_with_year(right), "2023 年度"),
    ):
        (county.inputs / SUPERIOR_FILE).write_bytes(content)
        outcome = county.run()
        (finding,) = outcome.findings
        assert (finding.code, finding.file) == ("T21", "上级报表.xlsx")
        assert words in finding.message
        assert outcome.seal is None
        assert outcome.county.figures == figures
        assert {name for each in outcome.arrivals for name in each.arrival.names} == {"u01.xlsx", "u02.xlsx"}


def _with_year(content: bytes) -> bytes:
    import io

    book = openpyxl.load_workbook(io.BytesIO(content))
    for row in book["_xxgk"].iter_rows():
        if row[0].value == "year":
            row[1].value = "2023"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_seal_on_another_countys_figures_is_found_out(city: City) -> None:
    """The office of 甲县 calls itself 乙县 in its 台账: the city sees whom it sealed for and what the sheets say."""
    county = city.counties[0]
    county.run()
    path = city.send(0)
    book = openpyxl.load_workbook(path)
    for sheet in book:
        sheet["A2"] = str(sheet["A2"].value).replace("甲县", "乙县")
    book.save(path)
    (waiting,) = city.run().unclaimed
    assert [finding.code for finding in waiting.findings] == ["U5"]


def test_the_seal_is_the_citys_own(city: City) -> None:
    seal = city.counties[1].run().seal
    assert seal is not None
    assert seal.unit == "c2"
    assert seal.genuine(read_secret(city.workspace.secret))


def test_an_unfinished_county_says_so_at_the_city(city: City) -> None:
    county = city.counties[0]
    (county.inputs / "u02.xlsx").unlink()
    county.run()
    city.send(0)
    outcome = city.run()
    assert codes(outcome) == [("A2", ""), ("C4", "c1")]
    assert outcome.findings[1].message == "这份汇总表报来时还没有汇总完，尚缺：第2镇人民政府。"
    assert outcome.attention


def test_the_countys_reasons_answer_the_citys_warnings(city: City) -> None:
    county = city.counties[0]
    county.write_control({"认可": [("u01", "P4", "已核实", "测试")]})
    county.returns("u01", {"t3.received.natural": 2, "t3.other.other.natural": 2})
    county.run()
    city.send(0)
    asked = city.run()
    assert [standing.state.value for standing in asked.standings] == ["待说明", "未报"]
    assert [f.key for f in asked.findings if f.needs_reason] == ["P4.other"]
    county.write_control({"上报说明": [("P4.other", "两件由申请人撤回"), ("R9", "没有这条")]})
    assert [(f.code, f.sheet, f.cell) for f in county.run().findings if not f.unit] == [("T6", "上报说明", "A4")]
    city.send(0)
    answered = city.run()
    assert [standing.state.value for standing in answered.standings] == ["通过", "未报"]
    assert [f.answer for f in answered.findings if f.code == "P4"] == ["出错说明：两件由申请人撤回"]


def test_a_county_sent_back_gets_its_own_workbook_marked(city: City) -> None:
    county = city.counties[0]
    county.write_control({"差额调整": [("t3.received.natural", "3", "漏报", "测试")]})
    county.run()
    city.send(0)
    outcome = city.run()
    assert [standing.state.value for standing in outcome.standings] == ["退回", "未报"]
    folder = city.workspace.year_outputs(YEAR) / "corrections"
    sent_back = folder / "c1_甲县人民政府_退改.xlsx"
    book = openpyxl.load_workbook(sent_back)
    assert book.sheetnames[0] == "修改意见"
    assert {"来源", "分类小计", "报送情况"} <= set(book.sheetnames)
    (city.inputs / "改.xlsx").write_bytes(sent_back.read_bytes())
    again = city.run()
    assert [standing.state.value for standing in again.standings] == ["退回", "未报"]
    assert {f.code for f in again.findings if f.unit} == {"R3", "M1"}  # M1: it is the second version


def test_three_counties_of_twenty_are_sixty_units(tmp_path: Path) -> None:
    city = City(tmp_path, units=20, accept="PYNA")
    form, every = city.form, []
    for n, county in enumerate(city.counties):
        chance = random.Random(n)
        for unit in county.units:
            every.append(entries(form, chance))
            if unit.code in ("u01", "u02"):  # a joint document of two units in each of the counties
                every[-1] |= {"t2.normative.issued": 1, "info.document_numbers": "某政发〔2024〕3号"}
            county.returns(unit.code, every[-1])
        outcome = county.run()
        assert set(county.states(outcome).values()) == {"通过"}
        city.send(n)
    outcome = city.run()
    assert [standing.state.value for standing in outcome.standings] == ["通过"] * 3
    assert {f.code for f in outcome.findings if f.code[0] not in "PYN"} == {"A4", "C1", "C2"}
    figures = outcome.county.figures
    listed = sum(int(values["t2.normative.issued"] or 0) for values in every)  # type: ignore[arg-type]
    assert figures["t2.normative.issued"] == listed - 5
    every[0]["t2.normative.issued"] = int(every[0]["t2.normative.issued"] or 0) - 5  # type: ignore[arg-type]
    statutory = [item for table in form.tables for item in form.of_table(table.code)]
    assert len(statutory) == 200
    for item in (*statutory, *form.of_table("info")):
        if item.numeric and item.mode == "entered" and item.aggregation == "sum":
            assert figures[item.code] == sum((Decimal(v.get(item.code) or 0) for v in every), Decimal(0)), item.code  # type: ignore[arg-type]
    for code, equation in form.formulas.items():
        sides = equation.sides(figures.get)
        assert sides is not None
        assert sides[0] == sides[1], code
    assert figures["info.site_items"] == every[0]["info.site_items"]  # the first unit of the first county
