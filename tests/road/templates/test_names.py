"""What leaves the house: the names of an issued workbook lead to the cells whose labels are theirs."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl

from pipeline.layout import defined_names
from pipeline.road.templates import build_workbook
from tests.road.read import workbooks as w


def test_the_names_of_the_basic_figures_lead_to_the_cell_beside_their_label(tmp_path: Path) -> None:
    build_workbook(w.form(), tmp_path / "return.xlsx")
    book = openpyxl.load_workbook(tmp_path / "return.xlsx")
    sheet, checked = book["基本情况"], 0
    for item in w.form().items:
        if item.table not in ("info", "meta"):
            continue
        target = book.defined_names[item.code.replace(".", "_")].attr_text
        name, _, cell = target.replace("$", "").replace("'", "").rpartition("!")
        assert (name, cell[0]) == ("基本情况", "B"), item.code
        assert str(sheet[f"A{cell[1:]}"].value).startswith(item.row_path[-1]), item.code
        checked += 1
    assert checked > 20


def test_the_names_lead_where_the_layout_reads() -> None:
    names = defined_names(_part(w.issued(), "xl/workbook.xml"))
    assert {code: names[code.replace(".", "_")] for code in w.layout().places} == dict(w.layout().places)


def _part(data: bytes, name: str) -> bytes:
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)
