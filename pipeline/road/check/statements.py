"""Figures in the narrative against the tables (N1), and parts against their total (N2).

Each quantity is read once and claimed by one fact at most: the first of the rule's facts whose words stand before or
behind it. When the subject is uncertain there is no finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate, chain

from pipeline.form import Fact, Figure, Item, Rule, Severity, print_figure
from pipeline.form.expressions import total
from pipeline.road.check.case import Case, Hit, excerpt
from pipeline.road.check.quantities import NEXT, Listing, Quantity, read_listings, read_quantities

_COUNTED = frozenset(["件", "条", "份", "个", "次", "期", "篇", "部", "项", "起", "宗", "例", "则"])
"""Measures that texts mix in one list."""
_MORE = ("等", "其他", "其它", "其余", "主要", "另", "部分")
_NARROWED = re.compile(r"[，,（(、]?\s*其中(?:涉及|因|属于?)?(?:政府)?信息公开")
"""Behind a quantity that is about more than this report."""
_NEAR = 60
"""Characters before and behind a quantity in which its subject is looked for."""


def text_figures(rule: Rule, case: Case) -> Sequence[Hit] | None:
    """Hit on a stated figure that equals none of its readings; the message names the readings."""
    codes = dict.fromkeys(chain.from_iterable(fact.texts for fact in rule.facts()))
    texts = {item.code: item for item, _ in case.texts(codes)}
    if not texts:
        return None
    others = re.compile(rule.word("others"))
    hits: list[Hit] = []
    for code, item in texts.items():
        claims: dict[str, list[Statement]] = {}
        for quantity in read_quantities(case.text(code)):
            claim = _claim(rule.facts(), code, quantity, others, case.year)
            if claim is not None:
                claims.setdefault(claim.fact.label, []).append(claim)
        for stated in claims.values():
            found = [_compare(claim, case, item) for claim in stated]
            if not stated[0].fact.sole or (all(found) and not _is_split(stated, case)):
                hits.extend(hit for hit in found if hit)
    return hits


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A quantity with the fact it states, and the end of the words that name it."""

    fact: Fact
    quantity: Quantity
    end: int


def _is_split(claims: Sequence[Statement], case: Case) -> bool:
    """Whether the figures of several claims add up to a reading, such as one for the office and one for the townships."""
    added = sum((claim.quantity.span.low for claim in claims), start=Decimal(0))
    readings = (total(reading.value, case.figure) for reading in claims[0].fact.readings)
    return len(claims) > 1 and any(value == added for value in readings)


def _claim(
    facts: Sequence[Fact], code: str, quantity: Quantity, others: re.Pattern[str], year: int
) -> Statement | None:
    """Return what a quantity states; ``None`` when it is no fact, of another year, a change, or of another object."""
    if quantity.is_difference or _NARROWED.match(quantity.behind):
        return None
    before, behind = quantity.before[-_NEAR:], quantity.behind[:_NEAR]
    for fact in facts:
        if code not in fact.texts or quantity.measure not in fact.measures or (quantity.is_part and not fact.parts):
            continue
        hit = fact.before.search(before) if fact.before else None
        following = fact.behind.match(behind) if fact.behind and not hit else None
        if not (hit or following) or (fact.sentence and not fact.sentence.search(quantity.sentence)):
            continue
        spoken = behind[: following.end()] if following else ""
        words = quantity.sentence[-2 * _NEAR :] + spoken
        if others.search(words) or (fact.unless and fact.unless.search(words)):
            return None
        if not fact.dated and not quantity.is_of(year):
            return None
        return Statement(fact=fact, quantity=quantity, end=quantity.end + len(spoken.rstrip(NEXT)))
    return None


