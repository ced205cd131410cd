"""The linear rules of a form as one integer matrix, so that all equations over all submissions are one product.

A vector is a return's values followed by the unit's values of the year before, so that rules over two years are rows
like any other. Money is scaled to integers (its item's scale), so that every sum is exact; reading refuses figures of
10⁹ and more, so that no sum leaves int64. An operand that is missing gives "not evaluated", never "passed".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from math import gcd

import numpy as np
import numpy.typing as npt

from pipeline.form import LAST, MISSING, Equation, Figure, Form, Rule, Value, Vector, print_figure
from pipeline.layout import Place
from pipeline.model.finding import Finding, digest, notice, violation
from pipeline.road.check.breach import Breach, definition
from pipeline.road.check.folding import Fold, fold

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The result for one return: the breaches, and the ids of the rules that could not be evaluated everywhere."""

    breaches: list[Breach] = field(default_factory=list)
    unevaluated: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sparse:
    """A matrix of which nearly everything is 0: row by row the columns that are not, and what stands there."""

    columns: npt.NDArray[np.intp]
    factors: Integers
    starts: npt.NDArray[np.intp]

    @classmethod
    def of(cls, matrix: Integers) -> _Sparse:
        """The same matrix; a row of nothing but 0 keeps one of them."""
        by_row = [np.flatnonzero(row) if row.any() else np.zeros(1, dtype=np.intp) for row in matrix]
        columns = np.concatenate(by_row) if by_row else np.zeros(0, dtype=np.intp)
        lengths = np.array([len(row) for row in by_row], dtype=np.intp)
        return cls(
            columns=columns,
            factors=matrix[np.repeat(np.arange(len(by_row)), lengths), columns],
            starts=np.cumsum(lengths) - lengths,
        )

    def product(self, vectors: Integers) -> Integers:
        """Return every vector times every row."""
        if not len(self.starts):
            return np.zeros((len(vectors), 0), dtype=np.int64)
        products: Integers = np.add.reduceat(vectors[:, self.columns] * self.factors, self.starts, axis=1)
        return products


