"""An arrival to its values: its unit and form, the cell of each item, and the value in it."""

from pipeline.road.read.station import Reader
from pipeline.road.read.superior import read_superior
from pipeline.road.read.workers import dismiss, read_many, unreadable

__all__ = ["Reader", "dismiss", "read_many", "read_superior", "unreadable"]
