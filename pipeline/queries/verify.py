"""A finished report, ours or edited by people, against the figures of the last night."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from pipeline.errors import WorkspaceError
from pipeline.form import Figure
from pipeline.model.finding import Finding
from pipeline.night.gate import Printed, gate_findings, read_page
from pipeline.queries.status import last_document
from pipeline.workspace import Workspace


def verify_report(workspace: Workspace, year: int, file: Path) -> list[Finding]:
    """Return the findings of the gate at a report; empty when it can be published.

    Raises `WorkspaceError` when there has been no night, or the file cannot be read.
    """
    document = last_document(workspace, year)
    form, _ = workspace.form(year)
    try:
        content = file.read_bytes()
        read_page(content)
    except OSError as error:
        raise WorkspaceError(f"报告 {file} 打不开（{error.strerror}）。") from error
    except ValueError as error:
        raise WorkspaceError(f"报告 {file} 读不出来（{error}）。请另存为 .docx 或 .html 再核对。") from error
    figures: dict[str, Figure | None] = {
        code: Decimal(value) if isinstance(value, str) else value for code, value in document["figures"].items()
    }
    printed = Printed(
        form=form, root=document["root"], year=year, figures=figures, missing=[] if document["complete"] else ["?"]
    )
    return list(gate_findings(file.name, content, printed))
