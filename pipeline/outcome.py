"""What a night came to: everything that is published is drawn from this and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.control import Control
from pipeline.county import County
from pipeline.findings import Finding
from pipeline.form import Form
from pipeline.returns import Arrival, Unclaimed
from pipeline.standings import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One consolidation of one year. ``findings`` are all of them, sorted for reading."""

    year: int
    form: Form
    control: Control
    arrivals: tuple[Arrival, ...]
    standings: tuple[Standing, ...]
    unclaimed: tuple[Unclaimed, ...]
    county: County
    findings: tuple[Finding, ...]

    @property
    def attention(self) -> bool:
        """Whether a person must look at something: an error or a warning stands, or a unit is missing."""
        return not self.county.complete or any(finding.severity != "info" for finding in self.standing_findings())

    def standing_findings(self) -> tuple[Finding, ...]:
        """Findings that still matter: those of a superseded return do not."""
        superseded = {
            (standing.unit.code, judged.submission.arrival.name)
            for standing in self.standings
            for judged in standing.returns
            if judged is not standing.decisive
        }
        return tuple(finding for finding in self.findings if (finding.unit, finding.file) not in superseded)
