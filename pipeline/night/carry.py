"""Two consecutive years: the figures one took over against those the year before carries out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.form import Form
from pipeline.model.finding import Finding, digest, notice

Figures = Mapping[str, str | None]
"""Printed figures by item code; ``None`` where no source is known."""


def carry_findings(form: Form, year: int, took: Figures, former: Figures) -> Iterator[Finding]:
    """One finding where the 结转 that ``year`` took over is not what the ``former`` year carries out now."""
    pairs = [(item, took.get(item.code), former.get(item.carry)) for item in form.items if item.carry]
    differing = [(item, mine, theirs) for item, mine, theirs in pairs if mine and theirs and mine != theirs]
    if differing:
        item, mine, theirs = max(differing, key=lambda change: change[0].code in form.formulas)
        where = {"key": f"C8.{year}", "operands": digest((i.code, f"{a}/{b}") for i, a, b in differing)}
        words = {"year": year, "last": year - 1, "label": item.label, "found": mine, "expected": theirs}
        yield notice("C8", where=where, **words)
