"""Trial of a Word template: it is filled with sample figures, and the gate checks the result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from pipeline.errors import TemplateError
from pipeline.files.limit import time_limit
from pipeline.form import Figure, Form, Item
from pipeline.model.county import complete_totals
from pipeline.model.finding import Finding, notice
from pipeline.night.gate import Printed, gate_findings
from pipeline.road.publish import ReportContent, render_report

_SECONDS = 30
_ROOT = "样例县人民政府"
_PROFILE = {
    "root": _ROOT, "compiler": "样例县人民政府办公室", "address": "样例路1号", "postcode": "100000", "phone": "010-1",
    "website": "www.example.gov.cn", "level": "县级",
}  # fmt: skip
_TEXT = "样例文字，含有 <b>、& 和 {{ 这样的字。"


def try_template(form: Form, word: Path, local: Sequence[Item] = ()) -> Iterator[Finding]:
    """Yield what goes wrong when the template is filled with distinct figures and with zeros. ``local`` are the local
    indicators that the template may print.
    """
    form = replace(form, items=(*form.items, *local))
    year = max(form.from_year, min(2024, form.to_year))
    entered = [item for item in form.items if item.numeric and item.mode == "entered"]
    different: dict[str, Figure | None] = {
        item.code: Decimal(1_000 + n) if item.kind == "money" else 1_000 + n for n, item in enumerate(entered)
    }
    zeros: dict[str, Figure | None] = {item.code: Decimal(0) if item.kind == "money" else 0 for item in entered}
    for figures in (different, zeros):
        complete_totals(form, figures)
    texts = {item.code: (_TEXT.replace("{{", "｛"),) for item in form.of_table("text")}
    full = ReportContent(
        form=form, year=year, figures=different, texts=texts, profile=_PROFILE, missing=("甲局",), provisional=("乙局",)
    )
    seen: set[str] = set()
    for content in (full, replace(full, figures=zeros, texts={}, missing=(), provisional=())):
        for finding in _try_rendering(form, word, content):
            if finding.message not in seen:
                seen.add(finding.message)
                yield finding


def _try_rendering(form: Form, word: Path, content: ReportContent) -> Iterator[Finding]:
    where = {"file": word.name}
    try:
        with time_limit(_SECONDS):
            report = render_report(word, content)
    except TimeoutError:
        yield notice("K14", where=where, detail=f"{_SECONDS} 秒还没有填完，可能有停不下来的循环")
    except TemplateError as error:
        yield notice("K14", where=where, detail=str(error).rstrip("。"))
    else:
        printed = Printed(form=form, root=_ROOT, year=content.year, figures=content.figures, missing=content.missing)
        yield from gate_findings(word.name, report, printed)
