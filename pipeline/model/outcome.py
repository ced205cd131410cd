"""The outcome of a night, from which everything that is published is drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from pipeline.form import Form, Severity
from pipeline.model.changes import FIRST_NIGHT, Changes
from pipeline.model.control import Control
from pipeline.model.county import County
from pipeline.model.decisions import Acceptance
from pipeline.model.finding import SEVERITY_LABELS, Finding
from pipeline.model.received import Received
from pipeline.model.seal import Seal
from pipeline.model.standing import Standing
from pipeline.model.submission import Unclaimed


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """Who closed the year (封存), and why."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One consolidation of one year.

    ``findings`` are those that matter today, sorted for reading; ``superseded`` are those of returns that another
    version of the same unit's return has replaced. ``accepted`` are the findings that an acceptance
    answers. ``changes`` compare with the night before; ``seal`` is the next
    level's, from the workbook it issued to this county, and goes into county.xlsx. ``held`` are published files that
    another program held open, so that the new ones are beside them. ``unfilled`` says why there is no report, where there is
    none. ``sealing`` is set when the year is being closed.
    """

    year: int
    form: Form
    control: Control
    arrivals: tuple[Received, ...]
    standings: tuple[Standing, ...]
    unclaimed: tuple[Unclaimed, ...]
    county: County
    findings: tuple[Finding, ...]
    superseded: tuple[Finding, ...]
    changes: Changes = FIRST_NIGHT
    accepted: tuple[tuple[Acceptance, Finding], ...] = ()
    seal: Seal | None = None
    sealing: Sealing | None = None
    held: tuple[str, ...] = ()
    unfilled: tuple[Finding, ...] = ()

    @property
    def open_points(self) -> tuple[str, ...]:
        """What a person must look at, one clause each: missing units, unclaimed files, open findings."""
        return tuple(_open_points(self))

    @property
    def attention(self) -> bool:
        """Whether there are any open points."""
        return bool(self.open_points)


_NAMED = 5


def _open_points(outcome: Outcome) -> Iterator[str]:
    if not outcome.county.complete:
        lacking = outcome.county.lacking
        more = f"等（共 {len(lacking)} 个）" if len(lacking) > _NAMED else ""
        yield f"尚缺 {len(lacking)} 个单位：{'、'.join(lacking[:_NAMED])}{more}"
    waiting = [waiting for waiting in outcome.unclaimed if any(finding.open for finding in waiting.findings)]
    if waiting:
        yield f"有 {len(waiting)} 份来件没有认定或没有读出"
    for severity, word in (("error", "没有解决"), ("warning", "没有答复")):
        codes = Counter(finding.code for finding in outcome.findings if finding.severity == severity and finding.open)
        if codes:
            listed = "、".join(f"{code} {n} 个" for code, n in codes.most_common(_NAMED))
            more = "等" if len(codes) > _NAMED else ""
            yield f"{SEVERITY_LABELS[cast(Severity, severity)]}问题 {codes.total()} 个{word}（{listed}{more}）"
    for name in outcome.held:
        yield f"{name} 正被别的程序打开，没有换成新的；新的一份在旁边，名字里有“（新）”。请关闭它，再运行一次"
