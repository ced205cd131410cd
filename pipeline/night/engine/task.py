"""One night's reading and checking as a value that can be sent to another process or machine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.model.basis import Basis
from pipeline.model.rows import Packing, Row, packed_findings
from pipeline.model.standing import Checked
from pipeline.model.submission import Arrival, Opened, Reason, Submission, Unclaimed
from pipeline.road.check import Checker
from pipeline.road.intake import open_arrival
from pipeline.road.read import Reader

_TOMORROW = (Reason.UNREACHABLE, Reason.UNFINISHED)
"""Faults of the machine: such a file may be readable the next night."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What one arrival came to, packed: its reading, and for a submission what the rules say of it alone.

    ``findings`` are those of reading and rules as JSON, ``unevaluated`` the rules without an answer; both are empty for
    a return that is no unit's.
    """

    row: Row
    findings: str = ""
    unevaluated: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Reads arrivals and checks each by the rules that look at it alone. Picklable; nothing in it changes."""

    reader: Reader
    checker: Checker
    packing: Packing

    @classmethod
    def of(cls, basis: Basis) -> Task:
        """The task of a year's basis."""
        return cls(
            reader=Reader(form=basis.form, layout=basis.layout, control=basis.control, secret=basis.secret),
            checker=Checker(basis.form, basis.control, basis.history),
            packing=Packing(form=basis.form, layout=basis.layout),
        )

    def is_like(self, other: Task) -> bool:
        """Whether the other was made from the very same form, template, 台账, secret and history."""
        ours, theirs = (
            (t.reader.form, t.reader.layout, t.reader.control, t.reader.secret, t.checker.history)
            for t in (self, other)
        )
        return all(mine is yours for mine, yours in zip(ours, theirs, strict=True))

    def open(self, arrival: Arrival) -> Opened:
        """Open an arrival by its path, behind the container guard."""
        return open_arrival(arrival)

    def read(self, opened: Opened) -> Submission | Unclaimed:
        """Read what was opened."""
        return self.reader.read(opened)

    def finish(self, results: Sequence[Submission | Unclaimed]) -> list[Examined | Unclaimed]:
        """Check a batch, all linear rules over all of it as one product, and pack it."""
        checks = iter(self.checker.alone([result for result in results if isinstance(result, Submission)]))
        return [
            self._pack_checked(next(checks)) if isinstance(result, Submission) else self.settle(result)
            for result in results
        ]

    def settle(self, result: Examined | Unclaimed) -> Examined | Unclaimed:
        """Pack what is no unit's, unless the machine is at fault."""
        if isinstance(result, Examined) or result.obstacle.reason in _TOMORROW:
            return result
        return Examined(row=self.packing.pack(result))

    def _pack_checked(self, checked: Checked) -> Examined:
        row = self.packing.pack(checked.submission)
        return Examined(
            row=row,
            # a return with which all is well says the same twice
            findings=row.findings
            if checked.findings == checked.submission.findings
            else packed_findings(checked.findings),
            unevaluated=json.dumps(checked.unevaluated),
        )
