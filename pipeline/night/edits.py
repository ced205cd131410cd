"""Hand edits of the report in outputs/ are never lost: the next night keeps them before it writes its own."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pipeline.form import Figure, Form
from pipeline.ledger import Ledger
from pipeline.model.finding import Finding, notice
from pipeline.night.gate import Printed, gate_findings
from pipeline.night.outputs import REPORT
from pipeline.workspace import Workspace

EDITED = "手改稿"
"""The folder with a view of them; their bytes lie with the originals, since the outputs may be deleted."""
_CHINA = dt.timezone(dt.timedelta(hours=8))
_TOLD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """The files of a kept edit, to be published beside a night's own, and the findings about it."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    remarks: tuple[Finding, ...] = ()


def keep_edit(workspace: Workspace, ledger: Ledger, year: int, form: Form, *, ours: bytes) -> Edit:
    """The report in the outputs, kept, when its bytes are none that a night published, nor ``ours`` of tonight.

    Those of tonight lie there already when a night was killed between publishing and recording.
    """
    path = workspace.year_outputs(year) / REPORT
    last = ledger.nights.last(year)
    published = {row.manifest.get(REPORT, "") for row in ledger.nights.runs(year)} - {""}
    try:
        content = path.read_bytes()
        changed = dt.datetime.fromtimestamp(path.stat().st_mtime, _CHINA)
    except (OSError, ValueError, OverflowError):
        return Edit()
    sha256 = hashlib.sha256(content).hexdigest()
    if last is None or not last.manifest.get(REPORT) or sha256 in published or content == ours:
        return Edit()
    # the bytes go into the archive, because outputs/ may be deleted at any time
    ledger.keep(content)
    name = f"{EDITED}/report_{changed:%Y-%m-%d_%H%M}_{sha256[:8]}.docx"
    document = ledger.nights.document(last.id)
    detail = "没有核对"
    if document is not None:
        figures: dict[str, Figure | None] = {
            code: Decimal(value) if isinstance(value, str) else value for code, value in document["figures"].items()
        }
        printed = Printed(form=form, root=document["root"], year=year, figures=figures, missing=document["missing"])
        wrong = [finding.message for finding in gate_findings(REPORT, content, printed)]
        more = f"等 {len(wrong)} 处" if len(wrong) > _TOLD else ""
        detail = "；".join(message.rstrip("。") for message in wrong[:_TOLD]) + more or "与当时的汇总数一致"
    remark = notice("X3", where={"file": REPORT}, name=name, detail=detail)
    return Edit(files={name: content}, remarks=(remark,))
