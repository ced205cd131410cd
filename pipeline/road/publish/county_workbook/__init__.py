"""county.xlsx: a return for the next level up, and the evidence for its figures."""

from pipeline.road.publish.county_workbook.book import county_workbook

__all__ = ["county_workbook"]
