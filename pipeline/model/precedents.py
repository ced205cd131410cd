"""What was known when a decision of the 台账 was first seen: the decision holds for that only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Identity = tuple[str, ...]
"""What makes a signed row the same row on another night: see `Decision.identity`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A finding an acceptance was first used for: its key, the digest of its operands, and its figures in words."""

    key: str
    operands: str
    figures: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Precedents:
    """By the identity of a signed row: ``looks`` into the folder up to which files were known when it was first seen;
    ``bound``, the findings a 认可 was first used for. A new row is in neither.
    """

    looks: Mapping[Identity, int] = field(default_factory=dict)
    bound: Mapping[Identity, tuple[Bound, ...]] = field(default_factory=dict)


NONE = Precedents()
