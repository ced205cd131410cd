"""Every rule asked of a return: a case that passes, one that fails, one that is not evaluated (cases.toml)."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from pipeline.form import KINDS, Form, Value
from pipeline.layout import Layout
from pipeline.model.control import Control, Profile, Unit
from pipeline.model.past import History
from pipeline.model.standing import Checked
from pipeline.model.submission import Arrival, Submission
from pipeline.road.check import Checker
from pipeline.road.check.kinds import FUNCTIONS, MATRIX

CASES: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("cases.toml").read_text(encoding="utf-8"))
NOON = dt.datetime(2025, 1, 10, 4, tzinfo=dt.UTC)


def values(form: Form, said: Mapping[str, Any], *, blank: Value = 0) -> dict[str, Value]:
    """Every figure ``blank`` but those ``said``; money exact, "none" a blank, ``*`` in a code any part of it."""
    found: dict[str, Value] = {item.code: blank for item in form.items if item.numeric}
    for pattern, value in said.items():
        for item in form.items:
            if fnmatchcase(item.code, pattern) and (item.numeric or "*" not in pattern):
                money = item.kind == "money" and isinstance(value, int)
                found[item.code] = None if value == "none" else Decimal(value) if money else value
    return found


def control_of(*units: Unit, level: str = "县级") -> Control:
    profile = Profile(root="方正县人民政府", level=level, compiler="", year=2024, due=dt.date(2025, 1, 20), sources={})
    return Control(
        profile=profile, units=units, waivers=(), adjustments=(), acceptances=(), claims=(), texts={}, findings=()
    )


def submission(form: Form, layout: Layout, unit: str, said: Mapping[str, Value], *, order: int = 0) -> Submission:
    arrival = Arrival(
        sha256=f"{unit}{order}",
        names=(f"{unit}{order}.xlsx",),
        size=1,
        modified=NOON,
        first_seen=NOON + dt.timedelta(minutes=order),
        path=Path("none"),
    )
    vector = form.vector(said.get(item.code) for item in form.items)
    return Submission(arrival=arrival, unit=unit, values=vector, places=layout.places, reasons={}, findings=())


def checked(form: Form, layout: Layout, case: Mapping[str, Any]) -> Checked:
    """The case's return beside another unit's."""
    name, kind = case.get("unit", ("第1镇人民政府", "乡镇"))
    units = (Unit(code="u1", name=name, type=kind), Unit(code="u2", name="第2镇人民政府", type="乡镇"))
    history = History(values={"u1": values(form, case["last"], blank=None)} if "last" in case else {})
    checker = Checker(form, control_of(*units), history)
    first = submission(form, layout, "u1", values(form, case.get("now", {})))
    second = submission(form, layout, "u2", values(form, case.get("others", {})))
    return checker.check([first, second])[0]


def keys(rule: str, found: Checked) -> list[str]:
    return [finding.key for finding in found.findings if finding.key.split(".")[0] == rule]


@pytest.mark.parametrize("rule", CASES)
def test_passes(form: Form, layout: Layout, rule: str) -> None:
    found = checked(form, layout, CASES[rule]["passes"])
    assert keys(rule, found) == []
    historic = any(equation.historic for equation in form.rule(rule).equations) and "last" not in CASES[rule]["passes"]
    assert historic or rule not in found.unevaluated


@pytest.mark.parametrize("rule", CASES)
def test_fails(form: Form, layout: Layout, rule: str) -> None:
    case = CASES[rule]["fails"]
    found = checked(form, layout, case)
    if rule == "S4":  # a stale total is spoken of by its balance, and folded under it
        assert any("S4.t4.review.total" in finding.folds for finding in found.findings)
        return
    assert keys(rule, found) == case["keys"]
    (finding, *_) = [finding for finding in found.findings if finding.key in case["keys"]]
    assert finding.message.endswith("。")
    assert "{" not in finding.message
    assert finding.severity == form.rule(rule).severity
    assert finding.operands


@pytest.mark.parametrize("rule", [rule for rule in CASES if "open" in CASES[rule]])
def test_is_not_evaluated(form: Form, layout: Layout, rule: str) -> None:
    """A missing operand is never a pass."""
    found = checked(form, layout, CASES[rule]["open"])
    assert keys(rule, found) == []
    assert rule in found.unevaluated


@pytest.mark.parametrize(
    ("case", "found"),
    [
        # every column known: the total says what its columns say
        (
            {"now": {"t3.carried_in.natural": 1, "t3.carried_in.legal": 2, "t3.carried_in.total": 3}, "last": {"t3.carried_out.*": 0}},
            [("Y1.natural", ("Y1.total",)), ("Y1.legal", ())],
        ),
        # a column is not known: the total speaks for itself
        (
            {"now": {"t3.carried_in.natural": 1, "t3.carried_in.legal": 2, "t3.carried_in.total": 3},
             "last": {"t3.carried_out.natural": 0, "t3.carried_out.total": 1}},
            [("Y1.natural", ()), ("Y1.total", ())],
        ),
        # three totals of one rule that only happen to add up
        (
            {"now": {"t3.denied.state_secret.total": 1, "t3.denied.safety_stability.total": 1,
                     "t3.other.other.total": 2}},
            [("P4.state_secret", ()), ("P4.safety_stability", ()), ("P4.other", ())],
        ),
    ],
)  # fmt: skip
def test_a_warning_at_a_total_folds_under_its_addends(
    form: Form, layout: Layout, case: dict[str, Any], found: list[tuple[str, tuple[str, ...]]]
) -> None:
    (rule,) = {key.split(".")[0] for key, _ in found}
    assert [(f.key, f.folds) for f in checked(form, layout, case).findings if f.code == rule] == found


def test_no_rule_is_without_its_cases(form: Form) -> None:
    """S1–S3, A1–A3 and D1 have theirs in tests/other_cases.toml; a rule without an ``open`` case never lacks operands."""
    asked = {rule.id for rule in form.rules if KINDS[rule.kind].station == "check"}
    assert asked == set(CASES)


def test_the_vocabulary_is_closed() -> None:
    """Every kind a rules.toml may name is implemented in the station it names, and nothing else is."""
    assert {name for name, kind in KINDS.items() if kind.station == "check"} == set(FUNCTIONS) | MATRIX
