"""Last year's figures from what was published or kept: tables on a page to values with proof, or to why not."""

from pipeline.prior_year.report import find_stated, read_report
from pipeline.prior_year.tables import Imported, Stated, read_tables

__all__ = ["Imported", "Stated", "find_stated", "read_report", "read_tables"]
