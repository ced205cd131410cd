"""The record of a night for the ledger: states, accepted returns, figures, reasons, decisions, published files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from pipeline.form import print_figure
from pipeline.ledger import Accepted, AcceptedFinding, Decided, Explained, Night, NightRow, StateRow
from pipeline.ledger.nights import PUBLISHED
from pipeline.model.control import Control
from pipeline.model.county import County
from pipeline.model.explanations import unit_reason
from pipeline.model.outcome import Outcome
from pipeline.model.rows import pack_each
from pipeline.model.standing import Standing
from pipeline.night.keys import digest, program

ADJUSTMENTS, AUTOMATIC = "差额调整", "自动差额"
"""The kinds of decisions that are rows of the 差额表: registered in the 台账, and made by consolidation itself."""


def night_of(
    outcome: Outcome,
    *,
    now: dt.datetime,
    key: str,
    control: str,
    readings: Mapping[str, str],
    manifest: Mapping[str, str],
    document: bytes,
    sight: int,
) -> Night:
    """The record of a night.

    ``readings`` are the keys of the readings by hash, ``control`` is the hash of its 台账, ``document`` its run.json,
    ``sight`` the last look into the folder.
    """
    return Night(
        row=NightRow(
            year=outcome.year,
            at=now.isoformat(timespec="seconds"),
            kind=PUBLISHED,
            key=key,
            code=program(),
            form=outcome.form.id,
            control=control,
            snapshot=counted_digest(outcome.county),
            complete=outcome.county.complete,
            sight=sight,
            manifest=manifest,
        ),
        findings=pack_each(outcome.findings),
        document=document,
        states=[_state(standing) for standing in outcome.standings],
        accepted=tuple(_list_accepted(outcome, readings)),
        figures=_print_figures(outcome.county),
        decisions=(*_list_signed(outcome.control), *_differences(outcome.county)),
        explanations=tuple(_explanations(outcome)),
        acceptances=tuple(_acceptances(outcome)),
    )


def counted_digest(county: County) -> str:
    """Return the digest of everything the county's figures were made of; equal digests mean equal counts."""
    counted = [
        (submission.unit.code, submission.submission.arrival.sha256, submission.provisional)
        for submission in county.counted
    ]
    return digest(counted, county.differences, sorted(_print_figures(county).items()))


def _print_figures(county: County) -> dict[str, str | None]:
    return {code: None if value is None else print_figure(value) for code, value in county.figures.items()}


def _list_accepted(outcome: Outcome, readings: Mapping[str, str]) -> Iterator[Accepted]:
    for standing in outcome.standings:
        if standing.passed and standing.decisive is not None:
            arrival = standing.decisive.submission.arrival
            yield Accepted(
                unit=standing.unit.code,
                name=standing.unit.name,
                file=arrival.name,
                sha256=arrival.sha256,
                reading=readings[arrival.sha256],
                counted=standing.counted is not None,
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


def _list_signed(control: Control) -> Iterator[Decided]:
    """The signed rows of the 台账 that are no difference, each with what it sets."""
    for decision in (*control.waivers, *control.acceptances, *control.claims, *control.corrections):
        yield Decided(
            kind=decision.sheet,
            subject=decision.subject,
            detail=decision.detail,
            reason=decision.reason,
            approver=decision.approver,
            cell=decision.cell,
        )


def _differences(county: County) -> Iterator[Decided]:
    """The rows of the 差额表, by item and amount."""
    for difference in county.differences:
        yield Decided(
            kind=AUTOMATIC if difference.automatic else ADJUSTMENTS,
            subject=difference.item,
            detail=print_figure(difference.amount),
            reason=difference.reason,
            approver=difference.approver,
            cell=f"{difference.file} {difference.sheet}!{difference.cell}" if difference.automatic else difference.cell,
        )


def _acceptances(outcome: Outcome) -> Iterator[AcceptedFinding]:
    """Yield the figures each 认可 is used for tonight."""
    for acceptance, finding in outcome.accepted:
        yield AcceptedFinding(
            unit=acceptance.subject,
            rule=acceptance.rule,
            reason=acceptance.reason,
            approver=acceptance.approver,
            key=finding.matter,
            operands=finding.evidence,
            figures=finding.figures,
        )


def _explanations(outcome: Outcome) -> Iterator[Explained]:
    for standing in outcome.standings:
        for judged in standing.returns:
            for finding in judged.findings:
                if text := unit_reason(finding):
                    yield Explained(
                        unit=standing.unit.code,
                        rule=finding.key,
                        operands=finding.operands,
                        text=text,
                        file=judged.submission.arrival.name,
                        sha256=judged.submission.arrival.sha256,
                    )
