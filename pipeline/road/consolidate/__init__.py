"""Accepted submissions + adjustments to the county's figures, each with its sources."""

from pipeline.road.consolidate.sums import consolidate

__all__ = ["consolidate"]
