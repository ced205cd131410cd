"""Of several broken balances, the ones that follow from another are folded under it, and a wrong addend is named.

A cell is named when one hypothesis is better than all others: had this one cell held another figure, every balance it
stands in would hold. Otherwise a balance folds under another when it would hold once that one is put right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pipeline.form import Equation, Figure, Form, Term, Value, printed
from pipeline.form.expressions import total
from pipeline.road.check.verdict import Verdict, leaves

Figures = Mapping[str, Figure | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """A verdict that stands for itself and for ``keys``; ``item`` is the one cell that explains them all, if any."""

    verdict: Verdict
    keys: tuple[str, ...] = ()
    item: str = ""
    value: str = ""
    right: str = ""


def fold(
    form: Form, verdicts: Sequence[Verdict], vector: Sequence[Value], texts: frozenset[str] = frozenset()
) -> list[Fold]:
    """The verdicts worth a finding, in the order of the rules. A cell of ``texts`` is never named as a wrong addend."""
    if not verdicts:
        return []
    balances = [verdict for verdict in verdicts if verdict.rule.severity == "error" and verdict.equation.op == "=="]
    others = list(_with_parts(form, [verdict for verdict in verdicts if verdict not in balances]))
    figures: dict[str, Figure | None] = {
        item.code: None if isinstance(value, str) else value for item, value in zip(form.items, vector, strict=True)
    }
    folds = list(_folded(form, balances, figures, texts))
    place = {id(verdict): n for n, verdict in enumerate(verdicts)}
    return sorted((*folds, *others), key=lambda each: place[id(each.verdict)])


def _with_parts(form: Form, verdicts: list[Verdict]) -> Iterator[Fold]:
    """A warning at a total says nothing new when the same rule's warnings at its addends add up to it."""
    above: dict[int, Verdict] = {}
    for verdict in verdicts:
        formula = form.formulas.get(verdict.equation.left[0].name)
        addends = {term.name for term in formula.right} if formula and verdict.equation.op == "==" else set()
        parts = [e for e in verdicts if e.rule.id == verdict.rule.id and e.equation.left[0].name in addends]
        if parts and sum((each.difference for each in parts), start=Decimal(0)) == verdict.difference:
            above[id(verdict)] = parts[0]
    for verdict in verdicts:
        if id(verdict) not in above:
            under = (each.equation.key for each in verdicts if above.get(id(each)) is verdict)
            yield Fold(verdict=verdict, keys=tuple(under))


def _folded(
    form: Form, verdicts: list[Verdict], figures: dict[str, Figure | None], texts: frozenset[str]
) -> Iterator[Fold]:
    for item, value in _wrong_addends(form, verdicts, figures, texts):
        found, corrected = figures[item], {**figures, item: value}
        explained = [
            verdict
            for verdict in verdicts
            if (item in verdict.equation.codes or verdict.rule.id == "S4") and _holds(verdict.equation, corrected)
        ]
        lead = next(verdict for verdict in explained if item in verdict.equation.codes)
        yield Fold(
            verdict=lead,
            keys=tuple(verdict.equation.key for verdict in explained if verdict is not lead),
            item=item,
            value="" if found is None else printed(found),
            right=printed(value),
        )
        verdicts, figures = [verdict for verdict in verdicts if verdict not in explained], corrected
    under = {id(verdict): _explained_by(form, verdict, verdicts, figures) for verdict in verdicts}
    for verdict in verdicts:
        if under[id(verdict)] is None:
            keys = tuple(each.equation.key for each in verdicts if _top(each, under) is verdict and each is not verdict)
            yield Fold(verdict=verdict, keys=keys)


def _top(verdict: Verdict, under: Mapping[int, Verdict | None]) -> Verdict:
    """The verdict that finally speaks for this one."""
    above = under[id(verdict)]
    return verdict if above is None else _top(above, under)


