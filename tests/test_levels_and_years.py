"""What is soft between levels and years: incompleteness travels up, a root is held against its own published year before."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from pipeline.control import build_control
from pipeline.errors import WorkspaceError
from pipeline.model.outcome import Outcome
from pipeline.night.close import lock_year
from pipeline.night.issue import issue_workbooks
from pipeline.workbook.fill import fill
from tests.test_one_level_up import NAMES, City
from tests.workspaces import NOW, TEXTS, YEAR, Office, zeros

DAY = dt.timedelta(days=1)
RETURN = {"t3.received.natural": 2, "t3.granted.natural": 2}


@pytest.fixture
def city(tmp_path: Path) -> City:
    """Two counties of two units; the first lacks one."""
    city = City(tmp_path, units=2, names=NAMES[:2])
    for n, county in enumerate(city.counties):
        county.returns("u01", RETURN)
        if n:
            county.returns("u02", {"t3.received.legal": 1, "t3.granted.legal": 1})
        county.run()
        city.send(n)
    return city


def open_codes(outcome: Outcome) -> list[str]:
    return [f.code for f in outcome.findings if f.severity != "info" and not f.answer]


def test_incompleteness_travels(city: City) -> None:
    outcome = city.run()
    assert [standing.state.value for standing in outcome.standings] == ["通过", "通过"]
    assert (outcome.county.complete, outcome.county.lacking) == (False, ("甲县人民政府的第2镇人民政府",))
    assert (outcome.attention, open_codes(outcome)) == (True, ["C4"])
    with pytest.raises(WorkspaceError, match="核实性 C4 c1"):
        lock_year(city.workspace, YEAR, by="甲", reason="完成", now=NOW + DAY)


def test_it_travels_over_two_levels(city: City, tmp_path: Path) -> None:
    """A province reads from the city's workbook who is missing two levels below."""
    from pipeline.night.run import Effort, run_night
    from pipeline.workspace import Workspace

    province = Workspace(tmp_path / "省")
    province.year_inputs(YEAR).mkdir(parents=True)
    roster = [("p1", "", "某市人民政府", "", "县区", "是", "", "", "", "")]
    profile = [
        ("汇总单位", "某省人民政府"), ("级别", "省级"), ("编制单位", "某省人民政府办公厅"), ("年度", str(YEAR)), ("空白处理", "退回"),
        ("网站数据单位", "p1"), ("公报编发单位", "p1"),
    ]  # fmt: skip
    build_control(city.form, province.control(YEAR), {"单位名录": roster, "年报信息": profile})
    issue_workbooks(province, YEAR, now=NOW)
    issued = province.year_outputs(YEAR) / "issued" / "p1_某市人民政府.xlsx"
    shutil.copyfile(issued, city.inputs / "上级报表.xlsx")
    city.run()
    shutil.copyfile(city.workspace.year_outputs(YEAR) / "county.xlsx", province.year_inputs(YEAR) / "某市.xlsx")
    outcome = run_night(province, YEAR, now=NOW, effort=Effort(workers=0))
    assert outcome is not None
    assert outcome.county.lacking == ("某市人民政府的甲县人民政府的第2镇人民政府",)
    assert "C4" in open_codes(outcome)


def test_the_city_is_complete_once_the_county_is(city: City) -> None:
    city.run()
    first = city.counties[0]
    first.returns("u02", RETURN)
    first.run(now=NOW + DAY)
    city.send(0, "甲县/county（第二次）.xlsx")
    from pipeline.night.run import Effort, run_night

    outcome = run_night(city.workspace, YEAR, now=NOW + DAY, effort=Effort(workers=0))
    assert outcome is not None
    assert (outcome.county.complete, open_codes(outcome), outcome.county.figures["t3.received.total"]) == (True, [], 7)


def test_a_county_need_not_name_who_filled_it_in(tmp_path: Path) -> None:
    """填报人 and 审核人 of the 台账 may be left open, as the manual says."""
    city = City(tmp_path, units=1, names=NAMES[:1])
    (county,) = city.counties
    face = [(key, text) for key, text in county.control_sheets["年报信息"] if key not in ("填报人", "审核人")]
    county.write_control({"年报信息": face})
    county.returns("u01", RETURN)
    county.run()
    city.send(0)
    assert open_codes(city.run()) == []


def test_a_neighbours_workbook_claimed_by_its_name(tmp_path: Path) -> None:
    city = City(tmp_path, units=1, names=NAMES[:2])
    for county in city.counties:
        (county.inputs / "上级报表.xlsx").unlink()
        county.returns("u01", RETURN)
        county.run()
    city.send(0, "甲.xlsx")
    city.control({"来件认领": [("甲.xlsx", "c2", "电话核实", "主任")]})
    outcome = city.run()
    assert open_codes(outcome) == ["U11", "A2"] or sorted(open_codes(outcome)) == ["A2", "U11"]
    assert [standing.state.value for standing in outcome.standings] == ["未报", "未报"]
    city.control({"来件认领": [("甲.xlsx", "c1", "电话核实", "主任")]})
    assert [standing.state.value for standing in city.run().standings] == ["通过", "未报"]


