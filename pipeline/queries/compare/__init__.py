"""What differs between two nights, two years, or two versions of a unit's return, and because of what.

Everything compared is the ledger's: what was published, what was counted, what was read.
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
