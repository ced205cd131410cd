"""Files from strangers: what they are, and how much of them is unpacked."""

from pipeline.files.containers.bounds import MIB, Bounds, RefusedError, swollen_error
from pipeline.files.containers.unzip import Member, directory, inflate

__all__ = ["MIB", "Bounds", "Member", "RefusedError", "directory", "inflate", "swollen_error"]
