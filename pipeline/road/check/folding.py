"""Fold broken balances that follow from another one under it, and name a wrong addend. A cell is named when changing it
alone would make every balance it takes part in hold, and no other cell would. Otherwise a balance folds under another
when it would hold once that one is corrected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pipeline.form import Equation, Figure, Form, Term, Value, print_figure
from pipeline.form.expressions import total
from pipeline.road.check.breach import Breach, leaves

Figures = Mapping[str, Figure | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """A breach that is reported, with the ``keys`` folded under it; ``item`` is the one cell that explains them all, if
    any.
    """

    breach: Breach
    keys: tuple[str, ...] = ()
    item: str = ""
    value: str = ""
    right: str = ""


def fold(form: Form, breaches: Sequence[Breach], vector: Sequence[Value]) -> list[Fold]:
    """Return the breaches worth a finding, in the order of the rules."""
    if not breaches:
        return []
    # only balances that must hold explain one another; inequalities and warnings are told by themselves
    balances = [breach for breach in breaches if breach.rule.severity == "error" and breach.equation.op == "=="]
    others = list(_with_parts(form, [breach for breach in breaches if breach not in balances]))
    figures: dict[str, Figure | None] = {
        item.code: None if isinstance(value, str) else value for item, value in zip(form.items, vector, strict=True)
    }
    folds = list(_fold_under(form, balances, figures))
    place = {id(breach): n for n, breach in enumerate(breaches)}
    return sorted((*folds, *others), key=lambda each: place[id(each.breach)])


def _with_parts(form: Form, breaches: list[Breach]) -> Iterator[Fold]:
    """Fold a warning at a total when the same rule's warnings at its addends add up to it."""
    above: dict[int, Breach] = {}
    for breach in breaches:
        formula = form.formulas.get(breach.equation.left[0].name)
        addends = {term.name for term in formula.right} if formula and breach.equation.op == "==" else set()
        parts = [e for e in breaches if e.rule.id == breach.rule.id and e.equation.left[0].name in addends]
        if parts and sum((part.difference for part in parts), start=Decimal(0)) == breach.difference:
            above[id(breach)] = parts[0]
    for breach in breaches:
        if id(breach) not in above:
            under = (each.equation.key for each in breaches if above.get(id(each)) is breach)
            yield Fold(breach=breach, keys=tuple(under))


def _fold_under(form: Form, breaches: list[Breach], figures: dict[str, Figure | None]) -> Iterator[Fold]:
    for item, value in _wrong_addends(form, breaches, figures):
        found, corrected = figures[item], {**figures, item: value}
        explained = [
            breach
            for breach in breaches
            if (item in breach.equation.codes or breach.defines) and _holds(breach.equation, corrected)
        ]
        lead = next(breach for breach in explained if item in breach.equation.codes)
        yield Fold(
            breach=lead,
            keys=tuple(breach.equation.key for breach in explained if breach is not lead),
            item=item,
            value="" if found is None else print_figure(found),
            right=print_figure(value),
        )
        breaches, figures = [breach for breach in breaches if breach not in explained], corrected
    under = {id(breach): _explained_by(form, breach, breaches, figures) for breach in breaches}
    for breach in breaches:
        if under[id(breach)] is None:
            keys = tuple(each.equation.key for each in breaches if _top(each, under) is breach and each is not breach)
            yield Fold(breach=breach, keys=keys)


def _top(breach: Breach, under: Mapping[int, Breach | None]) -> Breach:
    """Return the breach that this one is finally folded under."""
    above = under[id(breach)]
    return breach if above is None else _top(above, under)


def _explained_by(form: Form, breach: Breach, breaches: Sequence[Breach], figures: Figures) -> Breach | None:
    """Return the breach this one follows from; ``None`` when there is none."""
    equation, target = breach.equation, breach.equation.left[0].name
    if breach.rule.computes or breach.defines:
        same = next((breach for breach in breaches if breach.equation.left[0].name == target), breach)
        if same is not breach:
            return same
        if breach.rule.computes and _true_total(form, target, figures):
            return _stale_addend(breach, breaches, figures, form)
        if form.formulas.get(target) == equation or not _over_totals(form, equation):
            return None
        parts = [each for each in breaches if each.rule.id == breach.rule.id and each is not breach]
        added = sum((part.difference for part in parts), start=Decimal(0))
        return parts[0] if parts and added == breach.difference else None
    if _holds(_over_leaves(form, equation), figures):
        return _stale_addend(breach, breaches, figures, form)
    return _components(form, breach, breaches, figures) if _over_totals(form, equation) else None


