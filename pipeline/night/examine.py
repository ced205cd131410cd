"""Arrivals to checked submissions; what is unchanged is neither read nor checked again. Readings and checks are stored
and loaded in batches, so that memory does not grow with their number. A file that kills its
reader is remembered under the same key as a reading; one that could not be opened, or was given up by the clock, is
tried again the next night.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.ledger import Check, Ledger
from pipeline.ledger.readings import in_batches
from pipeline.model.basis import Basis
from pipeline.model.rows import Row, packed_findings, unpacked_findings, unpacked_rules
from pipeline.model.standing import Checked
from pipeline.model.submission import Arrival, Submission, Unclaimed
from pipeline.night.engine import Engine, Examined, Task
from pipeline.night.keys import check_key, checking_context, reading_context, reading_key

Walk = Callable[[Sequence[Arrival]], Iterable[Arrival]]


@dataclass(kw_only=True)
class Examination:
    """One night's reading and checking. ``anew`` ignores stored readings and checks. ``unfinished`` are the arrivals a
    worker gave up on; with any of them the night is not finished.
    """

    ledger: Ledger
    basis: Basis
    task: Task
    engine: Engine
    anew: bool = False
    unfinished: dict[str, Unclaimed] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    _checking: str = ""

    def examine(self, arrivals: Sequence[Arrival], walk: Walk) -> Iterator[Checked | Unclaimed]:
        """Yield every arrival in its order, with the findings that depend on it alone; ``walk`` shows the progress."""
        basis = self.basis
        context = reading_context(basis.form, basis.control, basis.template, basis.secret)
        self._checking = checking_context(basis.form, basis.control)
        self.keys = {a.sha256: reading_key(context, a, basis.control) for a in arrivals if a.sha256 and a.usable}
        known = self.ledger.readings.find_known(self.keys.values())
        usable = [a for a in arrivals if a.sha256 in self.keys]
        fresh = [a for a in usable if self.anew or self.keys[a.sha256] not in known]
        reading = iter(self._read(fresh, walk))
        for part in in_batches(arrivals):
            yield from self._batch(part, known, reading)
        for _ in reading:  # tells whoever walks along that the end is reached
            raise AssertionError("more was read than had arrived")

    def _read(self, fresh: Sequence[Arrival], walk: Walk) -> Iterator[tuple[Arrival, Examined | Unclaimed]]:
        """Yield what is not stored yet with its result, in the order of arrival."""
        if fresh:
            self.ledger.readings.keep_shape(self.task.packing.shape)
            yield from zip(walk(fresh), self.engine.examine(self.task, fresh), strict=True)

    def _batch(
        self,
        arrivals: Sequence[Arrival],
        known: set[str],
        reading: Iterator[tuple[Arrival, Examined | Unclaimed]],
    ) -> Iterator[Checked | Unclaimed]:
        """Take a batch from what is stored and what is read now, and store what is new of it at once."""
        keys = [self.keys[a.sha256] for a in arrivals if a.sha256 in self.keys]
        stored = [] if self.anew else [key for key in keys if key in known]
        examined: dict[str, Examined] = {}
        for _ in range(len(keys) - len(stored)):
            arrival, read = next(reading)
            key = self.keys[arrival.sha256]
            if isinstance(read, Unclaimed):
                self.unfinished[key] = read
            else:
                examined[key] = read
        rows = {**self.ledger.readings.load(stored), **{key: each.row for key, each in examined.items()}}
        results = [self._result(rows, arrival) for arrival in arrivals]
        submissions = [result for result in results if isinstance(result, Submission)]
        checks = self._checks(submissions, examined, [(key, rows[key]) for key in examined if key not in known])
        for result in results:
            if isinstance(result, Unclaimed):
                yield result
            else:
                check = checks[result.arrival.sha256]
                yield Checked(
                    submission=result,
                    findings=unpacked_findings(check.findings),
                    unevaluated=unpacked_rules(check.unevaluated),
                )

    def _result(self, rows: Mapping[str, Row], arrival: Arrival) -> Submission | Unclaimed:
        key = self.keys.get(arrival.sha256)
        if key is None:
            assert arrival.obstacle is not None  # everything usable has a key
            return Unclaimed(arrival=arrival, obstacle=arrival.obstacle, findings=arrival.findings)
        return self.unfinished[key] if key in self.unfinished else self.task.packing.unpack(rows[key], arrival)

    def _checks(
        self,
        submissions: Sequence[Submission],
        examined: Mapping[str, Examined],
        new: Sequence[tuple[str, Row]],
    ) -> dict[str, Check]:
        """Return the checks of each submission alone, by hash; keep the ``new`` readings with the checks not kept yet.

        A reading that was stored under other rules is checked here, without being read again.
        """
        keys = {submission.arrival.sha256: self._check_key(submission) for submission in submissions}
        known = self.ledger.readings.checks(list(keys.values()))
        found = {} if self.anew else dict(known)
        unchecked = []
        for submission in submissions:
            sha256 = submission.arrival.sha256
            reading, key = self.keys[sha256], keys[sha256]
            if key in found:
                continue
            if each := examined.get(reading):
                found[key] = Check(key=key, reading=reading, findings=each.findings, unevaluated=each.unevaluated)
            else:
                unchecked.append(submission)
        for checked in self.task.checker.alone(unchecked):
            sha256 = checked.submission.arrival.sha256
            findings, unevaluated = packed_findings(checked.findings), json.dumps(checked.unevaluated)
            key = keys[sha256]
            found[key] = Check(key=key, reading=self.keys[sha256], findings=findings, unevaluated=unevaluated)
        self.ledger.readings.keep(self.basis.year, new, [check for key, check in found.items() if key not in known])
        return {sha256: found[key] for sha256, key in keys.items()}

    def _check_key(self, submission: Submission) -> str:
        unit = self.basis.control.by_code[submission.unit]
        last = self.task.checker.last(submission.unit)
        return check_key(self._checking, self.keys[submission.arrival.sha256], unit, last)
