"""Known figures of the year before, for rules that compare years and for carried-over figures.

Sources, the better known one believed: what this program counted that year, a workbook of that year that was imported,
a published report that was imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from pipeline.form import Form, Value
from pipeline.ledger import Accepted, Ledger
from pipeline.model.control import Control
from pipeline.model.past import ROOT, History, Past, cross_over

REPORT, WORKBOOK, COUNTED = "年报", "报表", "汇总"
_TRUST = (REPORT, WORKBOOK, COUNTED)
"""The least believed first."""


def load_pasts(ledger: Ledger, year: int) -> tuple[Past, ...]:
    """Load everything known of a year, the weakest source first, within a kind the oldest first."""
    every = (*ledger.pasts.of(year), *_load_counted(ledger, year))
    return tuple(sorted(every, key=lambda past: _TRUST.index(past.source)))


def load_reported(ledger: Ledger, year: int, form: Form) -> History:
    """Load what the units reported for ``year``, in the codes of ``form`` and as far as its items can hold it."""
    return History.of_pasts(cross_over(past, form) for past in load_pasts(ledger, year)).fitting(form)


def load_history(ledger: Ledger, control: Control, form: Form, year: int) -> History:
    """Load what the units reported the year before ``year``, with the office's corrections (上年更正)."""
    return _with_root(ledger, year - 1, form, load_reported(ledger, year - 1, form).correct(form, control.corrections))


def _with_root(ledger: Ledger, year: int, form: Form, units: History) -> History:
    """Add what the consolidation itself published last for ``year``."""
    published = ledger.nights.figures(year)
    root = {
        code: Decimal(text) if form.item(code).kind == "money" else int(text)
        for code, text in published.items()
        if text is not None and code in form.position and form.item(code).numeric and _is_figure(form, code, text)
    }
    return History(values={**units.values, ROOT: {**units.of(ROOT), **root}}) if root else units


def _is_figure(form: Form, code: str, text: str) -> bool:
    """Whether the item can hold the value: a local indicator may have changed its kind."""
    return form.item(code).kind == "money" or text.lstrip("-").isdecimal()


def _load_counted(ledger: Ledger, year: int) -> Iterator[Past]:
    """Yield the accepted returns of the last night of that year."""
    accepted = list(ledger.nights.accepted_returns(year).values())
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
    keys = {row.unit: row.reading or "" for row in accepted}
    rows = ledger.readings.load(list(keys.values()))
    shapes = {key: ledger.readings.shape(key) for key in sorted({row.shape for row in rows.values()})}
    found = {}
    for unit, key in keys.items():
        row = rows[key]
        found[unit] = shapes[row.shape].form, shapes[row.shape].by_code(row)
    return found
