"""What the units reported a year before, for the rules that compare years and for the figures printed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from pipeline.form import Figure, Form, Value, Vector
from pipeline.form.expressions import total
from pipeline.model.control import Correction


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What one unit is known to have reported for a former year, and how that is known.

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
    """The same in the codes of ``form``: what its crosswalk carries over from the form it was read in, and no more.

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
    """Last year's accepted values: unit code to item code to value. What is not known is not there."""

    values: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)

    @classmethod
    def of_pasts(cls, pasts: Iterable[Past]) -> History:
        """One unit's later ``pasts`` take the place of its earlier ones, item by item."""
        values: dict[str, dict[str, Value]] = {}
        for past in pasts:
            values.setdefault(past.unit, {}).update(past.values)
        return cls(values=values)

    def correct(self, form: Form, corrections: Iterable[Correction]) -> History:
        """The same after 上年更正: corrected figures in the place of reported ones, their totals added up anew.

        A total some addend of which is not known is not known either.
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
        """The same without what the items of ``form`` cannot hold: a local indicator may be of another kind by now."""
        return History(
            values={
                unit: {code: v for code, v in known.items() if code not in form.position or _fits(form, code, v)}
                for unit, known in self.values.items()
            }
        )

    def of(self, unit: str) -> Mapping[str, Value]:
        """What one unit reported; nothing when it is not known."""
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
