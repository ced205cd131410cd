"""A folder to arrivals, hashed and archived once; an arrival to the parts a parser may see."""

from pipeline.files.containers.bounds import Bounds
from pipeline.road.intake.arrivals import take_in
from pipeline.road.intake.contents import Intake
from pipeline.road.intake.guard import open_arrival

__all__ = ["Bounds", "Intake", "open_arrival", "take_in"]
