"""What is published: corrections, the county's workbook, the Word report, the run as JSON, the figures as open data."""

from pipeline.road.publish.corrections import correct, corrections
from pipeline.road.publish.county_workbook import county_workbook
from pipeline.road.publish.figures import figures_csv, figures_table, run_json, sheet_of
from pipeline.road.publish.report import ReportContent, fill_words, render_report
from pipeline.road.publish.status import status_page, status_workbook

__all__ = [
    "ReportContent",
    "correct",
    "corrections",
    "county_workbook",
    "figures_csv",
    "figures_table",
    "fill_words",
    "render_report",
    "run_json",
    "sheet_of",
    "status_page",
    "status_workbook",
]
