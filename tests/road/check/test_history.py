"""The rules that look at last year's figures, at their bounds (Y4, Y5, P1)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from pipeline.form import Form, Value
from pipeline.model.control import Unit
from pipeline.road.check.case import Case
from pipeline.road.check.history import repeated, swing, unit_slip

ITEM, FEE = "t3.received.total", "t2.fees.amount"


def case(form: Form, now: Mapping[str, Value], last: Mapping[str, Value] | None) -> Case:
    return Case(form=form, unit=Unit(code="a", name="甲镇"), year=2024, values=now, last=last or {})


SWINGS: list[tuple[int, int | None, str | None]] = [
    # this year, last year, the change that is told: beyond 50 % and beyond 20
    (150, 100, None), (151, 100, "增加 51"), (50, 100, None), (49, 100, "减少 51"), (20, 0, None), (21, 0, "增加 21"),
    (0, 20, None), (0, 21, "减少 21"), (61, 41, None), (62, 41, "增加 21"), (100, None, None), (100, 100, None),
]  # fmt: skip


@pytest.mark.parametrize(("now", "last", "told"), SWINGS)
def test_a_swing(now: int, last: int | None, told: str | None, form: Form) -> None:
    rule = form.rule("Y4")
    assert (rule.number("percent"), rule.number("floor")) == (50, 20)
    hits = swing(rule, case(form, {ITEM: now}, {} if last is None else {ITEM: last}))
    if last is None:
        assert hits is None
        return
    assert [hit.words["change"] for hit in hits or ()] == ([told] if told else [])
    for hit in hits or ():
        assert (hit.item, hit.over, hit.words["found"], hit.words["last"]) == (ITEM, ITEM, str(now), str(last))
        assert hit.operands == ((ITEM, now), (f"last.{ITEM}", last))


SLIPS: list[tuple[str, str | None, str | None]] = [
    # this year, last year (万元), why it is asked: about 10,000 times as much, or large and round
    ("25000", "2.5", "约是上年 2.5 万元的 10000 倍"), ("12500", "2.5", "约是上年 2.5 万元的 10000 倍"),
    ("12499", "2.5", None), ("50000", "2.5", "约是上年 2.5 万元的 10000 倍"), ("50001", "2.5", None), ("3", "2.5", None),
    ("0", "2.5", None), ("3", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("now", "last", "why"), SLIPS)
def test_yuan_entered_as_ten_thousands(now: str, last: str | None, why: str | None, form: Form) -> None:
    rule = form.rule("P1")
    assert rule.number("times") == 10_000
    hits = unit_slip(rule, case(form, {FEE: Decimal(now)}, {FEE: Decimal(last)} if last else {}))
    assert hits is not None
    assert [hit.words["reason"] for hit in hits] == ([why] if why else [])
    for hit in hits:
        assert (hit.item, hit.words["found"]) == (FEE, now)
        assert Decimal(str(hit.words["expected"])) == Decimal(now) / 10_000
        assert dict(hit.operands)[FEE] == Decimal(now)


def test_large_and_round(form: Form) -> None:
    rule = form.rule("P1")
    large = rule.number("large")
    for now, asked in ((large, large % 1000 == 0), (large + 1, False), (large - 1000, False), (large * 1000, True)):
        hits = unit_slip(rule, case(form, {FEE: Decimal(now)}, {}))
        assert bool(hits) is asked, now
    assert unit_slip(rule, case(form, {}, {})) is None


def test_a_report_copied_from_last_year(form: Form) -> None:
    rule = form.rule("Y5")
    codes = [code for code in rule.names("items") if form.item(code).mode == "entered"]
    zeros: dict[str, Value] = dict.fromkeys(codes, 0)
    some = dict(zip(codes, range(1, rule.number("least") + 1), strict=False))
    (hit,) = repeated(rule, case(form, zeros | some, zeros | some)) or ()
    assert (hit.words["count"], hit.item) == (rule.number("least"), codes[0])
    fewer = dict(list(some.items())[:-1])
    assert repeated(rule, case(form, zeros | fewer, zeros | fewer)) == []
    assert repeated(rule, case(form, zeros | some | {codes[-1]: 9}, zeros | some)) == []
    assert repeated(rule, case(form, zeros | some, None)) is None
    assert repeated(rule, case(form, {**zeros, **some, codes[5]: None}, zeros | some)) is None
