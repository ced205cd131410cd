"""The patcher writes the cells it is told to and leaves every other part as it was."""

from __future__ import annotations

import io
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from pipeline.layout import Place
from pipeline.patch import patch_workbook


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def test_values_styles_and_other_parts(form_folder: Path) -> None:
    before = (form_folder / "return.xlsx").read_bytes()
    values = {
        Place("表三", 5, 3): 12,
        Place("表二", 15, 1): Decimal("59237.2449"),
        Place("基本情况", 4, 1): "A&B ‹甲> \x01末",
        Place("表三", 200, 30): "远",
        Place("表三", 5, 9): 12,
    }
    after = patch_workbook(before, values)
    old, new = members(before), members(after)
    assert list(old) == list(new)
    changed = {name for name in old if old[name] != new[name]}
    assert len(changed) == 3
    assert all(name.startswith("xl/worksheets/sheet") for name in changed)
    book = openpyxl.load_workbook(io.BytesIO(after))
    assert book["表三"]["D6"].value == 12
    assert book["表三"]["D6"].protection.locked is False
    assert book["基本情况"]["B5"].value == "A&B ‹甲> 末"
    assert book["表三"]["AE201"].value == "远"
    assert book["表三"]["J6"].value == "=SUM($D$6:$I$6)"
    cached = openpyxl.load_workbook(io.BytesIO(after), data_only=True)
    assert cached["表三"]["J6"].value == 12
    assert cached["表二"]["B16"].value == 59237.2449


def test_same_input_same_bytes_and_empty_means_blank(form_folder: Path) -> None:
    before = (form_folder / "return.xlsx").read_bytes()
    filled = patch_workbook(before, {Place("表三", 5, 3): 7})
    assert filled == patch_workbook(before, {Place("表三", 5, 3): 7})
    emptied = openpyxl.load_workbook(io.BytesIO(patch_workbook(filled, {Place("表三", 5, 3): None})))
    assert emptied["表三"]["D6"].value is None


def test_an_unknown_sheet_is_an_error(form_folder: Path) -> None:
    with pytest.raises(KeyError):
        patch_workbook((form_folder / "return.xlsx").read_bytes(), {Place("没有", 0, 0): 1})