def _compare(claim: Statement, case: Case, item: Item) -> Hit | None:
    """Return the hit when no reading of the fact gives the figure; none when a reading has a missing operand."""
    fact, quantity = claim.fact, claim.quantity
    readings = [(reading.label, total(reading.value, case.figure)) for reading in fact.readings]
    stated = quantity.span
    if any(value is None or value in stated for _, value in readings):
        return None
    known = [(label, value) for label, value in readings if value is not None]
    in_words = "，".join(f"{label}是 {print_figure(value)}" for label, value in known)
    start = quantity.start - min(len(quantity.before), 24)
    phrase = excerpt(case.text(item.code), start, claim.end).strip("，,、：:；;。）) ")
    words = {
        "label": item.label,
        "phrase": phrase,
        "found": print_figure(stated.low) if stated.exact else phrase,
        "expected": "或".join(dict.fromkeys(print_figure(value) for _, value in known)),
        "readings": in_words,
    }
    operands = ((item.code, phrase), *known)
    return Hit(item=item.code, over=f"{fact.label}@{item.code}", words=words, operands=operands)


def text_parts(rule: Rule, case: Case) -> Sequence[Hit] | None:
    """Parts listed after 其中, 包括, a colon or in brackets must not exceed their total.

    A list that falls far short without 等 or 其他 is worth a remark and no more: texts often name the largest parts only.
    """
    texts = case.texts(rule.names("texts"))
    if not texts:
        return None
    return [hit for item, text in texts for hit in _wrong_lists(item, text)]


def _wrong_lists(item: Item, text: str) -> Iterator[Hit]:
    for listing in read_listings(text, read_quantities(text)):
        whole = listing.totals[0]
        if not whole.span.exact or whole.measure not in _COUNTED:
            continue
        verdict = _judge(listing)
        if verdict is None:
            continue
        added, is_wrong = verdict
        phrase = excerpt(listing.words, 0, len(listing.words))
        words = {
            "label": item.label,
            "phrase": phrase,
            "found": print_figure(added),
            "expected": print_figure(whole.span.low),
            "detail": "分项比总数还多" if added > whole.span.low else "分项没有列全",
        }
        severity: Severity | None = None if is_wrong else "info"
        operands = ((item.code, listing.words),)
        yield Hit(item=item.code, over=item.code, words=words, operands=operands, severity=severity)


def _judge(listing: Listing) -> tuple[Figure, bool] | None:
    """Return the sum of the parts and whether it is certainly wrong; ``None`` when they fit or it is uncertain. They
    fit when any beginning of the list adds up to any of the totals, since other statements may follow it.
    """
    whole = listing.totals[0]
    wholes = {Decimal(total) for total in accumulate(quantity.span.low for quantity in listing.totals)}
    wholes |= {Decimal(quantity.span.low) for quantity in listing.totals}
    mixed = [part for part in listing.parts if part.measure in _COUNTED]
    alike = [part for part in listing.parts if part.measure == whole.measure]
    for parts in (mixed, alike):
        if any(low <= whole <= high for low, high in _sums(parts) for whole in wholes):
            return None
    if len(alike) == 1 and alike[0].span.low <= whole.span.low:
        return None
    aim = Decimal(whole.span.low)
    close = max(Decimal(2), aim / 10)
    for parts in (alike, mixed):
        beyond = [(n, low) for n, (low, _) in enumerate(_sums(parts), 1) if low > aim]
        if beyond and (beyond[0][1] - aim <= close or (parts is alike and beyond[0][0] == len(parts))):
            return beyond[0][1], len(listing.totals) == 1 or beyond[0][1] > max(wholes)
    added = [low for low, _ in _sums(alike)][-1:] or [Decimal(0)]
    exact = all(part.span.exact for part in listing.parts)
    if len(alike) > 1 and len(alike) == len(listing.parts) and exact and added[0] < aim:
        return None if any(word in listing.words for word in _MORE) else (added[0], aim - added[0] <= close)
    return None


def _sums(parts: Sequence[Quantity]) -> list[tuple[Decimal, Decimal]]:
    """What the first part, the first two, … come to: at least and at most."""
    lows = accumulate(Decimal(part.span.low) for part in parts)
    highs = accumulate(Decimal(part.span.high) for part in parts)
    return list(zip(lows, highs, strict=True))
