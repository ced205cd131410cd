"""The statutory form as frozen data: tables, items, indicators, texts and rules.

Everything downstream speaks in item codes (``t3.granted.natural``) and in vectors ordered like ``Form.items``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pipeline.form.expressions import Equation

Kind = Literal["count", "money", "text", "date"]
Mode = Literal["entered", "computed", "locked"]
Aggregation = Literal["sum", "computed", "source", "collect", "none"]
Severity = Literal["error", "warning", "info"]
RuleKind = Literal[
    "identity", "filled", "number", "stored_total", "linear", "root_sum", "coverage", "root_balance"
]  # the closed vocabulary; each is implemented once, in the station named in docs/form.md


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One figure or text of the form."""

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
    clause: str = ""
    note: str = ""
    limit: int = 0
    required: bool = True

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
    """One row or one column of a table: its code and the path of labels that lead to it."""

    code: str
    path: tuple[str, ...]
    kind: Kind = "count"
    scale: int = 0
    unit: str = ""
    clause: str = ""
    note: str = ""
    computed: bool = False


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
class Rule:
    """One validation rule. Linear rules carry their equations, one for each row or column they quantify over."""

    id: str
    kind: RuleKind
    severity: Severity
    title: str
    message: str
    remedy: str
    clause: str = ""
    table: str = ""
    check: str = ""
    computes: bool = False
    levels: tuple[str, ...] = ()
    from_year: int = 0
    to_year: int = 9999
    rules: tuple[str, ...] = ()
    equations: tuple[Equation, ...] = ()

    def applies(self, *, level: str, year: int) -> bool:
        """Whether the rule holds for a roll-up of this level (县级 …) and report year."""
        return (not self.levels or level in self.levels) and self.from_year <= year <= self.to_year


@dataclass(frozen=True, kw_only=True)
class Form:
    """One statutory format, valid for ``from_year`` to ``to_year``. Value vectors are ordered like ``items``.

    ``formulas`` gives the defining equation of every computed item, its total alone on the left.
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

    @cached_property
    def position(self) -> Mapping[str, int]:
        """Item code to its place in every value vector."""
        return {item.code: n for n, item in enumerate(self.items)}

    def covers(self, year: int) -> bool:
        """Whether reports of this year follow this form."""
        return self.from_year <= year <= self.to_year

    def item(self, code: str) -> Item:
        """The item of this code; ``KeyError`` if the form has none."""
        return self.items[self.position[code]]

    def of_table(self, table: str) -> tuple[Item, ...]:
        """The items of one table (``t2`` … ``t4``, ``meta``, ``info``, ``text``), in printed order."""
        return tuple(item for item in self.items if item.table == table)

    def rule(self, rule_id: str) -> Rule:
        """The rule of this id; ``KeyError`` if the form has none."""
        return {rule.id: rule for rule in self.rules}[rule_id]

    def linear(self, *, level: str, year: int) -> tuple[tuple[Rule, Equation], ...]:
        """Every equation in force, each with the rule it belongs to."""
        return tuple(
            (rule, equation)
            for rule in self.rules
            if rule.kind == "linear" and rule.applies(level=level, year=year)
            for equation in rule.equations
        )
