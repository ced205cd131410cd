"""What a report must say, and the finding where it does not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.form import Figure, Form, Value
from pipeline.model.finding import Finding, violation


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """Whose report it is, for which year, the figures by item code, and who is not counted yet.

    ``own_lines`` are the lines of the office's own texts, which the night asks about at their cells of the 台账; they
    are not asked about again. ``former`` are the figures of the year before, as far as they are known.
    """

    form: Form
    root: str
    year: int
    figures: Mapping[str, Figure | None]
    missing: Sequence[str] = ()
    level: str = ""
    own_lines: Collection[str] = ()
    former: Mapping[str, Value] = field(default_factory=dict)

    def wrong(
        self, name: str, detail: str, found: str, expected: str, *, place: tuple[str, str] = ("", ""), item: str = ""
    ) -> Finding:
        """Return the finding. ``place`` is where in the document: heading and paragraph, or table and cell."""
        part, cell = place
        where = {"file": name, "sheet": part, "cell": cell, "item": item}
        return violation(self.form.rule("D1"), where=where, detail=detail, found=found, expected=expected)
