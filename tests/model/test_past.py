"""What is known of a former year, and what of it means the same in another format."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from pipeline.form import Form, Value, load_form
from pipeline.model.past import History, Past, cross_over
from pipeline.workspace import Workspace, bundled_templates


@pytest.fixture(scope="module")
def old() -> Form:
    return load_form(bundled_templates() / "xxgk-2019")


def past(form: str, values: Mapping[str, Value], year: int = 2020) -> Past:
    return Past(unit="u1", year=year, form=form, source="年报", file="a.docx", sha256="0" * 64, values=values)


def test_the_format_of_2019(old: Form) -> None:
    """Its cells as the official tables have them: 表二 22, 表三 23 rows of 7, 表四 three blocks of 5."""
    counts = [len(old.of_table(table)) for table in ("t2", "t3", "t4")]
    assert counts == [6 + 6 + 6 + 2 + 2, 23 * 7, 15]
    assert [item.code for item in old.items if item.signed] == [
        f"t2.{row}.change" for row in ("permit", "other_services", "penalty", "coercion", "fees")
    ]
    assert old.item("t2.procurement.projects").kind == "count"
    assert old.item("t2.procurement.amount").kind == "money"
    assert (old.covers(2018), old.covers(2019), old.covers(2020), old.covers(2021)) == (False, True, True, False)
    assert [form.id for form, _ in Workspace(bundled_templates().parent).forms()][-2:] == ["xxgk-2019", "xxgk-2021"]


def test_every_code_of_a_crosswalk_is_known_on_both_sides(form: Form, old: Form) -> None:
    for here, there in ((form, old), (old, form)):
        walk = here.crosswalks[there.id]
        assert {part for parts in walk.codes.values() for part in parts} <= there.position.keys()
        assert walk.codes.keys() <= here.position.keys()
        assert not any(code.startswith("t2.") for code in walk.codes)
    assert len(form.crosswalks["xxgk-2019"].codes) == 22 * 7 + 15
    assert len(old.crosswalks["xxgk-2021"].codes) == 23 * 7 + 15


def test_what_carries_over_from_2019(form: Form) -> None:
    """表三 and 表四 by their codes; 其他处理 is one row there, so none of today's three is known; nothing of 表二."""
    known: dict[str, Value] = {
        "t3.carried_out.natural": 4,
        "t3.total.total": 9,
        "t3.other.natural": 2,
        "t3.other.other": 1,
        "t4.review.pending": 3,
        "t2.normative.in_public": 120,
        "t2.permit.decisions": 7,
        "t2.fees.last_items": 5,
    }
    carried = cross_over(past("xxgk-2019", known), form)
    assert carried.values == {"t3.carried_out.natural": 4, "t3.total.total": 9, "t4.review.pending": 3}
    assert carried.form == "xxgk-2021"


def test_other_results_of_2021_are_one_row_of_2019(old: Form) -> None:
    rows = ("no_correction", "no_payment", "other")
    known: dict[str, Value] = {f"t3.other.{row}.natural": n for n, row in enumerate(rows, 1)}
    assert cross_over(past("xxgk-2021", known, 2021), old).values == {"t3.other.natural": 6}
    del known["t3.other.no_payment.natural"]
    assert cross_over(past("xxgk-2021", known, 2021), old).values == {}


def test_nothing_carries_over_without_a_crosswalk(form: Form) -> None:
    assert cross_over(past("xxgk-1999", {"t3.carried_out.natural": 4}), form).values == {}


def test_a_later_past_takes_the_place_of_an_earlier_one_item_by_item() -> None:
    history = History.of_pasts([past("f", {"a": 1, "b": 2}), past("f", {"b": 3})])
    assert history.of("u1") == {"a": 1, "b": 3}
    assert history.of("u2") == {}


@pytest.mark.parametrize(
    ("code", "value", "fits"),
    [
        ("t3.carried_out.natural", 4, True),
        ("t3.carried_out.natural", Decimal("4.00"), True),
        ("t3.carried_out.natural", Decimal("4.50"), False),
        ("t3.carried_out.natural", "四", False),
        ("t2.fees.amount", Decimal("0.1250"), True),
        ("t2.fees.amount", Decimal("0.1250505"), False),
        ("t2.fees.amount", 3, True),
        ("text.problems", "一", True),
        ("text.problems", 1, False),
        ("local.gone", Decimal("4.50"), True),
    ],
)
def test_what_an_item_cannot_hold_is_not_known_of_it(form: Form, code: str, value: Value, *, fits: bool) -> None:
    history = History(values={"u1": {code: value, "t4.review.pending": 3}}).fitting(form)
    assert history.of("u1") == ({code: value} if fits else {}) | {"t4.review.pending": 3}
    assert history.vector(form, "u1")[form.position["t4.review.pending"]] == 3
