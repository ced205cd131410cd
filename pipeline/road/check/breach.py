"""One equation at one return, and the definition of a total by the entered cells it is finally made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pipeline.form import Equation, Figure, Form, Rule, Term


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One equation that is broken at one return: both sides, exact, and their operands."""

    rule: Rule
    equation: Equation
    left: Figure
    right: Figure
    operands: Mapping[str, Figure | None] = field(default_factory=dict)

    @property
    def defines(self) -> bool:
        """Whether it compares a total with the entry cells it is the sum of."""
        return self.rule.kind == "stored_total"

    @property
    def difference(self) -> Decimal:
        """Left minus right."""
        return Decimal(self.left) - Decimal(self.right)


def definition(form: Form, code: str) -> Equation:
    """Return the equation of a total and the entry cells it is the sum of."""
    return Equation(
        rule="S4",
        over=code,
        over_label=form.item(code).label,
        left=(Term(code, 1),),
        op="==",
        right=tuple(leaves(form, form.formulas[code].right)),
    )


def leaves(form: Form, terms: Sequence[Term]) -> Iterator[Term]:
    """Replace every total among the terms by its addends."""
    for term in terms:
        if term.name in form.formulas:
            for leaf in leaves(form, form.formulas[term.name].right):
                yield Term(leaf.name, leaf.factor * term.factor)
        else:
            yield term
