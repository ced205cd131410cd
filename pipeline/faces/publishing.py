"""`xxgk publish`: the faces beyond Word and workbook, in ``outputs/<year>/publish/``, made when the office asks for them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from pipeline.errors import PublishError
from pipeline.faces.charts import draw_charts
from pipeline.faces.infographic import infographic
from pipeline.faces.material import material
from pipeline.faces.open_data import open_data
from pipeline.faces.pdf import print_pdf
from pipeline.faces.recorded import Recorded, load_recorded
from pipeline.faces.web import Picture, fragment, page, report_article
from pipeline.files.atomic import publish_files
from pipeline.model.finding import Finding
from pipeline.night.expected import expected_of
from pipeline.night.gate import gate_findings
from pipeline.prior_year.known import load_history
from pipeline.road.publish.bars import LACKING
from pipeline.settings import FACES
from pipeline.workspace import Workspace

FOLDER = "publish"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The files that were written, what could not be made and why, and what the gate says of the page."""

    files: tuple[str, ...]
    omitted: tuple[str, ...]
    findings: tuple[Finding, ...]
    complete: bool


def publish_faces(workspace: Workspace, year: int, wanted: Collection[str] = FACES) -> Published:
    """Make the faces of the last night of a year, all but the PDF by default.

    Raises `WorkspaceError` when there has been no night, or its report is gone or was edited.
    """
    workspace.require_inputs(year)
    with workspace.alone() as ledger:
        recorded = load_recorded(workspace, ledger, year)
        history = load_history(ledger, recorded.night.control, recorded.night.form, year)
        omitted: list[str] = []
        files = dict(_make(recorded, wanted, omitted))
        if "material" in wanted:
            files["material.docx"] = material(recorded, history)
        findings = (
            tuple(gate_findings(f"{FOLDER}/report.html", files["report.html"], expected_of(recorded.night)))
            if "report.html" in files
            else ()
        )
        publish_files(
            workspace.year_outputs(year),
            {f"{FOLDER}/{name}": content for name, content in files.items()},
            replaces=(FOLDER,),
        )
    return Published(files=tuple(files), omitted=tuple(omitted), findings=findings, complete=recorded.complete)


def _make(recorded: Recorded, wanted: Collection[str], omitted: list[str]) -> Iterator[tuple[str, bytes]]:
    night = recorded.night
    pictures = _charts(recorded, omitted) if {"html", "infographic"} & set(wanted) else []
    if "html" in wanted and recorded.name.endswith(".docx"):
        title = f"{night.control.profile.root}{night.row.year}年{night.form.title}"
        article = report_article(recorded.report, night.form, night.figures)
        yield "report.html", page(title, article, pictures)
        yield "fragment.html", fragment(article)
    elif "html" in wanted:
        yield "report.html", recorded.report
    if "infographic" in wanted:
        yield "infographic.html", infographic(recorded, pictures)
    for number, picture in enumerate(pictures, 1):
        yield f"charts/{number}_{picture.title}.svg", picture.file
    if "data" in wanted:
        yield from ((f"data/{name}", content) for name, content in open_data(recorded).items())
    if "pdf" in wanted:
        try:
            yield "report.pdf", print_pdf(recorded.report)
        except PublishError as error:
            omitted.append(str(error))


def _charts(recorded: Recorded, omitted: list[str]) -> list[Picture]:
    try:
        return draw_charts(recorded)
    except ImportError:
        omitted.append(LACKING)
        return []
