"""What one look through a sheet's XML finds, however the XML is written."""

from __future__ import annotations

from xml.parsers import expat

import pytest

from pipeline.road.read.scan import Scan, errors_as_text, far_cell, scan, sheet_parts
from tests.road.intake.containers import members, sheet_xml, workbook

PREFIXED = (
    b'<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData><x:row r="3">'
    b'<x:c t="e" r="B3"><x:v>#REF!</x:v></x:c><x:c r="C3"><x:f>A1</x:f></x:c></x:row></x:sheetData></x:worksheet>'
)
ROW = '<row r="2">{}</row>'
CASES = {
    "clean": (ROW.format('<c r="B2" t="s"><v>0</v></c><c r="C2"><f>1+1</f><v>2</v></c><c r="D2"/>'), Scan()),
    "error": (ROW.format('<c r="B2" t="e"><v>#REF!</v></c>'), Scan(errors={(1, 1): "#REF!"})),
    "error of a formula": (ROW.format('<c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c>'), Scan(errors={(1, 1): "#DIV/0!"})),
    "newer error": (ROW.format('<c r="B2" t="e"><v>#SPILL!</v></c>'), Scan(errors={(1, 1): "#SPILL!"})),
    "attributes the other way round": (ROW.format('<c t="e" s="4" r="AA2"><v>#N/A</v></c>'), Scan(errors={(1, 26): "#N/A"})),
    "single quotes": (ROW.format("<c r='B2' t='e'><v>#N/A</v></c>"), Scan(errors={(1, 1): "#N/A"})),
    "spaces and line ends": (ROW.format('<c\n r = "B2"\n t = "e" ><v>#N/A</v></c>'), Scan(errors={(1, 1): "#N/A"})),
    "without addresses": ("<row><c/></row><row><c/><c t='e'><v>#N/A</v></c></row>", Scan(errors={(1, 1): "#N/A"})),
    "address after cells without": (
        '<row r="5"><c/><c r="D5" t="e"><v>#A</v></c><c t="e"><v>#B</v></c></row>',
        Scan(errors={(4, 3): "#A", (4, 4): "#B"})),
    "uncomputed": (ROW.format('<c r="B2"><f>SUM(A1:A2)</f></c>'), Scan(uncomputed=frozenset({(1, 1)}))),
    "uncomputed, empty value": (ROW.format('<c r="B2"><f>A1</f><v></v></c>'), Scan(uncomputed=frozenset({(1, 1)}))),
    "uncomputed, self-closing value": (ROW.format('<c r="B2"><f>A1</f><v/></c>'), Scan(uncomputed=frozenset({(1, 1)}))),
    "uncomputed, shared": (ROW.format('<c r="B2"><f t="shared" si="0"/></c>'), Scan(uncomputed=frozenset({(1, 1)}))),
    "computed, shared": (ROW.format('<c r="B2"><f t="shared" si="0"/><v>3</v></c>'), Scan()),
    "computed to an empty text": (ROW.format('<c r="B2" t="str"><f>IF(1,"")</f><v></v></c>'), Scan()),
    "text formula never computed": (ROW.format('<c r="B2" t="str"><f>IF(1,"")</f></c>'), Scan(uncomputed=frozenset({(1, 1)}))),
    "hidden row": ('<row r="7" hidden="1"><c r="A7"><v>1</v></c></row>', Scan(hidden_rows=frozenset({6}))),
    "row that is not hidden": ('<row r="7" hidden="false"><c r="A7"><v>1</v></c></row>', Scan()),
    "wps picture": (ROW.format('<c r="B2" t="str"><f>_xlfn.DISPIMG("ID_1",1)</f><v>=DISPIMG("ID_1",1)</v></c>'), Scan(pictures=frozenset({(1, 1)}))),
    "excel picture": (ROW.format('<c r="B2" t="e" vm="1"><v>#VALUE!</v></c>'), Scan(pictures=frozenset({(1, 1)}))),
    "inline text that says e": (ROW.format('<c r="B2" t="inlineStr"><is><t>t="e" #REF!</t></is></c>'), Scan()),
    "no cells at all": ("", Scan()),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "expected"), CASES.values(), ids=CASES)
def test_scan(cells: str, expected: Scan) -> None:
    assert scan(sheet_xml(cells)) == expected


def test_prefixed_elements() -> None:
    assert scan(PREFIXED) == Scan(errors={(2, 1): "#REF!"}, uncomputed=frozenset({(2, 2)}))


def test_hidden_columns() -> None:
    before = '<cols><col min="2" max="3" width="9"/><col max="6" min="5" hidden="1"/></cols>'
    assert scan(sheet_xml("", before=before)) == Scan(hidden_columns=frozenset({4, 5}))


def test_columns_hidden_to_the_end_of_the_sheet() -> None:
    seen = scan(sheet_xml("", before='<cols><col min="16000" max="999999999" hidden="true"/></cols>'))
    assert (min(seen.hidden_columns), max(seen.hidden_columns)) == (15_999, 16_383)


def test_what_must_be_parsed_and_is_no_xml() -> None:
    with pytest.raises(expat.ExpatError):
        scan(sheet_xml('<row r="1"><c r="A1" t="e"><v>#REF!</c></row>'))


FAR = {
    "far corner": ('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "XFD1048576"),
    "far column in a near row": ('<row r="1"><c r="A1"><v>1</v></c></row><row r="900"><c r="XFD900"><v>1</v></c></row>', "XFD900"),
    "off the sheet": ('<row r="1"><c r="A9999999"><v>1</v></c></row>', "A9999999"),
    "column off the sheet": ('<row r="1"><c r="ZZZ1"><v>1</v></c></row>', "ZZZ1"),
    "far cell without a value": ('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576" s="2"/></row>', ""),
    "alone far away": ('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', ""),
    "long and thin": ('<row r="1"><c r="A1"><v>1</v></c></row><row r="50000"><c r="C50000"><v>1</v></c></row>', ""),
    "near": ('<row r="1"><c r="A1"><v>1</v></c></row><row r="40"><c r="AB40"><v>1</v></c></row>', ""),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "corner"), FAR.values(), ids=FAR)
def test_far_cell(cells: str, corner: str) -> None:
    assert far_cell(sheet_xml(cells), 4_000_000) == corner


def test_many_cells_without_addresses() -> None:
    cells = "<row>" + "<c><v>1</v></c>" * 5000 + "</row>" + "<row><c><v>1</v></c></row>" * 2000
    assert far_cell(sheet_xml(cells), 4_000_000) == "GJH2001"


def test_errors_become_texts() -> None:
    assert errors_as_text(b'<sheetData><c r="A1" t="e"><v>#REF!</v></c></sheetData>').count(b't="str"') == 1
    clean = sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>')
    assert errors_as_text(clean) is clean


def test_sheets_by_the_name_people_see() -> None:
    parts = members(workbook({"表二": [[1]], "A&B <甲>": [[2]]}))
    assert sheet_parts(parts) == {"表二": "xl/worksheets/sheet1.xml", "A&B <甲>": "xl/worksheets/sheet2.xml"}
