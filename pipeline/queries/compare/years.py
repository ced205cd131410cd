"""Two years of the county, or of one unit, item by item, in the codes of the later one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.errors import AskedError
from pipeline.form import Form, Value
from pipeline.ledger import Ledger
from pipeline.model.past import Past, cross_over
from pipeline.night.replay import Remembered, replay_night
from pipeline.prior_year.known import COUNTED, load_reported
from pipeline.queries.compare.changes import ComparedFigure, codes_of, label_of
from pipeline.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class YearDiff:
    """Two years of the county, or of one unit; ``zeros`` items are 0 in both and left out."""

    before: int
    after: int
    whose: str
    items: tuple[ComparedFigure, ...]
    zeros: int


def diff_years(workspace: Workspace, before: int, after: int, unit: str = "") -> YearDiff:
    """Compare two years item by item, of the county or of one unit. Raises `WorkspaceError`, `AskedError`.

    A unit's former year may also be known from an imported report or workbook; of a form of other codes its crosswalk
    carries over what it can.
    """
    workspace.require_inputs(after)
    with workspace.open_ledger() as ledger:
        if unit:
            form, _ = workspace.form(after)
            was, now = (_of_unit(ledger, year, unit, form) for year in (before, after))
            whose = _unit_name(ledger, after, unit)
        else:
            former, latter = (replay_night(workspace, ledger, year) for year in (before, after))
            form, whose = latter.form, latter.control.profile.root
            was, now = _of_county(former, form), latter.figures
    changes = [
        ComparedFigure(code=code, label=label_of(form, code), before=was.get(code), after=now.get(code))
        for code in codes_of(form, was, now)
        if not isinstance(was.get(code), str) and not isinstance(now.get(code), str)
    ]
    items = tuple(change for change in changes if change.before or change.after)
    return YearDiff(before=before, after=after, whose=whose, items=items, zeros=len(changes) - len(items))


def _of_county(night: Remembered, form: Form) -> Mapping[str, Value]:
    """Return the county's figures in the codes of ``form``."""
    row = night.row
    past = Past(unit="", year=row.year, form=row.form, source=COUNTED, file="", sha256="", values=night.figures)
    return cross_over(past, form).values


def _of_unit(ledger: Ledger, year: int, unit: str, form: Form) -> Mapping[str, Value]:
    values = load_reported(ledger, year, form).of(unit)
    if not values:
        raise AskedError(f"没有单位代码为 {unit} 的单位 {year} 年度的数。请核对单位代码和年度。")
    return {code: value for code, value in values.items() if not code.startswith("meta.")}


def _unit_name(ledger: Ledger, year: int, unit: str) -> str:
    row = ledger.nights.accepted_returns(year).get(unit)
    return f"{row.name}（{unit}）" if row else unit