# ---------------------------------------------------------------- years
CARRIED = {"t3.received.natural": 40, "t3.granted.natural": 33, "t3.carried_out.natural": 7}
TAKEN = {"t3.carried_in.natural": 7, "t3.received.natural": 35, "t3.granted.natural": 36, "t3.carried_out.natural": 6}


def years(tmp_path: Path, *, units: int = 2) -> Office:
    """A county that closed 2023, every unit with seven requests carried out, and has issued 2024."""
    office = Office(tmp_path, units=units, year=2023)
    for unit in office.units:
        office.returns(unit.code, CARRIED | {"t2.permit.decisions": int(unit.code[1:])})
    assert office.run().county.figures["t3.carried_out.total"] == 7 * units
    lock_year(office.workspace, 2023, by="甲", reason="完成", now=NOW + DAY)
    office.year, office.inputs = 2024, office.workspace.year_inputs(2024)
    office.inputs.mkdir()
    return office


def begin(office: Office, roster: list[tuple[str, ...]], **sheets: list[tuple[str, ...]]) -> None:
    face = [(key, "2024" if key == "年度" else text) for key, text in office.control_sheets["年报信息"]]
    build_control(
        office.form, office.workspace.control(2024), {"单位名录": roster, "年报信息": face, "报告文字": TEXTS, **sheets}
    )
    issue_workbooks(office.workspace, 2024, now=NOW + 2 * DAY)


def answer(office: Office, name: str, values: dict[str, int]) -> None:
    issued = office.outputs / "issued" / name
    office.drop(name, fill(issued.read_bytes(), office.form, office.layout, zeros(office.form) | values))


def row(code: str, name: str) -> tuple[str, ...]:
    return (code, "", name, "", "乡镇", "是", "", "", "", "")


def test_a_county_is_held_against_its_own_year_before(tmp_path: Path) -> None:
    office = years(tmp_path)
    begin(office, [row("u01", "第1镇人民政府"), row("u02", "第2镇人民政府")])
    for n in (1, 2):
        answer(office, f"u0{n}_第{n}镇人民政府.xlsx", TAKEN | {"t2.permit.decisions": n})
    outcome = office.run(now=NOW + 3 * DAY)
    assert (outcome.county.figures["t3.carried_in.total"], open_codes(outcome)) == (14, [])
    lock_year(office.workspace, 2024, by="甲", reason="完成", now=NOW + 4 * DAY)


LEFT = {
    "dropped": [row("u01", "第1镇人民政府")],
    "another code": [row("u01", "第1镇人民政府"), row("u99", "第2镇人民政府")],
}


@pytest.mark.parametrize("how", LEFT)
def test_a_unit_that_left_the_roster_takes_its_requests_with_it(tmp_path: Path, how: str) -> None:
    office = years(tmp_path)
    begin(office, LEFT[how])
    for code, _, name, *_ in LEFT[how]:
        taken = TAKEN if code == "u01" else {}
        answer(office, f"{code}_{name}.xlsx", taken | {"t2.permit.decisions": int(code[1:])})
    outcome = office.run(now=NOW + 3 * DAY)
    assert outcome.county.figures["t3.carried_in.total"] == 7
    found = {f.code: f for f in outcome.findings if f.unit == "" and f.severity != "info"}
    assert {"C7", "Y1"} <= found.keys()
    assert "u02" in found["C7"].message
    with pytest.raises(WorkspaceError, match="C7"):
        lock_year(office.workspace, 2024, by="甲", reason="完成", now=NOW + 4 * DAY)
    root = "方正县人民政府"
    accepted = [(root, rule, "并入省直单位", "主任") for rule in ("C7", "Y1", "Y2")]
    begin(office, LEFT[how], 认可=accepted)
    office.run(now=NOW + 5 * DAY)
    lock_year(office.workspace, 2024, by="甲", reason="完成", now=NOW + 6 * DAY)


def test_a_reason_is_bound_to_last_years_figure_as_well(tmp_path: Path) -> None:
    """14 against 7 was explained; 14 against 9 was not."""
    office = years(tmp_path, units=1)
    begin(office, [row("u01", "第1镇人民政府")])
    from pipeline.road.check import Checker

    def digests(former: int) -> set[str]:
        from pipeline.model.past import History

        values = {item.code: 0 for item in office.form.items if item.numeric} | {
            "t3.carried_in.natural": 14, "t3.carried_in.total": 14,
        }  # fmt: skip
        history = History(values={"u01": {"t3.carried_out.natural": former, "t3.carried_out.total": former}})
        from pipeline.control import read_control

        control = read_control(office.workspace.control(2024), office.form, year=2024)
        checker = Checker(office.form, control, history)
        vector = office.form.vector(values.get(item.code) for item in office.form.items)
        (assessed,) = checker.balances.assess([vector], last=[checker.last("u01")], unit_types=["乡镇"])
        findings = checker.balances.findings(assessed.breaches, office.layout.places, vector)
        return {finding.operands for finding in findings if finding.code == "Y1"}

    assert len(digests(7)) > 0
    assert digests(7).isdisjoint(digests(9))
