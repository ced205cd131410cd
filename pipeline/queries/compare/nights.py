"""Two nights of a year: the figures that changed, the returns and decisions that caused it, and other changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.errors import WorkspaceError
from pipeline.form import Form
from pipeline.ledger import Decided, NightRow
from pipeline.model import changes
from pipeline.model.changes import Cause, UnitChange, between
from pipeline.night.replay import Remembered, published_nights, replay_night
from pipeline.queries.compare.changes import ComparedFigure, label_of
from pipeline.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureChange(ComparedFigure):
    """A county figure and the causes of its change; a ``computed`` one changed because its parts did."""

    computed: bool
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A unit whose state changed."""

    unit: str
    name: str
    before: str
    after: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NightDiff:
    """Two nights of a year. Findings are as the ledger keeps them."""

    year: int
    before: NightRow
    after: NightRow
    figures: tuple[FigureChange, ...]
    units: tuple[UnitChange, ...]
    states: tuple[Moved, ...]
    decisions_new: tuple[Decided, ...]
    decisions_gone: tuple[Decided, ...]
    findings_new: tuple[Mapping[str, Any], ...]
    findings_gone: tuple[Mapping[str, Any], ...]


def runs(workspace: Workspace, year: int) -> list[NightRow]:
    """The runs of a year, the oldest first. Raises `WorkspaceError` when it has none."""
    workspace.require_inputs(year)
    with workspace.open_ledger() as ledger:
        published_nights(ledger, year)
        return ledger.nights.runs(year)


def diff_nights(workspace: Workspace, year: int, pair: tuple[int, int] | None = None) -> NightDiff:
    """Compare the two last nights that published, or any two. Raises `WorkspaceError`, `AskedError`."""
    workspace.require_inputs(year)
    with workspace.open_ledger() as ledger:
        if pair is None:
            nights = published_nights(ledger, year)
            if len(nights) < 2:
                raise WorkspaceError(f"{year} 年度只汇总过一次，还没有可比的。")
            pair = nights[-2].id, nights[-1].id
        before, after = (replay_night(workspace, ledger, year, run) for run in pair)
        form = after.form
        moved = between(form, before.snapshot(form), after.snapshot(form))
        decisions = _key_decisions(before), _key_decisions(after)
        findings = _key_findings(before.findings), _key_findings(after.findings)
        return NightDiff(
            year=year,
            before=before.row,
            after=after.row,
            figures=(*(_figure(form, change) for change in moved.items), *_taken_back(before, form)),
            units=moved.units,
            states=tuple(_states(before, after)),
            decisions_new=_only(decisions[1], decisions[0]),
            decisions_gone=_only(decisions[0], decisions[1]),
            findings_new=_only(findings[1], findings[0]),
            findings_gone=_only(findings[0], findings[1]),
        )


def _figure(form: Form, change: changes.Change) -> FigureChange:
    return FigureChange(
        code=change.item,
        label=label_of(form, change.item),
        before=change.before,
        after=change.after,
        computed=change.item in form.formulas,
        causes=change.causes,
    )


def _taken_back(before: Remembered, form: Form) -> Iterator[FigureChange]:
    """Yield the figures of indicators that were withdrawn."""
    for code, value in before.figures.items():
        if code not in form.position and value is not None:
            label = label_of(before.form, code)
            yield FigureChange(code=code, label=label, before=value, after=None, computed=False, causes=())


def _states(before: Remembered, after: Remembered) -> Iterator[Moved]:
    for unit, now in after.states.items():
        was = before.states.get(unit)
        if was is None or was.state != now.state:
            yield Moved(
                unit=unit,
                name=after.name(unit),
                before=was.state if was else "",
                after=now.state,
                because=now.because,
            )


def _key_decisions(night: Remembered) -> list[tuple[tuple[str, ...], Decided]]:
    """Key decisions by their content, independent of their row in the 台账."""
    return [((row.kind, row.subject, row.detail, row.reason, row.approver), row) for row in night.decisions]


def _key_findings(findings: Sequence[Mapping[str, Any]]) -> list[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Key findings by unit, place and rule; the file may be another version."""
    words = ("unit", "code", "sheet", "cell", "item", "found")
    return [(tuple(str(finding.get(word, "")) for word in words), finding) for finding in findings]


def _only(
    these: Sequence[tuple[tuple[str, ...], Any]], those: Sequence[tuple[tuple[str, ...], Any]]
) -> tuple[Any, ...]:
    """Return what occurs in ``these`` more often than in ``those``."""
    left = Counter(key for key, _ in those)
    found = []
    for key, each in these:
        left[key] -= 1
        if left[key] < 0:
            found.append(each)
    return tuple(found)
