"""Figures against last year's: swings (Y4), a copied report (Y5), yuan entered as 万元 (P1)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from pipeline.form import Rule, print_figure
from pipeline.road.check.case import Case, Hit


def swing(rule: Rule, case: Case) -> Sequence[Hit] | None:
    """Hit on a change by more than ``percent`` of last year's figure and more than ``floor``, up or down."""
    percent, floor, hits, evaluated = rule.number("percent"), rule.number("floor"), [], False
    for code in rule.names("items"):
        now, last = case.figure(code), case.last_figure(code)
        if now is None or last is None:
            continue
        evaluated = True
        change = Decimal(now - last)
        if abs(change) > floor and 100 * abs(change) > percent * last:
            word = ("增加 " if change > 0 else "减少 ") + print_figure(abs(change))
            words = {"label": case.form.item(code).label, "found": print_figure(now), "last": print_figure(last)}
            operands = ((code, now), (f"last.{code}", last))
            hits.append(Hit(item=code, over=code, words=words | {"change": word}, operands=operands))
    return hits if evaluated else None


def repeated(rule: Rule, case: Case) -> Sequence[Hit] | None:
    """Hit when all figures other than zero equal last year's, and there are at least ``least`` of them."""
    if not case.last:
        return None
    codes = [code for code in rule.names("items") if case.form.item(code).mode == "entered"]
    pairs = [(code, case.figure(code), case.last_figure(code)) for code in codes]
    if any(now is None for _, now, _ in pairs) or all(last is None for _, _, last in pairs):
        return None
    counted = [(code, now) for code, now, last in pairs if now or last]
    if len(counted) < rule.number("least") or any(now != last for _, now, last in pairs):
        return []
    words = {"count": len(counted), "found": "全部相同", "expected": "本年的数"}
    return [Hit(item=counted[0][0], words=words, operands=tuple(counted))]


def unit_slip(rule: Rule, case: Case) -> Sequence[Hit] | None:
    """Hit on ``times`` last year's amount (half to double of it), or on a ``large`` amount with three zeros at its end."""
    code, times, large = rule.word("item"), rule.number("times"), rule.number("large")
    now, last = case.figure(code), case.last_figure(code)
    if now is None:
        return None
    reason = ""
    if last and times * last <= 2 * now <= 4 * times * last:
        reason = f"约是上年 {print_figure(last)} 万元的 {times} 倍"
    elif now >= large and now % 1000 == 0:
        reason = "数目很大又是整数"
    if not reason:
        return []
    words = {"label": case.form.item(code).label, "found": print_figure(now), "reason": reason}
    expected = print_figure(now / Decimal(times))
    return [Hit(item=code, words=words | {"expected": expected}, operands=((code, now), (f"last.{code}", last)))]
