"""Form + 台账 to one stamped workbook a unit."""

from pipeline.road.issue.stamp import Stamper, file_name

__all__ = ["Stamper", "file_name"]
