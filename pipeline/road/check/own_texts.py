"""The rules of the narrative, applied to the office's own 报告文字 and the figures of the county."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from pipeline.form import Figure, Form
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


_FINISHED = frozenset({"residue", "text_figures", "text_length"})
"""Kinds that a finished report is held against."""


def own_text_findings(form: Form, control: Control, county: County) -> Iterator[Finding]:
    """Yield the findings at the texts of the 台账, each at its cell there."""
    if not control.texts:
        return
    profile = control.profile
    kinds = _WORDS | _FIGURES if county.complete else _WORDS
    texts = {code: "\n".join(lines) for code, lines in control.texts.items()}
    case = _case(form, profile.root, profile.year, county.figures, texts)
    for finding in _ask(kinds, case, profile.level):
        where = {"file": CONTROL_FILE, "sheet": TEXTS, "cell": control.text_cells.get(finding.item, "")}
        yield replace(finding.at(**where), asks=finding.severity == "warning")


def text_findings(
    form: Form, root: str, *, level: str, year: int, figures: Mapping[str, Figure | None], texts: Mapping[str, str]
) -> Iterator[Finding]:
    """Yield the findings at the texts of a finished report, by the item of their part."""
    yield from _ask(_FINISHED, _case(form, root, year, figures, texts), level)


def _case(form: Form, root: str, year: int, figures: Mapping[str, Figure | None], texts: Mapping[str, str]) -> Case:
    return Case(form=form, unit=Unit(code="", name=root, type=_ROOT), year=year, values={**figures, **texts})


def _ask(kinds: Collection[str], case: Case, level: str) -> Iterator[Finding]:
    for rule in case.form.rules:
        if rule.kind in kinds and rule.applies(level=level, year=case.year):
            for hit in FUNCTIONS[rule.kind](rule, case) or ():
                yield tell(rule, hit, None).at(item=hit.item)
