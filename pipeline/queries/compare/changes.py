"""A change as data: one item before and after, and its label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from pipeline.form import Figure, Form, Value
from pipeline.queries.find import full_label


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedFigure:
    """One item before and after. ``before`` and ``after`` are ``None`` where nothing was known."""

    code: str
    label: str
    before: Value
    after: Value

    @property
    def difference(self) -> Figure | None:
        """After minus before; ``None`` where one of them is no figure."""
        if isinstance(self.before, int | Decimal) and isinstance(self.after, int | Decimal):
            return self.after - self.before
        return None

    @property
    def percent(self) -> Decimal | None:
        """The difference in percent of before, to one decimal; ``None`` where there is nothing to compare with."""
        if self.difference is None or not isinstance(self.before, int | Decimal) or not self.before:
            return None
        return (Decimal(self.difference) * 100 / Decimal(self.before)).quantize(Decimal("0.1"), ROUND_HALF_UP)


def codes_of(form: Form, *known: Mapping[str, object]) -> list[str]:
    """Return all codes in the order of the form, unknown ones at the end."""
    every = dict.fromkeys(code for values in known for code in values)
    return sorted(every, key=lambda code: form.position.get(code, len(form.items)))


def label_of(form: Form, code: str) -> str:
    """Return the label of a code; the code itself when the form does not have it."""
    return full_label(form, form.item(code)) if code in form.position else code
