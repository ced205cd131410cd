"""The line on top of 校验 and the switch for those who have nothing to report: in LibreOffice, as we write it, and read."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipeline.form import Form
from pipeline.layout import Place
from pipeline.layout.summary import NOTHING, NOTHING_TABLES, STATUS
from pipeline.workbook.fill import fill
from pipeline.workbook.patch import patch_workbook
from tests.libreoffice import XLSX, at_the_desk
from tests.local_rows import local_office
from tests.road.read.workbooks import insert_rows
from tests.workspaces import Office, zeros


def entries(form: Form) -> dict[str, Any]:
    return {code: value for code, value in zeros(form).items() if form.item(code).required}


def beyond(form: Form) -> dict[str, Any]:
    """What a unit with nothing to report fills in."""
    return {c: v for c, v in zeros(form).items() if form.item(c).table not in NOTHING_TABLES}


READY = "可以报送"
CASES: Mapping[str, tuple[Any, str, str]] = {
    # what is typed, the switch, the line
    "nothing yet": (lambda form: {}, "", "还差 175 格未填，0 处不平，不能报送"),
    "all zeros": (entries, "", READY),
    "one blank": (lambda form: entries(form) | {"t3.granted.legal": None}, "", "还差 1 格未填，0 处不平，不能报送"),
    "a text": (lambda form: entries(form) | {"t3.granted.legal": "2件"}, "", "还差 1 格未填，0 处不平，不能报送"),
    "a broken column": (lambda form: entries(form) | {"t3.received.legal": 1}, "", "还差 0 格未填，2 处不平，不能报送"),
    "a rare result": (
        lambda form: entries(form) | {"t3.received.legal": 1, "t3.other.other.legal": 1},
        "",
        f"{READY}；有 1 处要核实，数字无误的请写出错说明",
    ),
    "nothing received": (beyond, "是", READY),
    "nothing received, the switch at 否": (beyond, "否", "还差 156 格未填，0 处不平，不能报送"),
}


@pytest.mark.external
def test_the_line_in_libreoffice_is_the_one_we_write(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=1)
    path = tmp_path / "issued.xlsx"
    path.write_bytes(office.issued("u01"))
    layout, jobs = office.layout, []
    status, switch = layout.named[STATUS], layout.named[NOTHING]
    for made, answer, _ in CASES.values():
        typed = {layout.places[code]: value for code, value in made(office.form).items() if value is not None}
        typed |= {switch: answer} if answer else {}
        cells = [[place.sheet, place.cell, value] for place, value in typed.items()]
        job = {"open": str(path), "save": str(tmp_path / "out.xlsx"), "filter": XLSX, "cells": cells}
        jobs.append(job | {"read": [[status.sheet, status.cell]]})
    shown = at_the_desk(tmp_path, jobs)
    assert dict(zip(CASES, (line for (line,) in shown), strict=True)) == {n: line for n, (_, _, line) in CASES.items()}


@pytest.mark.parametrize(("made", "answer", "line"), CASES.values(), ids=CASES)
def test_what_is_written_beside_the_formula(made: Any, answer: str, line: str, tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    blank = office.issued("u01")
    if answer:
        blank = patch_workbook(blank, {office.layout.named[NOTHING]: answer})
    data = fill(blank, office.form, office.layout, made(office.form))
    status = office.layout.named[STATUS]
    sheet = openpyxl.load_workbook(io.BytesIO(data), data_only=True)[status.sheet]
    assert sheet[status.cell].value == line


def test_local_indicators_count_as_well(tmp_path: Path) -> None:
    office = local_office(tmp_path)
    issued = openpyxl.load_workbook(io.BytesIO(office.issued("u01")))
    cells = {row[0].value: row[1].value for row in issued["_xxgk"].iter_rows() if row[0].value}
    assert str(cells["extra_lacking"]).startswith("=")
    status = office.layout.named[STATUS]
    shown = openpyxl.load_workbook(io.BytesIO(office.issued("u01")), data_only=True)[status.sheet][status.cell].value
    assert int(str(shown).split()[1]) > 175


def returned(office: Office, values: Mapping[str, Any], answer: str) -> bytes:
    blank = patch_workbook(office.issued("u01"), {office.layout.named[NOTHING]: answer})
    names = {"meta.preparer": "甲", "meta.reviewer": "乙"}
    return fill(blank, office.form, office.layout, dict(values) | names)


def test_blank_cells_count_as_entered_zeros(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    office.drop("u01.xlsx", returned(office, beyond(office.form), "是"))
    outcome = office.run()
    assert office.states(outcome) == {"u01": "通过"}
    assert [f.code for f in outcome.findings] == []
    assert (outcome.county.figures["t3.received.total"], outcome.county.figures["t4.review.total"]) == (0, 0)
    office.drop("u01.xlsx", returned(office, beyond(office.form), "否"), hour=12)
    again = office.run(anew=True)
    assert office.states(again) == {"u01": "退回"}
    assert [(f.code, f.cell) for f in again.findings if f.unit == "u01"] == [("S2", "D6:I30"), ("S2", "A6:N6")]


def test_a_switch_that_the_figures_contradict(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    values = beyond(office.form) | {"t3.received.natural": 2, "t3.granted.natural": 2}
    office.drop("u01.xlsx", returned(office, values, "是"))
    outcome = office.run()
    found = [(f.code, f.severity, f.cell, f.found) for f in outcome.findings if f.unit == "u01"]
    assert found == [("V8", "error", "D6", "2"), ("V8", "error", "D8", "2")]
    assert office.states(outcome) == {"u01": "退回"}


def test_the_switch_is_found_wherever_its_row_went(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    book = openpyxl.load_workbook(io.BytesIO(returned(office, beyond(office.form), "是")), data_only=True)
    insert_rows(book, "基本情况", 14, 1)
    out = io.BytesIO()
    book.save(out)
    office.drop("u01.xlsx", out.getvalue())
    outcome = office.run()
    assert office.states(outcome) == {"u01": "通过"}
    place = office.layout.named[NOTHING]
    assert isinstance(place, Place)
