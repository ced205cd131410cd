"""The expression language: parsing, binding, exact evaluation."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pipeline.form import Term
from pipeline.form.expressions import Equation, ExpressionError, bind, parse

NAMES = {"a": "t.a", "b": "t.b", "d.one": "t.d.one", "d.two": "t.d.two"}


@pytest.mark.parametrize(
    ("text", "left", "op", "right"),
    [
        ("a == b", [("t.a", 1)], "==", [("t.b", 1)]),
        ("a<=b+3", [("t.a", 1)], "<=", [("t.b", 1), ("", 3)]),
        ("10000 * a >= b", [("t.a", 10000)], ">=", [("t.b", 1)]),
        ("a - b == 0", [("t.a", 1), ("t.b", -1)], "==", [("", 0)]),
        ("-a == -2*b - 1", [("t.a", -1)], "==", [("t.b", -2), ("", -1)]),
        ("d.* == a", [("t.d.one", 1), ("t.d.two", 1)], "==", [("t.a", 1)]),
        ("a == 2 * d.* + b", [("t.a", 1)], "==", [("t.d.one", 2), ("t.d.two", 2), ("t.b", 1)]),
    ],
)
def test_parse_and_bind(text: str, left: list[tuple[str, int]], op: str, right: list[tuple[str, int]]) -> None:
    sides = parse(text)
    assert sides.op == op
    assert bind(sides.left, NAMES) == tuple(Term(*term) for term in left)
    assert bind(sides.right, NAMES) == tuple(Term(*term) for term in right)


@pytest.mark.parametrize(
    "text", ["a", "a == b == a", "== a", "a == ", "a b == a", "a == b *", "a == 3 * 4 * b", "A == b"]
)
def test_what_is_no_expression(text: str) -> None:
    with pytest.raises(ExpressionError):
        equation(text)


def equation(text: str) -> Equation:
    sides = parse(text)
    left, right = bind(sides.left, NAMES), bind(sides.right, NAMES)
    return Equation(rule="R", over="", over_label="", left=left, op=sides.op, right=right)


@pytest.mark.parametrize(
    ("text", "values", "sides", "holds"),
    [
        ("a == b", {"t.a": 3, "t.b": 3}, (3, 3), True),
        (
            "a == b",
            {"t.a": Decimal("0.3"), "t.b": Decimal("0.1") + Decimal("0.2")},
            (Decimal("0.3"), Decimal("0.3")),
            True,
        ),
        ("a <= b - 1", {"t.a": 3, "t.b": 3}, (3, 2), False),
        ("2 * a >= d.*", {"t.a": 3, "t.d.one": 4, "t.d.two": 3}, (6, 7), False),
        ("a == b", {"t.a": 3}, None, None),
    ],
)
def test_sides_are_exact_and_missing_operands_are_not_evaluated(
    text: str, values: dict[str, int], sides: tuple[int, int] | None, holds: bool | None
) -> None:
    rule = equation(text)
    assert rule.sides(values.get) == sides
    if sides is not None:
        assert rule.holds(*sides) is holds
