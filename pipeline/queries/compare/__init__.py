"""Differences between two nights, two years, or two versions of a return, with their causes. All data comes from the
ledger.
"""

from pipeline.queries.compare.changes import ComparedFigure
from pipeline.queries.compare.nights import FigureChange, NightDiff, diff_nights, runs
from pipeline.queries.compare.versions import CellChange, VersionDiff, diff_versions
from pipeline.queries.compare.years import YearDiff, diff_years

__all__ = [
    "CellChange",
    "ComparedFigure",
    "FigureChange",
    "NightDiff",
    "VersionDiff",
    "YearDiff",
    "diff_nights",
    "diff_versions",
    "diff_years",
    "runs",
]
