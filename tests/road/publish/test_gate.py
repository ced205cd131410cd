"""D1: a report that prints another number than the county's, or a placeholder, does not leave unseen."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from docx import Document

from pipeline.form import Form
from pipeline.road.publish import ReportContent, render_report, report_findings


@pytest.fixture(scope="module")
def content(form: Form) -> ReportContent:
    figures = {item.code: 0 for item in form.items if item.numeric}
    return ReportContent(
        form=form, year=2024, figures=figures, texts={}, profile={"root": "县"}, missing=(), provisional=()
    )


def found(form: Form, template: Path, report: bytes, content: ReportContent) -> list[tuple[str, str, str]]:
    return [(f.item, f.found, f.expected) for f in report_findings(form, template, report, content.figures)]


def doctored(report: bytes, change: str) -> bytes:
    document = Document(io.BytesIO(report))
    match change:
        case "figure":
            document.tables[1].rows[5].cells[3].paragraphs[0].runs[0].text = "7"
        case "placeholder":
            document.add_paragraph("共 {{ t3.received.total }} 件")
        case "row":
            row = document.tables[1].rows[5]._tr
            row.getparent().remove(row)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("nothing", []),
        ("figure", [("t3.granted.natural", "7", "0")]),
        ("placeholder", [("", "共 {{ t3.received.total }", "文字或数字")]),
        ("row", [("", "表格不同", "与模板相同的表格")]),
    ],
)
def test_the_last_gate(
    form: Form, form_folder: Path, content: ReportContent, change: str, expected: list[tuple[str, str, str]]
) -> None:
    template = form_folder / "report.docx"
    report = doctored(render_report(template, content), change)
    assert found(form, template, report, content) == expected
