"""The statutory form as frozen data: tables, items, indicators, texts and rules.

Everything downstream speaks in item codes (``t3.granted.natural``) and in vectors ordered like ``Form.items``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from pipeline.form.expressions import LAST, Equation
from pipeline.form.rule_model import Rule
from pipeline.form.values import Value
from pipeline.form.vector import Vector

Kind = Literal["count", "money", "text", "date"]
Mode = Literal["entered", "computed", "locked"]
Aggregation = Literal["sum", "computed", "source", "collect", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One figure or text of the form; a local one may be asked of some ``unit_types`` only.

    ``carry`` is the item that gave its value a year before (结转), if it has one. A text that lists document numbers
    names in ``once`` the count of those documents, in which each document counts once however many units list it, and
    in ``stock`` the stock that may still hold them twice.
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

    ``also`` are other wordings of its last label; ``signed`` lets its figures be negative. ``carry`` is the row of the
    same band whose figure of last year this row must repeat.
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
        """By the key of an equation, the items that must be numbers before it is evaluated in the workbook: its
        operands and the entry cells below its totals, since a total shows 0 while its cells are blank.
        """
        equations = [equation for rule in self.rules for equation in rule.equations]
        return {
            equation.key: tuple(
                dict.fromkeys([*equation.codes, *(entry for code in equation.codes for entry in self.entries(code))])
            )
            for equation in equations
        }

    @cached_property
    def upwards(self) -> tuple[str, ...]:
        """The codes of all totals, each after the totals it is a sum of."""

        def height(code: str) -> int:
            return 1 + max(height(term.name) for term in self.formulas[code].right) if code in self.formulas else 0

        return tuple(sorted(self.formulas, key=height))

    def entries(self, code: str) -> Iterator[str]:
        """Return the entry items that a total is the sum of; the item itself when it is no total."""
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
