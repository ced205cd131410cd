"""What an office adds to a statutory form by itself: local indicators and local rules, as rows of its 台账.

They become items and rules like any other, so that no later station needs to treat them apart. Their codes begin with
``local.``, their table is ``local``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.form import expressions
from pipeline.form.expressions import LAST, Equation, ExpressionError, Sides
from pipeline.form.model import Form, Item
from pipeline.form.rule_model import Rule
from pipeline.form.rules import WHOLE

LOCAL = "local"
PREFIX = f"{LOCAL}."
MOST_OPERANDS = 100
"""More than Excel takes in one function, with room for the condition beside it."""
_BOUND = 2**62
_LARGEST = 10**9  # what `read` refuses; with it no sum may leave int64


def extend_form(form: Form, items: Sequence[Item], rules: Sequence[Rule]) -> Form:
    """Return the form with the office's own indicators and rules; id and digest stay those of the statutory form."""
    if not items and not rules:
        return form
    return replace(form, items=(*form.items, *items), rules=(*form.rules, *rules))


def asked_of(item: Item, *, unit: str, unit_type: str) -> bool:
    """Whether a unit has a cell for the item; one taken from a single source is asked of that unit alone."""
    if item.table != LOCAL:
        return True
    if item.source:
        return item.source == unit
    return not item.unit_types or unit_type in item.unit_types


def local_items(form: Form, *, unit: str, unit_type: str) -> tuple[Item, ...]:
    """The local indicators a unit is asked for, in the order of the 台账."""
    return tuple(item for item in form.of_table(LOCAL) if asked_of(item, unit=unit, unit_type=unit_type))


def local_rules(form: Form, *, unit: str, unit_type: str) -> tuple[Rule, ...]:
    """Return the local rules for a unit: those for its type whose cells it has."""
    mine = {item.code for item in form.items if asked_of(item, unit=unit, unit_type=unit_type)}
    return tuple(
        rule
        for rule in form.rules
        if rule.table == LOCAL
        and (not rule.unit_types or unit_type in rule.unit_types)
        and all(code.removeprefix(LAST) in mine for equation in rule.equations for code in equation.codes)
    )


def equation(form: Form, items: Iterable[Item], rule: str, check: str, given: str = "") -> Equation:
    """A local rule's comparison over the codes of the form and of ``items``; a local code may leave out ``local.``.

    Raises `ExpressionError`, also for what the matrix or Excel cannot hold.
    """
    every = {item.code: item for item in (*form.items, *items) if item.numeric}
    names = {code: code for code in every}
    names |= {code.removeprefix(PREFIX): code for code in every if code.startswith(PREFIX)}
    names |= {LAST + name: LAST + code for name, code in names.items()}

    def bound(text: str) -> Sides:
        sides = expressions.parse(text)
        left, right = (expressions.bind(side, names) for side in (sides.left, sides.right))
        return Sides(left=left, op=sides.op, right=right)

    main = bound(check)
    found = Equation(
        rule=rule,
        over="",
        over_label=WHOLE,
        left=main.left,
        op=main.op,
        right=main.right,
        given=bound(given) if given else None,
    )
    if not any(term.name for term in (*found.left, *found.right)):
        raise ExpressionError(f"“{check}”里没有指标")
    if not found.left[0].name:
        raise ExpressionError(f"“{check}”左边第一项应当是指标，问题会标在它的格子上")
    if len(found.codes) > MOST_OPERANDS:
        raise ExpressionError(f"用了 {len(found.codes)} 个指标，最多 {MOST_OPERANDS} 个")
    for sides in (main, found.given or main):
        _require_bounded(sides, every)
    return found


def _require_bounded(sides: Sides, every: dict[str, Item]) -> None:
    """Raise `ExpressionError` when the largest possible figures would overflow 64 bits."""
    terms = (*sides.left, *sides.right)
    finest = max((every[term.name.removeprefix(LAST)].scale for term in terms if term.name), default=0)
    if sum(abs(term.factor) * (_LARGEST if term.name else 1) for term in terms) * 10**finest >= _BOUND:
        raise ExpressionError("倍数太大，算不准")
