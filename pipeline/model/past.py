"""What the units reported a year before, for rules that compare years and for carried-over figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from pipeline.form import Figure, Form, Value, Vector
from pipeline.form.expressions import total
from pipeline.model.decisions import Correction


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What one unit reported for a former year, and the source.

    ``source`` is 年报 (a published report that was imported), 报表 (a workbook of that year that was imported) or 汇总
    (this program counted it that year); ``file`` and ``sha256`` are the file it was read from. ``values`` holds, by
    code of the form that covers ``year``, what was read with certainty and nothing else.
    """

    unit: str
    year: int
    form: str
    source: str
    file: str
    sha256: str
    values: Mapping[str, Value]


def cross_over(past: Past, form: Form) -> Past:
    """Return it in the codes of ``form``, as far as the crosswalk from its own form goes.

    A sum of which one part is unknown is unknown. Without a crosswalk nothing carries over.
    """
    if past.form == form.id:
        return past
    walk = form.crosswalks.get(past.form)
    values: dict[str, Value] = {}
    for code, parts in walk.codes.items() if walk else ():
        figures = [value for part in parts if isinstance(value := past.values.get(part), int | Decimal)]
        if len(figures) == len(parts):
            values[code] = sum(figures[1:], start=figures[0])
    return replace(past, form=form.id, values=values)


ROOT = ""
"""The key of the consolidation itself, which is no unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Last year's accepted values: unit code to item code to value. Unknown values are absent."""

    values: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)

    @classmethod
    def of_pasts(cls, pasts: Iterable[Past]) -> History:
        """One unit's later ``pasts`` take the place of its earlier ones, item by item."""
        values: dict[str, dict[str, Value]] = {}
        for past in pasts:
            values.setdefault(past.unit, {}).update(past.values)
        return cls(values=values)

    def correct(self, form: Form, corrections: Iterable[Correction]) -> History:
        """Return a copy after 上年更正: corrected figures replace reported ones, and their totals are added up anew.

        A total with an unknown addend is unknown.
        """
        values = {unit: dict(known) for unit, known in self.values.items()}
        for correction in corrections:
            known = values.setdefault(correction.subject, {})
            known[correction.item] = correction.amount
            for code in form.formulas:
                if correction.item in form.entries(code):
                    known[code] = _added_up(form, code, known)
        return History(
            values={unit: {c: v for c, v in known.items() if v is not None} for unit, known in values.items()}
        )

    def fitting(self, form: Form) -> History:
        """Return a copy without values that the items of ``form`` cannot hold: a local indicator may have changed its
        kind.
        """
        return History(
            values={
                unit: {code: v for code, v in known.items() if code not in form.position or _fits(form, code, v)}
                for unit, known in self.values.items()
            }
        )

    def of(self, unit: str) -> Mapping[str, Value]:
        """Return what one unit reported; empty when unknown."""
        return self.values.get(unit, {})

    def vector(self, form: Form, unit: str) -> Vector:
        """The same, ordered like ``form.items``."""
        known = self.of(unit)
        if not known:
            return form.blank
        return form.vector(known.get(item.code) for item in form.items)


def _fits(form: Form, code: str, value: Value) -> bool:
    """Whether the item can hold the value exactly."""
    item, scale = form.item(code), form.scales[form.position[code]]
    if isinstance(value, str) or not item.numeric:
        return isinstance(value, str) and not item.numeric
    return value is None or Decimal(value).scaleb(scale) % 1 == 0


def _added_up(form: Form, code: str, known: Mapping[str, Value]) -> Figure | None:
    if code in form.formulas:
        return total(form.formulas[code].right, lambda name: _added_up(form, name, known))
    value = known.get(code)
    return None if isinstance(value, str) else value


NONE = History()
"""No year before is known: every rule that compares years is not evaluated."""
