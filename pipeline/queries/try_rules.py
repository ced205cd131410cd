"""Changed rules tried on this year's returns: who has passed and would not pass any more. Writes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.control import read_control
from pipeline.errors import WorkspaceError
from pipeline.form import Form, parse_form
from pipeline.layout import read_layout
from pipeline.model.control import Control, Unit
from pipeline.model.finding import Finding
from pipeline.model.past import History
from pipeline.model.seal import read_secret
from pipeline.model.standing import Standing, State
from pipeline.model.submission import Arrival, Submission
from pipeline.prior_year.known import history
from pipeline.queries.status import last_run
from pipeline.road.check import Checker
from pipeline.road.intake import open_arrival
from pipeline.road.judge import judge
from pipeline.road.read import Reader
from pipeline.workspace import Workspace, template_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How many units have passed, and which of them would fall, each with what would be found anew."""

    year: int
    accepted: int
    fallen: tuple[tuple[Unit, tuple[Finding, ...]], ...]


def try_rules(workspace: Workspace, year: int, file: Path) -> Trial:
    """Check the returns of the last run under the rules of ``file``.

    Raises `WorkspaceError` when there has been no run or the file cannot be read, `FormError` when the rules are bad.
    """
    document = last_run(workspace, year)
    form, folder = workspace.form(year)
    try:
        changed = parse_form((folder / "form.toml").read_text(encoding="utf-8"), file.read_text(encoding="utf-8"))
        secret = read_secret(workspace.secret)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise WorkspaceError(f"{file} 或签发密钥读不出来（{error}）。请核对路径。") from error
    control = read_control(workspace.control(year), changed, year=year)
    layout = read_layout(form, template_file(folder, "return.xlsx"))
    form, changed = control.in_force(form), control.in_force(changed)
    reader = Reader(form=form, layout=layout, control=control, secret=secret)
    results = [reader.read(open_arrival(arrival)) for arrival in _arrivals(workspace, document)]
    submissions = [result for result in results if isinstance(result, Submission)]
    with workspace.open_ledger() as ledger:
        before, after = (
            _standings(each, control, history(ledger, control, each, year), submissions) for each in (form, changed)
        )
    passed = [code for code, standing in before.items() if standing.state is State.PASSED]
    fallen = [after[code] for code in passed if after[code].state is not State.PASSED]
    return Trial(
        year=year,
        accepted=len(passed),
        fallen=tuple((standing.unit, _open(standing)) for standing in fallen),
    )


def _standings(form: Form, control: Control, last: History, submissions: list[Submission]) -> dict[str, Standing]:
    checked = Checker(form, control, last).check(submissions)
    return {standing.unit.code: standing for standing in judge(control, checked)}


def _open(standing: Standing) -> tuple[Finding, ...]:
    findings = standing.decisive.findings if standing.decisive else ()
    return tuple(f for f in findings if f.open and (f.severity == "error" or f.needs_reason))


def _arrivals(workspace: Workspace, document: Mapping[str, Any]) -> list[Arrival]:
    """The arrivals of the last run that were some unit's, in their order, with their bytes from the archive.

    The others cannot have passed; among them are those that no process of ours should open twice.
    """
    return [
        Arrival(
            sha256=each["sha256"],
            names=tuple(each["names"]),
            size=each["size"],
            modified=dt.datetime.fromisoformat(each["first_seen"]) + dt.timedelta(microseconds=n),
            first_seen=dt.datetime.fromisoformat(each["first_seen"]),
            path=workspace.ledger / "originals" / each["sha256"],
        )
        for n, each in enumerate(document["arrivals"])
        if each["unit"] is not None
    ]
