"""What differs between two nights, two years, or two versions of a unit's return, and because of what.

Everything compared is the ledger's: what was published, what was counted, what was read.
"""

from pipeline.comparing.changes import Change
from pipeline.comparing.nights import Cause, FigureChange, NightDiff, diff_nights, runs
from pipeline.comparing.versions import CellChange, VersionDiff, diff_versions
from pipeline.comparing.years import YearDiff, diff_years

__all__ = [
    "Cause",
    "CellChange",
    "Change",
    "FigureChange",
    "NightDiff",
    "VersionDiff",
    "YearDiff",
    "diff_nights",
    "diff_versions",
    "diff_years",
    "runs",
]
