"""What the live checks need to know of the unit: whether a rule applies, thresholds, and last year's figures. The
values are on the hidden identity sheet under names (``applies_R5_issued``, ``setting_P12_percent``,
``last_t3_carried_out_natural``), so that one template serves all units. A figure of last year that is not known is a
blank cell.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.form import LAST, Equation, Figure, Form, Rule, Value
from pipeline.layout.summary import EXTRA_BROKEN, EXTRA_LACKING


def applies_name(equation: Equation) -> str:
    """The name of the cell that tells whether the equation applies to this unit."""
    return "applies_" + equation.key.replace(".", "_")


def setting_name(rule: str, threshold: str) -> str:
    """The name of the cell that holds a threshold."""
    return f"setting_{rule}_{threshold}"


def last_name(code: str) -> str:
    """The name of the cell that holds last year's figure; ``code`` is an operand that begins with ``last.``."""
    return code.replace(".", "_")


def is_limited(rule: Rule, equation: Equation) -> bool:
    """Whether the equation is limited to some units, levels or years."""
    years = rule.from_year > 0 or rule.to_year < 9999
    return bool(years or rule.levels or rule.exempt or rule.unit_types or equation.unit_types)


def defaults(form: Form) -> Mapping[str, Figure | None]:
    """Return the values of the template: all rules apply, at their own thresholds, nothing is known of last year."""
    found: dict[str, Figure | None] = {}
    for rule in form.rules:
        for equation in rule.equations if rule.live else ():
            if is_limited(rule, equation):
                found[applies_name(equation)] = 1
            found |= {setting_name(rule.id, term.threshold): term.times for term in equation.thresholds}
    return found | {last_name(code): None for code in form.remembered} | {EXTRA_LACKING: 0, EXTRA_BROKEN: 0}


def switches(
    form: Form, *, level: str, year: int, unit_type: str, last: Mapping[str, Value] | None = None
) -> Mapping[str, Figure | None]:
    """Return the values for one unit; ``last`` are its known figures of last year, by item code."""
    found = dict(defaults(form))
    for rule in form.rules:
        asked = rule.applies(level=level, year=year) and rule.concerns(unit_type, level=level)
        for equation in rule.equations:
            if applies_name(equation) in found:
                fits = not equation.unit_types or unit_type in equation.unit_types
                found[applies_name(equation)] = int(asked and fits)
    for code in form.remembered:
        value = (last or {}).get(code.removeprefix(LAST))
        found[last_name(code)] = None if isinstance(value, str) else value
    return found
