"""Two versions of one unit's return, cell by cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.errors import AskedError
from pipeline.layout import Place
from pipeline.model.rows import Row
from pipeline.night.replay import Remembered, Version, replay_night
from pipeline.queries.compare.changes import ComparedFigure, codes_of, label_of
from pipeline.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class CellChange(ComparedFigure):
    """An item in two versions, with its cell in each; empty where it was not found."""

    before_cell: str
    after_cell: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionDiff:
    """Two versions of a unit's return. ``counted`` is the number of the one that is counted, 0 if none is."""

    year: int
    unit: str
    name: str
    before: Version
    after: Version
    versions: int
    counted: int
    cells: tuple[CellChange, ...]


def diff_versions(workspace: Workspace, year: int, unit: str, pair: tuple[int, int] | None = None) -> VersionDiff:
    """Compare a unit's two last versions, or any two by number. Raises `WorkspaceError`, `AskedError`."""
    workspace.require_inputs(year)
    with workspace.open_ledger() as ledger:
        night = replay_night(workspace, ledger, year)
        night.require_unit(unit)
        versions = night.versions(unit)
        first, second = _choose_pair(versions, f"{night.name(unit)} {year} 年度", pair)
        rows = ledger.readings.load([first.reading, second.reading])
        was, now = (night.shape(rows[v.reading].shape).by_code(rows[v.reading]) for v in (first, second))
        at, to = (_places(night, rows[v.reading]) for v in (first, second))
        row = night.accepted.get(unit)
        return VersionDiff(
            year=year,
            unit=unit,
            name=night.name(unit),
            before=first,
            after=second,
            versions=len(versions),
            counted=next((v.number for v in versions if row and v.sha256 == row.sha256), 0),
            cells=tuple(
                CellChange(
                    code=code,
                    label=label_of(night.form, code),
                    before=was.get(code),
                    after=now.get(code),
                    before_cell=at.get(code, ""),
                    after_cell=to.get(code, ""),
                )
                for code in codes_of(night.form, was, now)
                if was.get(code) != now.get(code)
            ),
        )


def _choose_pair(versions: Sequence[Version], whose: str, pair: tuple[int, int] | None) -> tuple[Version, Version]:
    if len(versions) < 2:
        trouble = "没有能认定是它的报表" if not versions else "只有一份报表"
        raise AskedError(f"{whose}{trouble}，没有可比的。")
    numbers = pair or (len(versions) - 1, len(versions))
    if not all(1 <= number <= len(versions) for number in numbers):
        raise AskedError(f"{whose}共有 {len(versions)} 份报表，请用 1 到 {len(versions)} 的序号。")
    return versions[numbers[0] - 1], versions[numbers[1] - 1]


def _places(night: Remembered, row: Row) -> Mapping[str, str]:
    places: Mapping[str, Place] = night.shape(row.shape).places(row)
    return {code: f"{place.sheet}!{place.cell}" for code, place in places.items()}
