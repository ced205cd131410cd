"""The basis of a year: the files of the office for it, and what is known of the year before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.form import Form
from pipeline.layout import Layout
from pipeline.model.control import Control
from pipeline.model.past import NONE, History
from pipeline.model.precedents import NONE as NOTHING
from pipeline.model.precedents import Precedents


@dataclass(frozen=True, kw_only=True)
class Basis:
    """Everything that is the same for all units of a year.

    ``statutory`` is the form of the files, ``form`` the one in force: with the local rows of the 台账. ``template`` holds
    the bytes of ``return.xlsx``, ``word`` is the path of ``report.docx``, ``history`` holds what the units reported a
    year before, ``precedents`` what was known when decisions of the 台账 were signed.
    """

    statutory: Form
    form: Form
    layout: Layout
    template: bytes
    word: Path
    secret: bytes
    control: Control
    history: History = NONE
    precedents: Precedents = NOTHING

    @property
    def year(self) -> int:
        """The report year."""
        return self.control.profile.year
