"""What every face is made of: a recorded night with its report."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.errors import WorkspaceError
from pipeline.form import Figure
from pipeline.ledger import Ledger
from pipeline.model.past import ROOT
from pipeline.night.final import FINAL
from pipeline.night.outputs import REPORT
from pipeline.night.replay import Remembered, replay_night
from pipeline.prior_year.known import load_history, load_reported
from pipeline.workspace import Workspace

_YEARS = 5
"""How many years a curve shows at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A night, the report in force with its name (定稿 of a closed year, else ours), and the root's figures of the
    years that are known, this one among them.
    """

    night: Remembered
    name: str
    report: bytes
    years: Mapping[int, Mapping[str, Figure | None]]

    @property
    def complete(self) -> bool:
        """Whether every unit is counted."""
        return self.night.row.complete


def load_recorded(workspace: Workspace, ledger: Ledger, year: int) -> Recorded:
    """Load the last night of a year and its report. Raises `WorkspaceError` when there is none, or the report in the
    outputs is gone or was edited.
    """
    night = replay_night(workspace, ledger, year)
    closing = ledger.closings.standing(year)
    manifest = closing.manifest if closing else night.row.manifest
    name = next((name for name in (*FINAL, REPORT) if name in manifest), "")
    if not name:
        raise WorkspaceError(f"{year} 年度上次汇总没有生成报告（原因见问题清单 X2）。请改正模板，再运行 xxgk run。")
    path = workspace.year_outputs(year) / name
    try:
        content = path.read_bytes()
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != manifest[name]:
        raise WorkspaceError(
            f"{path} 不在，或者在汇总以后改过。请先运行 xxgk run --year {year}；要发布改过的那一份，"
            "先用 xxgk lock --report 封存它。"
        )
    return Recorded(night=night, name=name, report=content, years=_load_years(ledger, night))


def _load_years(ledger: Ledger, night: Remembered) -> dict[int, Mapping[str, Figure | None]]:
    """The root's figures of this year and of those before it, as far back as they are known without a gap."""
    year, known = night.row.year, {night.row.year: night.figures}
    before = load_history(ledger, night.control, night.form, year).of(ROOT)
    while before and len(known) < _YEARS:
        year -= 1
        known[year] = {code: value for code, value in before.items() if not isinstance(value, str)}
        before = load_reported(ledger, year - 1, night.form).of(ROOT) or _published(ledger, year - 1, night)
    return dict(sorted(known.items()))


def _published(ledger: Ledger, year: int, night: Remembered) -> dict[str, Figure]:
    """The figures that this program published for an earlier year, of the items that are still the same."""
    counts = {item.code for item in night.form.items if item.kind == "count"}
    return {
        code: int(text)
        for code, text in ledger.nights.figures(year).items()
        if code in counts and text is not None and text.lstrip("-").isdecimal()
    }
