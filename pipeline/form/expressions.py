"""The expression language of linear rules: sums of item codes, compared.

``check = "received + carried_in == total + carried_out"`` is parsed once and becomes integer coefficients, from
which come the matrix product over all returns, the Excel formula of the live check, and the two sides of the message.

>>> sides = parse("total == 2 * denied.* + other - 3")
>>> sides.op, [(term.name, term.factor) for term in sides.left]
('==', [('total', 1)])
>>> [(term.name, term.factor) for term in sides.right]
[('denied.*', 2), ('other', 1), ('', -3)]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from pipeline.form.verdict import Verdict

Operator = Literal["==", "<=", ">="]

_TOKEN = re.compile(
    r"\s*(?:(?P<op>==|<=|>=)|(?P<sign>[+\-*])|(?P<number>\d+)|(?P<threshold>\{[a-z_]+\})"
    r"|(?P<name>[a-z_]\w*(?:\.\w+)*(?:\.\*)?))"
)
LAST = "last."
"""``last.x`` is what the unit reported for ``x`` a year before."""


class ExpressionError(ValueError):
    """The text is not an expression of the language; the message says where."""


@dataclass(frozen=True, slots=True)
class Term:
    """``factor`` times the item ``name``; an empty name stands for the number 1.

    ``threshold`` names the parameter of the rule that is part of the factor, ``times`` its present value.
    """

    name: str
    factor: int
    threshold: str = ""
    times: int = 1

    @property
    def last(self) -> bool:
        """Whether it is a figure of last year."""
        return self.name.startswith(LAST)

    def at(self, times: int) -> Term:
        """Return the term with another value of its threshold."""
        return Term(self.name, self.factor // self.times * times, self.threshold, times)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """A parsed comparison, its names not yet bound to items."""

    left: tuple[Term, ...]
    op: Operator
    right: tuple[Term, ...]

    def holds(self, left: int | Decimal, right: int | Decimal) -> bool:
        """Whether the comparison holds between two sides."""
        return {"==": left == right, "<=": left <= right, ">=": left >= right}[self.op]


@dataclass(frozen=True, slots=True, kw_only=True)
class Equation:
    """One comparison over items: a linear rule at one of the rows or columns it quantifies over.

    ``given`` is the condition under which it applies; ``unit_types`` are the types it applies to, all if empty.
    """

    rule: str
    over: str
    over_label: str
    left: tuple[Term, ...]
    op: Operator
    right: tuple[Term, ...]
    given: Sides | None = None
    unit_types: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Stable identity, ``R3.natural``; its cells in the workbook are named after it."""
        return f"{self.rule}.{self.over}" if self.over else self.rule

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of its operands, in their order; those of last year begin with ``last.``."""
        given = (*self.given.left, *self.given.right) if self.given else ()
        return tuple(dict.fromkeys(term.name for term in (*self.left, *self.right, *given) if term.name))

    @property
    def historic(self) -> bool:
        """Whether last year's figures take part; a workbook evaluates it where it was issued with them."""
        return any(code.startswith(LAST) for code in self.codes)

    @property
    def thresholds(self) -> tuple[Term, ...]:
        """The terms that carry a threshold, in their order."""
        return tuple(term for term in (*self.left, *self.right) if term.threshold)

    def is_asked(self, value: Callable[[str], int | Decimal | None]) -> bool | None:
        """Whether its condition holds; ``None`` (not evaluated) when an operand of the condition is missing."""
        if self.given is None:
            return True
        left, right = total(self.given.left, value), total(self.given.right, value)
        return None if left is None or right is None else self.given.holds(left, right)

    def sides(self, value: Callable[[str], int | Decimal | None]) -> tuple[int | Decimal, int | Decimal] | None:
        """Both sides under ``value``; ``None`` (not evaluated) when any operand is missing."""
        left, right = total(self.left, value), total(self.right, value)
        return None if left is None or right is None else (left, right)

    def verdict(self, value: Callable[[str], int | Decimal | None]) -> Verdict:
        """Whether it holds of the figures ``value`` knows, or why that cannot be said."""
        sides = self.sides(value)
        if sides is None:
            return Verdict.UNKNOWN if self.historic else Verdict.PENDING
        return Verdict.HELD if self.holds(*sides) or not self.is_asked(value) else Verdict.BROKEN

    def holds(self, left: int | Decimal, right: int | Decimal) -> bool:
        """Whether the comparison holds between two sides."""
        return Sides(left=self.left, op=self.op, right=self.right).holds(left, right)


