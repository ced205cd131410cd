"""Words in a text that are leftovers, or do not fit the unit, the year or the figures (P6, N3, N4, N6–N11)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import cast

from pipeline.form import Item, Rule, Severity, TextClaim
from pipeline.form.expressions import total
from pipeline.form.numerals import read
from pipeline.road.check.case import Case, Hit, excerpt
from pipeline.road.check.denials import read_denials

_YEAR = re.compile(r"((?:19|20)\d\d)(?<!\d{5})年(?![^，。；]{0,6}(?:修订|修正|施行|实施|印发|颁布|发布|版))")
_PLAN = r"{year}年[^。；\d]{{0,12}}?(?:将|拟|计划|准备|打算)"
_COUNT = re.compile(
    r"(?=[\d一两二三四五六七八九十])(?<![\d一两二三四五六七八九十])(?P<n>\d{1,9}|[一两二三四五六七八九十]{1,9})(?:个|大|点|项)(?:方面|问题|不足|部分|环节|短板|举措|措施|工作)"
)
_LISTED = (
    re.compile(r"(?:^|[：:；。，\n])[ \t　]{0,8}(?:第?[一二三四五六七八九十]+是|[一二三四五六七八九十]是)"),
    re.compile(r"(?:^|[：:；。，\n])[ \t　]{0,8}第[一二三四五六七八九十]+[，、]"),
    re.compile(r"[（(][一二三四五六七八九十\d]+[）)]"),
)
_SITE = re.compile(r"(?<=[在由于从到过录])(?P<place>[一-鿿]{2,3}[县区])(?:人民)?政府(?:门户)?网站")
_SENTENCE = re.compile(r"[，。；;！!？?\n]")
_TELLING = 10
"""Characters of a prompt that nobody writes by chance."""
_GOVERNMENTS = ("镇", "乡", "街道")
"""What tells a government from a department: an office that calls itself 我局 is a slip, a town that does is a copy."""
_NO_PLACE = ("全", "本", "各", "我", "该", "省", "市")


def residue(rule: Rule, case: Case) -> Sequence[Hit] | None:
    """Empty slots, ××, bracketed hints: what a template leaves behind. An omitted number or a prompt of the form is
    seen by the words alone and is only a warning.
    """
    texts = case.texts(rule.names("texts"))
    if not texts:
        return None
    hits = []
    certain, doubtful = _compile_all(rule.names("patterns")), _compile_all(rule.names("omissions"))
    for item, text in texts:
        for patterns, severity in ((certain, None), ((*doubtful, *_prompts(item.note)), "warning")):
            found = [match for pattern in patterns if (match := pattern.search(text))]
            if found:
                match = min(found, key=lambda match: match.start())
                phrase = excerpt(text, *match.span(), around=6)
                hit = _hit_at_text(item, phrase, text, found=match.group(), expected="实际内容")
                hits.append(replace(hit, severity=cast("Severity | None", severity)))
                break
    return hits


@lru_cache(maxsize=64)
def _compile_all(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, patterns))


@lru_cache(maxsize=256)
def _prompts(note: str) -> tuple[re.Pattern[str], ...]:
    """Return the sentences of an item's note that nobody writes by chance."""
    return tuple(re.compile(re.escape(part)) for part in re.split("[。；]", note) if len(part) >= _TELLING)


def text_years(rule: Rule, case: Case) -> Sequence[Hit] | None:
    """Years other than the report's, the one before and the one after; plans dated in the report year."""
    texts = case.texts(rule.names("texts"))
    if not texts:
        return None
    year, plans = case.year, re.compile(_PLAN.format(year=case.year))
    hits = []
    for item, text in texts:
        odd = next((match for match in _YEAR.finditer(text) if abs(int(match[1]) - year) > 1), None)
        plan = plans.search(text) if item.code in rule.names("plans") else None
        if odd or plan:
            match = odd or plan
            assert match is not None
            detail = f"报告的是 {year} 年" if odd else f"{year} 年已经过去，不应再写打算"
            phrase = excerpt(text, *match.span(), around=4)
            hits.append(_hit_at_text(item, phrase, text, found=match.group(), expected=f"{year} 年前后", detail=detail))
    return hits


def text_length(rule: Rule, case: Case) -> Sequence[Hit] | None:
    """The part is too long, or one of ``figures_in`` says nothing in figures."""
    texts = case.texts(rule.names("texts"))
    if not texts:
        return None
    hits, most = [], rule.number("most")
    length = sum(len("".join(text.split())) for _, text in texts)
    if length > most:
        words = {
            "label": "总体情况",
            "detail": f"共 {length} 字，超过 {most} 字",
            "found": length,
            "expected": f"≤ {most}",
        }
        operands = tuple((item.code, text) for item, text in texts)
        hits.append(Hit(item=texts[0][0].code, over="length", words=words, operands=operands))
    for item, text in case.texts(rule.names("figures_in")):
        if not re.search(
            r"\d|(?<![一二两三四五六七八九十百])[一二两三四五六七八九十百]{1,9}(?:余|多)?(?:件|条|次|个|场|期|份|名|篇)",
            text,
        ):
            detail = f"的“{item.label}”一个数字也没有"
            hits.append(_hit_at_text(item, "", text, found="没有数字", expected="写有数字", detail=detail))
    return hits


