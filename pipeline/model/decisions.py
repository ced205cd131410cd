"""The signed decisions of the office: waivers, adjustments, acceptances, claims, corrections of the year before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from pipeline.form import print_figure

_HASH = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A signed row: subject, reason, approver, and its cell in the 台账.

    ``year`` is the report year it was made for; ``None`` where an old 台账 has no such column.
    """

    subject: str
    reason: str
    approver: str
    sheet: str
    cell: str
    year: int | None = None

    @property
    def detail(self) -> str:
        """What it sets, in the form the ledger stores."""
        return ""

    @property
    def identity(self) -> tuple[str, ...]:
        """The digest that identifies the row on other nights, independent of its place in the sheet."""
        return (self.sheet, self.subject, self.detail, self.reason, self.approver)


class Treatment(StrEnum):
    """处理: how to treat a file of a unit that sent several."""

    NONE = ""
    ADOPT = "采用"
    REJECT = "不采用"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver(Decision):
    """免报: ``subject`` is the unit's code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment(Decision):
    """差额调整: ``amount`` is added to the county's figure of item ``subject``."""

    amount: int | Decimal

    @property
    def detail(self) -> str:
        """What is added."""
        return print_figure(self.amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance(Decision):
    """认可: findings of ``rule`` at unit ``subject`` (or at the root, by its name) do not hold up the return.

    ``figures`` are those it was given for, where the row says so: ``5/4`` as a finding shows them, or its key.
    """

    rule: str
    figures: str = ""

    @property
    def detail(self) -> str:
        """The rule."""
        return self.rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(Decision):
    """来件认领: the file with the name or hash ``subject`` belongs to ``unit``, and how to treat it.

    ``unit`` is blank where a file is set aside that is nobody's. ``acts_on`` are the arrivals it is about tonight, by
    hash, or by path where there is none; ``None`` until all arrivals are known.
    """

    unit: str
    treatment: Treatment = Treatment.NONE
    acts_on: frozenset[str] | None = field(default=None, repr=False, compare=False)

    @property
    def detail(self) -> str:
        """The unit, and what to do with the file."""
        return f"{self.unit} {self.treatment}".strip()

    def certainty(self, sha256: str, names: Sequence[str]) -> int:
        """Return how certainly it names an arrival: 3 by hash (at least 8 digits), 2 by path, 1 by base name, 0 not at
        all.
        """
        if self.acts_on is not None and self.acts_on.isdisjoint((sha256,) if sha256 else names):
            return 0
        subject, paths = _path(self.subject), {_path(name) for name in names}
        if _HASH.fullmatch(subject.casefold()) and sha256.startswith(subject.casefold()):
            return 3
        return 2 if subject in paths else int(subject in {path.rpartition("/")[2] for path in paths})


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction(Decision):
    """上年更正: a year before, ``item`` of unit ``subject`` was truly ``amount``, whatever was reported then."""

    item: str
    amount: int | Decimal

    @property
    def detail(self) -> str:
        """The item and what it is set to."""
        return f"{self.item} = {print_figure(self.amount)}"


def find_treatment(claims: Iterable[Claim], sha256: str, names: Sequence[str]) -> Claim | None:
    """Return the row that says most certainly how to treat an arrival."""
    ranked = [(claim.certainty(sha256, names), claim) for claim in claims if claim.treatment]
    best = max((certainty for certainty, _ in ranked), default=0)
    return next((claim for certainty, claim in ranked if best and certainty == best), None)


def _path(name: str) -> str:
    return name.strip().replace("\\", "/").removeprefix("./")
