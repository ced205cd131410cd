"""What a night came to: everything that is published is drawn from this and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.form import Form
from pipeline.model.changes import FIRST_NIGHT, Changes
from pipeline.model.control import Acceptance, Control
from pipeline.model.county import County
from pipeline.model.finding import Finding
from pipeline.model.received import Received
from pipeline.model.seal import Seal
from pipeline.model.standing import Standing
from pipeline.model.submission import Unclaimed


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One consolidation of one year.

    ``findings`` are those that matter today, sorted for reading; ``superseded`` are those of returns that another
    version of the same unit's return has replaced. ``accepted`` are the findings that an acceptance
    answers. ``changes`` compare with the night before; ``seal`` is the next
    level's, from the workbook it issued to this county, and goes into county.xlsx.
    """

    year: int
    form: Form
    control: Control
    arrivals: tuple[Received, ...]
    standings: tuple[Standing, ...]
    unclaimed: tuple[Unclaimed, ...]
    county: County
    findings: tuple[Finding, ...]
    superseded: tuple[Finding, ...]
    changes: Changes = FIRST_NIGHT
    accepted: tuple[tuple[Acceptance, Finding], ...] = ()
    seal: Seal | None = None

    @property
    def attention(self) -> bool:
        """Whether a person must look at something: an error or an unanswered warning stands, or a unit is missing."""
        return not self.county.complete or any(finding.open for finding in self.findings)
