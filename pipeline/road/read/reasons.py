"""The reasons under 出错说明 on the sheet of checks, by the key of the equation or the id of the rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.form import Equation, Form
from pipeline.form.rules import WHOLE
from pipeline.layout import Layout, Place
from pipeline.layout.design import CHECKS_HEADINGS, REASON_COLUMN, later_rows, reason_name
from pipeline.workbook.cells import Rows, label_key

_HEADING = label_key(CHECKS_HEADINGS[REASON_COLUMN])


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonPlan:
    """The issued place of the reason for each equation, with the rule and range of its row."""

    issued: tuple[tuple[Place, str], ...]
    keys: Mapping[tuple[str, str], str]

    @classmethod
    def of(cls, form: Form, layout: Layout) -> ReasonPlan:
        """The plan of a form as its template lays it out."""
        issued: list[tuple[Place, str]] = []
        keys: dict[tuple[str, str], str] = {}
        for equation in _equations(form):
            keys[equation.rule, label_key(equation.over_label)] = equation.key
            if place := layout.named.get(reason_name(equation)):
                issued.append((place, equation.key))
        for _, rule in later_rows(form):
            keys[rule.id, label_key(WHOLE)] = rule.id
            if place := layout.named.get(reason_name(rule.id)):
                issued.append((place, rule.id))
        return cls(issued=tuple(issued), keys=keys)

    def read(self, book: Mapping[str, Rows]) -> dict[str, str]:
        """Read the reasons; one whose row has another rule or range is looked for in the other rows."""
        found: dict[str, str] = {}
        strayed = False
        for place, key in self.issued:
            rows = book.get(place.sheet, ())
            if place.row >= len(rows) or place.col >= len(rows[place.row]):
                strayed = strayed or not rows
                continue
            raw = rows[place.row][place.col]
            text = "" if raw == "" else str(raw).strip()
            if text and self._row_key(rows[place.row][: place.col]) == key:
                found[key] = text
            elif text:
                strayed = True
        return self._search_reasons(book) if strayed else found

    def _search_reasons(self, book: Mapping[str, Rows]) -> dict[str, str]:
        found: dict[str, str] = {}
        for rows in book.values():
            column = -1
            for row in rows:
                headed = [c for c, cell in enumerate(row) if isinstance(cell, str) and label_key(cell) == _HEADING]
                column = headed[0] if headed else column
                key = self._row_key(row[:column]) if 0 <= column < len(row) and not headed else ""
                if key and (text := str(row[column]).strip()):
                    found[key] = text
        return found

    def _row_key(self, cells: object) -> str:
        """The equation a row of the sheet is about: its first text begins with the rule, the next is the range."""
        texts = [cell for cell in cells if isinstance(cell, str) and cell.strip()] if isinstance(cells, list) else []
        if len(texts) < 2:
            return ""
        rule = texts[0].replace("　", " ").split()[0]
        return self.keys.get((rule, label_key(texts[1])), "")


def _equations(form: Form) -> Iterator[Equation]:
    for rule in form.rules:
        yield from rule.equations
