"""Accepted submissions + adjustments to the county's figures, each with where it comes from."""

from pipeline.road.consolidate.sums import consolidate

__all__ = ["consolidate"]
