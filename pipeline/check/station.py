"""Every rule of the form over all submissions of a night."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.check.case import Case, Hit, Neighbours
from pipeline.check.kinds import FUNCTIONS
from pipeline.check.likeness import bare, nearest
from pipeline.check.linear import Assessment, Balances
from pipeline.control import Control, Unit
from pipeline.documents import listings
from pipeline.findings import Finding, digest, violation
from pipeline.form import Form, Rule, Value
from pipeline.history import NONE, History
from pipeline.returns import Arrival, Submission
from pipeline.standings import Checked

_CHINA = dt.timezone(dt.timedelta(hours=8))
_PLACE = re.compile(r"([一-鿿]{2,3}[县区市旗])")


class Checker:
    """All rules in force for a year's control workbook, with last year's values where they are known."""

    def __init__(self, form: Form, control: Control, history: History = NONE) -> None:
        profile = control.profile
        self._form, self._control, self._history = form.set(profile.thresholds), control, history
        self.balances = Balances(self._form, level=profile.level, year=profile.year)
        place = _PLACE.match(profile.root)
        self._place = place.group() if place else ""
        self._rules = tuple(
            rule
            for rule in self._form.rules
            if rule.kind in FUNCTIONS and rule.applies(level=profile.level, year=profile.year)
        )

    def check(self, submissions: Sequence[Submission]) -> list[Checked]:
        """Each submission with everything found in it: what reading found, then what the rules say."""
        units = [self._control.by_code[submission.unit] for submission in submissions]
        assessments = self.balances.assess(
            [submission.values for submission in submissions],
            last=[self._history.vector(self._form, unit.code) for unit in units],
            unit_types=[unit.type for unit in units],
        )
        cases = self._cases(submissions, units)
        return [
            self._checked(submission, case, assessment)
            for submission, case, assessment in zip(submissions, cases, assessments, strict=True)
        ]

    def _checked(self, submission: Submission, case: Case, assessment: Assessment) -> Checked:
        """A submission of which nothing was read has nothing to check."""
        if all(value is None for value in submission.values):
            return Checked(submission=submission, findings=submission.findings)
        where = {"unit": submission.unit, "file": submission.arrival.name}
        findings = list(self.balances.findings(assessment.verdicts, submission.places, submission.values))
        unevaluated = set(assessment.unevaluated)
        for rule in self._rules:
            if not rule.concerns(case.unit.type, level=self._control.profile.level):
                continue
            hits = FUNCTIONS[rule.kind](rule, case)
            if hits is None:
                unevaluated.add(rule.id)
            else:
                findings.extend(_finding(rule, hit, submission) for hit in hits)
        order = [rule.id for rule in self._form.rules]
        return Checked(
            submission=submission,
            findings=(*submission.findings, *(finding.at(**where) for finding in findings)),
            unevaluated=tuple(sorted(unevaluated, key=order.index)),
        )

    def _cases(self, submissions: Sequence[Submission], units: Sequence[Unit]) -> Iterator[Case]:
        values = [_by_code(self._form, submission) for submission in submissions]
        neighbours = self._neighbours(submissions, units, values)
        first: dict[str, Arrival] = {}
        versions: dict[str, list[str]] = defaultdict(list)
        for submission in sorted(submissions, key=lambda each: each.arrival.order):
            first.setdefault(submission.unit, submission.arrival)
            versions[submission.unit].append(submission.arrival.sha256)
        for submission, unit, said in zip(submissions, units, values, strict=True):
            yield Case(
                form=self._form,
                unit=unit,
                year=self._control.profile.year,
                values=said,
                last=self._history.of(unit.code),
                neighbours=neighbours,
                sha256=submission.arrival.sha256,
                place=self._place,
                received=_day(first[unit.code]),
                due=unit.due or self._control.profile.due,
                versions=versions[unit.code].index(submission.arrival.sha256) + 1,
            )

    def _neighbours(
        self, submissions: Sequence[Submission], units: Sequence[Unit], values: Sequence[Mapping[str, Value]]
    ) -> Neighbours:
        likeness: dict[tuple[str, str], tuple[str, int]] = {}
        numbers: Mapping[str, tuple[str, ...]] = {}
        for rule in self._rules:
            if rule.kind == "similar":
                for code in rule.listed("texts"):
                    texts = [
                        (submission.arrival.sha256, unit.name, bare(text, unit))
                        for submission, unit, said in zip(submissions, units, values, strict=True)
                        if isinstance(text := said.get(code), str) and len(text) >= rule.number("least")
                    ]
                    for sha256, other, share in nearest(texts, percent=rule.number("percent")):
                        likeness[sha256, code] = (other, share)
            elif rule.kind == "shared_numbers":
                code = rule.word("item")
                listed = ((unit.name, said.get(code)) for unit, said in zip(units, values, strict=True))
                owners = listings((name, text) for name, text in listed if isinstance(text, str))
                numbers = {number: names for number, names in owners.items() if len(names) > 1}
        return Neighbours(likeness=likeness, numbers=numbers)


def _by_code(form: Form, submission: Submission) -> Mapping[str, Value]:
    return {item.code: value for item, value in zip(form.items, submission.values, strict=True)}


def _day(arrival: Arrival) -> dt.date:
    """The day a return came in: the earlier of the file's own time and when we first saw it."""
    return min(arrival.first_seen, arrival.modified).astimezone(_CHINA).date()


def _finding(rule: Rule, hit: Hit, submission: Submission) -> Finding:
    place = submission.places.get(hit.item)
    key = f"{rule.id}.{hit.over}" if hit.over else rule.id
    where: dict[str, object] = {"item": hit.item, "key": key, "operands": digest(hit.operands)}
    if place:
        where |= {"sheet": place.sheet, "cell": place.cell}
    finding = violation(rule, where=where, **{**hit.words, **rule.thresholds})
    return replace(finding, severity=hit.severity, needs_reason=False) if hit.severity else finding
