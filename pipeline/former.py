"""What the ledger knows of the year before and of the night before: for the rules that compare years, and for 变动.

Sources of a year, the better known one believed: what this program counted that year, a workbook of that year that was imported,
a published report that was imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from pipeline.changes import Counted, Snapshot
from pipeline.form import Figure, Form, Item, Value
from pipeline.history import History, Past, crossed
from pipeline.ledger import Accepted, Ledger
from pipeline.recording import ADJUSTMENTS, AUTOMATIC, SOURCE

REPORT, WORKBOOK, COUNTED = "年报", "报表", "汇总"
_TRUST = (REPORT, WORKBOOK, COUNTED)
"""The least believed first."""


def known(ledger: Ledger, year: int) -> tuple[Past, ...]:
    """Everything known of a year, the least believed first, of the same kind the oldest."""
    every = (*ledger.pasts.of(year), *_counted(ledger, year))
    return tuple(sorted(every, key=lambda past: _TRUST.index(past.source)))


def history(ledger: Ledger, year: int, form: Form) -> History:
    """What the units reported for ``year``, by unit and item, in the codes of this year's ``form``."""
    return History.of_pasts(crossed(past, form) for past in known(ledger, year))


def snapshot(ledger: Ledger, form: Form, year: int, *, other_than: str) -> Snapshot | None:
    """What the last night counted that did not count the same; ``None`` when there is none.

    A night that is made again, after its outputs were deleted or it was killed, so compares with the same one.
    """
    nights = [night for night in ledger.nights.runs(year, published=True) if night.snapshot != other_than]
    if not nights:
        return None
    return counted(ledger, form, year, until=nights[-1].id)


def counted(ledger: Ledger, form: Form, year: int, *, until: int) -> Snapshot:
    """What a night counted."""
    accepted = {unit: each for unit, each in ledger.nights.accepted(year, until=until).items() if each.counted}
    values = _values(ledger, list(accepted.values()))
    decisions = ledger.nights.decisions(year, until=until)
    adjustments: dict[str, Figure] = {}
    for decision in decisions:
        if decision.kind in (ADJUSTMENTS, AUTOMATIC) and decision.subject in form.position:
            amount = _figure(form.item(decision.subject), decision.detail)
            adjustments[decision.subject] = adjustments.get(decision.subject, 0) + amount
    return Snapshot(
        units={
            unit: Counted(
                name=each.name,
                file=each.file,
                sha256=each.sha256,
                values=tuple(values[unit][1].get(item.code) for item in form.items),
            )
            for unit, each in accepted.items()
        },
        adjustments=adjustments,
        figures={
            code: None if text is None else _figure(form.item(code), text)
            for code, text in ledger.nights.figures(year, until=until).items()
            if code in form.position
        },
        sources={decision.subject: decision.detail for decision in decisions if decision.kind == SOURCE},
    )


def _figure(item: Item, text: str) -> Figure:
    return Decimal(text) if item.kind == "money" else int(text)


def _counted(ledger: Ledger, year: int) -> Iterator[Past]:
    """The returns that stood at the end of the last night of that year."""
    accepted = list(ledger.nights.accepted(year).values())
    for each, (form, values) in zip(accepted, _values(ledger, accepted).values(), strict=True):
        yield Past(
            unit=each.unit,
            year=year,
            form=form,
            source=COUNTED,
            file=each.file,
            sha256=each.sha256,
            values={code: value for code, value in values.items() if value is not None},
        )


def _values(ledger: Ledger, accepted: Sequence[Accepted]) -> dict[str, tuple[str, dict[str, Value]]]:
    """The form and the values of accepted returns, by unit and item code."""
    keys = {each.unit: each.reading or "" for each in accepted}
    rows = ledger.readings.load(list(keys.values()))
    shapes = {key: ledger.readings.shape(key) for key in sorted({row.shape for row in rows.values()})}
    found = {}
    for unit, key in keys.items():
        row = rows[key]
        found[unit] = shapes[row.shape].form, shapes[row.shape].by_code(row)
    return found