class Balances:
    """Every linear rule in force for a level and year, and the definition of every total (S4)."""

    def __init__(self, form: Form, *, level: str, year: int) -> None:
        self._form, self._level = form, level
        linear = form.linear(level=level, year=year)
        totals = tuple((form.rule("S4"), definition(form, code)) for code in form.formulas)
        self._checks: tuple[tuple[Rule, Equation], ...] = (*linear, *totals)
        self._limited = {
            n for n, (rule, each) in enumerate(self._checks) if rule.unit_types or rule.exempt or each.unit_types
        }
        codes = [item.code for item in form.items]
        self._at = {code: n for n, code in enumerate([*codes, *(LAST + code for code in codes)])}
        self._scales = form.scales * 2
        matrix = np.zeros((len(self._checks), len(self._at)), dtype=np.int64)
        operands = np.zeros(matrix.shape, dtype=np.int64)
        self._constants = np.zeros(len(self._checks), dtype=np.int64)
        for row, (_, equation) in enumerate(self._checks):
            self._compile(row, equation, matrix, operands)
        self._matrix, self._operands = _Sparse.of(matrix), _Sparse.of(operands)
        self._asked_of = cache(self._is_asked)

    def _compile(self, row: int, equation: Equation, matrix: Integers, operands: Integers) -> None:
        """Compile left minus right to coefficients at the finest scale of the operands, reduced by the common factor so
        that no product leaves int64.
        """
        terms = (*equation.left, *equation.right)
        finest = max((self._scales[self._at[term.name]] for term in terms if term.name), default=0)
        for sign, side in ((1, equation.left), (-1, equation.right)):
            for term in side:
                if term.name:
                    at = self._at[term.name]
                    matrix[row, at] += sign * term.factor * 10 ** (finest - self._scales[at])
                else:
                    self._constants[row] += sign * term.factor * 10**finest
        row_values = [int(value) for value in (*matrix[row], self._constants[row]) if value]
        shared = gcd(*row_values) if row_values else 1
        matrix[row] //= max(shared, 1)
        self._constants[row] //= max(shared, 1)
        for code in equation.codes:  # a total says nothing while a cell below it is blank: that alone is told
            for operand in (code, *self._form.entries(code)):
                operands[row, self._at[operand]] = 1

    def check(self, many: Sequence[Sequence[Value]]) -> list[list[Breach]]:
        """Return the broken equations of each value vector, of those for all units, without a year before."""
        return [assessment.breaches for assessment in self.assess(many)]

    def assess(
        self,
        many: Sequence[Sequence[Value]],
        *,
        last: Sequence[Sequence[Value]] = (),
        unit_types: Sequence[str] = (),
    ) -> list[Assessment]:
        """Assess every return with its unit's last year and type: one product, then the few rows that do not balance."""
        if not many:
            return []
        packed, before = [self._form.vector(each) for each in many], [self._form.vector(each) for each in last]
        values, missing = self._columns(packed, before)
        # all equations over all returns in one product; a missing operand excludes its equations
        differences = self._matrix.product(values) + self._constants
        unevaluated = self._operands.product(missing) > 0
        found = []
        for n, vector in enumerate(packed):
            asked = self._asked_of(unit_types[n] if unit_types else "")
            suspects = np.flatnonzero((differences[n] != 0) & ~unevaluated[n] & asked)
            year_before = before[n] if before else None
            found.append(
                Assessment(
                    breaches=[breach for row in suspects if (breach := self._breach(int(row), vector, year_before))],
                    unevaluated=frozenset(
                        self._checks[int(row)][0].id for row in np.flatnonzero(unevaluated[n] & asked)
                    ),
                )
            )
        return found

    def _is_asked(self, unit_type: str) -> npt.NDArray[np.bool_]:
        """Return which equations apply to a unit of this type."""
        asked = np.ones(len(self._checks), dtype=bool)
        for row in self._limited:
            rule, equation = self._checks[row]
            asked[row] = rule.concerns(unit_type, level=self._level) and (
                not equation.unit_types or unit_type in equation.unit_types
            )
        return asked

    def _columns(self, many: Sequence[Vector], last: Sequence[Vector]) -> tuple[Integers, Integers]:
        """Return the vectors as rows of integers, missing ones as zeros with a mask."""
        blank = np.full((len(many), len(self._form.items)), MISSING, dtype=np.int64)
        values = np.hstack([_stack_figures(many), _stack_figures(last) if last else blank])
        missing = values == MISSING
        values[missing] = 0
        return values, missing.astype(np.int64)

    def _breach(self, row: int, vector: Vector, last: Vector | None) -> Breach | None:
        rule, equation = self._checks[row]

        def figure(code: str) -> Figure | None:
            at = self._at[code]
            if at >= len(vector):
                value = last[at - len(vector)] if last else None
            else:
                value = vector[at]
            return None if isinstance(value, str) else value

        sides = equation.sides(figure)
        if sides is None or equation.holds(*sides) or not equation.is_asked(figure):
            return None
        operands = {code: figure(code) for code in equation.codes}
        return Breach(rule=rule, equation=equation, left=sides[0], right=sides[1], operands=operands)

    def findings(
        self,
        breaches: Sequence[Breach],
        places: Mapping[str, Place],
        vector: Sequence[Value],
    ) -> Iterator[Finding]:
        """Turn breaches into findings; one that another explains is folded under it, a wrong addend is named."""
        for folded in fold(self._form, breaches, vector):
            yield self._finding(folded, places)

    def _finding(self, folded: Fold, places: Mapping[str, Place]) -> Finding:
        breach, equation = folded.breach, folded.breach.equation
        target = folded.item or equation.left[0].name
        place = places.get(target)
        operands = "、".join(
            f"{self._label(code)} {print_figure(value)}" for code, value in breach.operands.items() if value is not None
        )
        words: dict[str, object] = {
            "label": self._label(equation.left[0].name),
            "over": equation.over_label,
            "left": print_figure(breach.left),
            "right": print_figure(breach.right),
            "difference": print_figure(abs(breach.difference)),
            "operands": operands,
            **_describe_sides(breach),
        }
        where: dict[str, object] = {"item": target, "key": equation.key, "operands": digest(breach.operands.items())}
        where |= {"folds": folded.keys}
        if place:
            where |= {"sheet": place.sheet, "cell": place.cell}
        finding = violation(breach.rule, where=where, **words, **breach.rule.thresholds)
        if not (folded.item and place):
            return finding
        value, right = folded.value, folded.right
        named = {"label": self._label(folded.item), "cell": place.cell, "found": value, "expected": right}
        pointed = finding.message + notice("F1", where=None, **named).message
        return finding.at(message=pointed, found=value, expected=right)

    def _label(self, code: str) -> str:
        if code.startswith(LAST):
            return "上年" + self._form.item(code.removeprefix(LAST)).label
        return self._form.item(code).label if code else ""


_BOUNDS = {"==": "", ">=": "不小于 ", "<=": "不大于 "}


def _describe_sides(breach: Breach) -> dict[str, str]:
    """Return the words for found and expected, in the measure of the marked cell; a sum is called one."""
    left, bound = breach.equation.left, _BOUNDS[breach.equation.op]
    if (
        breach.rule.severity == "warning"
        and breach.equation.op == "=="
        and not any(t.name for t in breach.equation.right)
    ):
        bound = "一般为 "
    if len(left) > 1:
        return {
            "found": f"合计 {print_figure(breach.left)}",
            "expected": f"合计{bound or ' '}{print_figure(breach.right)}",
        }
    value = breach.operands.get(left[0].name)
    if left[0].factor == 1 or value is None:
        return {"found": print_figure(breach.left), "expected": f"{bound}{print_figure(breach.right)}"}
    scaled = (Decimal(breach.right) / left[0].factor).normalize()
    return {"found": print_figure(value), "expected": f"{bound}{scaled:f}"}


def _stack_figures(vectors: Sequence[Vector]) -> Integers:
    """Stack packed figures without creating an object for any."""
    packed = b"".join(vector.figures.tobytes() for vector in vectors)
    return np.frombuffer(packed, dtype=np.int64).reshape(len(vectors), -1)
