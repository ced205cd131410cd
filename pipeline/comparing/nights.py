"""Two nights of a year: the figures that changed, by whose returns and decisions; what else came and went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pipeline.comparing.changes import Change, codes_of, label_of
from pipeline.errors import WorkspaceError
from pipeline.form import Figure
from pipeline.ledger import Accepted, Decided, NightRow
from pipeline.recording import ADJUSTMENTS, AUTOMATIC
from pipeline.remembered import Remembered, figure, published, remembered
from pipeline.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why a county figure changed: a unit's own number, or a signed adjustment that came (``before`` 0) or went."""

    unit: str
    name: str
    before: Figure
    after: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureChange(Change):
    """A county figure; one that is ``computed`` changed because its parts did."""

    computed: bool
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A unit that is counted by another return than before; no file where it was, or is, not counted."""

    unit: str
    name: str
    before_file: str
    before_sha256: str
    after_file: str
    after_sha256: str


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
    counted: tuple[Counted, ...]
    states: tuple[Moved, ...]
    decisions_new: tuple[Decided, ...]
    decisions_gone: tuple[Decided, ...]
    findings_new: tuple[Mapping[str, Any], ...]
    findings_gone: tuple[Mapping[str, Any], ...]


def runs(workspace: Workspace, year: int) -> list[NightRow]:
    """The runs of a year, the oldest first. Raises `WorkspaceError` when it has none."""
    workspace.require_inputs(year)
    with workspace.open_ledger() as ledger:
        published(ledger, year)
        return ledger.nights.runs(year)


def diff_nights(workspace: Workspace, year: int, pair: tuple[int, int] | None = None) -> NightDiff:
    """The two last nights that published, or any two. Raises `WorkspaceError`, `AskedError`."""
    workspace.require_inputs(year)
    with workspace.open_ledger() as ledger:
        if pair is None:
            nights = published(ledger, year)
            if len(nights) < 2:
                raise WorkspaceError(f"{year} 年度只汇总过一次，还没有可比的。")
            pair = nights[-2].id, nights[-1].id
        before, after = (remembered(workspace, ledger, year, run) for run in pair)
        decisions = _signed(before), _signed(after)
        findings = _keyed(before.findings), _keyed(after.findings)
        return NightDiff(
            year=year,
            before=before.row,
            after=after.row,
            figures=tuple(_figures(before, after)),
            counted=tuple(_counted(before, after)),
            states=tuple(_states(before, after)),
            decisions_new=_only(decisions[1], decisions[0]),
            decisions_gone=_only(decisions[0], decisions[1]),
            findings_new=_only(findings[1], findings[0]),
            findings_gone=_only(findings[0], findings[1]),
        )


def _figures(before: Remembered, after: Remembered) -> Iterator[FigureChange]:
    for code in codes_of(after.form, before.figures, after.figures):
        was, now = before.figures.get(code), after.figures.get(code)
        if was != now:
            computed = code in after.form.formulas
            yield FigureChange(
                code=code,
                label=label_of(after.form, code),
                before=was,
                after=now,
                computed=computed,
                causes=() if computed else (*_units(code, before, after), *_adjustments(code, before, after)),
            )


def _units(code: str, before: Remembered, after: Remembered) -> Iterator[Cause]:
    """The units whose own number for an item that is added up is another; what is not counted adds nothing."""
    source = after.form.item(code).source if code in after.form.position else ""
    for unit in _either(before.counted, after.counted):
        was, now = (_addend(night, unit, code, source) for night in (before, after))
        if was != now:
            yield Cause(unit=unit, name=after.name(unit), before=was, after=now)


def _addend(night: Remembered, unit: str, code: str, source: str) -> Figure:
    row = night.accepted.get(unit)
    if row is None or not row.counted or (source and night.control.profile.sources.get(source) != unit):
        return 0
    value = night.values(unit).get(code)
    return value if isinstance(value, int | Decimal) else 0


def _adjustments(code: str, before: Remembered, after: Remembered) -> Iterator[Cause]:
    was, now = (_signed(night) for night in (before, after))
    for gone, rows in ((True, _only(was, now)), (False, _only(now, was))):
        for row in rows:
            if row.kind in (ADJUSTMENTS, AUTOMATIC) and row.subject == code:
                amount = figure(row.detail)
                amounts = (amount, 0) if gone else (0, amount)
                yield Cause(unit="", name=f"{row.kind}：{row.reason}", before=amounts[0], after=amounts[1])


def _counted(before: Remembered, after: Remembered) -> Iterator[Counted]:
    was, now = ({row.unit: row for row in night.counted} for night in (before, after))
    for unit in _either(before.counted, after.counted):
        old, new = was.get(unit), now.get(unit)
        if (old.sha256 if old else "") != (new.sha256 if new else ""):
            yield Counted(
                unit=unit,
                name=after.name(unit),
                before_file=old.file if old else "",
                before_sha256=old.sha256 if old else "",
                after_file=new.file if new else "",
                after_sha256=new.sha256 if new else "",
            )


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


def _either(before: Iterable[Accepted], after: Iterable[Accepted]) -> list[str]:
    """The units of both, in the order of the second."""
    return list(dict.fromkeys(row.unit for rows in (after, before) for row in rows))


def _signed(night: Remembered) -> list[tuple[tuple[str, ...], Decided]]:
    """Decisions by what they say, wherever in the 台账 they stand."""
    return [((row.kind, row.subject, row.detail, row.reason, row.approver), row) for row in night.decisions]


def _keyed(findings: Sequence[Mapping[str, Any]]) -> list[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Findings by whom, where and what; the file may be another version."""
    words = ("unit", "code", "sheet", "cell", "item", "found")
    return [(tuple(str(said.get(word, "")) for word in words), said) for said in findings]


def _only(
    these: Sequence[tuple[tuple[str, ...], Any]], those: Sequence[tuple[tuple[str, ...], Any]]
) -> tuple[Any, ...]:
    """What stands in ``these`` and not, or not so often, in ``those``."""
    left = Counter(key for key, _ in those)
    found = []
    for key, each in these:
        left[key] -= 1
        if left[key] < 0:
            found.append(each)
    return tuple(found)
