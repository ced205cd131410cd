"""An arrival to its values: which unit and form, where each item sits, what it says."""

from pipeline.read.station import Reader

__all__ = ["Reader"]
