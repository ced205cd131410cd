"""A real client: LibreOffice opens an issued workbook, fills it, recalculates and saves; the return says the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.form import Form
from pipeline.layout import Layout
from tests.libreoffice import XLSX, at_the_desk, convert, pages
from tests.workspaces import Office, zeros

pytestmark = pytest.mark.external

RIGHT = {"t3.received.natural": 4, "t3.granted.natural": 3, "t3.carried_out.natural": 1, "t2.fees.amount": 59237.2449,
         "t4.review.upheld": 2, "info.fee_yuan": 0.3, "text.disclosure": "全年工作 2 项 A&B ‹甲>。"}  # fmt: skip
WRONG = RIGHT | {"t3.granted.natural": 2}


def typed(form: Form, layout: Layout, values: dict[str, object]) -> list[list[object]]:
    every = zeros(form) | values
    return [[layout.places[code].sheet, layout.places[code].cell, value] for code, value in every.items()]


def test_filled_in_libreoffice(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=2)
    jobs = []
    for unit, values in (("u01", RIGHT), ("u02", WRONG)):
        issued = tmp_path / f"{unit}.xlsx"
        issued.write_bytes(office.issued(unit))
        named = {code: office.layout.named[f"explain_{code}"] for code in ("R3_natural", "R1_granted")}
        read = [[place.sheet, f"{column}{place.row + 1}"] for place in named.values() for column in "CDEF"]
        saved = office.inputs / f"{unit}.xlsx"
        cells = typed(office.form, office.layout, values)
        jobs.append({"open": str(issued), "save": str(saved), "filter": XLSX, "cells": cells, "read": read})
    right, wrong = at_the_desk(tmp_path, jobs)
    assert right == ["4", "4", "0", "✓", "3", "3", "0", "✓"]
    assert wrong == ["4", "3", "1", "✗", "2", "2", "0", "✓"]
    outcome = office.run()
    assert office.states(outcome) == {"u01": "通过", "u02": "退回"}
    assert {(f.code, f.cell) for f in outcome.findings if f.unit} == {("R3", "D6")}
    (good,) = outcome.county.counted
    read_back = dict(zip(office.form.position, good.submission.values, strict=True))
    assert {code: str(read_back[code]) for code in RIGHT} == {
        code: {"info.fee_yuan": "0.30", "t2.fees.amount": "59237.244900"}.get(code, str(value))
        for code, value in RIGHT.items()
    }
    assert read_back["t3.received.total"] == 4
    assert read_back["t3.total.total"] == 3


def test_the_printed_workbook(tmp_path: Path, form: Form, form_folder: Path) -> None:
    """Every table on one page, no label cut, headings repeated on the long sheets."""
    printed = pages(convert(form_folder / "return.xlsx", "pdf", tmp_path), tmp_path)
    for table in form.tables:
        (page,) = [page for page in printed if table.heading in page]
        squeezed = "".join(page.split())
        for item in form.of_table(table.code):
            assert "".join(item.row_path[-1].split()) in squeezed or len(item.row_path[-1]) > 20, item.row_path
    checks = [page for page in printed if "出错说明" in page and "差额" in page]
    assert len(checks) >= 2
    assert len(printed) <= 12
