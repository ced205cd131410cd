"""The morning page: what to decide, who stands where, what is wrong, what changed, where a figure comes from."""

from pipeline.road.publish.status.page import status_page
from pipeline.road.publish.status.table import status_workbook

__all__ = ["status_page", "status_workbook"]
