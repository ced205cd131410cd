"""The templates in force, checked before anything depends on them: what they lost, and whether the report can be filled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from pipeline.errors import TemplateError
from pipeline.files.filling import clean, fill_template, open_template
from pipeline.files.limit import time_limit
from pipeline.form import Figure, Form, Item
from pipeline.model.county import complete_totals
from pipeline.model.finding import Finding, notice
from pipeline.night.gate import Printed, gate_findings
from pipeline.road.publish import ReportContent, render_report
from pipeline.road.templates import LETTER_NAMES, check_report, check_workbook
from pipeline.workspace import bundled_templates, template_file

_SECONDS = 30
_ROOT = "样例县人民政府"
_PROFILE = {
    "root": _ROOT, "compiler": "样例县人民政府办公室", "address": "样例路1号", "postcode": "100000", "phone": "010-1",
    "website": "www.example.gov.cn", "level": "县级",
}  # fmt: skip
_TEXT = "样例文字，含有 <b>、& 和 ｛｛ 这样的字。"
_HOSTILE = "=cmd|' /C calc'!A0 {_{ &amp; <w:p/> \x0b]]> _x0007_ " + "长" * 5_000
_LARGE = 1_000_000


def template_faults(form: Form, folder: Path, local: Sequence[Item] = ()) -> list[Finding]:
    """Return what the templates in force have lost: nothing for those the program came with. Whether the report can be
    filled, a night finds out by filling it.

    ``local`` are the local indicators that the report may print. Raises `TemplateError` when the workbook cannot be
    opened.
    """
    if all(_is_bundled(folder, name) for name in ("return.xlsx", "report.docx")):
        return []
    return _list_losses(form, folder, local)


def examine_templates(form: Form, folder: Path, local: Sequence[Item] = ()) -> list[Finding]:
    """Return what the two templates of a form have lost, and what goes wrong when the report is filled."""
    return [*_list_losses(form, folder, local), *try_template(form, template_file(folder, "report.docx"), local)]


def examine_letter(template: Path) -> list[Finding]:
    """Return what goes wrong when the template of the letters is filled."""
    context = {**dict.fromkeys(LETTER_NAMES, clean(_HOSTILE)), "lines": [_TEXT, _TEXT], "year": 2024}
    try:
        with time_limit(_SECONDS):
            fill_template(open_template(template), template, context, what="信")
    except TimeoutError:
        return [_endless(template)]
    except TemplateError as error:
        return [notice("K14", where={"file": template.name}, detail=str(error).rstrip("。"))]
    return []


def _list_losses(form: Form, folder: Path, local: Sequence[Item]) -> list[Finding]:
    found = check_workbook(form, folder)
    with suppress(TemplateError):  # a report that cannot be parsed cannot be filled either, which is told there
        found += check_report(form, folder, frozenset(item.code for item in local))
    return found


def _is_bundled(folder: Path, name: str) -> bool:
    ours = bundled_templates() / folder.name / name
    theirs = template_file(folder, name)
    return ours.is_file() and ours.read_bytes() == theirs.read_bytes()


def try_template(form: Form, word: Path, local: Sequence[Item] = ()) -> Iterator[Finding]:
    """Yield what goes wrong when the template is filled with distinct figures, with zeros while units are missing, and
    with large figures and hostile texts. ``local`` are the local indicators that the template may print.
    """
    form = replace(form, items=(*form.items, *local))
    year = max(form.from_year, min(2024, form.to_year))
    entered = [item for item in form.items if item.numeric and item.mode == "entered"]

    def figures(count: int, step: int) -> dict[str, Figure | None]:
        found: dict[str, Figure | None] = {
            item.code: Decimal(count + step * n) if item.kind == "money" else count + step * n
            for n, item in enumerate(entered)
        }
        complete_totals(form, found)
        return found

    def texts(words: str) -> dict[str, tuple[str, ...]]:
        return {item.code: (words,) for item in form.of_table("text")}

    full = ReportContent(
        form=form, year=year, figures=figures(1_000, 1), texts=texts(_TEXT), profile=_PROFILE, missing=("甲局",),
        provisional=("乙局",),
    )  # fmt: skip
    unknown = {item.code: None for item in form.of_table("info")}
    trials = (
        full,
        replace(full, figures=figures(0, 0), texts={}, missing=(), provisional=()),
        replace(full, figures=figures(0, 0) | unknown, texts={}, missing=("甲局", "乙局")),
        replace(full, figures=figures(_LARGE, 7), texts=texts(_HOSTILE), missing=(_HOSTILE[:40],)),
    )
    seen: set[str] = set()
    for content in trials:
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
        yield _endless(word)
    except TemplateError as error:
        yield notice("K14", where=where, detail=str(error).rstrip("。"))
    else:
        printed = Printed(form=form, root=_ROOT, year=content.year, figures=content.figures, missing=content.missing)
        yield from gate_findings(word.name, report, printed)


def _endless(template: Path) -> Finding:
    detail = f"{_SECONDS} 秒还没有填完，可能有停不下来的循环"
    return notice("K14", where={"file": template.name}, detail=detail)
