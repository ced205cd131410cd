"""A folder to arrivals, hashed and archived once; an arrival to the parts a parser may see."""

from pipeline.files.containers.bounds import Bounds
from pipeline.road.intake.arrivals import clock_finding, collect
from pipeline.road.intake.guard import open_arrival

__all__ = ["Bounds", "clock_finding", "collect", "open_arrival"]
