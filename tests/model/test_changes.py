"""What changed since the night before, and because of which units; the parts come to the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.form import Form, Value
from pipeline.layout import Layout
from pipeline.model.changes import FIRST_NIGHT, CauseKind, Change, Snapshot, changes
from pipeline.model.control import Unit
from pipeline.model.county import County
from pipeline.model.decisions import Adjustment
from pipeline.road.consolidate import consolidate
from tests.counties import adjustment, consistent, control, standing

ONE = {"t3.received.natural": 1, "t3.granted.natural": 1}
Returns = Mapping[str, tuple[str, Mapping[str, Value]]]
"""Unit code to the version it sent and what it says."""


def night(
    form: Form, layout: Layout, returns: Returns, *, signed: Sequence[Adjustment] = (), source: str = "u1"
) -> County:
    units = {code: Unit(code=code, name=f"{code}局", type="部门") for code in returns}
    office = control(units.values(), adjustments=signed, source=source)
    standings = [standing(form, layout, units[code], said, version=v) for code, (v, said) in returns.items()]
    return consolidate(form, office, standings)


def told(change: Change) -> list[tuple[object, ...]]:
    return [(c.reason.value, c.unit, c.file_before, c.file_after, c.before, c.after) for c in change.causes]


def test_a_first_night_is_compared_with_nothing(form: Form, layout: Layout) -> None:
    assert changes(form, None, night(form, layout, {"u1": ("1", ONE)})) == FIRST_NIGHT


def test_a_night_in_which_nothing_changed(form: Form, layout: Layout) -> None:
    county = night(form, layout, {"u1": ("1", ONE)})
    found = changes(form, Snapshot.of(form, county), county)
    assert (found.first, found.units, found.items) == (False, (), ())


def test_a_second_version_names_the_unit_and_both_files(form: Form, layout: Layout) -> None:
    before = night(form, layout, {"u1": ("1", ONE), "u2": ("1", ONE)})
    again = {"t3.received.natural": 4, "t3.granted.natural": 4, "t2.fees.amount": Decimal("0.5")}
    after = night(form, layout, {"u1": ("1", ONE), "u2": ("2", again)})
    found = changes(form, Snapshot.of(form, before), after)
    assert [(each.unit, each.reason, each.file_before, each.file_after) for each in found.units] == [
        ("u2", CauseKind.REPLACED, "u2-1.xlsx", "u2-2.xlsx")
    ]
    by_item = {change.item: change for change in found.items}
    assert {code: (change.before, change.after) for code, change in by_item.items()} == {
        "t2.fees.amount": (Decimal("0.0000"), Decimal("0.5")),
        "t3.received.natural": (2, 5), "t3.received.total": (2, 5),
        "t3.granted.natural": (2, 5), "t3.granted.total": (2, 5), "t3.total.natural": (2, 5), "t3.total.total": (2, 5),
    }  # fmt: skip
    assert told(by_item["t3.total.total"]) == [("换了版本", "u2", "u2-1.xlsx", "u2-2.xlsx", 1, 4)]
    assert found.without_effect == ()


def test_units_come_and_go_and_may_cancel_out(form: Form, layout: Layout) -> None:
    before = night(form, layout, {"u1": ("1", {}), "u2": ("1", ONE), "u3": ("1", {})})
    after = night(form, layout, {"u1": ("1", {}), "u4": ("1", ONE)})
    found = changes(form, Snapshot.of(form, before), after)
    assert [(each.unit, each.reason.value) for each in found.units] == [
        ("u4", "新计入"),
        ("u2", "不再计入"),
        ("u3", "不再计入"),
    ]
    change = found.items[0]
    assert (change.item, change.before, change.after) == ("t3.received.natural", 1, 1)
    assert told(change) == [("新计入", "u4", "", "u4-1.xlsx", None, 1), ("不再计入", "u2", "u2-1.xlsx", "", 1, None)]
    assert [each.unit for each in found.without_effect] == ["u3"]


def test_a_difference_that_changed(form: Form, layout: Layout) -> None:
    returns: Returns = {"u1": ("1", ONE)}
    pair = [adjustment("t3.received.natural", 2), adjustment("t3.granted.natural", 2)]
    before, after = night(form, layout, returns), night(form, layout, returns, signed=pair)
    found = changes(form, Snapshot.of(form, before), after)
    assert {change.item: (told(change), change.before, change.after) for change in found.items}["t3.total.total"] == (
        [("差额变动", "", "", "", 0, 2)], 1, 3,
    )  # fmt: skip
    assert found.units == ()


@pytest.mark.parametrize(
    ("sources", "figures", "told_"),
    [
        (("u1", "u2"), (7, 9), [("换了取数单位", "u2", "", "", 7, 9)]),
        (("u1", ""), (7, None), [("换了取数单位", "u1", "", "", 7, None)]),
        (("u2", "u2"), (9, 9), []),
    ],
)
def test_what_is_taken_from_one_unit(
    form: Form,
    layout: Layout,
    sources: tuple[str, str],
    figures: tuple[object, object],
    told_: list[tuple[object, ...]],
) -> None:
    returns: Returns = {"u1": ("1", {"info.site_items": 7}), "u2": ("1", {"info.site_items": 9})}
    before, after = (night(form, layout, returns, source=source) for source in sources)
    found = {c.item: c for c in changes(form, Snapshot.of(form, before), after).items}.get("info.site_items")
    assert (told(found) if found else []) == told_
    assert (before.figures["info.site_items"], after.figures["info.site_items"]) == figures


def test_the_one_source_sent_a_second_version(form: Form, layout: Layout) -> None:
    before = night(form, layout, {"u1": ("1", {"info.site_items": 7}), "u2": ("1", {"info.site_items": 9})})
    after = night(form, layout, {"u1": ("2", {"info.site_items": 8}), "u2": ("2", {"info.site_items": 1})})
    (change,) = changes(form, Snapshot.of(form, before), after).items
    assert told(change) == [("换了版本", "u1", "u1-1.xlsx", "u1-2.xlsx", 7, 8)]


def test_the_same_file_read_differently(form: Form, layout: Layout) -> None:
    before = night(form, layout, {"u1": ("1", ONE)})
    after = night(form, layout, {"u1": ("1", {"t3.received.natural": 1, "t3.granted.legal": 1})})
    found = changes(form, Snapshot.of(form, before), after)
    assert [each.reason for each in found.units] == [CauseKind.REREAD]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_causes_come_to_the_difference(form: Form, layout: Layout, data: st.DataObject) -> None:
    def county() -> County:
        codes = data.draw(st.lists(st.sampled_from(("u1", "u2", "u3")), unique=True))
        returns = {code: (data.draw(st.sampled_from("12")), data.draw(consistent(form))) for code in codes}
        amount = data.draw(st.integers(-3, 3))
        return night(form, layout, returns, signed=[adjustment("t3.received.legal", amount)] if amount else [])

    before, after = county(), county()
    found = {change.item: change for change in changes(form, Snapshot.of(form, before), after).items}
    for code, figure in after.figures.items():
        moved = Decimal(figure or 0) - Decimal(before.figures[code] or 0)
        causes = found[code].causes if code in found else ()
        assert sum((Decimal(c.after or 0) - Decimal(c.before or 0) for c in causes), Decimal(0)) == moved, code
