"""What the units reported a year before, for the rules that compare years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.form import Form, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Last year's accepted values: unit code to item code to value. What is not known is not there."""

    values: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)

    def of(self, unit: str) -> Mapping[str, Value]:
        """What one unit reported; nothing when it is not known."""
        return self.values.get(unit, {})

    def vector(self, form: Form, unit: str) -> tuple[Value, ...]:
        """The same, ordered like ``form.items``."""
        known = self.of(unit)
        return tuple(known.get(item.code) for item in form.items)


NONE = History()
"""No year before is known: every rule that compares years is not evaluated."""
