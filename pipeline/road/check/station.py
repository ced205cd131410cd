"""Every rule of the form over all submissions of a night."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

from pipeline.form import KINDS, Form, Rule, Value, Vector
from pipeline.model.control import Control, Unit
from pipeline.model.documents import list_owners
from pipeline.model.finding import Finding, notice
from pipeline.model.past import NONE, History
from pipeline.model.standing import Checked
from pipeline.model.submission import Submission
from pipeline.road.check.case import Case, Neighbours, tell
from pipeline.road.check.kinds import FUNCTIONS
from pipeline.road.check.likeness import bare, nearest
from pipeline.road.check.linear import Assessment, Balances

_PLACE = re.compile(r"([一-鿿]{2,3}[县区市旗])")


class Checker:
    """All rules in force under a year's 台账, with last year's values where they are known."""

    def __init__(self, form: Form, control: Control, history: History = NONE) -> None:
        profile = control.profile
        self._form, self._control, self.history = form.set(profile.thresholds), control, history
        self.balances = Balances(self._form, level=profile.level, year=profile.year)
        place = _PLACE.match(profile.root)
        self._place = place.group() if place else ""
        self._rules = tuple(
            rule
            for rule in self._form.rules
            if rule.kind in FUNCTIONS and rule.applies(level=profile.level, year=profile.year)
        )
        self._order = {rule.id: n for n, rule in enumerate(self._form.rules)}
        self._asked_of = cache(self._rules_for)
        self._given = form, control, history

    def __reduce__(self) -> tuple[type[Checker], tuple[Form, Control, History]]:
        """A copy in another process is made from the same form, 台账 and history."""
        return Checker, self._given

    def check(self, submissions: Sequence[Submission]) -> list[Checked]:
        """Return each submission with all findings: those of reading, then those of the rules."""
        return self.together(self.alone(submissions))

    def alone(self, submissions: Sequence[Submission]) -> list[Checked]:
        """Check each submission by the rules that depend on it alone."""
        units = [self._control.by_code[submission.unit] for submission in submissions]
        assessments = self.balances.assess(
            [submission.values for submission in submissions],
            last=[self.last(unit.code) for unit in units],
            unit_types=[unit.type for unit in units],
        )
        return [
            self._assess(submission, unit, assessment)
            for submission, unit, assessment in zip(submissions, units, assessments, strict=True)
        ]

    def together(self, checked: Sequence[Checked]) -> list[Checked]:
        """Add the findings that depend on the other returns of the night."""
        submissions = [result.submission for result in checked]
        units = [self._control.by_code[submission.unit] for submission in submissions]
        cases = self._cases(submissions, units)
        return [self._ask_rules(result, case, alone=False) for result, case in zip(checked, cases, strict=True)]

    def last(self, unit: str) -> Vector:
        """Return what the unit reported a year before."""
        return self.history.vector(self._form, unit)

    def _assess(self, submission: Submission, unit: Unit, assessment: Assessment) -> Checked:
        found = self.balances.findings(assessment.breaches, submission.places, submission.values)
        where = {"unit": submission.unit, "file": submission.arrival.name}
        checked = Checked(
            submission=submission,
            findings=(*submission.findings, *(finding.at(**where) for finding in found)),
            unevaluated=tuple(assessment.unevaluated),
        )
        if submission.values.empty:  # a submission of which nothing was read has nothing to check
            return Checked(submission=submission, findings=submission.findings)
        return self._ask_rules(checked, self._case(submission, unit), alone=True)

    def _ask_rules(self, checked: Checked, case: Case, *, alone: bool) -> Checked:
        """``checked`` with the answers of the rules that look at it ``alone``, or of those that do not."""
        submission = checked.submission
        if submission.values.empty:
            return checked
        where = {"unit": submission.unit, "file": submission.arrival.name}
        findings: list[Finding] = []
        unevaluated = set(checked.unevaluated)
        for rule in self._asked_of(case.unit.type, alone):
            try:
                hits = FUNCTIONS[rule.kind](rule, case)
            except Exception as error:
                findings.append(notice("X1", where=where, rule=rule.id, detail=type(error).__name__))
                continue
            if hits is None:
                unevaluated.add(rule.id)
            else:
                findings.extend(tell(rule, hit, submission.places.get(hit.item)).at(**where) for hit in hits)
        return Checked(
            submission=submission,
            findings=(*checked.findings, *findings),
            unevaluated=tuple(sorted(unevaluated, key=self._order.__getitem__)),
        )

    def _rules_for(self, unit_type: str, alone: bool) -> tuple[Rule, ...]:
        """The rules asked of units of this type: those that look at a return alone, or those that do not."""
        level = self._control.profile.level
        return tuple(r for r in self._rules if KINDS[r.kind].alone == alone and r.concerns(unit_type, level=level))

    def _case(self, submission: Submission, unit: Unit) -> Case:
        return Case(
            form=self._form,
            unit=unit,
            year=self._control.profile.year,
            values=_by_code(self._form, submission),
            last=self.history.of(unit.code),
            sha256=submission.arrival.sha256,
            place=self._place,
        )

    def _cases(self, submissions: Sequence[Submission], units: Sequence[Unit]) -> Iterator[Case]:
        """Yield the case of each submission among the others; it is made when its turn comes, because its values by
        code take more memory than the submission.
        """
        neighbours = self._neighbours(submissions, units)
        first: dict[str, tuple[dt.date, str]] = {}
        sent: Counter[str] = Counter()
        version: dict[str, int] = {}
        for submission in sorted(submissions, key=lambda submission: submission.arrival.order):
            came = submission.arrival.came
            first[submission.unit] = min(first.get(submission.unit, came), came)
            sent[submission.unit] += 1
            version[submission.arrival.sha256] = sent[submission.unit]
        for submission, unit in zip(submissions, units, strict=True):
            yield replace(
                self._case(submission, unit),
                neighbours=neighbours,
                received=first[unit.code][0],
                received_by=first[unit.code][1],
                due=unit.due or self._control.profile.due,
                versions=version[submission.arrival.sha256],
            )

    def _neighbours(self, submissions: Sequence[Submission], units: Sequence[Unit]) -> Neighbours:
        likeness: dict[tuple[str, str], tuple[str, int]] = {}
        numbers: Mapping[str, tuple[str, ...]] = {}
        for rule in self._rules:
            if rule.kind == "similar":
                least, percent = rule.number("least"), rule.number("percent")
                for code in rule.names("texts"):
                    written = self._written(code, submissions, units)
                    texts = [(sha, unit.name, bare(text, unit)) for sha, unit, text in written if len(text) >= least]
                    for sha256, other, share in nearest(texts, percent=percent):
                        likeness[sha256, code] = (other, share)
            elif rule.kind == "shared_numbers":
                listed = self._written(rule.word("item"), submissions, units)
                owners = list_owners((unit.name, text) for _, unit, text in listed)
                numbers = {number: names for number, names in owners.items() if len(names) > 1}
        return Neighbours(likeness=likeness, numbers=numbers)

    def _written(
        self, code: str, submissions: Sequence[Submission], units: Sequence[Unit]
    ) -> Iterator[tuple[str, Unit, str]]:
        """Yield the texts of an item with the hash of their return and their unit."""
        at = self._form.position[code]
        for submission, unit in zip(submissions, units, strict=True):
            if isinstance(text := submission.values[at], str):
                yield submission.arrival.sha256, unit, text


def _by_code(form: Form, submission: Submission) -> Mapping[str, Value]:
    return dict(zip(form.position, submission.values, strict=True))
