"""What people get: the corrections, the county's workbook, the Word report, the run as JSON, the figures as open data."""

from pipeline.publish.corrections import corrections
from pipeline.publish.county_workbook import county_workbook
from pipeline.publish.figures import figures_csv, run_json
from pipeline.publish.gate import report_findings
from pipeline.publish.report import ReportContent, render_report

__all__ = [
    "ReportContent",
    "corrections",
    "county_workbook",
    "figures_csv",
    "render_report",
    "report_findings",
    "run_json",
]
