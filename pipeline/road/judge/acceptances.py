"""认可: findings that the office lets pass, each only for the figures it was signed for."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.model.decisions import Acceptance
from pipeline.model.finding import Finding
from pipeline.model.precedents import Precedents

_SHORTEST = 8
"""Digits of a finding's key that are enough to name it."""


class Office:
    """The rows of 认可, and the figures they were first used for."""

    def __init__(self, acceptances: Sequence[Acceptance], precedents: Precedents) -> None:
        self._rows: dict[tuple[str, str], list[Acceptance]] = {}
        for row in acceptances:
            self._rows.setdefault((row.subject, row.rule), []).append(row)
        self._precedents = precedents

    def answer(self, subject: str, finding: Finding) -> tuple[Finding, Acceptance | None]:
        """Return the finding with the office's answer and the row; unchanged when there is none."""
        for row in self._rows_for(subject, finding):
            if self._holds(row, finding):
                return finding.at(answer=f"认可：{row.reason}（批准人 {row.approver}）"), row
        return finding, None

    def find_lapsed(self, subject: str, finding: Finding) -> tuple[Acceptance, Finding, str] | None:
        """Return a row signed for other figures than the finding's, with those; ``None`` when there is none."""
        if finding.answer:
            return None
        row = next(iter(self._rows_for(subject, finding)), None)
        if row is None:
            return None
        figures = row.figures or "、".join(bound.figures for bound in self._precedents.bound.get(row.identity, ()))
        return row, finding, figures

    def _rows_for(self, subject: str, finding: Finding) -> Sequence[Acceptance]:
        return () if finding.severity == "info" else self._rows.get((subject, finding.code), ())

    def _holds(self, row: Acceptance, finding: Finding) -> bool:
        if row.figures:
            signed = row.figures.strip()
            by_key = len(signed) >= _SHORTEST and finding.evidence.startswith(signed)
            return by_key or signed in (finding.figures, "" if finding.expected else finding.found)
        bound = self._precedents.bound.get(row.identity)
        if bound is None:  # new tonight: it holds for what stands here, and for that alone from now on
            return True
        return any((precedent.key, precedent.operands) == (finding.matter, finding.evidence) for precedent in bound)