def total(terms: Iterable[Term], value: Callable[[str], int | Decimal | None]) -> int | Decimal | None:
    """The exact sum of the terms under ``value``; ``None`` when any operand is missing."""
    result: int | Decimal = 0
    for term in terms:
        operand = value(term.name) if term.name else 1
        if operand is None:
            return None
        result += operand * term.factor
    return result


def parse(text: str, thresholds: Mapping[str, int] | None = None) -> Sides:
    """Parse ``sum op sum``; ``{percent} * x`` takes its factor from ``thresholds``. Raises `ExpressionError`."""
    tokens = _tokens(text)
    splits = [n for n, (kind, _) in enumerate(tokens) if kind == "op"]
    if len(splits) != 1:
        raise ExpressionError(f"“{text}”里应当恰好有一个 ==、<= 或 >=")
    left, right = tokens[: splits[0]], tokens[splits[0] + 1 :]
    op = tokens[splits[0]][1]
    assert op in ("==", "<=", ">=")
    known = thresholds or {}
    return Sides(left=_terms(left, text, known), op=op, right=_terms(right, text, known))  # type: ignore[arg-type]


def parse_sum(text: str) -> tuple[Term, ...]:
    """Parse one side alone; raises `ExpressionError`."""
    return _terms(_tokens(text), text, {})


def bind(terms: Iterable[Term], names: Mapping[str, str]) -> tuple[Term, ...]:
    """Replace row or column names by item codes; ``denied.*`` becomes all names below it.

    ``names`` maps a name to its item code. Raises `ExpressionError` for a name that is not in it.
    """
    bound: list[Term] = []
    for term in terms:
        if not term.name:
            bound.append(term)
        elif term.name.endswith(".*"):
            below = [code for name, code in names.items() if name.startswith(term.name[:-1])]
            if not below:
                raise ExpressionError(f"“{term.name}”没有对应任何指标")
            bound.extend(replace(term, name=code) for code in below)
        elif term.name in names:
            bound.append(replace(term, name=names[term.name]))
        else:
            raise ExpressionError(f"“{term.name}”不是已定义的代码")
    return tuple(bound)


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ExpressionError(f"“{text}”第 {at + 1} 个字符起看不懂")
        tokens.append((match.lastgroup, match.group(match.lastgroup)))
        at = match.end()
    return tokens


def _terms(tokens: list[tuple[str, str]], text: str, thresholds: Mapping[str, int]) -> tuple[Term, ...]:
    """``[number '*'] name | {threshold} '*' name | number``, joined by + and -; raises `ExpressionError`."""
    terms: list[Term] = []
    rest = list(tokens)
    sign = 1
    while True:
        if rest and rest[0] == ("sign", "-"):
            sign, rest = -sign, rest[1:]
        match rest:
            case [("number", number), ("sign", "*"), ("name", name), *tail]:
                terms.append(Term(name, sign * int(number)))
            case [("threshold", braced), ("sign", "*"), ("name", name), *tail]:
                if (threshold := braced[1:-1]) not in thresholds:
                    raise ExpressionError(f"“{text}”里的 {braced} 没有在 with 里给出")
                times = thresholds[threshold]
                terms.append(Term(name, sign * times, threshold, times))
            case [("number", number), *tail]:
                terms.append(Term("", sign * int(number)))
            case [("name", name), *tail]:
                terms.append(Term(name, sign))
            case _:
                raise ExpressionError(f"“{text}”缺少一项")
        match tail:
            case []:
                return tuple(terms)
            case [("sign", "+"), *rest]:
                sign = 1
            case [("sign", "-"), *rest]:
                sign = -1
            case _:
                raise ExpressionError(f"“{text}”两项之间应当是 + 或 -")
