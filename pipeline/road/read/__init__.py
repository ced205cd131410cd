"""An arrival to its values: its unit and form, the cell of each item, and the value in it."""

from pipeline.road.read.station import Reader
from pipeline.road.read.steps import Steps, unreadable
from pipeline.road.read.superior import read_superior
from pipeline.road.read.workers import Readers, dismiss, prepare_workers, read_many

__all__ = ["Reader", "Readers", "Steps", "dismiss", "prepare_workers", "read_many", "read_superior", "unreadable"]
