"""Form + 台账 to one stamped workbook a unit."""

from pipeline.road.issue.stamp import Stamp, file_name, stamp

__all__ = ["Stamp", "file_name", "stamp"]
