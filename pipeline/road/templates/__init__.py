"""The form to blank templates, return.xlsx and report.docx, that of the letters; and the check of restyled ones."""

from pipeline.road.templates.check import check_report, check_workbook
from pipeline.road.templates.letter import LETTER_NAMES, build_letter
from pipeline.road.templates.report import build_report
from pipeline.road.templates.sentences import passage
from pipeline.road.templates.workbook import build_workbook

__all__ = [
    "LETTER_NAMES",
    "build_letter",
    "build_report",
    "build_workbook",
    "check_report",
    "check_workbook",
    "passage",
]
