"""Figures of former years from published reports or kept workbooks: tables to proven values, or to the reason why not."""

from pipeline.prior_year.report import find_stated, read_report
from pipeline.prior_year.tables import Imported, Stated, read_tables

__all__ = ["Imported", "Stated", "find_stated", "read_report", "read_tables"]
