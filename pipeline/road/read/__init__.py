"""An arrival to its values: its unit and form, the cell of each item, and the value in it."""

from pipeline.road.read.station import Reader
from pipeline.road.read.steps import unreadable
from pipeline.road.read.superior import read_superior
from pipeline.road.read.workers import dismiss, prepare_workers, read_many

__all__ = ["Reader", "dismiss", "prepare_workers", "read_many", "read_superior", "unreadable"]
