"""The form to blank templates: return.xlsx, report.docx; and what a restyled one has lost."""

from pipeline.templates.check import check_templates
from pipeline.templates.report import build_report
from pipeline.templates.workbook import build_workbook

__all__ = ["build_report", "build_workbook", "check_templates"]
