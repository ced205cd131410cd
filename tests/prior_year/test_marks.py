"""Letters that a published report strikes out, raises, lowers or hides: no figure of a former year comes from them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import docx as python_docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from pipeline.form import Form
from pipeline.prior_year.report import read_report
from tests.prior_year.reports import cms_html, docx, published

ITEM = "t3.received.natural"
"""3 in the published report, where every test writes its markup."""
HTML: list[tuple[str, str, str | None]] = [
    # markup of the cell, style sheet of the page, the value: None where it has to be asked
    ("3<sup>1</sup>", "", None),
    ("3<sub>2</sub>", "", None),
    ("<s>12</s>3", "", None),
    ("<strike>3</strike>", "", None),
    ("<del>1</del>3", "", None),
    ("<b><del>3</del></b>", "", None),
    ('3<span style="vertical-align:super">①</span>', "", None),
    ('3<span style="vertical-align: 4pt">1</span>', "", None),
    ('<span style="text-decoration: line-through">1</span>3', "", None),
    ('<span style="text-decoration-line:line-through">3</span>', "", None),
    ('<span class="gone">1</span>3', "span.gone, .old{text-decoration:line-through}", None),
    ('3<span class="fn">1</span>', ".fn{vertical-align:super;font-size:60%}", None),
    ('3<span style="display:none">9</span>', "", "3"),
    ("<span hidden>9</span>3", "", "3"),
    ('3<span style="visibility: hidden">9</span>', "", "3"),
    ('3<span style="font-size:0">9</span>', "", "3"),
    ('3<span style="mso-hide:all">9</span>', "", "3"),
    ('<span class="x">9</span>3', ".x { display : none }", "3"),
    ('<span style="vertical-align:middle;text-decoration:underline">3</span>', "", "3"),
    ('<span style="font-size:0.9em;opacity:0.9">3</span>', "", "3"),
    ("<ins>3</ins>", "", "3"),
    ('<span class="sup">3</span>', ".super{color:red}", "3"),
]


@pytest.mark.parametrize(("markup", "sheet", "value"), HTML)
def test_a_cell_of_a_page(markup: str, sheet: str, value: str | None, form: Form) -> None:
    page = cms_html(form, published(form) | {ITEM: "@@"}).decode()
    assert page.count("@@") == 1
    page = page.replace("@@", markup).replace("td{}", f"td{{}} {sheet}")
    imported = read_report("年报", page.encode(), [form])
    assert imported.values.get(ITEM) == (None if value is None else int(value))
    assert len(imported.values) == (199 if value is None else 200), "nothing else is disturbed"
    assert [f.code for f in imported.findings] == ["H2", *(["H4"] if value is None else [])]


def test_a_struck_figure_is_told_as_it_looks(form: Form) -> None:
    page = cms_html(form, published(form) | {ITEM: "@@"}).decode().replace("@@", "<s>12</s>15<sup>1</sup>")
    told = [f.message for f in read_report("年报", page.encode(), [form]).findings if f.code == "H4"]
    assert len(told) == 1
    assert "1\u03362\u033615¹" in told[0]


def test_a_whole_row_struck_out_and_a_row_hidden(form: Form) -> None:
    page = cms_html(form, published(form)).decode()
    row = next(part for part in page.split("<tr>") if "行政许可" in part and "<td" in part)
    struck = page.replace(f"<tr>{row}", f'<tr style="text-decoration:line-through">{row}')
    assert "t2.permit.decisions" not in read_report("年报", struck.encode(), [form]).values
    twice = page.replace(f"<tr>{row}", f'<tr style="display:none">{row.replace("<td", "<td data-x")}<tr>{row}')
    assert len(read_report("年报", twice.encode(), [form]).values) == 200


def raised(run: Any) -> None:
    run.font.superscript = True


def lowered(run: Any) -> None:
    run.font.subscript = True


def struck(run: Any) -> None:
    run.font.strike = True


def struck_twice(run: Any) -> None:
    run.font.double_strike = True


def moved(run: Any, by: str = "12") -> None:
    position = OxmlElement("w:position")
    position.set(qn("w:val"), by)
    run._r.get_or_add_rPr().append(position)


def aligned(run: Any) -> None:
    moved(run, "-2")


def not_struck(run: Any) -> None:
    run.font.strike = False
    run.font.hidden = False


def by_style(run: Any) -> None:
    styles = run.part.document.styles
    base = styles.add_style("Base", 2)
    base.font.strike = True
    derived = styles.add_style("Derived", 2)
    derived.base_style = base
    run.style = derived


def hidden(run: Any) -> None:
    run.font.hidden = True


def hidden_by_style(run: Any) -> None:
    style = run.part.document.styles.add_style("Hidden", 2)
    style.font.hidden = True
    run.style = style


WORD: list[tuple[str, Callable[[Any], None], str, int | None]] = [
    ("3", raised, "1", None),
    ("3", lowered, "2", None),
    ("", struck, "3", None),
    ("3", struck, "1", None),
    ("3", struck_twice, "1", None),
    ("3", moved, "1", None),
    ("3", by_style, "1", None),
    ("3", aligned, "1", 31),
    ("3", not_struck, "1", 31),
    ("3", hidden, "1", 3),
    ("3", hidden_by_style, "1", 3),
]


@pytest.mark.parametrize(("before", "change", "text", "value"), WORD)
def test_a_cell_of_a_document(
    before: str, change: Callable[[Any], None], text: str, value: int | None, form: Form
) -> None:
    document = python_docx.Document(io.BytesIO(docx(form, published(form) | {ITEM: "@@"})))
    paragraph = next(
        each
        for table in document.tables
        for row in table.rows
        for cell in row.cells
        for each in cell.paragraphs
        if each.text == "@@"
    )
    for run in paragraph.runs[1:]:
        run._r.getparent().remove(run._r)
    paragraph.runs[0].text = before
    change(paragraph.add_run(text))
    out = io.BytesIO()
    document.save(out)
    imported = read_report("年报", out.getvalue(), [form])
    assert imported.values.get(ITEM) == value
    assert len(imported.values) == (199 if value is None else 200)
