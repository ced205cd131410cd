"""Root = Σ leaves + differences, by item and by unit type; and the sum of sums is the sum."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.form import Form, Value
from pipeline.layout import Layout
from pipeline.model.control import UNIT_TYPES, Unit
from pipeline.road.check import Balances, root_findings
from tests.counties import adjustment, consistent, control, county

SETTINGS = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SETTINGS
@given(data=st.data())
def test_subtotals_and_differences_come_to_the_total(form: Form, layout: Layout, data: st.DataObject) -> None:
    returns = data.draw(st.lists(consistent(form), max_size=4))
    types = [data.draw(st.sampled_from(UNIT_TYPES)) for _ in returns]
    added = [item for item in form.items if item.numeric and item.mode == "entered" and item.aggregation == "sum"]
    added = [item for item in added if not item.code.startswith("t2.rules.")]  # R5 holds for the root as well
    signed = [
        adjustment(item.code, Decimal(data.draw(st.integers(-99, 99))).scaleb(-item.scale) if item.scale else 1)
        for item in data.draw(st.lists(st.sampled_from(added), max_size=3))
    ]
    found = county(form, layout, returns, types=types, adjustments=signed)
    assert [group.type for group in found.groups] == [kind for kind in UNIT_TYPES if kind in types]
    for code, figure in found.figures.items():
        own = sum((d.amount for d in found.differences if d.item == code), start=Decimal(0))
        leaves = sum((group.figures.get(code, 0) for group in found.groups), start=Decimal(0))
        if code not in form.formulas:
            assert leaves + own == (figure or 0), code
        subtotal = found.subtotal(code)
        assert (subtotal or 0) == leaves, code
    codes = [f"u{n:02d}" for n in range(1, len(returns) + 1)]
    balances = Balances(form, level="县级", year=2024)
    office = control([Unit(code=code, name=code) for code in codes], adjustments=signed)
    assert [f.code for f in root_findings(form, office, found, balances) if f.code != "A3"] == []


@SETTINGS
@given(data=st.data())
def test_the_sum_of_sums_is_the_sum(form: Form, layout: Layout, data: st.DataObject) -> None:
    """Three counties added up one by one and then together, or all their units at once: every figure is the same.

    Joint documents are shared within a county and across counties; every unit has counted just what it lists.
    """
    counties: list[list[dict[str, Value]]] = []
    for _ in range(3):
        units = data.draw(st.lists(consistent(form), min_size=1, max_size=3))
        for values in units:
            numbers = data.draw(st.lists(st.sampled_from("甲乙丙丁"), max_size=3, unique=True))
            values["info.document_numbers"] = "；".join(f"{number}发〔2024〕1号" for number in numbers)
            values["t2.normative.issued"] = len(numbers)
        counties.append(units)
    flat = county(form, layout, [values for units in counties for values in units])
    each = [county(form, layout, units) for units in counties]
    upward: list[dict[str, Value]] = [{**found.figures, **found.texts} for found in each]
    city = county(form, layout, upward, types=["县区"] * 3)
    added = [item.code for item in form.items if item.code in flat.figures and item.aggregation != "source"]
    assert {code: city.figures[code] for code in added} == {code: flat.figures[code] for code in added}
    assert city.texts == flat.texts


def test_what_is_taken_from_one_unit_stands_in_its_group_alone(form: Form, layout: Layout) -> None:
    returns: list[dict[str, Value]] = [{"info.site_items": 7}, {"info.site_items": 99}]
    found = county(form, layout, returns, types=["部门", "乡镇"])
    by_type = {group.type: group.figures.get("info.site_items") for group in found.groups}
    assert by_type == {"部门": 7, "乡镇": None}
    assert found.figures["info.site_items"] == found.subtotal("info.site_items") == 7
    unknown = county(form, layout, returns, source="")
    assert unknown.figures["info.site_items"] is None
    assert unknown.subtotal("info.site_items") is None


def test_an_adjusted_cell_moves_its_totals(form: Form, layout: Layout) -> None:
    pair = [adjustment("t3.received.natural", 2), adjustment("t3.granted.natural", 2, row=4)]
    found = county(form, layout, [{"t3.received.natural": 1, "t3.granted.natural": 1}], adjustments=pair)
    assert [(d.item, d.amount, d.cell, d.automatic) for d in found.differences] == [
        ("t3.received.natural", 2, "A3", False),
        ("t3.granted.natural", 2, "A4", False),
    ]
    moved = {c: (found.subtotal(c), v) for c, v in found.figures.items() if found.subtotal(c) not in (v, None)}
    assert moved == {
        "t3.received.natural": (1, 3), "t3.received.total": (1, 3), "t3.granted.natural": (1, 3),
        "t3.granted.total": (1, 3), "t3.total.natural": (1, 3), "t3.total.total": (1, 3),
    }  # fmt: skip


def test_a_figure_of_which_more_is_taken_off_than_there_is_is_told(form: Form, layout: Layout) -> None:
    taken = [adjustment("info.site_items", 2), adjustment("info.trainings", -3)]
    found = county(form, layout, [{item.code: 1 for item in form.items if item.numeric}], adjustments=taken)
    assert found.figures["info.trainings"] == -2
    assert [(f.code, f.item, f.found, f.severity) for f in found.findings] == [("C5", "info.trainings", "-2", "error")]
    assert [f.file for f in found.findings] == ["台账.xlsx"]


ZERO = [(-3, 0, []), (-4, -1, ["C5"]), (-2, 1, [])]


@pytest.mark.parametrize(("amount", "figure", "told"), ZERO)
def test_a_figure_that_comes_to_nothing_is_no_fault(
    form: Form, layout: Layout, amount: int, figure: int, told: list[str]
) -> None:
    item = "t2.permit.decisions"
    found = county(form, layout, [{item: 3}], adjustments=[adjustment(item, amount)])
    assert (found.figures[item], [finding.code for finding in found.findings]) == (figure, told)


def test_a_difference_on_what_is_taken_from_one_unit_keeps_its_sign(form: Form, layout: Layout) -> None:
    item = "info.site_items"
    found = county(form, layout, [{item: 30}, {item: 9}], adjustments=[adjustment(item, -2)], source="u01")
    assert found.figures[item] == 28
