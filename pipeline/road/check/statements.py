"""Figures in the narrative against the tables (N1), and parts against their total (N2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from pipeline.form import Fact, Figure, Rule, print_figure
from pipeline.form.expressions import total
from pipeline.form.numerals import NUMBER, span
from pipeline.road.check.case import Case, Hit, excerpt

_MEASURES = "件|条|份|个|次|场|期|篇|部|项|起|宗|人|名"
_SEARCH_IN = re.compile(rf"{NUMBER}(?P<measure>{_MEASURES})")
_PARTS = re.compile(
    rf"{NUMBER}(?P<measure>{_MEASURES})[^，。；：:（(\d]{{0,12}}[，：:（(]?\s*其中[，：:]?(?P<parts>[^。；\n]+)"
)
_STOP = re.compile(r"[，。；：、\n（(]")
_YEAR = re.compile(r"上一?年(?!度?结转)|去年(?!结转)|本年|今年")
_MORE = ("等", "其他", "其它", "其余", "主要", "另")


def text_figures(rule: Rule, case: Case) -> Sequence[Hit] | None:
    """Every figure the texts state must equal one of its readings; the message tells which readings failed."""
    hits: list[Hit] = []
    stated = False
    for fact in rule.facts():
        for item, text in case.texts(fact.texts):
            stated = True
            for match in fact.pattern.finditer(text):
                if not _of_last_year(match) and (hit := _compare(fact, case, item.code, match)):
                    hits.append(hit)
    return _once(hits) if stated else None


def _of_last_year(match: re.Match[str]) -> bool:
    """Whether the clause before the words speaks of the year before, as in 上年度我镇收到申请9件."""
    clause = _STOP.split(match.string[: match.start()])[-1]
    years = _YEAR.findall(clause)
    return bool(years) and years[-1][0] in "上去"


def _compare(fact: Fact, case: Case, code: str, match: re.Match[str]) -> Hit | None:
    """The hit when no reading of the fact gives the figure; a reading with a missing operand may be the one meant."""
    readings = [(reading.label, total(reading.value, case.figure)) for reading in fact.readings]
    stated = span(match)
    if stated is None or any(value is None or value in stated for _, value in readings):
        return None
    known = [(label, value) for label, value in readings if value is not None]
    said = "，".join(f"{label}是 {print_figure(value)}" for label, value in known)
    phrase = excerpt(match.string, *match.span())
    words = {
        "label": case.form.item(code).label,
        "phrase": phrase,
        "found": print_figure(stated.low) if stated.exact else phrase,
        "expected": "或".join(dict.fromkeys(print_figure(value) for _, value in known)),
        "readings": said,
    }
    operands = ((code, phrase), *known)
    return Hit(item=code, over=f"{fact.label}@{code}", words=words, operands=operands)


def _once(hits: Sequence[Hit]) -> list[Hit]:
    """Two patterns of one fact may find the same words."""
    return list({(hit.item, hit.words["phrase"]): hit for hit in hits}.values())


def text_parts(rule: Rule, case: Case) -> Sequence[Hit] | None:
    """Parts listed after 其中 must not exceed the total, nor fall short of it without 等 or 其他."""
    texts = list(case.texts(rule.listed("texts")))
    if not texts:
        return None
    return [hit for item, text in texts for hit in _parts(case, item.code, text)]


def _parts(case: Case, code: str, text: str) -> Iterator[Hit]:
    for match in _PARTS.finditer(text):
        whole = span(match)
        alike = [part for part in _SEARCH_IN.finditer(match["parts"]) if part["measure"] == match["measure"]]
        parts = [span(part) for part in alike]
        if whole is None or not whole.exact or not parts or any(part is None or not part.exact for part in parts):
            continue
        added: Figure = sum((part.low for part in parts if part), start=Decimal(0))
        open_ended = any(word in match["parts"] for word in _MORE)
        if added == whole.low:
            continue
        if added < whole.low and (open_ended or len(parts) < 2):
            continue
        detail = "分项比总数还多" if added > whole.low else "分项没有列全"
        words = {
            "label": case.form.item(code).label,
            "phrase": excerpt(text, *match.span()),
            "found": print_figure(added),
            "expected": print_figure(whole.low),
            "detail": detail,
        }
        yield Hit(item=code, over=code, words=words, operands=((code, match.group()),))
