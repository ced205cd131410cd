"""The statutory form as frozen data: tables, items, indicators, texts and rules.

Everything downstream speaks in item codes (``t3.granted.natural``) and in vectors ordered like ``Form.items``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from pipeline.form.expressions import LAST, Equation, Sides, Term
from pipeline.form.kinds import KINDS
from pipeline.form.values import Value
from pipeline.form.vector import Vector

Kind = Literal["count", "money", "text", "date"]
Mode = Literal["entered", "computed", "locked"]
Aggregation = Literal["sum", "computed", "source", "collect", "none"]
Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One figure or text of the form; a local one may be asked of some ``unit_types`` only.

    ``carry`` is the item that gave its value a year before (结转), if it has one. A text that lists document numbers
    names in ``once`` the count those documents are part of, which must hold each of them once whoever lists it, and in
    ``stock`` the stock they may still stand in twice.
    """

    code: str
    table: str
    row_path: tuple[str, ...]
    column_path: tuple[str, ...]
    kind: Kind = "count"
    scale: int = 0
    mode: Mode = "entered"
    aggregation: Aggregation = "sum"
    unit: str = ""
    source: str = ""
    once: str = ""
    stock: str = ""
    clause: str = ""
    note: str = ""
    limit: int = 0
    signed: bool = False
    required: bool = True
    unit_types: tuple[str, ...] = ()
    carry: str = ""

    @property
    def name(self) -> str:
        """The defined name of the item's cell in every workbook we write."""
        return self.code.replace(".", "_")

    @property
    def numeric(self) -> bool:
        """Whether the item is a figure that can be added and compared."""
        return self.kind in ("count", "money")

    @property
    def label(self) -> str:
        """The item in words, for messages: the last two steps of its row and its column."""
        row = "·".join(self.row_path[-2:])
        column = self.column_path[-1] if self.column_path else ""
        return f"{row}·{column}" if column else row


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row or one column of a table: its code and the path of labels that lead to it.

    ``also`` are other wordings of its last label; ``signed`` lets its figures be negative.
    ``carry`` is the row of the same band that held, a year before, what this one must hold now.
    """

    code: str
    path: tuple[str, ...]
    also: tuple[str, ...] = ()
    kind: Kind = "count"
    scale: int = 0
    unit: str = ""
    clause: str = ""
    note: str = ""
    computed: bool = False
    signed: bool = False
    carry: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A block of a table with its own column headings. ``side_by_side`` lays the rows next to one another (表四)."""

    label: str = ""
    corner: str = ""
    header: str = ""
    arrangement: Literal["stacked", "side_by_side"] = "stacked"
    rows: tuple[Line, ...]
    columns: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One statutory table."""

    code: str
    sheet: str
    heading: str
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crosswalk:
    """Which figures of another format mean the same as this form's: by this form's code, the codes that add up to it."""

    source: str
    codes: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One way a stated figure may have been counted: its name and the sum of items it equals."""

    label: str
    value: tuple[Term, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A figure texts state: how they write it, and the readings one of which must be meant."""

    label: str
    texts: tuple[str, ...]
    pattern: re.Pattern[str]
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Words a text uses and the figures under which it may not (`claim`) or must (`silent`) use them."""

    says: str
    texts: tuple[str, ...]
    pattern: re.Pattern[str]
    given: Sides


Parameter = int | str | tuple[str, ...] | Mapping[str, tuple[str, ...]] | tuple[Fact, ...] | tuple[Claim, ...]


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

    def listed(self, name: str) -> tuple[str, ...]:
        """A parameter that is a list of texts or item codes."""
        value = self.parameters[name]
        assert isinstance(value, tuple), (self.id, name)
        return tuple(each for each in value if isinstance(each, str))

    def facts(self) -> tuple[Fact, ...]:
        """The facts of a `text_figures` rule."""
        value = self.parameters["facts"]
        assert isinstance(value, tuple), self.id
        return tuple(each for each in value if isinstance(each, Fact))

    def claims(self) -> tuple[Claim, ...]:
        """The claims of a `claim` or `silent` rule."""
        value = self.parameters["claims"]
        assert isinstance(value, tuple), self.id
        return tuple(each for each in value if isinstance(each, Claim))

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


@dataclass(frozen=True, kw_only=True)
class Form:
    """One statutory format, valid for ``from_year`` to ``to_year``. Value vectors are ordered like ``items``.

    ``formulas`` gives the defining equation of every computed item, its total alone on the left; ``crosswalks`` by the
    id of another form what carries over from it.
    """

    id: str
    title: str
    basis: str
    from_year: int
    to_year: int
    digest: str
    tables: tuple[Table, ...]
    items: tuple[Item, ...]
    rules: tuple[Rule, ...]
    formulas: Mapping[str, Equation]
    crosswalks: Mapping[str, Crosswalk] = field(default_factory=dict)

    @cached_property
    def position(self) -> Mapping[str, int]:
        """Item code to its place in every value vector."""
        return {item.code: n for n, item in enumerate(self.items)}

    @cached_property
    def scales(self) -> tuple[int, ...]:
        """The decimals every value is packed with, ordered like ``items``."""
        return tuple(item.scale if item.kind == "money" else 0 for item in self.items)

    def vector(self, values: Iterable[Value]) -> Vector:
        """``values``, ordered like ``items``, as a `Vector`; raises ``ValueError`` for a figure that is not exact."""
        return Vector.of(self.scales, values)

    @cached_property
    def blank(self) -> Vector:
        """The vector of a return of which nothing is known."""
        return self.vector([None] * len(self.items))

    @cached_property
    def remembered(self) -> tuple[str, ...]:
        """The figures of last year that equations need, as they write them: ``last.t4.review.total``."""
        codes = (code for rule in self.rules for equation in rule.equations for code in equation.codes)
        return tuple(dict.fromkeys(code for code in codes if code.startswith(LAST)))

    @cached_property
    def operands(self) -> Mapping[str, tuple[str, ...]]:
        """By the key of an equation, what must be a number before it says anything while a clerk is still typing.

        That is its operands and the entered cells below its totals: a total shows 0 before there is anything to add.
        """
        equations = [equation for rule in self.rules for equation in rule.equations]
        return {
            each.key: tuple(
                dict.fromkeys([*each.codes, *(entry for code in each.codes for entry in self.entries(code))])
            )
            for each in equations
        }

    def entries(self, code: str) -> Iterator[str]:
        """The entered items a total is finally made of; the item itself when it is no total."""
        if code not in self.formulas:
            yield code
            return
        for term in self.formulas[code].right:
            yield from self.entries(term.name)

    def covers(self, year: int) -> bool:
        """Whether reports of this year follow this form."""
        return self.from_year <= year <= self.to_year

    def item(self, code: str) -> Item:
        """The item of this code; ``KeyError`` if the form has none."""
        return self.items[self.position[code]]

    def of_table(self, table: str) -> tuple[Item, ...]:
        """The items of one table (``t2`` … ``t4``, ``meta``, ``info``, ``text``, ``local``), in printed order."""
        return tuple(item for item in self.items if item.table == table)

    def rule(self, rule_id: str) -> Rule:
        """The rule of this id; ``KeyError`` if the form has none."""
        return self._rules[rule_id]

    @cached_property
    def _rules(self) -> Mapping[str, Rule]:
        return {rule.id: rule for rule in self.rules}

    def linear(self, *, level: str, year: int) -> tuple[tuple[Rule, Equation], ...]:
        """Every equation in force, each with the rule it belongs to."""
        return tuple(
            (rule, equation)
            for rule in self.rules
            if rule.kind == "linear" and rule.applies(level=level, year=year)
            for equation in rule.equations
        )

    def set(self, thresholds: Mapping[tuple[str, str], int]) -> Form:
        """The same form with thresholds, by rule and parameter, at the office's own values."""
        if not thresholds:
            return self
        by_rule: dict[str, dict[str, int]] = {}
        for (rule, name), value in thresholds.items():
            by_rule.setdefault(rule, {})[name] = value
        return replace(self, rules=tuple(rule.set(by_rule.get(rule.id, {})) for rule in self.rules))
