"""Changed rules tried on this year's returns: which units have passed and would not pass any more. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import WorkspaceError, explain_fault
from pipeline.form import parse_form
from pipeline.ledger import Ledger
from pipeline.model.basis import Basis
from pipeline.model.control import Unit
from pipeline.model.finding import Finding
from pipeline.model.standing import Standing, State
from pipeline.model.submission import Arrival, Submission
from pipeline.night.basis import changed_basis, load_basis
from pipeline.night.replay import published_nights
from pipeline.road.check import Checker
from pipeline.road.intake import open_arrival
from pipeline.road.judge import judge
from pipeline.road.read import Reader
from pipeline.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How many units have passed, and which of them would fail, each with its new findings."""

    year: int
    accepted: int
    fallen: tuple[tuple[Unit, tuple[Finding, ...]], ...]


def try_rules(workspace: Workspace, year: int, file: Path) -> Trial:
    """Check the returns of the last night under the rules of ``file``.

    Raises `WorkspaceError` when there has been no night or the file cannot be read, `FormError` when the rules are bad.
    """
    workspace.require_inputs(year)
    _, folder = workspace.form(year)
    with workspace.open_ledger() as ledger:
        published_nights(ledger, year)
        try:
            changed = parse_form((folder / "form.toml").read_text(encoding="utf-8"), file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise WorkspaceError(f"{file} 读不出来（{explain_fault(error)}）。请核对路径。") from error
        basis = load_basis(workspace, ledger, year)
        reader = Reader(form=basis.form, layout=basis.layout, control=basis.control, secret=basis.secret)
        results = [reader.read(open_arrival(arrival)) for arrival in _arrivals(ledger, year)]
        submissions = [result for result in results if isinstance(result, Submission)]
        before = _standings(basis, submissions)
        after = _standings(changed_basis(basis, ledger, workspace, changed), submissions)
    passed = [code for code, standing in before.items() if standing.state is State.PASSED]
    fallen = [after[code] for code in passed if after[code].state is not State.PASSED]
    return Trial(
        year=year,
        accepted=len(passed),
        fallen=tuple((standing.unit, _open(standing)) for standing in fallen),
    )


def _standings(basis: Basis, submissions: list[Submission]) -> Mapping[str, Standing]:
    checked = Checker(basis.form, basis.control, basis.history).check(submissions)
    return {standing.unit.code: standing for standing in judge(basis.form, basis.control, checked, basis.precedents)}


def _open(standing: Standing) -> tuple[Finding, ...]:
    findings = standing.decisive.findings if standing.decisive else ()
    return tuple(f for f in findings if f.open and (f.severity == "error" or f.needs_reason))


def _arrivals(ledger: Ledger, year: int) -> list[Arrival]:
    """Return the claimed arrivals of the last night, in order of arrival. The others cannot have passed, and some of
    them should not be opened twice.
    """
    known, names = ledger.arrivals.load_known(year), _names(ledger, year)
    arrivals = []
    for sha256, paths in names.items():
        path = ledger.original(sha256)
        arrivals.append(
            Arrival(
                sha256=sha256,
                names=paths,
                size=path.stat().st_size if path.exists() else 0,
                modified=known[sha256].modified or known[sha256].first_seen,
                first_seen=known[sha256].first_seen,
                path=path,
                written=known[sha256].written,
                sight=known[sha256].sight,
                resent=known[sha256].resent,
            )
        )
    return sorted(arrivals, key=lambda arrival: arrival.order)


def _names(ledger: Ledger, year: int) -> dict[str, tuple[str, ...]]:
    """The names of the returns of the last night by hash; of one whose document was not kept, of all that ever came."""
    document = ledger.nights.document(published_nights(ledger, year)[-1].id)
    if document is not None:
        return {
            arrival["sha256"]: tuple(arrival["names"])
            for arrival in document["arrivals"]
            if arrival["unit"] is not None
        }
    ours = {sha256 for _, sha256, _, _ in ledger.readings.of_units(year)}
    return {sha256: (name,) for sha256, name, _ in ledger.arrivals.all(year) if sha256 in ours}
