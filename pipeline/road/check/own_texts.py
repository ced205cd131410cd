"""The rules of the narrative, applied to the office's own 报告文字 and the figures of the county."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pipeline.form import Form
from pipeline.model.control import CONTROL_FILE, TEXTS, Control, Unit
from pipeline.model.county import County
from pipeline.model.finding import Finding
from pipeline.road.check.case import Case, tell
from pipeline.road.check.kinds import FUNCTIONS

_WORDS = frozenset({"residue", "text_years", "text_parts", "stated_count", "cited"})
"""Kinds that look at the words alone."""
_FIGURES = frozenset({"text_figures", "claim", "silent"})
"""Kinds that hold the words against the figures, which say nothing before every unit is in."""
_ROOT = "本级政府"


def own_text_findings(form: Form, control: Control, county: County) -> Iterator[Finding]:
    """Yield the findings at the texts of the 台账, each at its cell there."""
    if not control.texts:
        return
    profile = control.profile
    kinds = _WORDS | _FIGURES if county.complete else _WORDS
    case = Case(
        form=form,
        unit=Unit(code="", name=profile.root, type=_ROOT),
        year=profile.year,
        values={**county.figures, **{code: "\n".join(lines) for code, lines in control.texts.items()}},
    )
    for rule in form.rules:
        if rule.kind in kinds and rule.applies(level=profile.level, year=profile.year):
            for hit in FUNCTIONS[rule.kind](rule, case) or ():
                where = {"file": CONTROL_FILE, "sheet": TEXTS, "cell": control.text_cells.get(hit.item, "")}
                finding = tell(rule, hit, None).at(**where)
                yield replace(finding, asks=finding.severity == "warning")
