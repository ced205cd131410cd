"""Texts like last year's or another unit's (N5), document numbers listed twice (A4).

To avoid quadratic time only texts that share runs of characters are compared; whole copies are found by equality.
"""

from __future__ import annotations

import re
import zlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from rapidfuzz import fuzz

from pipeline.form import Rule
from pipeline.model.control import Unit
from pipeline.model.documents import document_numbers
from pipeline.road.check.case import Case, Hit

_GRAM, _SAMPLE, _COMMON, _OF_UNIT = 5, 4, 12, 3
"""Runs of five characters, one in four kept; of the texts that share a run the first twelve stand for all, and of those
that one unit wrote the first three.
"""
_SELF = re.compile("我[镇乡街道局办委院中心社校]{1,2}|本[镇乡局办委院中心]{1,2}")


def similar(rule: Rule, case: Case) -> Sequence[Hit] | None:
    """Hit on a text that is ``percent`` like last year's or another unit's; short texts are not compared."""
    percent, least, hits, evaluated = rule.number("percent"), rule.number("least"), [], False
    for item, text in case.texts(rule.names("texts")):
        if len(text) < least:
            continue
        evaluated = True
        other, share = case.neighbours.likeness.get((case.sha256, item.code), ("", 0))
        other = f"{other}的" if other else ""
        last = case.last.get(item.code)
        own = likeness(bare(text, case.unit), bare(last, case.unit), percent) if isinstance(last, str) else 0
        if own > share:
            other, share = "本单位上年的", own
        if share >= percent:
            words = {
                "label": item.label,
                "other": other + "文字",
                "share": share,
                "found": text[:40],
                "expected": "自己的情况",
            }
            hits.append(Hit(item=item.code, over=item.code, words=words, operands=((item.code, text),)))
    return hits if evaluated else None


def shared_numbers(rule: Rule, case: Case) -> Sequence[Hit] | None:
    """Hit on a 文号 that another unit lists too."""
    code = rule.word("item")
    numbers = document_numbers(case.text(code))
    if not numbers:
        return None
    hits = []
    for number in numbers:
        others = [name for name in case.neighbours.numbers.get(number, ()) if name != case.unit.name]
        if others:
            words = {"label": case.form.item(code).label, "found": number, "expected": "只报一次"}
            words |= {"others": "、".join((case.unit.name, *others))}
            hits.append(Hit(item=code, over=number, words=words, operands=((code, number),)))
    return hits


def bare(text: str, unit: Unit) -> str:
    """Return a text without what a copyist would change: blanks, figures, the unit's own names."""
    for name in sorted((unit.name, *unit.aliases), key=len, reverse=True):
        text = text.replace(name, "")
    return re.sub(r"[\s\d]+", "", _SELF.sub("", text))


def likeness(one: str, other: str, least: int) -> int:
    """Return how alike two texts are, in percent; 0 below ``least``."""
    return int(fuzz.ratio(one, other, score_cutoff=least)) if one and other else 0


def nearest(texts: Sequence[tuple[str, str, str]], *, percent: int) -> Iterator[tuple[str, str, int]]:
    """For each of ``texts`` (return, unit name, bare text) find the unit with the most similar text, if any. Texts of
    the same unit are not compared, since a correction repeats the first return.
    """
    # a unit that sends the same text ten times has written it once
    written = list(dict.fromkeys((unit, text) for _, unit, text in texts))
    found = dict(zip(written, _nearest(written, percent), strict=True))
    for sha256, unit, text in texts:
        other, share = found[unit, text]
        if other:
            yield sha256, other, share


def _nearest(written: Sequence[tuple[str, str]], percent: int) -> Iterator[tuple[str, int]]:
    """Yield for each unit and text the unit with the most similar text and how similar it is."""
    copies: dict[str, list[str]] = defaultdict(list)
    for unit, text in written:
        copies[text].append(unit)
    grams = [array("I", _grams(text)) for _, text in written]
    index = _index(written, grams)
    for n, (unit, text) in enumerate(written):
        twin = next((other for other in copies[text] if other != unit), "")
        if twin:
            yield twin, 100
            continue
        near = Counter(m for gram in grams[n] for m in index.get(gram, ()) if written[m][0] != unit)
        best = ("", 0)
        for m, _ in near.most_common(3):
            share = likeness(text, written[m][1], percent)
            if share > best[1]:
                best = (written[m][0], share)
        yield best


def _index(written: Sequence[tuple[str, str]], grams: Sequence[array[int]]) -> Mapping[int, Sequence[int]]:
    """Return by character run the first texts that have it, of one unit no more than `_OF_UNIT`; most runs stand in
    one text alone and are left out.
    """
    everything = b"".join(each.tobytes() for each in grams)
    runs, counts = np.unique(np.frombuffer(everything, np.uintc), return_counts=True)
    index: dict[int, list[int]] = {run: [] for run in runs[counts > 1].tolist()}
    for n, each in enumerate(grams):
        for run in each:
            standing = index.get(run)
            if standing is None or len(standing) == _COMMON:
                continue
            if sum(written[m][0] == written[n][0] for m in standing) < _OF_UNIT:
                standing.append(n)
    return index


def _grams(text: str) -> frozenset[int]:
    """Return a fixed sample of the text's character runs; equal runs are sampled alike in all texts."""
    runs = (zlib.crc32(text[n : n + _GRAM].encode()) for n in range(len(text) - _GRAM + 1))
    return frozenset(run for run in runs if run % _SAMPLE == 0)
