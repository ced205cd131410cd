"""Findings + decisions to the state of every unit, and which of its returns counts."""

from pipeline.road.judge.acceptances import Office
from pipeline.road.judge.station import judge

__all__ = ["Office", "judge"]