def stated_count(rule: Rule, case: Case) -> Sequence[Hit] | None:
    """三个方面, and then two are listed. A text without a count or a list is not evaluated."""
    hits, evaluated = [], False
    for item, text in case.texts(rule.names("texts")):
        match = _COUNT.search(text)
        stated = read(match["n"]) if match else None
        if match is None or stated is None:
            continue
        listed = max(len(pattern.findall(text)) for pattern in _LISTED)
        if not listed:
            continue
        evaluated = True
        if stated != listed:
            phrase = excerpt(text, *match.span())
            hits.append(_hit_at_text(item, phrase, text, found=str(listed), expected=str(stated)))
    return hits if evaluated else None


def unit_words(rule: Rule, case: Case) -> Sequence[Hit] | None:
    """我局 in a town's text, the web site of another county."""
    texts = case.texts(rule.names("texts"))
    if not texts:
        return None
    names = (case.unit.name, *case.unit.aliases)
    hits = []
    for item, text in texts:
        for word, fits in rule.fits().items():
            if word in text and not any(fit in name for fit in fits for name in names):
                detail = f"而本单位是{case.unit.name}"
                hit = _hit_at_text(item, word, text, found=word, expected=case.unit.name, detail=detail)
                is_near = not any(part in f"{word}{case.unit.name}" for part in _GOVERNMENTS)
                hits.append(replace(hit, severity="info") if is_near else hit)
        for match in _SITE.finditer(text):
            foreign = match["place"]
            if case.place and foreign != case.place and not any(word in foreign for word in _NO_PLACE):
                detail = f"而本单位属{case.place}"
                hits.append(_hit_at_text(item, match.group(), text, found=foreign, expected=case.place, detail=detail))
    return hits


def cited(rule: Rule, case: Case) -> Sequence[Hit] | None:
    """Another document of the same series than the format in force; where none is cited there is nothing to evaluate."""
    pattern, basis = re.compile(rule.word("pattern")), rule.word("basis")
    found = [(item, text, match) for item, text in case.texts(rule.names("texts")) for match in pattern.finditer(text)]
    if not found:
        return None
    return [
        _hit_at_text(item, match.group(), text, found=match.group(), expected=basis)
        for item, text, match in found
        if match.group() != basis
    ]


def claim(rule: Rule, case: Case) -> Sequence[Hit] | None:
    """Words that the figures contradict."""
    hits, evaluated = [], False
    for item, text, each, holds in _claims(rule, case):
        evaluated = True
        found = _find_claim(each, text, case.year) if holds else None
        if found:
            phrase = excerpt(text, *found)
            hit = _hit_at_text(item, phrase, text, found=phrase, expected=each.says, says=each.says)
            hits.append(_with_figures(hit, each, case))
    return hits if evaluated else None


def _find_claim(each: TextClaim, text: str, year: int) -> tuple[int, int] | None:
    """Find the words of a claim in a text, unless words beside them change the meaning."""
    if not each.denies:
        for match in each.pattern.finditer(text):
            clause = _SENTENCE.split(text[: match.start()])[-1] + match.group()
            if not (each.unless and each.unless.search(clause)):
                return match.span()
        return None
    for denial in read_denials(text, year):
        if each.pattern.search(denial.words) and not (each.unless and each.unless.search(denial.words)):
            return denial.start, denial.end
    return None


def silent(rule: Rule, case: Case) -> Sequence[Hit] | None:
    """Hit on figures that need words which are missing."""
    hits, evaluated = [], False
    for item, text, each, holds in _claims(rule, case):
        evaluated = True
        if holds and not each.pattern.search(text):
            hit = _hit_at_text(item, "", text, found="没有写", expected=each.says, says=each.says)
            hits.append(_with_figures(hit, each, case))
    return hits if evaluated else None


def _claims(rule: Rule, case: Case) -> Iterator[tuple[Item, str, TextClaim, bool]]:
    """Every claim at every text written, with whether its figures are so; without those it is not evaluated."""
    for claim in rule.claims():
        left, right = total(claim.given.left, case.figure), total(claim.given.right, case.figure)
        if left is not None and right is not None:
            for item, text in case.texts(claim.texts):
                yield item, text, claim, claim.given.holds(left, right)


def _with_figures(hit: Hit, each: TextClaim, case: Case) -> Hit:
    """A reason for a claim is bound to the text and to the figures that contradict it."""
    names = [term.name for term in (*each.given.left, *each.given.right) if term.name]
    return replace(hit, operands=(*hit.operands, *((name, case.figure(name)) for name in names)))


def _hit_at_text(item: Item, phrase: str, text: str, **words: str) -> Hit:
    """A hit at a text; a reason given for it is bound to the whole text."""
    return Hit(
        item=item.code,
        over=item.code,
        words={"label": item.label, "phrase": phrase} | words,
        operands=((item.code, text),),
    )