def _explained_by(form: Form, verdict: Verdict, verdicts: Sequence[Verdict], figures: Figures) -> Verdict | None:
    """The verdict this one follows from; ``None`` when it stands for itself."""
    equation, target = verdict.equation, verdict.equation.left[0].name
    if verdict.rule.computes or verdict.rule.id == "S4":
        same = next((each for each in verdicts if each.equation.left[0].name == target), verdict)
        if same is not verdict:
            return same
        if verdict.rule.computes and _true_total(form, target, figures):
            return _stale_addend(verdict, verdicts, figures, form)
        if form.formulas.get(target) == equation or not _over_totals(form, equation):
            return None
        parts = [each for each in verdicts if each.rule.id == verdict.rule.id and each is not verdict]
        added = sum((each.difference for each in parts), start=Decimal(0))
        return parts[0] if parts and added == verdict.difference else None
    if _holds(_over_leaves(form, equation), figures):
        return _stale_addend(verdict, verdicts, figures, form)
    return _components(form, verdict, verdicts, figures) if _over_totals(form, equation) else None


def _over_totals(form: Form, equation: Equation) -> bool:
    """Whether every operand is itself a sum."""
    return all(code in form.formulas for code in equation.codes)


def _true_total(form: Form, code: str, figures: Figures) -> bool:
    """Whether a stated total is the sum of the entered cells below it."""
    return figures[code] == total(tuple(leaves(form, form.formulas[code].right)), figures.get)


def _stale_addend(verdict: Verdict, verdicts: Sequence[Verdict], figures: Figures, form: Form) -> Verdict | None:
    """The verdict that speaks of a wrong total among the operands."""
    stale = {code for code in verdict.equation.codes if code in form.formulas and not _true_total(form, code, figures)}
    return next(
        (each for each in verdicts if each is not verdict and each.rule.id != verdict.rule.id
         and each.equation.left[0].name in stale),
        next((each for each in verdicts if each is not verdict and each.equation.left[0].name in stale), None),
    )  # fmt: skip


def _components(form: Form, verdict: Verdict, verdicts: Sequence[Verdict], figures: Figures) -> Verdict | None:
    """A balance over totals follows from the same balance over the columns, when their differences add up to its own."""
    parts = [each for each in verdicts if each.rule.id == verdict.rule.id and each is not verdict]
    added = sum((_leaf_difference(form, each.equation, figures) for each in parts), start=Decimal(0))
    if parts and added == _leaf_difference(form, verdict.equation, figures):
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
def _wrong_addends(
    form: Form, verdicts: Sequence[Verdict], figures: Figures, texts: frozenset[str]
) -> list[tuple[str, Figure]]:
    """The cells whose correction mends at least two balances and breaks none, with the figure they should hold.

    Where two cells could explain the same balance equally well, neither is named.
    """
    broken = [verdict for verdict in verdicts if verdict.rule.id != "S4"]
    standing = [e for rule in form.rules if rule.kind == "linear" and rule.severity == "error" for e in rule.equations]
    found: list[tuple[set[int], str, Figure]] = []
    for code in dict.fromkeys(code for verdict in broken for code in verdict.equation.codes):
        inside = [verdict for verdict in broken if code in verdict.equation.codes]
        value = figures.get(code)
        if len(inside) < 2 or value is None or code in texts:
            continue
        corrected = _correction(inside[0], code, value)
        if corrected is None:
            continue
        hypothesis = {**figures, code: corrected}
        around = [equation for equation in standing if code in equation.codes and equation.sides(figures.get)]
        if all(_holds(equation, hypothesis) for equation in around):
            found.append(({id(verdict) for verdict in inside}, code, corrected))
    return [
        (code, value)
        for mended, code, value in found
        if not any(mended & others and len(others) >= len(mended) for others, other, _ in found if other != code)
    ]


def _correction(verdict: Verdict, code: str, value: Figure) -> Figure | None:
    """The figure at which the balance would hold, all other cells as they are; never negative, never a fraction."""
    factor = _factor(verdict.equation.left, code) - _factor(verdict.equation.right, code)
    if not factor:
        return None
    change = -verdict.difference / factor
    corrected = value + change
    if corrected < 0 or (isinstance(value, int) and corrected != corrected.to_integral_value()):
        return None
    return int(corrected) if isinstance(value, int) else corrected


def _factor(terms: Sequence[Term], code: str) -> int:
    return sum(term.factor for term in terms if term.name == code)
