"""Containers from outside: what kind of file it is, and how much of it is unpacked."""

from pipeline.files.containers.bounds import MIB, Bounds, RefusedError, swollen_error
from pipeline.files.containers.unzip import Member, directory, inflate

__all__ = ["MIB", "Bounds", "Member", "RefusedError", "directory", "inflate", "swollen_error"]
