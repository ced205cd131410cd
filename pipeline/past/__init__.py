"""Last year's figures from what was published or kept: tables on a page to values with proof, or to why not."""

from pipeline.past.report import read_report, stated
from pipeline.past.tables import Imported, Stated, read_tables

__all__ = ["Imported", "Stated", "read_report", "read_tables", "stated"]
