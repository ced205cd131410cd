"""The rules about the county as a whole: A1 (root = Σ leaves), A2 (coverage), A3 (balances on the root)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pipeline.form import Figure, Form, print_figure
from pipeline.model.control import Control
from pipeline.model.county import County
from pipeline.model.finding import Finding, digest, notice, violation
from pipeline.model.past import NONE, ROOT, History
from pipeline.road.check.breach import definition
from pipeline.road.check.linear import Balances

_OWN = "本级政府"
"""What the root is, as a unit."""


def root_findings(
    form: Form, control: Control, county: County, balances: Balances, history: History = NONE
) -> Iterator[Finding]:
    """Return the findings about the consolidation itself; ``history`` is what it published a year before."""
    yield from _sums(form, control, county)
    if county.missing:
        names = "、".join(standing.unit.name for standing in county.missing)
        yield violation(form.rule("A2"), count=len(county.missing), units=names)
    rule, vector = form.rule("A3"), county.vector(form)
    last = history.vector(form, ROOT) if county.complete else form.blank
    breaches = balances.assess([vector], last=[last], unit_types=[_OWN])[0].breaches
    for breach in breaches:
        if breach.rule.id in rule.rules:
            detail = (
                f"{breach.equation.over_label}：左边 {print_figure(breach.left)}，右边 {print_figure(breach.right)}"
            )
            yield violation(
                rule,
                rule=breach.rule.id,
                detail=detail,
                found=print_figure(breach.left),
                expected=print_figure(breach.right),
            )
    others = [
        breach
        for breach in breaches
        if breach.rule.id not in rule.rules and not breach.defines
        if breach.rule.severity == "error" or breach.equation.historic
    ]
    yield from (finding.at(sheet="", cell="") for finding in balances.findings(others, {}, vector))
    if county.complete:
        yield from _left_behind(form, control, history)


def _left_behind(form: Form, control: Control, history: History) -> Iterator[Finding]:
    """Yield units that left the roster with cases carried over to this year."""
    carried = [item for item in form.items if item.carry and item.code not in form.formulas]
    names = {unit.code for unit in control.units} | {ROOT}
    for unit, values in history.values.items():
        figures = [(item, value) for item in carried if (value := values.get(item.carry))]
        if unit not in names and figures:
            shown = "、".join(
                f"{item.label} {print_figure(value)}" for item, value in figures[:3] if not isinstance(value, str)
            )
            where = {"key": f"C7.{unit}", "operands": digest((item.code, value) for item, value in figures)}
            yield notice("C7", where=where, found=shown, unit=unit)


def _sums(form: Form, control: Control, county: County) -> Iterator[Finding]:
    """Add every statutory cell up a second way: the units' own cells, totals included, plus the rows of the 差额表, which
    are read from the 台账 and not from the consolidation. A wrong total of a provisional unit is an accepted risk and no
    fault of reading.
    """
    if any(standing.provisional for standing in county.counted):
        return
    # rows of the 台账 are taken from there, so that an error of consolidation cannot hide
    statutory = {table.code for table in form.tables}
    differences = [(adjustment.subject, adjustment.amount) for adjustment in control.adjustments]
    differences += [(difference.item, difference.amount) for difference in county.differences if difference.automatic]
    for item in form.items:
        if item.table not in statutory:
            continue
        at = form.position[item.code]
        addends: list[Figure] = []
        for counted in county.counted:
            value = counted.submission.values[at]
            addends += [value] if isinstance(value, int | Decimal) else []
        for subject, amount in differences:
            if subject == item.code:
                addends.append(amount)
            elif item.code in form.formulas:
                terms = definition(form, item.code).right
                addends += [amount * term.factor for term in terms if term.name == subject]
        found, expected = county.figures[item.code], sum(addends, start=Decimal(0))
        if found != expected:
            yield violation(
                form.rule("A1"),
                where={"item": item.code},
                label=item.label,
                found="无" if found is None else print_figure(found),
                expected=print_figure(expected),
            )
