"""The rules asked while reading, of the county and of the report: other_cases.toml, beside tests/road/check/cases.toml."""

from __future__ import annotations

import io
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from openpyxl.utils import coordinate_to_tuple

from pipeline.form import KINDS, Form
from pipeline.model.outcome import Outcome
from pipeline.night.gate import Printed, gate_findings
from pipeline.road.check import Balances, root_findings
from pipeline.road.publish import ReportContent, render_report
from tests.road.read import workbooks as w
from tests.workspaces import YEAR, Office

CASES: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("other_cases.toml").read_text(encoding="utf-8"))
EVERY = [(rule, kind) for rule, cases in CASES.items() for kind in cases]


def test_every_rule_of_the_other_stations_is_here(form: Form) -> None:
    elsewhere = {rule.id for rule in form.rules if KINDS[rule.kind].station != "check"}
    assert elsewhere == set(CASES)
    assert all({"passes", "fails"} <= cases.keys() for cases in CASES.values())


# ---------------------------------------------------------------- reading
@pytest.mark.parametrize(("rule", "kind"), [each for each in EVERY if each[0].startswith("S")])
def test_reading(tmp_path: Path, rule: str, kind: str) -> None:
    case = CASES[rule][kind]

    def write(book: w.Book) -> None:
        for at, text in case["write"].items():
            sheet, _, cell = at.partition("!")
            book[sheet].cell(*coordinate_to_tuple(cell)).value = text

    result = w.read(tmp_path, w.mutated(w.filled(), write))
    mine = [finding for finding in result.findings if finding.code == rule]
    assert [f"{finding.sheet}!{finding.cell}" for finding in mine] == case.get("finds", [])
    assert case.get("because", "") in {"", *w.codes(result)}
    assert all(finding.severity == "error" and finding.remedy for finding in mine)


# ---------------------------------------------------------------- the county
@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    office = Office(tmp_path_factory.mktemp("county"), units=2)
    office.returns("u01", {"t2.fees.amount": Decimal("0.1")})
    office.returns("u02", {"t2.fees.amount": Decimal("0.2"), "t4.review.upheld": 0})
    return office.run()


@pytest.mark.parametrize(("rule", "kind"), [each for each in EVERY if each[0].startswith("A")])
def test_county(honest: Outcome, rule: str, kind: str) -> None:
    case = CASES[rule][kind]
    said = case.get("figures", {})
    figures = {code: None if text == "none" else Decimal(text) for code, text in said.items()}
    counted = honest.county.counted
    if case.get("provisional"):
        counted = tuple(replace(each, provisional=True) for each in counted)
    missing = honest.standings[: case.get("missing", 0)]
    county = replace(honest.county, figures={**honest.county.figures, **figures}, counted=counted, missing=missing)
    balances = Balances(honest.form, level="县级", year=YEAR)
    found = list(root_findings(honest.form, honest.control, county, balances))
    assert [finding.item for finding in found if finding.code == rule] == case.get("finds", [])


# ---------------------------------------------------------------- the report
@pytest.mark.parametrize(("rule", "kind"), [each for each in EVERY if each[0].startswith("D")])
def test_report(form: Form, form_folder: Path, rule: str, kind: str) -> None:
    case, template = CASES[rule][kind], form_folder / "report.docx"
    content = ReportContent(
        form=form,
        year=YEAR,
        figures={item.code: 0 for item in form.items if item.numeric},
        texts={},
        profile={"root": "县"},
        missing=(),
        provisional=(),
    )
    report = _printing(template, render_report(template, content), case["prints"])
    printed = Printed(form=form, root="县", year=YEAR, figures=content.figures)
    found = gate_findings("report.docx", report, printed)
    assert [finding.item for finding in found] == case.get("finds", [])


def _printing(template: Path, report: bytes, prints: Mapping[str, str]) -> bytes:
    """The report with other words in the cells where the template asks for an item."""
    asked, document = Document(str(template)), Document(io.BytesIO(report))
    for theirs, ours in zip(asked.tables, document.tables, strict=True):
        for wanted, printed in zip(theirs._cells, ours._cells, strict=True):
            code = wanted.text.strip("{} ")
            if code in prints:
                printed.paragraphs[0].runs[0].text = prints[code]
    if "paragraph" in prints:
        document.add_paragraph(prints["paragraph"])
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
