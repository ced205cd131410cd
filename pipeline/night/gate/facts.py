"""The numbers in the text of a report against the facts they state.

The generated sentences are filled once more with the figures, clause by clause; where the report has a clause with other
numbers, or a sentence with another year, that is found. Whatever else the text says in numbers is held against the
tables by the rules of the narrative (N1, N3, N6).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pipeline.form import Form, Item
from pipeline.form.numerals import read
from pipeline.model.finding import Finding
from pipeline.night.gate.lines import FRONT, NOTES, Line, is_of, lines_of
from pipeline.night.gate.printed import Printed
from pipeline.road.check import stated_year, text_findings
from pipeline.road.publish import ReportContent, fill_words
from pipeline.road.templates import passage

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_WRITTEN = r"\s*(?P<n{n}>[0-9]{{1,3}}(?:[,，][0-9]{{3}})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|[零〇一二两三四五六七八九十百千万]+)\s*"
_BEGINS = r"^|(?<=[，。；：、\s　])"
_TAIL = 2
"""Characters of the opening that tell where its first clause begins."""
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．", "0123456789.")
_SENTENCE = re.compile(r"[。；;！？!?]")
_SHOWN = 24
"""Characters of a sentence that are told."""
_PERIODS = (
    re.compile(r"((?:19|20)\d\d)\s*年\s*1\s*月\s*1\s*日"),
    re.compile(r"((?:19|20)\d\d)\s*年(?:度)?(?:全[县市区]|政府信息公开)"),
)
"""How the introduction names the year it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A clause as the figures make it, with the words its sentence begins with."""

    item: Item
    opening: str
    words: str

    @property
    def numbers(self) -> list[Decimal]:
        """Its numbers, in their order."""
        return [Decimal(number) for number in _NUMBER.findall(self.words)]

    @property
    def pattern(self) -> re.Pattern[str]:
        """The clause with any numbers, behind its opening or another clause."""
        first, *rest = (re.escape(part) for part in _NUMBER.split(self.words))
        begins = _BEGINS + (f"|(?<={re.escape(self.opening[-_TAIL:])})" if self.opening else "")
        return re.compile(f"(?:{begins})" + first + "".join(_WRITTEN.format(n=n) + part for n, part in enumerate(rest)))


def fact_findings(name: str, lines: Sequence[Line], printed: Printed, facts: Sequence[Fact]) -> Iterator[Finding]:
    """Yield a finding for every clause of ours with other numbers, and every sentence of ours with another year.

    A clause is looked for in its own part and in the notes; the office's own lines may speak of a part of the whole in
    the same words, and are asked about as warnings at their cells.
    """
    patterns = [(fact, fact.pattern) for fact in facts if fact.numbers]
    for line in lines:
        if line.heading == FRONT:
            yield from _period_findings(name, line, printed)
            continue
        text = line.text.translate(_FULL_WIDTH)
        if line.number and line.text.strip() not in printed.own_lines:
            here = [(f, pattern) for f, pattern in patterns if line.heading in NOTES or is_of(line, f.item)]
            matches = ((fact, match) for fact, pattern in here for match in pattern.finditer(text))
            found = (_compare(name, line, text, match, fact, printed) for fact, match in matches)
            # the year of a sentence is told once, at the first of its clauses
            yield from {finding.message: finding for finding in found if finding}.values()


def narrative_findings(name: str, lines: Sequence[Line], printed: Printed, facts: Sequence[Fact]) -> Iterator[Finding]:
    """Yield what the rules of the narrative find in the parts of the report, apart from the office's own lines and our
    own sentences, which are held against the figures as they are.
    """
    texts = {}
    for item in printed.form.of_table("text"):
        others = (line.text for line in lines_of(lines, item) if line.text.strip() not in printed.own_lines)
        kept = [left for text in others if (left := _without_ours(text, facts))]
        if kept:
            texts[item.code] = "\n".join(kept)
    for finding in text_findings(
        printed.form, printed.root, level=printed.level, year=printed.year, figures=printed.figures, texts=texts
    ):
        item = printed.form.item(finding.item)
        place = next(
            (line.place for line in lines_of(lines, item) if finding.found and finding.found in line.text), None
        )
        part, number = place or ("".join(item.row_path[:2]), "")
        yield finding.at(file=name, sheet=part, cell=number)


def _without_ours(text: str, facts: Sequence[Fact]) -> str:
    """Return a paragraph without the sentences that are made of our clauses alone."""
    words = {fact.words for fact in facts}
    openings = {fact.opening for fact in facts} - {""}
    kept = []
    for sentence in re.findall(r"[^。]*。|[^。]+$", text):
        opening = next((opening for opening in openings if sentence.startswith(opening)), "")
        left = sentence.removeprefix(opening).rstrip("。")
        for clause in sorted(words, key=len, reverse=True):
            left = left.replace(clause, "")
        if left.strip("， 　"):
            kept.append(sentence)
    return "".join(kept)


def list_facts(printed: Printed) -> Iterator[Fact]:
    """Yield every generated clause whose figures are known."""
    content = ReportContent(
        form=printed.form,
        year=printed.year,
        figures=printed.figures,
        texts={},
        profile={"root": printed.root, "level": printed.level},
        missing=(),
        provisional=(),
        former=printed.former,
    )
    pieces = list(_clauses(printed.form))
    filled = fill_words(sentence_pieces(printed.form), content)
    for (item, *_), opening, words in zip(pieces, filled[::2], filled[1::2], strict=True):
        if words:
            yield Fact(item=item, opening=opening, words=words)


def sentence_pieces(form: Form) -> list[str]:
    """Return the openings and the words of all generated clauses, in turn, as template text."""
    return [words for _, *both in _clauses(form) for words in both]


def _clauses(form: Form) -> Iterator[tuple[Item, str, str]]:
    for item in form.of_table("text"):
        generated = passage(form, item.code)
        for sentence in generated.sentences if generated else ():
            yield from ((item, sentence.opening, clause.words) for clause in sentence.clauses)


def _compare(name: str, line: Line, text: str, match: re.Match[str], fact: Fact, printed: Printed) -> Finding | None:
    begin = max((end.end() for end in _SENTENCE.finditer(text, 0, match.start())), default=0)
    before = text[begin : match.start()]
    found = [read(number.replace("，", ",")) for number in match.groups()]
    agrees = found == fact.numbers
    year = stated_year(before, printed.year)
    if agrees and year != printed.year and str(printed.year) in fact.opening:
        detail = f"“{text[begin : begin + _SHOWN]}”的年份应当是 {printed.year} 年"
        return printed.wrong(name, detail, f"{year}年", f"{printed.year}年", place=line.place)
    if not agrees and year == printed.year:  # a sentence about another year states other facts
        shown = match.group().strip()
        return printed.wrong(name, f"“{shown}”应当是“{fact.words}”", shown, fact.words, place=line.place)
    return None


def _period_findings(name: str, line: Line, printed: Printed) -> Iterator[Finding]:
    for pattern in _PERIODS:
        for match in pattern.finditer(line.text.translate(_FULL_WIDTH)):
            if line.number > 1 and int(match[1]) != printed.year:
                detail = f"引言里的“{match.group()}”应当是 {printed.year} 年"
                yield printed.wrong(name, detail, f"{match[1]}年", f"{printed.year}年", place=line.place)
                return
