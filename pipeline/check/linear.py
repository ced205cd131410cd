"""The linear rules of a form as one integer matrix: all equations over all submissions are one product.

Money is scaled to integers (its item's scale), so that every sum is exact; `read` refuses figures of 10⁹ and more,
so that no sum leaves int64. An operand that is missing gives "not evaluated", never "passed".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from pipeline.findings import Finding, violation
from pipeline.form import Equation, Figure, Form, Rule, Term, Value, printed
from pipeline.layout import Place

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One equation at one submission: both sides, exact."""

    rule: Rule
    equation: Equation
    left: Figure
    right: Figure


class Balances:
    """Every linear rule in force for a level and year, and the definition of every total (S4)."""

    def __init__(self, form: Form, *, level: str, year: int) -> None:
        self._form = form
        linear = form.linear(level=level, year=year)
        totals = tuple((form.rule("S4"), definition(form, code)) for code in form.formulas)
        self._checks: tuple[tuple[Rule, Equation], ...] = (*linear, *totals)
        self._scales = tuple(item.scale if item.kind == "money" else 0 for item in form.items)
        self._matrix = np.zeros((len(self._checks), len(form.items)), dtype=np.int64)
        self._constants = np.zeros(len(self._checks), dtype=np.int64)
        for row, (_, equation) in enumerate(self._checks):
            self._compile(row, equation)
        self._operands = (self._matrix != 0).astype(np.int64)

    def _compile(self, row: int, equation: Equation) -> None:
        """Left minus right, at the finest scale of its operands."""
        finest = max((self._scales[self._form.position[code]] for code in equation.codes), default=0)
        for sign, terms in ((1, equation.left), (-1, equation.right)):
            for term in terms:
                if term.name:
                    at = self._form.position[term.name]
                    self._matrix[row, at] += sign * term.factor * 10 ** (finest - self._scales[at])
                else:
                    self._constants[row] += sign * term.factor * 10**finest

    def check(self, many: Sequence[tuple[Value, ...]]) -> list[list[Verdict]]:
        """For each value vector the equations that are broken, in the order of the rules."""
        if not many:
            return []
        values, missing = self._columns(many)
        differences = values @ self._matrix.T + self._constants
        unevaluated = missing @ self._operands.T > 0
        verdicts: list[list[Verdict]] = []
        for n, vector in enumerate(many):
            suspects = np.flatnonzero((differences[n] != 0) & ~unevaluated[n])
            verdicts.append([verdict for row in suspects if (verdict := self._verdict(int(row), vector))])
        return verdicts

    def _columns(self, many: Sequence[tuple[Value, ...]]) -> tuple[Integers, Integers]:
        values = np.zeros((len(many), len(self._form.items)), dtype=np.int64)
        missing = np.ones(values.shape, dtype=np.int64)
        for n, vector in enumerate(many):
            for at, value in enumerate(vector):
                if isinstance(value, int):
                    values[n, at], missing[n, at] = value, 0
                elif isinstance(value, Decimal):
                    values[n, at], missing[n, at] = int(value.scaleb(self._scales[at])), 0
        return values, missing

    def _verdict(self, row: int, vector: tuple[Value, ...]) -> Verdict | None:
        rule, equation = self._checks[row]
        sides = equation.sides(lambda code: _figure(vector[self._form.position[code]]))
        if sides is None or equation.holds(*sides):
            return None
        return Verdict(rule=rule, equation=equation, left=sides[0], right=sides[1])

    def findings(self, verdicts: Sequence[Verdict], places: Mapping[str, Place]) -> Iterator[Finding]:
        """The verdicts in words. A total that a balance already speaks of is not said twice."""
        spoken = {verdict.equation.left[0].name for verdict in verdicts if verdict.rule.id != "S4"}
        for verdict in verdicts:
            target = verdict.equation.left[0].name
            if verdict.rule.id == "S4" and target in spoken:
                continue
            place = places[target]
            words: dict[str, str] = {
                "label": self._form.item(target).label,
                "over": verdict.equation.over_label,
                "left": printed(verdict.left),
                "right": printed(verdict.right),
                "difference": printed(abs(Decimal(verdict.left) - Decimal(verdict.right))),
                "found": printed(verdict.left),
                "expected": printed(verdict.right),
            }
            where = {"sheet": place.sheet, "cell": place.cell, "item": target}
            yield violation(verdict.rule, where=where, **words)


def _figure(value: Value) -> int | Decimal | None:
    return None if isinstance(value, str) else value


def definition(form: Form, code: str) -> Equation:
    """A total against the entered cells it is finally made of."""
    return Equation(
        rule="S4",
        over=code,
        over_label=form.item(code).label,
        left=(Term(code, 1),),
        op="==",
        right=tuple(_leaves(form, form.formulas[code].right)),
    )


def _leaves(form: Form, terms: Sequence[Term]) -> Iterator[Term]:
    for term in terms:
        if term.name in form.formulas:
            for leaf in _leaves(form, form.formulas[term.name].right):
                yield Term(leaf.name, leaf.factor * term.factor)
        else:
            yield term
