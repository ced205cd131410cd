"""The closed map of rule kinds to the functions that implement them; linear rules are one matrix, in `linear`."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.road.check.case import Kind
from pipeline.road.check.delivery import delivery
from pipeline.road.check.history import repeated, swing, unit_slip
from pipeline.road.check.likeness import shared_numbers, similar
from pipeline.road.check.statements import text_figures, text_parts
from pipeline.road.check.wording import cited, claim, residue, silent, stated_count, text_length, text_years, unit_words

FUNCTIONS: Mapping[str, Kind] = {
    "cited": cited,
    "claim": claim,
    "delivery": delivery,
    "repeated": repeated,
    "residue": residue,
    "shared_numbers": shared_numbers,
    "silent": silent,
    "similar": similar,
    "stated_count": stated_count,
    "swing": swing,
    "text_figures": text_figures,
    "text_length": text_length,
    "text_parts": text_parts,
    "text_years": text_years,
    "unit_slip": unit_slip,
    "unit_words": unit_words,
}
MATRIX = frozenset({"linear", "stored_total"})
"""The kinds `Balances` evaluates."""
