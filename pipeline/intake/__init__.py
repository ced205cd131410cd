"""A folder to arrivals: what lies below ``inputs/<year>/``, hashed and archived once."""

from pipeline.intake.arrivals import collect

__all__ = ["collect"]