def _over_totals(form: Form, equation: Equation) -> bool:
    """Whether every operand is itself a sum."""
    return all(code in form.formulas for code in equation.codes)


def _true_total(form: Form, code: str, figures: Figures) -> bool:
    """Whether a stated total is the sum of the entered cells below it."""
    return figures[code] == total(tuple(leaves(form, form.formulas[code].right)), figures.get)


def _stale_addend(breach: Breach, breaches: Sequence[Breach], figures: Figures, form: Form) -> Breach | None:
    """Return the breach of a wrong total among the operands."""
    stale = {code for code in breach.equation.codes if code in form.formulas and not _true_total(form, code, figures)}
    return next(
        (each for each in breaches if each is not breach and each.rule.id != breach.rule.id
         and each.equation.left[0].name in stale),
        next((each for each in breaches if each is not breach and each.equation.left[0].name in stale), None),
    )  # fmt: skip


def _components(form: Form, breach: Breach, breaches: Sequence[Breach], figures: Figures) -> Breach | None:
    """Return the column balances that a balance over totals follows from: their differences add up to its own."""
    parts = [each for each in breaches if each.rule.id == breach.rule.id and each is not breach]
    added = sum((_leaf_difference(form, part.equation, figures) for part in parts), start=Decimal(0))
    if parts and added == _leaf_difference(form, breach.equation, figures):
        return parts[0]
    return None


def _over_leaves(form: Form, equation: Equation) -> Equation:
    return Equation(
        rule=equation.rule,
        over=equation.over,
        over_label=equation.over_label,
        left=tuple(leaves(form, equation.left)),
        op=equation.op,
        right=tuple(leaves(form, equation.right)),
    )


def _leaf_difference(form: Form, equation: Equation, figures: Figures) -> Decimal:
    sides = _over_leaves(form, equation).sides(figures.get)
    return Decimal(sides[0]) - Decimal(sides[1]) if sides else Decimal("NaN")


def _holds(equation: Equation, figures: Figures) -> bool:
    sides = equation.sides(figures.get)
    return sides is not None and equation.holds(*sides)


# ---------------------------------------------------------------- the one cell that explains it
def _wrong_addends(form: Form, breaches: Sequence[Breach], figures: Figures) -> list[tuple[str, Figure]]:
    """Return the cells whose correction makes at least two balances hold and breaks none, with the figure they should
    have. When two cells explain the same balance equally well, neither is named.
    """
    # received 3, granted 3, every total 3; then        told
    # granted 3 → 5, totals left                        R1 at D8; R2 and the sums over it fold
    # received 3 → 4, its total with it                 R3 at D6; R3 of the total column folds
    # the total of a column 3 → 2                       R1 at D29; R2 and R3 of the column fold
    # three totals 3 → 0                                R1 at each of them, none follows from another
    broken = [breach for breach in breaches if not breach.defines]
    standing = [e for rule in form.rules if rule.kind == "linear" and rule.severity == "error" for e in rule.equations]
    found: list[tuple[set[int], str, Figure]] = []
    for code in dict.fromkeys(code for breach in broken for code in breach.equation.codes):
        inside = [breach for breach in broken if code in breach.equation.codes]
        value = figures.get(code)
        if len(inside) < 2 or value is None:
            continue
        corrected = _correction(inside[0], code, value)
        if corrected is None:
            continue
        hypothesis = {**figures, code: corrected}
        around = [equation for equation in standing if code in equation.codes and equation.sides(figures.get)]
        if all(_holds(equation, hypothesis) for equation in around):
            found.append(({id(breach) for breach in inside}, code, corrected))
    return [
        (code, value)
        for mended, code, value in found
        if not any(mended & others and len(others) >= len(mended) for others, other, _ in found if other != code)
    ]


def _correction(breach: Breach, code: str, value: Figure) -> Figure | None:
    """The figure at which the balance would hold, all other cells as they are; never negative, never a fraction."""
    factor = _factor(breach.equation.left, code) - _factor(breach.equation.right, code)
    if not factor:
        return None
    change = -breach.difference / factor
    corrected = value + change
    if corrected < 0 or (isinstance(value, int) and corrected != corrected.to_integral_value()):
        return None
    return int(corrected) if isinstance(value, int) else corrected


def _factor(terms: Sequence[Term], code: str) -> int:
    return sum(term.factor for term in terms if term.name == code)
