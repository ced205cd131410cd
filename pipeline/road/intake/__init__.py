"""A folder to arrivals, hashed and archived once; an arrival to what a parser may see of it."""

from pipeline.files.containers.bounds import Bounds
from pipeline.road.intake.arrivals import clock_finding, collect
from pipeline.road.intake.guard import open_arrival

__all__ = ["Bounds", "clock_finding", "collect", "open_arrival"]
