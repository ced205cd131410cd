"""An arrival to its values: which unit and form, where each item sits, what it says."""

from pipeline.road.read.station import Reader
from pipeline.road.read.superior import read_superior
from pipeline.road.read.workers import read_many

__all__ = ["Reader", "read_many", "read_superior"]
