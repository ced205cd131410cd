"""Every linear rule: a passing, a failing and a not-evaluated case; exactness; what is said twice is said once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pipeline.form import Form, Value
from pipeline.layout import Layout
from pipeline.road.check import Balances

ZERO: dict[str, Value] = {}


def vector(form: Form, **figures: Value) -> tuple[Value, ...]:
    """A return of zeros with some figures changed; ``t3_received_natural`` stands for the code with dots."""
    values: dict[str, Value] = {item.code: 0 for item in form.items if item.numeric}
    by_name = {item.name: item.code for item in form.items}
    values |= {by_name[name]: value for name, value in figures.items()}
    return tuple(values.get(item.code) for item in form.items)


def broken(form: Form, *, level: str = "县级", **figures: Value) -> list[str]:
    balances = Balances(form, level=level, year=2024)
    breaches = balances.check([vector(form, **figures)])[0]
    return [breach.equation.key for breach in breaches if breach.rule.severity == "error"]


REQUEST = {
    "t3_received_natural": 3, "t3_received_total": 3, "t3_granted_natural": 3, "t3_granted_total": 3,
    "t3_total_natural": 3, "t3_total_total": 3,
}  # fmt: skip


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ({}, []),
        (REQUEST, []),
        (REQUEST | {"t3_received_total": 4}, ["R1.received", "R3.total", "S4.t3.received.total"]),
        (REQUEST | {"t3_total_natural": 2}, ["R1.total", "R2.natural", "R3.natural", "S4.t3.total.natural"]),
        (REQUEST | {"t3_received_natural": 4, "t3_received_total": 4}, ["R3.natural", "R3.total"]),
        (REQUEST | {"t3_received_natural": None}, []),
        (REQUEST | {"t3_granted_natural": None}, []),
        ({"t4_review_upheld": 1}, ["R4.review", "S4.t4.review.total"]),
        ({"t4_review_upheld": 1, "t4_review_total": 1}, []),
        ({"t4_after_review_pending": None, "t4_after_review_total": 5}, []),
        ({"t2_rules_in_force": 4}, ["R5.in_force"]),
        ({"t2_rules_in_force": None}, []),
    ],
)
def test_which_equations_break(form: Form, figures: dict[str, Value], expected: list[str]) -> None:
    assert broken(form, **figures) == expected


@pytest.mark.parametrize(
    ("level", "unit_type", "asked"),
    [
        ("县级", "乡镇", True),
        ("县级", "本级政府", True),
        ("设区的市", "部门", True),
        ("设区的市", "其他", True),
        ("设区的市", "本级政府", False),
        ("省级", "部门", False),
    ],
)
def test_who_makes_rules_of_law(form: Form, level: str, unit_type: str, asked: bool) -> None:
    """R5: only the government of a 设区的市 makes 规章, not its departments nor anybody in a county."""
    balances = Balances(form, level=level, year=2024)
    (assessed,) = balances.assess([vector(form, t2_rules_issued=4)], unit_types=[unit_type])
    assert ("R5.issued" in [breach.equation.key for breach in assessed.breaches]) is asked


def test_a_balance_and_its_total_are_one_finding(form: Form, layout: Layout) -> None:
    balances = Balances(form, level="县级", year=2024)
    said = vector(form, t4_review_upheld=1)
    (breaches,) = balances.check([said])
    (finding,) = balances.findings(breaches, layout.places, said)
    assert finding.folds == ("S4.t4.review.total",)
    assert (finding.code, finding.sheet, finding.cell, finding.item) == ("R4", "表四", "E6", "t4.review.total")
    assert finding.message == "表四“行政复议”一栏：总计 0，四种结果之和 1，相差 1。"
    assert finding.remedy == "请核对这一栏四种结果的件数。"


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        # R3 of the total column follows from the column that is off
        (
            REQUEST | {"t3_received_natural": 4, "t3_received_total": 4},
            [("R3", "D6", ("R3.total",))],
        ),
        # ... also when two columns are off
        (
            REQUEST | {"t3_received_natural": 4, "t3_received_legal": 1, "t3_received_total": 5},
            [("R3", "D6", ("R3.total",)), ("R3", "H6", ())],
        ),
        # a total typed over breaks its row, its column and the identity: one cell
        (REQUEST | {"t3_received_total": 4}, [("R1", "J6", ("R3.total", "S4.t3.received.total"))]),
        (
            REQUEST | {"t3_total_natural": 2},
            [("R1", "D29", ("R2.natural", "R3.natural", "S4.t3.total.natural"))],
        ),
        # an entry changed after the totals were settled: the crossing of its row and its column
        (
            REQUEST | {"t3_granted_natural": 5},
            [("R1", "D8", ("R2.natural", "S4.t3.granted.total", "S4.t3.total.total", "S4.t3.total.natural"))],
        ),
        # three totals stale: each stands for itself, the grand total is not said again
        (
            REQUEST | {"t3_total_total": 0, "t3_granted_total": 0, "t3_received_total": 0},
            [("R1", "J6", ("S4.t3.received.total",)), ("R1", "J8", ("S4.t3.granted.total",)),
             ("R1", "J29", ("S4.t3.total.total",))],
        ),
    ],
)  # fmt: skip
def test_what_follows_is_folded_and_the_wrong_cell_is_named(
    form: Form, layout: Layout, figures: dict[str, Value], expected: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    balances = Balances(form, level="县级", year=2024)
    said = vector(form, **figures)
    (breaches,) = balances.check([said])
    found = [(f.code, f.cell, f.folds) for f in balances.findings(breaches, layout.places, said)]
    assert found == expected


def test_the_wrong_addend_in_words(form: Form, layout: Layout) -> None:
    balances = Balances(form, level="县级", year=2024)
    said = vector(form, **(REQUEST | {"t3_granted_natural": 5}))
    (finding,) = balances.findings(balances.check([said])[0], layout.places, said)
    assert (finding.item, finding.found, finding.expected) == ("t3.granted.natural", "5", "3")
    assert finding.message.endswith(
        "几处不平都指向“三、本年度办理结果·（一）予以公开·自然人”（D8）：现填 5，改为 3 就都平了。"
    )


def test_many_returns_are_one_product(form: Form) -> None:
    balances = Balances(form, level="县级", year=2024)
    many = [vector(form, t4_review_upheld=n) for n in range(200)]
    assert [any(v.rule.id == "R4" for v in breaches) for breaches in balances.check(many)] == [False] + [True] * 199
    assert balances.check([]) == []


def test_large_figures_stay_exact(form: Form) -> None:
    large = 999_999_999
    same = {f"t4_review_{code}": large for code in ("upheld", "corrected", "other", "pending")}
    assert broken(form, **same, t4_review_total=4 * large) == []
    assert broken(form, **same, t4_review_total=4 * large - 1) == ["R4.review", "S4.t4.review.total"]


def test_money_is_compared_at_its_finest_scale() -> None:
    from pipeline.form import parse_form
    from tests.form.test_load import GOOD_FORM, GOOD_RULES

    money = GOOD_FORM.replace('path = ["行一"]', 'path = ["行一"], kind = "money", scale = 4')
    rules = GOOD_RULES + "".join(
        GOOD_RULES.replace('id = "R"', f'id = "{n}"').replace('kind = "linear"', f'kind = "{kind}"')
        .replace('check = "sum == a + b"\n', "").replace("computes = true\n", "").replace('for_each = "row"\n', "")
        for n, kind in (("S4", "stored_total"),)
    )  # fmt: skip
    form = parse_form(money, rules)
    balances = Balances(form, level="县级", year=2024)
    tenth, fifth = Decimal("0.1000"), Decimal("0.2000")
    assert balances.check([(tenth, fifth, Decimal("0.3000"), 0, 0, 0)]) == [[]]
    (breaches,) = balances.check([(tenth, fifth, Decimal("0.3001"), 0, 0, 0)])
    assert [breach.equation.key for breach in breaches] == ["R.x", "S4.t.x.sum"]
    assert (breaches[0].left, breaches[0].right) == (Decimal("0.3001"), Decimal("0.3000"))


def test_what_is_told_is_in_the_measure_of_the_marked_cell(form: Form, layout: Layout) -> None:
    fees = {"t2_fees_amount": Decimal("0.01"), "info_fee_yuan": Decimal(300)}
    balances, values = Balances(form, level="县级", year=2024), vector(form, **fees)
    found = [f for f in balances.findings(balances.check([values])[0], layout.places, values) if f.code == "P2"]
    assert [(f.item, f.found, f.expected) for f in found] == [("t2.fees.amount", "0.01", "不小于 0.03")]


def test_a_blank_cell_is_told_once(form: Form) -> None:
    """What a total is worth is not known while a cell below it is blank, so nothing follows from the total."""
    blank = REQUEST | {"t3_granted_natural": None, "t3_granted_total": 0, "t3_total_natural": 0, "t3_total_total": 0}
    assert broken(form, **blank) == []
    assert broken(form, **(blank | {"t3_granted_natural": 0})) == ["R3.natural", "R3.total"]
