"""What the ledger keeps of a night: states, accepted returns, figures, reasons, decisions, and what was published."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping

from pipeline.control import Control
from pipeline.explanations import given
from pipeline.fingerprints import digest, program
from pipeline.form import printed
from pipeline.ledger import Accepted, Decided, Explained, Night, NightRow, StateRow
from pipeline.ledger.nights import PUBLISHED
from pipeline.outcome import Outcome
from pipeline.packing import packed_findings
from pipeline.standings import Standing

ADJUSTMENTS = "差额调整"


def night_of(
    outcome: Outcome,
    *,
    now: dt.datetime,
    key: str,
    control: bytes,
    readings: Mapping[str, str],
    manifest: Mapping[str, str],
) -> Night:
    """The record of a night; ``readings`` are the keys of the readings by hash, ``control`` the bytes of its 台账."""
    accepted = tuple(_accepted(outcome, readings))
    figures = {code: None if value is None else printed(value) for code, value in outcome.county.figures.items()}
    decisions = tuple(_decisions(outcome.control))
    adjusted = [decision for decision in decisions if decision.kind == ADJUSTMENTS]
    counted = [(row.unit, row.sha256, row.counted, row.provisional) for row in accepted]
    return Night(
        row=NightRow(
            year=outcome.year,
            at=now.isoformat(timespec="seconds"),
            kind=PUBLISHED,
            key=key,
            code=program(),
            form=outcome.form.id,
            control=hashlib.sha256(control).hexdigest(),
            snapshot=digest(counted, adjusted, sorted(figures.items())),
            complete=outcome.county.complete,
            manifest=manifest,
        ),
        findings=packed_findings(outcome.findings),
        states=[_state(standing) for standing in outcome.standings],
        accepted=accepted,
        figures=figures,
        decisions=decisions,
        explanations=tuple(_explanations(outcome)),
    )


def _accepted(outcome: Outcome, readings: Mapping[str, str]) -> Iterator[Accepted]:
    for standing in outcome.standings:
        if standing.passed and standing.decisive is not None:
            arrival = standing.decisive.submission.arrival
            yield Accepted(
                unit=standing.unit.code,
                name=standing.unit.name,
                file=arrival.name,
                sha256=arrival.sha256,
                reading=readings[arrival.sha256],
                counted=standing.counts(),
                provisional=standing.provisional,
            )


def _state(standing: Standing) -> StateRow:
    arrival = standing.decisive.submission.arrival if standing.decisive else None
    return StateRow(
        unit=standing.unit.code,
        state=standing.state.value,
        because=standing.because,
        file=arrival.name if arrival else "",
        sha256=arrival.sha256 if arrival else "",
    )


def _decisions(control: Control) -> Iterator[Decided]:
    """The signed rows of the 台账, each with what it sets."""
    signed = (
        *((waiver, "") for waiver in control.waivers),
        *((adjustment, printed(adjustment.amount)) for adjustment in control.adjustments),
        *((acceptance, acceptance.rule) for acceptance in control.acceptances),
        *((claim, claim.unit) for claim in control.claims),
        *((correction, f"{correction.item} = {printed(correction.amount)}") for correction in control.corrections),
    )
    for decision, detail in signed:
        yield Decided(
            kind=decision.sheet,
            subject=decision.subject,
            detail=detail,
            reason=decision.reason,
            approver=decision.approver,
            cell=decision.cell,
        )


def _explanations(outcome: Outcome) -> Iterator[Explained]:
    for standing in outcome.standings:
        for judged in standing.returns:
            for finding in judged.findings:
                if text := given(finding):
                    yield Explained(
                        unit=standing.unit.code,
                        rule=finding.key,
                        operands=finding.operands,
                        text=text,
                        file=judged.submission.arrival.name,
                        sha256=judged.submission.arrival.sha256,
                    )
