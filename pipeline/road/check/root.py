"""The rules that speak of the county as a whole: A1 (root = Σ leaves), A2 (coverage), A3 (balances on the root)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pipeline.form import Figure, Form, printed
from pipeline.model.control import Control
from pipeline.model.county import County
from pipeline.model.finding import Finding, violation
from pipeline.road.check.breach import definition
from pipeline.road.check.linear import Balances


def root_findings(form: Form, control: Control, county: County, balances: Balances) -> Iterator[Finding]:
    """Everything that is wrong with the consolidation itself."""
    yield from _sums(form, control, county)
    if county.missing:
        names = "、".join(standing.unit.name for standing in county.missing)
        yield violation(form.rule("A2"), count=len(county.missing), units=names)
    rule = form.rule("A3")
    for breach in balances.check([county.vector(form)])[0]:
        if breach.rule.id in rule.rules:
            detail = f"{breach.equation.over_label}：左边 {printed(breach.left)}，右边 {printed(breach.right)}"
            yield violation(
                rule, rule=breach.rule.id, detail=detail, found=printed(breach.left), expected=printed(breach.right)
            )


def _sums(form: Form, control: Control, county: County) -> Iterator[Finding]:
    """Add every statutory cell up a second way: the units' own cells, totals included, plus the rows of the 差额表.

    Those of the 台账 are taken from there and not from the consolidation. A total a provisional unit got wrong is the
    office's accepted risk and not an ingest fault.
    """
    if any(standing.provisional for standing in county.counted):
        return
    statutory = {table.code for table in form.tables}
    differences = [(each.subject, each.amount) for each in control.adjustments]
    differences += [(each.item, each.amount) for each in county.differences if each.automatic]
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
                found="无" if found is None else printed(found),
                expected=printed(expected),
            )
