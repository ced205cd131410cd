"""Every rule is broken in turn on one sound return: it speaks, with it those that must follow, and nobody else."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline.form import KINDS, Form, Value
from pipeline.layout import Layout
from pipeline.model.control import Unit
from pipeline.model.past import History
from pipeline.model.standing import Checked
from pipeline.road.check import Checker
from tests.road.check.test_cases import control_of, submission, values
from tests.road.check.test_station import settled

BREAKS: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("breaks.toml").read_text(encoding="utf-8"))
SOUND = BREAKS["sound"]
RULES = [rule for rule in BREAKS if rule != "sound"]


def checked(form: Form, layout: Layout, change: Mapping[str, Any]) -> Checked:
    """The sound return with one change, beside another unit's."""
    name, kind = change.get("unit", SOUND["unit"])
    units = (Unit(code="u1", name=name, type=kind), Unit(code="u2", name="第2镇人民政府", type="乡镇"))
    said = {part: _overlaid(SOUND[part], change.get(part, {})) for part in ("now", "others", "last")}
    now: dict[str, Value] = settled(form, values(form, said["now"])) | change.get("over", {})
    other, last = settled(form, values(form, said["others"])), values(form, said["last"], blank=None)
    checker = Checker(form, control_of(*units), History(values={"u1": last}))
    return checker.check([submission(form, layout, "u1", now), submission(form, layout, "u2", other)])[0]


def _overlaid(sound: Mapping[str, Any], change: Mapping[str, Any]) -> Mapping[str, Any]:
    """The change after what it does not name, so that a ``*`` in it has the last word."""
    return {code: value for code, value in sound.items() if code not in change} | dict(change)


def spoken(found: Checked) -> set[str]:
    """The rules that speak, and those folded under one that does."""
    keys = [key for finding in found.findings for key in (finding.key, *finding.folds)]
    return {key.split(".")[0] for key in keys}


def test_the_sound_return_is_asked_everything_and_nothing_speaks(form: Form, layout: Layout) -> None:
    found = checked(form, layout, {})
    assert [(finding.key, finding.message) for finding in found.findings] == []
    assert found.unevaluated == ()


@pytest.mark.parametrize("rule", RULES)
def test_breaking_one_rule_breaks_only_what_follows(form: Form, layout: Layout, rule: str) -> None:
    found = checked(form, layout, BREAKS[rule])
    codes = {finding.code for finding in found.findings}
    assert rule in spoken(found)
    assert codes | {rule} == {rule, *BREAKS[rule].get("follows", ())}, [f.message for f in found.findings]


def test_every_rule_is_broken(form: Form) -> None:
    """S1–S3, A1–A3 and D1 are not asked of a read return: tests/other_cases.toml."""
    assert set(RULES) == {rule.id for rule in form.rules if KINDS[rule.kind].station == "check"}
