"""台账.xlsx: roster, report profile, waivers, adjustments, acceptances, claims, the office's own text and reasons."""

from pipeline.control.blank import build_control
from pipeline.control.read import read_control
from pipeline.model.control import (
    CONTROL_FILE,
    RESERVED_FILES,
    SUPERIOR_FILE,
    UNIT_TYPES,
    Acceptance,
    Adjustment,
    Claim,
    Control,
    Correction,
    Profile,
    Unit,
    Waiver,
)

__all__ = [
    "CONTROL_FILE",
    "RESERVED_FILES",
    "SUPERIOR_FILE",
    "UNIT_TYPES",
    "Acceptance",
    "Adjustment",
    "Claim",
    "Control",
    "Correction",
    "Profile",
    "Unit",
    "Waiver",
    "build_control",
    "read_control",
]
