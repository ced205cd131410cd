"""Equations as Excel formulas: the same comparison that checks a return, live over its cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from xlsxwriter.utility import xl_rowcol_to_cell

from pipeline.form import LAST, Equation, Form, Term, Verdict
from pipeline.layout.address import Place
from pipeline.layout.summary import NOTHING_TABLES, YES
from pipeline.layout.switches import applies_name, is_limited, last_name, setting_name


def side_formula(terms: Iterable[Term], places: Mapping[str, Place], *, on: str = "", rule: str = "") -> str:
    """One side of an equation, ``SUM($D$6:$D$7)``; ``on`` is the sheet of the formula. SUM skips text, so a figure
    typed as text shows as a broken balance and not as #VALUE!. A threshold of ``rule`` is read from its own cell. ROUND
    removes the binary noise of a multiplied amount.
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


def filled_formula(
    form: Form, equation: Equation, places: Mapping[str, Place], *, on: str = "", nothing: str = ""
) -> str:
    """The condition that every operand of the equation is a number, and every entry below a total among them.

    ``nothing`` is the name of the switch that makes blank cells of 表三 and 表四 count as filled in.
    """
    codes = form.operands[equation.key]
    return f"{_count_filled(form, codes, places, on, nothing)}={len(codes)}"


def lacking_formula(form: Form, codes: Sequence[str], places: Mapping[str, Place], *, nothing: str = "") -> str:
    """Return the formula for how many of these cells hold no number."""
    return f"({len(codes)}-({_count_filled(form, codes, places, '', nothing)}))"


def _count_filled(form: Form, codes: Sequence[str], places: Mapping[str, Place], on: str, nothing: str) -> str:
    """Return the formula for how many of these cells hold a number."""
    free = [code for code in codes if nothing and not code.startswith(LAST) and form.item(code).table in NOTHING_TABLES]
    counted = [f"COUNT({references(chunk, places, on=on)})" for chunk in _chunks([c for c in codes if c not in free])]
    if free:
        typed = "+".join(f"COUNT({references(chunk, places, on=on)})" for chunk in _chunks(free))
        counted.append(f'IF({nothing}="{YES}",{len(free)},{typed})')
    return "+".join(counted) or "0"


def _chunks(codes: Sequence[str]) -> Iterator[Sequence[str]]:
    """Split arguments: Excel takes 255 in a function, old versions of LibreOffice fewer."""
    yield from (codes[n : n + 100] for n in range(0, len(codes), 100))


def known_formula(equation: Equation) -> str:
    """Return the condition that all figures of last year are known; empty when the equation needs none."""
    names = [last_name(code) for code in equation.codes if code.startswith(LAST)]
    return f"COUNT({','.join(names)})={len(names)}" if names else ""


def if_known(equation: Equation, formula: str) -> str:
    """``formula``, or a dash where last year is not known."""
    condition = known_formula(equation)
    return f'IF({condition},{formula},"{DASH}")' if condition else formula


def condition_formula(equation: Equation, places: Mapping[str, Place], *, on: str = "") -> str:
    """The condition under which the equation is asked; empty when it always is."""
    if equation.given is None:
        return ""
    left, right = (side_formula(terms, places, on=on) for terms in (equation.given.left, equation.given.right))
    return f"{left}{_EXCEL[equation.given.op]}{right}"


def broken_formula(
    form: Form, equation: Equation, places: Mapping[str, Place], *, on: str = "", nothing: str = ""
) -> str:
    """The condition that the equation is asked, every operand is there and the comparison does not hold."""
    rule = form.rule(equation.rule)
    opposite = {"==": "<>", "<=": ">", ">=": "<"}[equation.op]
    left, right = (side_formula(terms, places, on=on, rule=rule.id) for terms in (equation.left, equation.right))
    asked = [f"{applies_name(equation)}<>0"] if is_limited(rule, equation) else []
    asked += [condition] if (condition := condition_formula(equation, places, on=on)) else []
    return f"AND({','.join((*asked, filled_formula(form, equation, places, on=on, nothing=nothing)))},{left}{opposite}{right})"


def verdict_formula(
    form: Form, equation: Equation, places: Mapping[str, Place], left: str, right: str, *, nothing: str = ""
) -> str:
    """The formula of the `Verdict`, from the cells that hold both sides."""
    text = f'IF({left}{_EXCEL[equation.op]}{right},"{Verdict.HELD}","{Verdict.BROKEN}")'
    if condition := condition_formula(equation, places):
        text = f'IF({condition},{text},"{Verdict.HELD}")'
    text = f'IF({filled_formula(form, equation, places, nothing=nothing)},{text},"{Verdict.PENDING}")'
    if condition := known_formula(equation):
        text = f'IF({condition},{text},"{Verdict.UNKNOWN}")'
    return (
        f'IF({applies_name(equation)}=0,"{Verdict.NOT_ASKED}",{text})'
        if is_limited(form.rule(equation.rule), equation)
        else text
    )


DASH = "—"
"""What a line of 校验 shows in the place of a side that is not known."""
_EXCEL = {"==": "=", "<=": "<=", ">=": ">="}


def references(codes: Iterable[str], places: Mapping[str, Place], *, on: str = "") -> str:
    """The cells of the items, neighbours in a row or column joined to a range: ``$D$8:$D$9,$D$11``.

    Always absolute: a conditional format reads relative addresses against the corner of its range. A figure of last
    year is on the hidden sheet and is written by its name.
    """
    every = tuple(codes)
    runs: list[list[Place]] = []
    for place in (places[code] for code in every if not code.startswith(LAST)):
        if runs and _continues(runs[-1], place):
            runs[-1].append(place)
        else:
            runs.append([place])
    last = [last_name(code) for code in every if code.startswith(LAST)]
    return ",".join([*(_range(run, on) for run in runs), *last])


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
