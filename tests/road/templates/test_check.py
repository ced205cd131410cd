"""A restyled template: harmless changes are no findings, every loss is named."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.styles import Font, PatternFill, Protection
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidationList

from pipeline.form import Form
from pipeline.road.templates import build_workbook, check_report, check_workbook


def lose(name: str) -> Callable[[Workbook], None]:
    def change(book: Workbook) -> None:
        match name:
            case "name":
                del book.defined_names["t3_granted_natural"]
            case "stamp":
                del book.defined_names["xxgk_unit"]
            case "label":
                book["表三"]["B8"] = "（一）公开"
            case "lock":
                book["表三"]["D8"].protection = Protection(locked=True)
            case "unlock":
                book["表三"]["J8"].protection = Protection(locked=False)
            case "formula":
                book["表三"]["J8"] = 0
            case "validation":
                book["表四"].data_validations = DataValidationList()
            case "marks":
                book["表四"].conditional_formatting = ConditionalFormattingList()
            case "hidden":
                book["_xxgk"].sheet_state = "visible"
            case "protection":
                book["表二"].protection.sheet = False
            case "paper":
                book["表二"].page_setup.paperSize = 8
            case "restyle":
                book["表三"]["D8"].fill = PatternFill("solid", fgColor="FF0000")
                book["表三"]["A1"].font = Font(size=30)
                book["表三"].row_dimensions[8].height = 60
            case "move":
                book.move_sheet("表四", -3)

    return change


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ("restyle", set()),
        ("move", set()),
        ("name", {"K1"}),
        ("stamp", {"K2"}),
        ("label", {"K3"}),
        ("lock", {"K4"}),
        ("unlock", {"K5"}),
        ("formula", {"K6"}),
        ("validation", {"K7"}),
        ("marks", {"K8"}),
        ("hidden", {"K9"}),
        ("protection", {"K10"}),
        ("paper", {"K11"}),
    ],
)
def test_what_the_workbook_lost(tmp_path: Path, form: Form, form_folder: Path, change: str, codes: set[str]) -> None:
    shutil.copytree(form_folder, tmp_path / "form")
    book = openpyxl.load_workbook(tmp_path / "form" / "return.xlsx")
    lose(change)(book)
    book.save(tmp_path / "form" / "return.xlsx")
    findings = [*check_workbook(form, tmp_path / "form"), *check_report(form, tmp_path / "form")]
    assert {finding.code for finding in findings} == codes
    assert all(finding.file == "return.xlsx" for finding in findings)


def test_what_the_report_lost(tmp_path: Path, form: Form, form_folder: Path) -> None:
    from docx import Document

    shutil.copytree(form_folder, tmp_path / "form")
    report = Document(str(tmp_path / "form" / "report.docx"))
    report.tables[1].rows[5].cells[3].paragraphs[0].runs[0].text = ""
    report.add_paragraph("{{ info.nothing }}")
    report.save(str(tmp_path / "form" / "report.docx"))
    found = {(finding.code, finding.item) for finding in check_report(form, tmp_path / "form")}
    assert found == {("K12", "t3.granted.natural"), ("K13", "info.nothing")}


def test_the_committed_workbook_is_what_the_form_gives(tmp_path: Path, form: Form, form_folder: Path) -> None:
    build_workbook(form, tmp_path / "return.xlsx")
    assert (tmp_path / "return.xlsx").read_bytes() == (form_folder / "return.xlsx").read_bytes()


def test_the_workbook_guides_the_clerk(form: Form, form_folder: Path) -> None:
    book = openpyxl.load_workbook(form_folder / "return.xlsx")
    sheet = book["表三"]
    validation = next(v for v in sheet.data_validations.dataValidation if "D8" in v.sqref)
    assert (validation.type, validation.formula1, validation.errorStyle) == ("whole", "0", None)
    assert validation.promptTitle == "（一）予以公开"
    assert validation.prompt == "已主动公开、告知查阅途径的也计入本项。\n填 0 或正整数，没有请填 0，不要留空。"
    assert validation.error == "请填 0 或正整数，只填数字；没有请填 0。"
    unlocked = {cell.coordinate for row in sheet.iter_rows() for cell in row if not cell.protection.locked}
    entered = {form.item(code) for code in form.position if code.startswith("t3.")}
    assert len(unlocked) == sum(item.mode == "entered" for item in entered) == 144
    cached = openpyxl.load_workbook(form_folder / "return.xlsx", data_only=True)
    assert cached["表三"]["J8"].value == 0
    assert cached["校验"]["F4"].value == "待填"
    assert sheet.print_title_rows == "$1:$5"
    assert (sheet.page_setup.paperSize, sheet.sheet_properties.pageSetUpPr.fitToPage) == (9, True)
    assert book["_xxgk"].sheet_state == "veryHidden"
    assert len(book.defined_names) == 229 + 124
