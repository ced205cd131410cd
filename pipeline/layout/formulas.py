"""An equation in the words of Excel: the same line that checks a return, as live formulas over its cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from xlsxwriter.utility import xl_rowcol_to_cell

from pipeline.form import Equation, Term
from pipeline.layout.address import Place


def side(terms: Iterable[Term], places: Mapping[str, Place], *, on: str = "") -> str:
    """One side of an equation, ``SUM($D$6:$D$7)``; ``on`` names the sheet the formula stands in.

    SUM passes over text, so a figure typed as text shows as a broken balance and not as #VALUE!.
    """
    parts: list[str] = []
    for factor, group in groupby(sorted(terms, key=lambda term: -term.factor), key=lambda term: term.factor):
        names = list(group)
        if names[0].name == "":
            body, factor = str(abs(sum(term.factor for term in names))), -1 if factor < 0 else 1
        else:
            body = f"SUM({references((term.name for term in names), places, on=on)})"
            body = body if abs(factor) == 1 else f"{abs(factor)}*{body}"
        parts.append(("-" if factor < 0 else "+") + body)
    return "".join(parts).removeprefix("+") or "0"


def filled(equation: Equation, places: Mapping[str, Place], *, on: str = "") -> str:
    """The condition that every operand of the equation is a number."""
    return f"COUNT({references(equation.codes, places, on=on)})={len(equation.codes)}"


def broken(equation: Equation, places: Mapping[str, Place], *, on: str = "") -> str:
    """The condition that every operand is there and the comparison does not hold."""
    opposite = {"==": "<>", "<=": ">", ">=": "<"}[equation.op]
    left, right = side(equation.left, places, on=on), side(equation.right, places, on=on)
    return f"AND({filled(equation, places, on=on)},{left}{opposite}{right})"


def references(codes: Iterable[str], places: Mapping[str, Place], *, on: str = "") -> str:
    """The cells of the items, neighbours in a row or column joined to a range: ``$D$8:$D$9,$D$11``.

     Always absolute: a conditional format reads relative addresses against the corner of its range.
    ."""
    runs: list[list[Place]] = []
    for place in (places[code] for code in codes):
        if runs and _continues(runs[-1], place):
            runs[-1].append(place)
        else:
            runs.append([place])
    return ",".join(_range(run, on) for run in runs)


def _continues(run: list[Place], place: Place) -> bool:
    last = run[-1]
    step = (place.row - last.row, place.col - last.col)
    if place.sheet != last.sheet or step not in ((0, 1), (1, 0)):
        return False
    return len(run) == 1 or step == (run[1].row - run[0].row, run[1].col - run[0].col)


def _range(run: list[Place], on: str) -> str:
    prefix = "" if run[0].sheet == on else f"'{run[0].sheet}'!"
    first, last = (xl_rowcol_to_cell(place.row, place.col, True, True) for place in (run[0], run[-1]))
    return f"{prefix}{first}" if first == last else f"{prefix}{first}:{last}"
