"""What the report of a night must say: of tonight, and of a night that is recorded."""

from __future__ import annotations

from pipeline.files.filling import compile_template, compile_words
from pipeline.model.basis import Basis
from pipeline.model.control import Control
from pipeline.model.county import County
from pipeline.model.past import ROOT
from pipeline.night.gate import Printed, sentence_pieces
from pipeline.night.replay import Remembered
from pipeline.prior_year.known import load_history


def compile_ahead(basis: Basis) -> None:
    """Compile the report's template and the sentences the gate will fill, while their figures are not known yet."""
    compile_template(basis.word)
    compile_words(sentence_pieces(basis.form))


def expected_tonight(basis: Basis, county: County) -> Printed:
    """Return what the report of this county must say."""
    profile = basis.control.profile
    return Printed(
        form=basis.form,
        root=profile.root,
        year=basis.year,
        figures=county.figures,
        missing=county.lacking,
        level=profile.level,
        own_lines=_own_lines(basis.control),
        former=basis.history.of(ROOT),
    )


def expected_of(night: Remembered) -> Printed:
    """Return what a report of that night must say, by its figures and its 台账."""
    profile = night.control.profile
    return Printed(
        form=night.form,
        root=profile.root,
        year=night.row.year,
        figures=night.figures,
        missing=[missing.name for missing in night.missing],
        level=profile.level,
        own_lines=_own_lines(night.control),
        former=load_history(night.ledger, night.control, night.form, night.row.year).of(ROOT),
    )


def _own_lines(control: Control) -> frozenset[str]:
    lines = (line for text in control.texts.values() for part in text for line in part.split("\n"))
    return frozenset(line.strip() for line in lines)
