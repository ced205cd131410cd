"""A validation rule as frozen data: linear rules carry their equations, the others the parameters of their kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, cast

from pipeline.form.expressions import Equation, Sides, Term
from pipeline.form.kinds import KINDS
from pipeline.form.patterns import Pattern

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactReading:
    """One way a stated figure may have been counted: its name and the sum of items it equals."""

    label: str
    value: tuple[Term, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A figure texts state: the words around it, and the readings one of which must be meant.

    ``sentence`` must be found in the sentence up to the quantity, ``before`` in the words that end at it, ``behind`` at the
    beginning of those behind it; ``unless`` are words of the sentence that make it another object. A fact with ``parts``
    may stand in a list of parts, one that is ``dated`` says itself of which year it is. Of a ``sole`` one the other
    figures of a text are details when one of them fits.
    """

    label: str
    texts: tuple[str, ...]
    measures: frozenset[str]
    sentence: Pattern | None = None
    before: Pattern | None = None
    behind: Pattern | None = None
    unless: Pattern | None = None
    parts: bool = False
    dated: bool = False
    sole: bool = False
    readings: tuple[FactReading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextClaim:
    """Words a text uses and the figures under which it may not (`claim`) or must (`silent`) use them.

    One that ``denies`` is about what a text says there was none of: ``pattern`` is looked for in negated clauses alone.
    """

    says: str
    texts: tuple[str, ...]
    pattern: Pattern
    given: Sides
    denies: bool = False
    unless: Pattern | None = None


Parameter = int | str | tuple[str, ...] | Mapping[str, tuple[str, ...]] | tuple[Fact, ...] | tuple[TextClaim, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One validation rule. Linear rules carry their equations, one for each row or column they quantify over.

    ``exempt`` names by level the unit types the rule is not asked of; ``parameters`` are of the types its kind says.
    """

    id: str
    kind: str
    severity: Severity
    title: str
    message: str
    remedy: str
    clause: str = ""
    table: str = ""
    checks: tuple[str, ...] = ()
    computes: bool = False
    levels: tuple[str, ...] = ()
    exempt: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unit_types: tuple[str, ...] = ()
    from_year: int = 0
    to_year: int = 9999
    rules: tuple[str, ...] = ()
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    needs_reason: bool = False
    equations: tuple[Equation, ...] = ()

    def applies(self, *, level: str, year: int) -> bool:
        """Whether the rule holds for a roll-up of this level (县级 …) and report year."""
        return (not self.levels or level in self.levels) and self.from_year <= year <= self.to_year

    def concerns(self, unit_type: str, *, level: str) -> bool:
        """Whether the rule is asked of units of this type in a roll-up of this level."""
        return (not self.unit_types or unit_type in self.unit_types) and unit_type not in self.exempt.get(level, ())

    @property
    def live(self) -> bool:
        """Whether the issued workbook evaluates it while the clerk types."""
        return self.kind == "linear"

    @property
    def thresholds(self) -> Mapping[str, int]:
        """The parameters an office may set in its 台账."""
        return {name: value for name, value in self.parameters.items() if isinstance(value, int)}

    @property
    def words(self) -> frozenset[str]:
        """What its sentences may say: the words of its kind, and its own thresholds."""
        return KINDS[self.kind].words | self.thresholds.keys()

    def number(self, name: str) -> int:
        """A parameter that is a number."""
        value = self.parameters[name]
        assert isinstance(value, int), (self.id, name)
        return value

    def word(self, name: str) -> str:
        """A parameter that is a text or one item code."""
        value = self.parameters[name]
        assert isinstance(value, str), (self.id, name)
        return value

    def names(self, name: str) -> tuple[str, ...]:
        """A parameter that is a list of texts or item codes."""
        value = self.parameters[name]
        assert isinstance(value, tuple), (self.id, name)
        return cast("tuple[str, ...]", value)

    def facts(self) -> tuple[Fact, ...]:
        """The facts of a `text_figures` rule."""
        value = self.parameters["facts"]
        assert isinstance(value, tuple), self.id
        return cast("tuple[Fact, ...]", value)

    def claims(self) -> tuple[TextClaim, ...]:
        """The claims of a `claim` or `silent` rule."""
        value = self.parameters["claims"]
        assert isinstance(value, tuple), self.id
        return cast("tuple[TextClaim, ...]", value)

    def fits(self) -> Mapping[str, tuple[str, ...]]:
        """The words of a `unit_words` rule, each with what the unit's name must then contain."""
        value = self.parameters["fits"]
        assert isinstance(value, Mapping), self.id
        return value

    def set(self, thresholds: Mapping[str, int]) -> Rule:
        """The same rule with some thresholds at the office's own values."""
        if not thresholds:
            return self
        return replace(
            self,
            parameters={**self.parameters, **thresholds},
            equations=tuple(_set(equation, thresholds) for equation in self.equations),
        )


def _set(equation: Equation, thresholds: Mapping[str, int]) -> Equation:
    def terms(side: tuple[Term, ...]) -> tuple[Term, ...]:
        return tuple(term.at(thresholds[term.threshold]) if term.threshold in thresholds else term for term in side)

    return replace(equation, left=terms(equation.left), right=terms(equation.right))
