"""The input and the result of a rule: a case is one submission with its unit, its last year and its neighbours. A kind
of rule is a function of rule and case. It returns its hits, none when the rule holds, and ``None`` when an operand is
missing: not evaluated is never the same as passed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from pipeline.form import Figure, Form, Item, Rule, Severity, Value
from pipeline.layout import Place
from pipeline.model.control import Unit
from pipeline.model.finding import Finding, digest, violation


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Texts of other units, prepared once a night: likeness by text, owners by document number.

    ``likeness`` maps (return, item code) to the name of the most similar unit and how similar in percent; ``numbers``
    maps a document number to the names of the units that list it.
    """

    likeness: Mapping[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    numbers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One submission as the rules see it.

    ``values`` and ``last`` by item code; ``place`` is the name of the root's own place (方正县); ``received`` the day
    its unit's first return came in and ``received_by`` what tells so, ``due`` its deadline, ``versions`` how many
    returns the unit has sent so far.
    """

    form: Form
    unit: Unit
    year: int
    values: Mapping[str, Value]
    last: Mapping[str, Value] = field(default_factory=dict)
    neighbours: Neighbours = Neighbours()
    sha256: str = ""
    place: str = ""
    received: dt.date | None = None
    received_by: str = ""
    due: dt.date | None = None
    versions: int = 1

    def figure(self, code: str) -> Figure | None:
        """The figure of an item; ``None`` when it is missing."""
        value = self.values.get(code)
        return None if isinstance(value, str) else value

    def text(self, code: str) -> str:
        """The text of an item; empty when there is none."""
        return self._written.get(code, "")

    def texts(self, codes: Iterable[str]) -> list[tuple[Item, str]]:
        """The texts that were written, each with its item."""
        written = self._written
        return [(self.form.item(code), written[code]) for code in codes if code in written]

    @cached_property
    def _written(self) -> Mapping[str, str]:
        """Every text by the code of its item."""
        return {code: value for code, value in self.values.items() if isinstance(value, str) and value}

    def last_figure(self, code: str) -> int | Decimal | None:
        """The figure of an item a year before."""
        value = self.last.get(code)
        return None if isinstance(value, str) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One place where a rule is broken. A reason is bound to ``operands``; ``severity`` is set if it is not the rule's."""

    item: str = ""
    over: str = ""
    words: Mapping[str, object]
    operands: tuple[tuple[str, Value], ...]
    severity: Severity | None = None


Kind = Callable[[Rule, Case], Sequence[Hit] | None]


def tell(rule: Rule, hit: Hit, place: Place | None) -> Finding:
    """Make the finding of a hit, at the cell of its item. A hit that is milder than its rule asks for a reason as a
    warning.
    """
    key = f"{rule.id}.{hit.over}" if hit.over else rule.id
    where: dict[str, object] = {"item": hit.item, "key": key, "operands": digest(hit.operands)}
    if place:
        where |= {"sheet": place.sheet, "cell": place.cell}
    finding = violation(rule, where=where, **{**hit.words, **rule.thresholds})
    if hit.severity is None:
        return finding
    return finding.at(severity=hit.severity, needs_reason=rule.severity == "error" and hit.severity == "warning")


def excerpt(text: str, start: int, end: int, *, around: int = 0) -> str:
    """Return the words a clerk should look for, cut to fit a message."""
    phrase = text[max(start - around, 0) : end + around].replace("\n", " ")
    return phrase if len(phrase) <= 40 else phrase[:39] + "…"
