"""What the office decided holds for the figures and the year it was decided on, and a closing lists what is not answered."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from pipeline.control import build_control
from pipeline.errors import WorkspaceError
from pipeline.model.outcome import Outcome
from pipeline.night.close import MANIFEST, closing_of, lock_year, unlock_year
from pipeline.night.issue import issue_workbooks
from pipeline.setup import create_workspace
from pipeline.workbook.fill import fill
from tests.test_cli import xxgk
from tests.workspaces import NOW, PROFILE, YEAR, Office, zeros

R3 = {"t3.received.natural": 10, "t3.granted.natural": 9}
DAY = dt.timedelta(days=1)


def codes(outcome: Outcome, unit: str = "") -> list[str]:
    return [f.code for f in outcome.findings if f.severity != "info" and (not unit or f.unit == unit)]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path, units=2)
    office.returns("u02")
    return office


# ---------------------------------------------------------------- 认可
def test_an_acceptance_holds_for_the_figures_it_was_first_used_for(office: Office) -> None:
    office.write_control({"认可": [("u01", "R3", "系统故障", "主任")]})
    office.returns("u01", R3, name="甲.xlsx")
    assert office.states(office.run())["u01"] == "通过"
    assert office.states(office.run(now=NOW + DAY, anew=True))["u01"] == "通过"
    office.returns("u01", {**R3, "t3.received.natural": 5000}, name="乙.xlsx")
    outcome = office.run(now=NOW + 2 * DAY)
    assert (office.states(outcome)["u01"], outcome.county.figures["t3.received.natural"]) == ("通过", 10)
    (lapsed,) = [f for f in outcome.findings if f.code == "J2"]
    assert (lapsed.sheet, lapsed.cell, outcome.attention) == ("认可", "A3", True)
    assert "合计 10/合计 9" in lapsed.message


FIGURES = [("合计 10/合计 9", "通过"), ("合计 10/合计 8", "退回"), ("10", "退回")]


@pytest.mark.parametrize(("figures", "state"), FIGURES)
def test_an_acceptance_that_names_its_figures(office: Office, figures: str, state: str) -> None:
    office.write_control({"认可": [("u01", "R3", "系统故障", "主任", figures)]})
    office.returns("u01", R3)
    assert office.states(office.run())["u01"] == state


def test_an_acceptance_by_the_key_of_its_finding(office: Office) -> None:
    office.returns("u01", R3)
    (finding,) = [f for f in office.run().findings if f.code == "R3"]
    office.write_control({"认可": [("u01", "R3", "系统故障", "主任", finding.evidence[:10])]})
    assert office.states(office.run(now=NOW + DAY))["u01"] == "通过"


def test_a_finding_of_the_county_is_answered_by_its_name(office: Office) -> None:
    for unit in ("u01", "u02"):
        office.returns(unit, {"t2.permit.decisions": 7, "t2.penalty.decisions": 8, "t2.coercion.decisions": 9})
    (office.inputs / "u02.xlsx").unlink(missing_ok=True)
    office.returns("u02", {"t2.permit.decisions": 7, "t2.penalty.decisions": 8, "t2.coercion.decisions": 9})
    outcome = office.run(now=NOW + DAY)
    assert "C6" in codes(outcome)
    with pytest.raises(WorkspaceError, match=r"核实性 C6 u02.xlsx：“第1镇人民政府”、“第2镇人民政府”报来的数完全一样"):
        lock_year(office.workspace, YEAR, by="甲", reason="完成", now=NOW + DAY)
    office.write_control({"认可": [("方正县人民政府", "C6", "已电话核实", "主任")]})
    outcome = office.run(now=NOW + 2 * DAY)
    assert [f.answer for f in outcome.findings if f.code == "C6"] == ["认可：已电话核实（批准人 主任）"]
    lock_year(office.workspace, YEAR, by="甲", reason="完成", now=NOW + 3 * DAY)
    closed = json.loads((office.outputs / MANIFEST).read_text(encoding="utf-8"))
    assert [line[:10] for line in closed["已答复的问题"]] == ["核实性 C6 u02"]
    assert closed["没有答复的提醒"] == []


# ---------------------------------------------------------------- 差额
def test_the_same_difference_twice_is_told(office: Office) -> None:
    row = ("t2.permit.decisions", "5", "县本级漏报", "主任")
    office.write_control({"差额调整": [row, row, ("t2.permit.decisions", "5", "另一笔", "主任")]})
    office.returns("u01", {"t2.permit.decisions": 1})
    outcome = office.run()
    assert (outcome.county.figures["t2.permit.decisions"], codes(outcome)) == (16, ["T25"])


def test_no_difference_gives_a_county_a_legal_power(office: Office) -> None:
    office.write_control({"差额调整": [("t2.rules.in_force", "4", "县里的规章", "主任")]})
    office.returns("u01")
    outcome = office.run()
    (finding,) = [f for f in outcome.findings if f.code == "R5"]
    assert (finding.severity, finding.found, finding.unit) == ("error", "4", "")


LISTED = "测政发〔2024〕1号；测政发〔2024〕2号"
JOINT = {
    "it counted both it lists": (2, 2, []),
    "it counted only its own": (1, 2, []),
    "more than it lists": (5, 6, ["C3"]),
    "none at all": (0, 1, ["C3"]),
}


@pytest.mark.parametrize(("counted", "county", "expected"), JOINT.values(), ids=JOINT)
def test_a_joint_document_is_taken_off_only_when_certain(
    office: Office, counted: int, county: int, expected: list[str]
) -> None:
    number = next(item.code for item in office.form.items if item.once == "t2.normative.issued")
    issued, stock = "t2.normative.issued", "t2.normative.in_force"
    accepted = [(unit, rule, "联合发文", "主任") for unit in ("u01", "u02") for rule in ("A4", "Y3")]
    office.write_control({"认可": accepted})
    office.returns("u01", {issued: 1, stock: 1, number: "测政发〔2024〕1号"})
    (office.inputs / "u02.xlsx").unlink()
    office.returns("u02", {issued: counted, stock: counted, number: LISTED})
    outcome = office.run()
    assert set(office.states(outcome).values()) == {"通过"}
    assert (outcome.county.figures[issued], [c for c in codes(outcome) if c == "C3"]) == (county, expected)


# ---------------------------------------------------------------- years
def test_a_decision_of_another_year_does_not_act(office: Office) -> None:
    office.write_control({"差额调整": [("t2.permit.decisions", "5", "漏报", "主任", "2023")]})
    office.returns("u01")
    outcome = office.run()
    assert (outcome.county.figures["t2.permit.decisions"], codes(outcome)) == (0, ["T22"])


@pytest.mark.parametrize(("year", "county", "told"), [("", 0, ["T23"]), ("2025", 5, [])])
def test_a_control_workbook_copied_from_last_year(office: Office, year: str, county: int, told: list[str]) -> None:
    row = ("t2.permit.decisions", "5", "漏报", "主任")
    office.write_control({"差额调整": [row]})
    office.returns("u01")
    assert office.run().county.figures["t2.permit.decisions"] == 5
    later = Office(office.workspace.root / "次年", units=2, year=2025)
    target = office.workspace.control(2025)
    target.parent.mkdir()
    rows = {**later.control_sheets, "差额调整": [(*row, year)]}
    build_control(office.form, target, rows)
    issue_workbooks(office.workspace, 2025, now=NOW)
    issued = sorted((office.workspace.year_outputs(2025) / "issued").iterdir())
    for path in issued:
        (office.workspace.year_inputs(2025) / path.name).write_bytes(
            fill(path.read_bytes(), office.form, office.layout, zeros(office.form))
        )
    outcome = Office.run(_of_year(office, 2025), now=NOW + 400 * DAY)
    assert (outcome.county.figures["t2.permit.decisions"], [c for c in codes(outcome) if c == "T23"]) == (county, told)


def _of_year(office: Office, year: int) -> Office:
    import copy

    other = copy.copy(office)
    other.year = year
    return other


def test_a_year_begins_with_the_roster_of_the_last(office: Office) -> None:
    office.write_control(
        {"差额调整": [("t2.permit.decisions", "5", "漏报", "主任")], "免报": [("u02", "撤并", "主任")],
         "年报信息": [*PROFILE, ("报送期限", "2025-01-20")]}
    )  # fmt: skip
    root = office.workspace.root
    code, out, _ = xxgk("init", str(root), "--year", "2025", "--from", str(YEAR))
    assert code == 0, out
    from pipeline.control import read_control

    control = read_control(office.workspace.control(2025), office.form, year=2025)
    assert [(unit.code, unit.name) for unit in control.units] == [("u01", "第1镇人民政府"), ("u02", "第2镇人民政府")]
    assert (control.profile.year, control.profile.root, control.profile.due) == (2025, "方正县人民政府", None)
    assert (control.decisions, control.findings) == ((), ())
    assert xxgk("init", str(root), "--year", "2026", "--from", "2019")[0] == 2
    with pytest.raises(WorkspaceError, match="已经存在"):
        create_workspace(root, 2025, former=YEAR)


def test_a_closed_year_says_when_the_one_before_moves(tmp_path: Path) -> None:
    first = Office(tmp_path, units=1, year=2023)
    carried = {"t3.received.natural": 20, "t3.granted.natural": 18, "t3.carried_out.natural": 2}
    first.returns("u01", carried)
    first.run()
    second = _next_year(first)
    outcome = second.run(now=NOW + DAY)
    assert outcome.county.figures["t3.carried_in.total"] == 2
    lock_year(second.workspace, 2024, by="甲", reason="完成", now=NOW + 2 * DAY)
    first.returns("u01", {**carried, "t3.received.natural": 22, "t3.carried_out.natural": 4}, name="更正.xlsx")
    outcome = first.run(now=NOW + 3 * DAY)
    (finding,) = [f for f in outcome.findings if f.code == "C8"]
    assert (finding.found, finding.expected) == ("2", "4")
    closed = closing_of(second.workspace, 2024)
    assert closed is not None
    assert [f.code for f in closed.findings] == ["C8"]
    code, out, _ = xxgk("status", "--year", "2024", cwd=tmp_path)
    assert (code, "两年对不上" in out) == (3, True)
    code, out, _ = xxgk("run", "--year", "2024", cwd=tmp_path)
    assert (code, "两年对不上" in out) == (3, True)
    unlock_year(second.workspace, 2024, by="甲", reason="更正", now=NOW + 4 * DAY)


def _next_year(first: Office) -> Office:
    """The same office a year later: everything handled, nothing new."""
    second = _of_year(first, 2024)
    second.inputs = first.workspace.year_inputs(2024)
    second.inputs.mkdir()
    face = [(key, "2024" if key == "年度" else text) for key, text in first.control_sheets["年报信息"]]
    build_control(first.form, first.workspace.control(2024), {**first.control_sheets, "年报信息": face})
    issue_workbooks(first.workspace, 2024, now=NOW)
    carried = {"t3.carried_in.natural": 2, "t3.granted.natural": 2}
    second.drop("u01.xlsx", fill(second.issued("u01"), second.form, second.layout, zeros(second.form) | carried))
    return second
