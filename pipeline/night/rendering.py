"""The report of a night, or why there is none."""

from __future__ import annotations

from pipeline.errors import TemplateError
from pipeline.files.limit import time_limit
from pipeline.form import LOCAL
from pipeline.model.basis import Basis
from pipeline.model.county import County
from pipeline.model.finding import Finding, notice
from pipeline.model.past import ROOT
from pipeline.road.publish import ReportContent, render_report

_RENDERING = 60
"""Seconds a template may take; a report of a province takes one."""


def render_or_explain(basis: Basis, county: County) -> tuple[bytes, tuple[Finding, ...]]:
    """Return the report; when the template cannot be filled, no report and the finding, so that everything else is
    published.
    """
    try:
        with time_limit(_RENDERING):
            return render_report(basis.word, _report(basis, county)), ()
    except TimeoutError:
        detail = f"模板 {_RENDERING} 秒还没有填完，可能有停不下来的循环"
        return b"", (notice("X2", where={"file": basis.word.name}, detail=detail),)
    except TemplateError as error:
        return b"", (notice("X2", where={"file": basis.word.name}, detail=str(error).rstrip("。")),)


def _report(basis: Basis, county: County) -> ReportContent:
    form, profile = basis.form, basis.control.profile
    collected = {item.code: county.paragraphs(item) for item in form.of_table(LOCAL) if not item.numeric}
    return ReportContent(
        form=form,
        year=profile.year,
        figures=county.figures,
        texts={**collected, **basis.control.texts},
        profile={
            "root": profile.root,
            "compiler": profile.compiler,
            "address": profile.address,
            "postcode": profile.postcode,
            "phone": profile.phone,
            "website": profile.website,
            "level": profile.level,
            "signature": profile.signature,
            "dated": f"{profile.dated.year}年{profile.dated.month}月{profile.dated.day}日" if profile.dated else "",
        },
        missing=county.lacking,
        provisional=tuple(standing.unit.name for standing in county.provisional),
        former=basis.history.of(ROOT),
        replaced=basis.control.replaced,
    )
