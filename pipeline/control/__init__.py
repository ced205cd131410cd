"""台账.xlsx: roster, report profile, waivers, adjustments, acceptances, claims, the office's own text and reasons."""

from pipeline.control.blank import build_control
from pipeline.control.read import read_control
from pipeline.control.taking_over import control_rows
from pipeline.control.unit_list import UnitList, read_unit_list

__all__ = ["UnitList", "build_control", "control_rows", "read_control", "read_unit_list"]
