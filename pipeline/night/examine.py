"""Arrivals to checked submissions; what is unchanged is neither read nor checked again. Readings and checks are stored
and loaded in batches, so that memory does not grow with their number. A file that kills its
reader is remembered under the same key as a reading; one that could not be opened, or was given up by the clock, is
tried again the next night.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pipeline.ledger import Check, Ledger
from pipeline.ledger.readings import in_batches
from pipeline.ledger.rows import PackedReader, Packing, Row, packed_findings, unpacked_findings
from pipeline.model.basis import Basis
from pipeline.model.standing import Checked
from pipeline.model.submission import Arrival, Reason, Submission, Unclaimed
from pipeline.night.keys import check_key, checking_context, reading_context, reading_key
from pipeline.road.check import Checker
from pipeline.road.intake import open_arrival
from pipeline.road.read import Reader, read_many

T = TypeVar("T")
Walk = Callable[[Sequence[Arrival]], Iterable[Arrival]]


@dataclass(kw_only=True)
class Examination:
    """One night's reading and checking. ``anew`` ignores stored readings and checks. ``unfinished`` are the arrivals a
    worker gave up on; with any of them the night is not finished.
    """

    ledger: Ledger
    basis: Basis
    reader: Reader
    checker: Checker
    workers: int
    anew: bool = False
    unfinished: dict[str, Unclaimed] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def examine(self, arrivals: Sequence[Arrival], walk: Walk) -> Iterator[Checked | Unclaimed]:
        """Yield every arrival in its order, with the findings that depend on it alone; ``walk`` shows the progress."""
        basis = self.basis
        packing = Packing(form=basis.form, layout=basis.layout)
        context = reading_context(basis.form, basis.control, basis.template, basis.secret)
        self.keys = {a.sha256: reading_key(context, a, basis.control) for a in arrivals if a.sha256 and a.usable}
        again = self._read(packing, arrivals, walk)
        checking = checking_context(basis.form, basis.control)
        for part in in_batches(arrivals):
            yield from self._check_batch(packing, checking, part, again)

    def _read(self, packing: Packing, arrivals: Sequence[Arrival], walk: Walk) -> dict[str, Row]:
        """Read and store what is not stored yet; return the rows that were read but not stored."""
        known = self.ledger.readings.find_known(self.keys.values())
        usable = [a for a in arrivals if a.sha256 in self.keys]
        fresh = [a for a in usable if self.anew or self.keys[a.sha256] not in known]
        if not fresh:
            return {}
        self.ledger.readings.keep_shape(packing.shape)
        reading = PackedReader(reading=self.reader.read, packing=packing)
        results = read_many(open_arrival, reading, fresh, workers=self.workers)
        again: dict[str, Row] = {}
        for part in in_batches(zip(walk(fresh), results, strict=True)):
            rows = []
            for arrival, result in part:
                key = self.keys[arrival.sha256]
                if isinstance(result, Unclaimed):
                    # the fault of the machine is tried again; that of the file is remembered like any reading
                    if result.obstacle.reason is not Reason.UNREADABLE:
                        self.unfinished[key] = result
                        continue
                    result = packing.pack(result)
                if key in known:
                    again[key] = result
                else:
                    rows.append((key, result))
            self.ledger.readings.keep(self.basis.year, rows)
        return again

    def _check_batch(
        self, packing: Packing, context: str, arrivals: Sequence[Arrival], again: dict[str, Row]
    ) -> Iterator[Checked | Unclaimed]:
        wanted = [self.keys[a.sha256] for a in arrivals if a.sha256 in self.keys]
        rows = {**self.ledger.readings.load(wanted), **again}
        results = [self._result(packing, rows, arrival) for arrival in arrivals]
        submissions = [result for result in results if isinstance(result, Submission)]
        checks = self._checks(context, submissions)
        for result in results:
            if isinstance(result, Unclaimed):
                yield result
            else:
                check = checks[result.arrival.sha256]
                yield Checked(
                    submission=result,
                    findings=unpacked_findings(check.findings),
                    unevaluated=tuple(json.loads(check.unevaluated)),
                )

    def _result(self, packing: Packing, rows: dict[str, Row], arrival: Arrival) -> Submission | Unclaimed:
        key = self.keys.get(arrival.sha256)
        if key is None:
            assert arrival.obstacle is not None  # everything usable has a key
            return Unclaimed(arrival=arrival, obstacle=arrival.obstacle, findings=arrival.findings)
        return self.unfinished[key] if key in self.unfinished else packing.unpack(rows[key], arrival)

    def _checks(self, context: str, submissions: Sequence[Submission]) -> dict[str, Check]:
        """Return the checks of each submission alone, by hash; only missing ones are computed."""
        units = self.basis.control.by_code
        keys = {
            submission.arrival.sha256: check_key(
                context,
                self.keys[submission.arrival.sha256],
                units[submission.unit],
                self.checker.last(submission.unit),
            )
            for submission in submissions
        }
        known = self.ledger.readings.checks(list(keys.values()))
        kept = {} if self.anew else known
        fresh = [submission for submission in submissions if keys[submission.arrival.sha256] not in kept]
        asked = [self._check(keys[checked.submission.arrival.sha256], checked) for checked in self.checker.alone(fresh)]
        self.ledger.readings.keep_checks([check for check in asked if check.key not in known])
        found = {**kept, **{check.key: check for check in asked}}
        return {sha256: found[key] for sha256, key in keys.items()}

    def _check(self, key: str, checked: Checked) -> Check:
        return Check(
            key=key,
            reading=self.keys[checked.submission.arrival.sha256],
            findings=packed_findings(checked.findings),
            unevaluated=json.dumps(checked.unevaluated),
        )
