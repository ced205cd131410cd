"""What the live checks must know about the unit the workbook is issued to: whom a rule is asked of, and thresholds.

They stand on the hidden identity sheet under names (``applies_R5_issued``, ``setting_P12_percent``), so that one
template serves all units and the same code decides in the workbook and in the check.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.form import Equation, Form, Rule


def applies_name(equation: Equation) -> str:
    """The name of the cell that tells whether the equation is asked of this unit."""
    return "applies_" + equation.key.replace(".", "_")


def setting_name(rule: str, threshold: str) -> str:
    """The name of the cell that holds a threshold."""
    return f"setting_{rule}_{threshold}"


def limited(rule: Rule, equation: Equation) -> bool:
    """Whether the equation is not simply asked of everybody, everywhere, every year."""
    years = rule.from_year > 0 or rule.to_year < 9999
    return bool(years or rule.levels or rule.exempt or rule.unit_types or equation.unit_types)


def defaults(form: Form) -> Mapping[str, int]:
    """Every switch and setting of a workbook as the template carries it: asked, at the rule's own thresholds."""
    found = {}
    for rule in form.rules:
        for equation in rule.equations if rule.live else ():
            if limited(rule, equation) and not equation.historic:
                found[applies_name(equation)] = 1
            if not equation.historic:
                found |= {setting_name(rule.id, term.threshold): term.times for term in equation.thresholds}
    return found


def switches(form: Form, *, level: str, year: int, unit_type: str) -> Mapping[str, int]:
    """The same for one unit."""
    found = dict(defaults(form))
    for rule in form.rules:
        asked = rule.applies(level=level, year=year) and rule.concerns(unit_type, level=level)
        for equation in rule.equations:
            if applies_name(equation) in found:
                fits = not equation.unit_types or unit_type in equation.unit_types
                found[applies_name(equation)] = int(asked and fits)
    return found
