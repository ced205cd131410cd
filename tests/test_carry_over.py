"""结转 over two years: what was counted for 2024 stands printed and locked in the workbooks of 2025."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest

from pipeline.control import read_control
from pipeline.form import Form, Value
from pipeline.layout import Layout, read_layout
from pipeline.layout.design import check_rows, reason_name
from pipeline.model.outcome import Outcome
from pipeline.model.past import History, Past
from pipeline.night.close import lock_year
from pipeline.night.issue import issue_workbooks
from pipeline.road.issue import Stamper
from pipeline.workbook.fill import fill
from tests.libreoffice import XLSX, at_the_desk
from tests.workspaces import NOW, Office, basis_of, zeros

COLUMNS = {"natural": 1, "business": 2, "research": 3, "welfare": 1, "legal": 2, "other": 3}
"""What each applicant column of u01 carries out of 2024."""


def counted(outcome: Outcome) -> History:
    """What the units reported that were counted, as the year after needs it."""
    return History(
        values={
            each.unit.code: dict(zip(outcome.form.position, each.submission.values, strict=True))
            for each in outcome.county.counted
        }
    )


def typed_2024() -> dict[str, Value]:
    values: dict[str, Value] = {"t2.normative.issued": 5, "t2.normative.in_force": 5, "t4.review.pending": 1}
    for column, left in COLUMNS.items():
        values |= {f"t3.received.{column}": 10, f"t3.granted.{column}": 10 - left, f"t3.carried_out.{column}": left}
    return values


def typed_2025() -> dict[str, Value]:
    """A year that fits 2024, without what is printed."""
    values: dict[str, Value] = {"t2.normative.issued": 1, "t2.normative.in_force": 6, "t4.review.upheld": 1}
    for column, left in COLUMNS.items():
        values |= {f"t3.received.{column}": 8, f"t3.granted.{column}": 7 + left, f"t3.carried_out.{column}": 1}
    return values


class Years:
    """An office in its second year: u01 was counted in 2024, which is closed, u02 is new."""

    def __init__(self, root: Path) -> None:
        first = Office(root, units=1)
        first.returns("u01", typed_2024())
        outcome = first.run()
        assert first.states(outcome) == {"u01": "通过"}
        self.history = counted(outcome)
        lock_year(first.workspace, 2024, by="张三", reason="定稿", now=NOW)
        self.office = Office(root, units=2, year=2025)

    def answered(self, values: Mapping[str, Value]) -> bytes:
        """The workbook of u01 filled in by a clerk who leaves alone what is printed, unless ``values`` say otherwise."""
        form = self.office.form
        open_cells = {code: value for code, value in zeros(form).items() if not form_carries(form, code)}
        return fill(self.office.issued("u01"), form, self.office.layout, open_cells | dict(values))

    def returned(self, values: Mapping[str, Value]) -> list[tuple[str, str, tuple[str, ...]]]:
        self.office.drop("u01.xlsx", self.answered(values))
        return [(f.key, f.cell, f.folds) for f in self.office.run().findings if f.unit == "u01"]


def form_carries(form: Form, code: str) -> bool:
    return bool(form.item(code).carry)


def sheet_of(data: bytes, name: str, *, shown: bool = False) -> openpyxl.worksheet.worksheet.Worksheet:
    return openpyxl.load_workbook(io.BytesIO(data), data_only=shown)[name]


@pytest.fixture
def years(tmp_path: Path) -> Years:
    return Years(tmp_path)


def test_known_figures_are_printed_and_locked(years: Years) -> None:
    office = years.office
    data = office.issued("u01")
    sheet, shown = sheet_of(data, "表三"), sheet_of(data, "表三", shown=True)
    assert sheet.protection.sheet
    cells = [office.layout.places[f"t3.carried_in.{column}"].cell for column in COLUMNS]
    assert cells == ["D7", "E7", "F7", "G7", "H7", "I7"]
    total = sheet["J7"]
    for cell, figure in zip(cells, COLUMNS.values(), strict=True):
        assert sheet[cell].value == figure
        assert sheet[cell].protection.locked
        assert sheet[cell].fill.fgColor.rgb == total.fill.fgColor.rgb == "FFECECEC"
        (note,) = [v for v in sheet.data_validations.dataValidation if cell in v.sqref]
        assert (note.type, note.promptTitle) == ("whole", "二、上年结转政府信息公开申请数量")
        assert note.prompt.startswith("已按上年年报印好，请核对，不用填。")
    assert shown["J7"].value == 12
    unlocked = {cell.coordinate for row in sheet.iter_rows() for cell in row if not cell.protection.locked}
    assert len(unlocked) == 144 - 6
    assert not set(cells) & unlocked
    (note,) = [v for v in sheet_of(data, "表二").data_validations.dataValidation if "D6" in v.sqref]
    assert note.prompt.endswith("没有请填 0，不要留空。\n上年年报本项是 5 件。")
    guide = [str(cell.value) for row in sheet_of(data, "填报说明").iter_rows() for cell in row if cell.value]
    assert any("“上年结转”印成灰色的" in text and "联系下发单位更正" in text for text in guide)


def test_what_is_not_known_stays_an_entry_cell(tmp_path: Path) -> None:
    """A new unit; and a unit of which one column alone is known, from a report that was imported."""
    office = Office(tmp_path, units=2, year=2025)
    new = sheet_of(office.issued("u02"), "表三")
    assert {new[f"{column}7"].protection.locked for column in "DEFGHI"} == {False}
    known = Past(
        unit="u01", year=2024, form=office.form.id, source="年报", file="a.docx", sha256="0" * 64,
        values={"t3.carried_out.legal": 4},
    )  # fmt: skip
    with office.workspace.open_ledger() as ledger:
        ledger.pasts.keep(known, now=NOW)
    issue_workbooks(office.workspace, 2025)
    part = sheet_of(office.issued("u01"), "表三")
    assert {column: (part[f"{column}7"].value, part[f"{column}7"].protection.locked) for column in "GHI"} == {
        "G": (None, False), "H": (4, True), "I": (None, False),
    }  # fmt: skip
    lines = lines_of(office, "u01")
    assert lines["Y1.legal"] == (4, 4, 0, "✓")
    assert lines["Y1.natural"] == (0, "—", "—", "无上年数")
    assert lines["R3.legal"] == (4, 0, 4, "待填")


def lines_of(office: Office, unit: str) -> dict[str, tuple[object, ...]]:
    """The lines of 校验 as the issued workbook shows them: left, right, difference, verdict."""
    sheet = sheet_of(office.issued(unit), "校验", shown=True)
    return {
        equation.key: tuple(cell.value for cell in sheet[place.row + 1][2:6])
        for _, equation in check_rows(office.form)
        if (place := office.layout.named.get(reason_name(equation)))
    }


def test_the_checks_know_last_year(years: Years) -> None:
    lines = lines_of(years.office, "u01")
    assert lines["Y1.natural"] == (1, 1, 0, "✓")
    assert lines["Y1.total"] == (12, 12, 0, "✓")
    assert lines["Y2"] == (0, 5, -5, "待填")
    assert lines["P10.review"] == (0, 1, -1, "待填")  # a total shows 0 before there is anything to add
    assert lines["R3.total"] == (12, 0, 12, "待填")
    new = lines_of(years.office, "u02")
    assert {new[key][3] for key in ("Y1.natural", "Y1.total", "Y2", "Y3.repealed", "P9", "P10.review")} == {"无上年数"}
    assert new["P3.enforcement"][3] == "不适用"


def test_a_return_that_leaves_it_alone_is_kept(years: Years) -> None:
    assert years.returned(typed_2025()) == []
    outcome = years.office.run()
    assert years.office.states(outcome) == {"u01": "通过", "u02": "未报"}
    standing = outcome.standings[0]
    assert standing.decisive is not None
    assert not {"Y1", "Y2", "Y3", "P9", "P10"} & set(standing.decisive.unevaluated)
    assert outcome.county.figures["t3.carried_in.total"] == 12


@pytest.mark.parametrize("column", COLUMNS)
def test_a_broken_lock_is_noticed_and_a_correction_heals_it(years: Years, column: str) -> None:
    office, code = years.office, f"t3.carried_in.{column}"
    cell, wrong = office.layout.places[code].cell, COLUMNS[column] + 1
    found = years.returned(typed_2025() | {code: wrong})
    assert {key for key, _, _ in found} == {f"Y1.{column}", f"R3.{column}"}
    balanced = typed_2025() | {code: wrong, f"t3.granted.{column}": 8 + COLUMNS[column]}
    assert years.returned(balanced) == [(f"Y1.{column}", cell, ("Y1.total",))]
    assert office.states(office.run())["u01"] == "待说明"
    sent_back = sheet_of((office.outputs / "corrections" / "u01_第1镇人民政府_退改.xlsx").read_bytes(), "表三")
    assert not sent_back[cell].protection.locked
    office.write_control({"上年更正": [("u01", f"t3.carried_out.{column}", str(wrong), "上年漏登一件", "李四")]})
    outcome = office.run()
    assert office.states(outcome)["u01"] == "通过"
    assert [f.key for f in outcome.findings if f.unit == "u01"] == []
    issue_workbooks(office.workspace, 2025)
    assert sheet_of(office.issued("u01"), "表三")[cell].value == wrong
    assert lines_of(office, "u01")["Y1.total"] == (13, 13, 0, "✓")


def test_a_reason_at_the_total_answers_the_column(years: Years) -> None:
    """校验 shows both lines of Y1; whichever the clerk writes at, the finding is answered."""
    values = typed_2025() | {"t3.carried_in.legal": 3, "t3.granted.legal": 10}
    content = fill(years.answered(values), years.office.form, years.office.layout, {}, {"Y1.total": "撤并带来一件"})
    years.office.drop("u01.xlsx", content)
    assert years.office.states(years.office.run())["u01"] == "通过"


def test_a_restyled_template_keeps_its_own_look(years: Years, tmp_path: Path) -> None:
    office = years.office
    book = openpyxl.load_workbook(office.folder / "return.xlsx")
    for row in book["表三"].iter_rows():
        for cell in row:
            if cell.fill.fgColor.rgb == "FFECECEC":
                cell.fill = openpyxl.styles.PatternFill("solid", fgColor="FFCCE0FF")
            elif cell.fill.fgColor.rgb == "FFFFFDE7":
                cell.fill = openpyxl.styles.PatternFill(None)
                cell.font = openpyxl.styles.Font(name="仿宋", size=12)
    template = tmp_path / "restyled.xlsx"
    book.save(template)
    control = read_control(office.workspace.control(2025), office.form, year=2025)
    layout: Layout = read_layout(office.form, template)
    stamper = Stamper(
        basis_of(office.form, layout, template.read_bytes(), control, secret=b"s" * 32, history=years.history)
    )
    data = stamper.stamp(control.units[0])
    assert data == stamper.stamp(control.units[0])
    cell = sheet_of(data, "表三")["H7"]
    assert (cell.value, cell.protection.locked, cell.fill.fgColor.rgb, cell.font.name) == (2, True, "FFCCE0FF", "仿宋")
    assert sheet_of(data, "表三")["H8"].protection.locked is False
    assert sheet_of(data, "表三", shown=True)["J7"].value == 12


def test_issuing_again_gives_the_same_bytes(years: Years) -> None:
    before = {unit: years.office.issued(unit) for unit in ("u01", "u02")}
    issue_workbooks(years.office.workspace, 2025)
    assert before == {unit: years.office.issued(unit) for unit in before}


@pytest.mark.external
def test_libreoffice_agrees_with_what_is_stored(years: Years, tmp_path: Path) -> None:
    """Every line of 校验 and every total of an issued workbook, recalculated."""
    office = years.office
    asked = [["表三", f"{column}{row}"] for column in "DJ" for row in range(6, 31)]
    asked += [["校验", f"{column}{row + 1}"] for row, _ in check_rows(office.form) for column in "CDEF"]
    jobs = []
    for unit in ("u01", "u02"):
        path = tmp_path / f"{unit}.xlsx"
        path.write_bytes(office.issued(unit))
        job = {"open": str(path), "save": str(tmp_path / "out.xlsx"), "filter": XLSX, "cells": []}
        jobs.append(job | {"read": asked})
    for unit, found in zip(("u01", "u02"), at_the_desk(tmp_path, jobs), strict=True):
        book = openpyxl.load_workbook(io.BytesIO(office.issued(unit)), data_only=True)
        stored = ["" if (value := book[sheet][cell].value) is None else str(value) for sheet, cell in asked]
        assert found == stored
