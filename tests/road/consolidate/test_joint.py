"""联合发文 counted once: what is taken off, when nothing is, and what the office is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.form import Form, Value
from pipeline.layout import Layout
from pipeline.model.control import Unit
from pipeline.model.county import County
from pipeline.model.decisions import Adjustment
from pipeline.road.check import Balances, root_findings
from tests.counties import adjustment, control, county

ISSUED, IN_FORCE, NUMBERS = "t2.normative.issued", "t2.normative.in_force", "info.document_numbers"
JOINT = "方政发〔2024〕3号"


def listing(issued: int, numbers: str) -> dict[str, Value]:
    return {ISSUED: issued, IN_FORCE: issued, NUMBERS: numbers}


def codes(found: County) -> list[tuple[str, bool]]:
    return [(finding.code, finding.open) for finding in found.findings]


@pytest.mark.parametrize(
    ("returns", "issued", "rows", "told", "own"),
    [
        ([listing(1, JOINT), listing(1, "财发〔2024〕1号")], 2, 0, [], f"{JOINT}；财发〔2024〕1号"),
        ([listing(1, JOINT), listing(1, "方政发[2024] 3 号")], 1, 1, ["C1", "C2"], JOINT),
        ([listing(1, JOINT)] * 3, 1, 2, ["C1", "C2"], JOINT),
        ([listing(5, JOINT), listing(2, f"{JOINT}、财发〔2024〕1号")], 7, 0, ["C3", "C2"], f"{JOINT}；财发〔2024〕1号"),
        # the second unit lists the joint document as it was told to and has not counted it
        ([listing(1, JOINT), listing(1, f"{JOINT}；财发〔2024〕1号")], 2, 0, ["C2"], JOINT),
        ([listing(1, JOINT), listing(0, JOINT)], 1, 0, ["C2"], JOINT),
        # how often it was counted cannot be told: nothing is taken off, the office is asked
        ([listing(1, JOINT), listing(1, f"{JOINT}；财发〔2024〕1号；财发〔2024〕2号")], 2, 0, ["C3", "C2"], JOINT),
        ([listing(0, JOINT), listing(0, JOINT)], 0, 0, ["C3", "C2"], ""),
        ([listing(1, "无"), listing(2, "无文号")], 3, 0, [], ""),
    ],
)
def test_one_document_is_counted_once(
    form: Form, layout: Layout, returns: list[dict[str, Value]], issued: int, rows: int, told: list[str], own: str
) -> None:
    found = county(form, layout, returns)
    assert found.figures[ISSUED] == issued
    assert len(found.differences) == rows
    assert [finding.code for finding in found.findings] == told
    assert found.texts == {NUMBERS: own}
    office = control([Unit(code=f"u{n:02d}", name=f"第{n}镇") for n in range(1, len(returns) + 1)])
    assert list(root_findings(form, office, found, Balances(form, level="县级", year=2024))) == []


def test_the_row_says_what_and_why(form: Form, layout: Layout) -> None:
    found = county(form, layout, [listing(1, JOINT), listing(1, JOINT)])
    (row,) = found.differences
    assert (row.item, row.amount, row.automatic, row.file) == (ISSUED, -1, True, "u02-1.xlsx")
    assert (
        row.reason
        == "联合发文 方政发〔2024〕3号 由第1镇、第2镇都计了数，汇总只计一次（《条例》第二十条第一项，规则 A4）"
    )
    assert row.approver == "程序按规则 A4 自动登记"
    place = layout.places[NUMBERS]
    assert (row.sheet, row.cell) == (place.sheet, place.cell)
    (addend,) = [each for each in found.contributions[ISSUED] if not each.unit]
    assert (addend.value, addend.sha256, addend.cell) == (-1, row.sha256, place.cell)
    once, stock = found.findings
    assert (once.item, once.severity, stock.item, stock.severity) == (ISSUED, "info", IN_FORCE, "warning")
    assert JOINT in once.message


def test_a_row_that_is_lost_is_seen_by_a1(form: Form, layout: Layout) -> None:
    found = county(form, layout, [listing(1, JOINT), listing(1, JOINT)])
    lost = county(form, layout, [listing(1, JOINT), listing(1, "财发〔2024〕1号")])
    office = control([Unit(code="u01", name="第1镇"), Unit(code="u02", name="第2镇")])
    balances = Balances(form, level="县级", year=2024)
    doctored = replace(found, collected={}, differences=lost.differences, groups=(), texts={}, findings=())
    assert [(f.code, f.item) for f in root_findings(form, office, doctored, balances)] == [("A1", ISSUED)]


@pytest.mark.parametrize(
    ("signed", "issued", "told"),
    [
        # the office registered the surplus itself: it is not taken off twice
        ([adjustment(ISSUED, -1, f"联合发文{JOINT}重复")], 1, [("C2", True)]),
        # it decided that both may stand
        ([adjustment(ISSUED, 0, "方政发（2024）3号不是同一份")], 2, [("C2", True)]),
        ([adjustment(ISSUED, -1, "别的原因")], 0, [("C1", False), ("C2", True)]),
        ([adjustment(IN_FORCE, -1, f"{JOINT}重复")], 1, [("C1", False), ("C2", False)]),
    ],
)
def test_the_office_has_the_last_word(
    form: Form, layout: Layout, signed: list[Adjustment], issued: int, told: list[tuple[str, bool]]
) -> None:
    found = county(form, layout, [listing(1, JOINT), listing(1, JOINT)], adjustments=signed)
    assert found.figures[ISSUED] == issued
    assert codes(found) == told
