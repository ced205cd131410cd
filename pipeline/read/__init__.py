"""An arrival to its values: which unit and form, where each item sits, what it says."""

from pipeline.read.station import Reader
from pipeline.read.superior import read_superior
from pipeline.read.workers import read_many

__all__ = ["Reader", "read_many", "read_superior"]
