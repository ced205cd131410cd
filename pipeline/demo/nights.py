"""The demo: a county's workbooks are issued, filled in and sent back, and the road is travelled on two nights.

On the first evening units are missing and returns are wrong; by the second they have been put right. Nothing is
taken from clock or chance, so every play gives the same outputs byte for byte.
"""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.control import build_control
from pipeline.demo.county import DemoCounty, Evening, load_county
from pipeline.errors import WorkspaceError, explain_fault
from pipeline.form import Form
from pipeline.layout import Layout, read_layout
from pipeline.model.control import Unit
from pipeline.model.finding import Finding
from pipeline.model.outcome import Outcome
from pipeline.model.standing import Standing, State
from pipeline.night.issue import issue_workbooks
from pipeline.night.run import Effort, Progress, quiet, run_night
from pipeline.road.issue import file_name
from pipeline.workbook.fill import fill
from pipeline.workspace import Workspace, template_file

MARKER = ".xxgk-demo"
_MARKED = "本文件夹由 xxgk demo 生成。再次运行时，inputs 和 outputs 会全部删除重建，请不要在里面存放自己的文件。\n"
_SECRET = b"This demo secret protects nobody"
_OPEN = (State.MISSING, State.RETURNED, State.UNEXPLAINED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A unit that needs action. ``finding`` is the first reason; ``None`` when nothing arrived."""

    unit: Unit
    state: State
    finding: Finding | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoNight:
    """One evening's files (names below ``inputs/<year>/``) and what the night came to."""

    title: str
    arrived: tuple[str, ...]
    outcome: Outcome
    seconds: float

    @property
    def counts(self) -> Mapping[State, int]:
        """The number of units by state, in the order of the states; states without units are left out."""
        found = Counter(standing.state for standing in self.outcome.standings)
        return {state: found[state] for state in State if found[state]}

    @property
    def pending(self) -> tuple[Pending, ...]:
        """The units that keep the county waiting, in roster order."""
        return tuple(
            Pending(unit=standing.unit, state=standing.state, finding=_reason(standing))
            for standing in self.outcome.standings
            if standing.state in _OPEN
        )

    @property
    def repeated(self) -> tuple[Standing, ...]:
        """The units that sent more than one version; ``decisive`` is the one that counts."""
        return tuple(standing for standing in self.outcome.standings if len(standing.returns) > 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """The whole demo, kept in ``workspace``."""

    workspace: Path
    nights: tuple[DemoNight, ...]
    seconds: float


def play(root: Path, *, progress: Progress = quiet) -> Play:
    """Build the demo county in ``root`` and consolidate it on two nights.

    Raises `WorkspaceError` when ``root`` holds something that is not an earlier demo; nothing there is touched then.
    """
    began = time.perf_counter()
    county, workspace = load_county(), Workspace(root)
    _begin(workspace, county.year)
    form, folder = workspace.form(county.year)
    build_control(form, workspace.control(county.year), county.control)
    issue_workbooks(workspace, county.year, progress=progress)
    layout = read_layout(form, template_file(folder, "return.xlsx"))
    stage = _Stage(workspace=workspace, county=county, form=form, layout=layout, progress=progress)
    nights = tuple(stage.night(evening) for evening in county.evenings)
    return Play(workspace=root, nights=nights, seconds=time.perf_counter() - began)


def _begin(workspace: Workspace, year: int) -> None:
    """An empty workspace with the demo's marker and secret."""
    root, marker = workspace.root, workspace.root / MARKER
    try:
        root.mkdir(parents=True, exist_ok=True)
        if any(root.iterdir()) and not marker.is_file():
            raise WorkspaceError(f"{root} 里已有文件，又不是以前生成的演示，没有改动它。请换一个空文件夹来放演示。")
        marker.write_text(_MARKED, encoding="utf-8")
        for folder in (workspace.inputs, workspace.outputs):
            if folder.exists():
                shutil.rmtree(folder)
        workspace.year_inputs(year).mkdir(parents=True)
        descriptor = os.open(workspace.secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(_SECRET.hex() + "\n")
    except OSError as error:
        raise WorkspaceError(
            f"无法在 {root} 建立演示（{explain_fault(error)}）。请检查文件夹权限，或换一个空文件夹。"
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    """The parts of the demo that are the same on both nights."""

    workspace: Workspace
    county: DemoCounty
    form: Form
    layout: Layout
    progress: Progress

    def night(self, evening: Evening) -> DemoNight:
        """The evening's files arrive, then the road is travelled."""
        arrived = tuple(self._drop(evening.number))
        began = time.perf_counter()
        outcome = run_night(self.workspace, self.county.year, now=evening.now, effort=Effort(progress=self.progress))
        assert outcome is not None, "every evening brings files"
        return DemoNight(title=evening.title, arrived=arrived, outcome=outcome, seconds=time.perf_counter() - began)

    def _drop(self, evening: int) -> Iterator[str]:
        """Put the files where they were received, each with the time it came; never over another."""
        issued = self.workspace.year_outputs(self.county.year) / "issued"
        deliveries = [delivery for delivery in self.county.deliveries if delivery.evening == evening]
        for delivery in self.progress(deliveries, "单位填报"):
            respondent = self.county.respondents[delivery.unit]
            blank = (issued / file_name(Unit(code=respondent.code, name=respondent.name))).read_bytes()
            path = self.workspace.year_inputs(self.county.year) / delivery.file
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                entries = self.county.entries(self.form, delivery)
                file.write(fill(blank, self.form, self.layout, entries, delivery.reasons))
            os.utime(path, (delivery.at.timestamp(), delivery.at.timestamp()))
            yield delivery.file


def _reason(standing: Standing) -> Finding | None:
    """The first finding that keeps a return from passing."""
    findings = standing.decisive.findings if standing.decisive else ()
    return next((finding for finding in findings if finding.severity != "info"), None)
