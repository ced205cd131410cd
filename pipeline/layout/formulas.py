"""An equation in the words of Excel: the same line that checks a return, as live formulas over its cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from xlsxwriter.utility import xl_rowcol_to_cell

from pipeline.form import Equation, Rule, Term
from pipeline.layout.address import Place
from pipeline.layout.switches import applies_name, limited, setting_name


def side(terms: Iterable[Term], places: Mapping[str, Place], *, on: str = "", rule: str = "") -> str:
    """One side of an equation, ``SUM($D$6:$D$7)``; ``on`` names the sheet the formula stands in.

    SUM passes over text, so a figure typed as text shows as a broken balance and not as #VALUE!. A threshold of
    ``rule`` is read from its own cell. ROUND takes away the binary tail of an amount that was multiplied.
    """
    parts: list[str] = []

    def alike(term: Term) -> tuple[int, str]:
        return -term.factor, term.threshold

    for (negative, threshold), group in groupby(sorted(terms, key=alike), key=alike):
        names, factor = list(group), -negative
        if names[0].name == "":
            body, factor = str(abs(sum(term.factor for term in names))), -1 if factor < 0 else 1
        else:
            body, times = f"SUM({references((term.name for term in names), places, on=on)})", abs(factor)
            if threshold:
                body, times = f"{setting_name(rule, threshold)}*{body}", times // names[0].times
            body = body if times == 1 else f"ROUND({times}*{body},6)"
        parts.append(("-" if factor < 0 else "+") + body)
    return "".join(parts).removeprefix("+") or "0"


def filled(equation: Equation, places: Mapping[str, Place], *, on: str = "") -> str:
    """The condition that every operand of the equation is a number."""
    return f"COUNT({references(equation.codes, places, on=on)})={len(equation.codes)}"


def given(equation: Equation, places: Mapping[str, Place], *, on: str = "") -> str:
    """The condition under which the equation is asked; empty when it always is."""
    if equation.given is None:
        return ""
    left, right = (side(terms, places, on=on) for terms in (equation.given.left, equation.given.right))
    return f"{left}{_EXCEL[equation.given.op]}{right}"


def broken(rule: Rule, equation: Equation, places: Mapping[str, Place], *, on: str = "") -> str:
    """The condition that the equation is asked, every operand is there and the comparison does not hold."""
    opposite = {"==": "<>", "<=": ">", ">=": "<"}[equation.op]
    left, right = (side(terms, places, on=on, rule=rule.id) for terms in (equation.left, equation.right))
    asked = [f"{applies_name(equation)}<>0"] if limited(rule, equation) else []
    asked += [condition] if (condition := given(equation, places, on=on)) else []
    return f"AND({','.join((*asked, filled(equation, places, on=on)))},{left}{opposite}{right})"


def verdict(rule: Rule, equation: Equation, places: Mapping[str, Place], left: str, right: str) -> str:
    """✓, ✗, 待填 or 不适用, from the cells that hold both sides."""
    text = f'IF({left}{_EXCEL[equation.op]}{right},"✓","✗")'
    if condition := given(equation, places):
        text = f'IF({condition},{text},"✓")'
    text = f'IF({filled(equation, places)},{text},"待填")'
    return f'IF({applies_name(equation)}=0,"不适用",{text})' if limited(rule, equation) else text


_EXCEL = {"==": "=", "<=": "<=", ">=": ">="}


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
