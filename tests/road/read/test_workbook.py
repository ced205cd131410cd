"""The cells of workbooks of every format, and of those that were damaged on the way."""

from __future__ import annotations

import datetime as dt
import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.files.containers.bounds import Bounds
from pipeline.model.submission import Arrival
from pipeline.road.intake.guard import inspect
from pipeline.road.read.parser import UnreadableError
from pipeline.road.read.workbook import Workbook, read_workbook
from tests import ROOT
from tests.road.intake.containers import (
    archive,
    biff,
    changed,
    compound,
    converted,
    members,
    sheet_xml,
    with_sheet,
    workbook,
)

FUZZ = int(os.environ.get("FUZZ_EXAMPLES", "150"))
TEMPLATE = ROOT / "workbook_templates/xxgk-2021/return.xlsx"


def read(content: bytes, name: str = "会发镇-表二.xlsx", scanned: set[str] | None = None) -> Workbook:
    now = dt.datetime(2026, 1, 15, tzinfo=dt.UTC)
    arrival = Arrival(sha256="", names=(name,), size=0, modified=now, first_seen=now, path=Path(name))
    opened = inspect(arrival, content, Bounds())
    assert opened.arrival.usable, opened.arrival.findings
    return read_workbook(opened, scanned=scanned)


def rows(book: Workbook, sheet: str = "表二") -> list[list[object]]:
    return [list(row) for row in book.sheets[sheet].rows]


FIGURES = [["项目", "数", ""], ["制发", 3, 2.5], ["废止", 0, 1]]


def test_cells_and_where_they_begin() -> None:
    book = read(workbook({"表二": [[], ["", "项目"], ["", 3]]}))
    sheet = book.sheets["表二"]
    assert (sheet.top, sheet.left, rows(book), sheet.scanned) == (1, 1, [["项目"], [3.0]], True)
    assert (sheet.at(1, 1), sheet.at(2, 1), sheet.at(9, 9)) == ("项目", 3, "")


def test_only_the_sheets_asked_for_are_looked_through() -> None:
    book = read(workbook({"表二": [[1]], "填报说明": [[2]]}), scanned={"表二"})
    assert {name: sheet.scanned for name, sheet in book.sheets.items()} == {"表二": True, "填报说明": False}


def test_the_template_is_read_as_it_is() -> None:
    from python_calamine import CalamineWorkbook

    book, truth = read(TEMPLATE.read_bytes()), CalamineWorkbook.from_path(TEMPLATE)
    assert list(book.sheets) == truth.sheet_names
    for name, sheet in book.sheets.items():
        assert sheet.rows == truth.get_sheet_by_name(name).to_python()
        assert (sheet.errors, sheet.uncomputed, sheet.pictures) == ({}, frozenset(), frozenset())
    assert book.findings == ()


@pytest.mark.parametrize("literal", ["#REF!", "#N/A", "#DIV/0!", "#SPILL!", "#GETTING_DATA", "#名称?"])
def test_an_error_is_never_a_blank(literal: str) -> None:
    book = read(with_sheet(sheet_xml(f'<row r="1"><c r="A1" t="e"><v>{literal}</v></c><c r="B1"><v>7</v></c></row>')))
    assert rows(book) == [[literal, 7.0]]
    assert book.sheets["表二"].errors == {(0, 0): literal}
    assert rows(book, "表三") == [["申请", 12.0], ["结转", 2.0]]


def test_one_bad_sheet_does_not_cost_the_others() -> None:
    book = read(with_sheet(sheet_xml('<row r="1"><c r="A1" t="e"><v>#REF!</v></c></row>').replace(b"</c>", b"")))
    assert list(book.sheets) == ["表三"]
    assert [(f.code, f.sheet, f.severity) for f in book.findings] == [("I20", "表二", "warning")]


def test_a_far_cell_costs_its_sheet_and_names_the_place() -> None:
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    book = read(with_sheet(sheet_xml(cells)))
    assert list(book.sheets) == ["表三"]
    (finding,) = book.findings
    assert (finding.code, finding.sheet, finding.cell) == ("I21", "表二", "XFD1048576")


def test_two_sheets_of_one_name() -> None:
    content = workbook()
    book = members(content)["xl/workbook.xml"].replace("表三".encode(), "表二".encode())
    assert [(f.code, f.sheet) for f in read(changed(content, **{"xl/workbook.xml": book})).findings] == [
        ("I20", "表二")
    ]


CSV = '项目,数\r\n制发,3\r\n"a,b",１２\r\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize("mark", [",", "\t", ";"])
def test_csv(encoding: str, mark: str) -> None:
    text = CSV.replace(",", mark)
    book = read(text.encode(encoding), name="第二批/会发镇-表二.csv")
    assert rows(book, "会发镇-表二") == [["项目", "数"], ["制发", "3"], [f"a{mark}b", "１２"]]
    assert not book.sheets["会发镇-表二"].scanned


@pytest.mark.parametrize(
    "content",
    [
        changed(workbook(), **{"xl/workbook.xml": b"<workbook/>"}),
        archive({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<a/>"}),
        compound({"Workbook": biff((0x809, bytes(16)), (0x0A, b""))}),
        compound({"Workbook": b"\xff" * 5000}),
        archive(
            {"[Content_Types].xml": b"<a/>", "xl/workbook.bin": b"\x83\1\0", "xl/_rels/workbook.bin.rels": b"<a/>"}
        ),
    ],
    ids=["xlsx without sheets", "ods without a table", "xls without sheets", "xls of noise", "xlsb without sheets"],
)
def test_unreadable_or_empty_but_never_anything_else(content: bytes) -> None:
    try:
        book = read(content)
    except UnreadableError:
        return
    assert all(not sheet.rows for sheet in book.sheets.values())


@pytest.mark.external
@pytest.mark.parametrize("kind", ["xls", "xlsx", "ods", "xlsm", "csv"])
def test_saved_by_libreoffice(kind: str, tmp_path: Path) -> None:
    book = read(converted(workbook({"表二": FIGURES}), kind, tmp_path), name=f"表二.{kind}")
    if kind == "csv":
        assert rows(book) == [[str(cell) for cell in row] for row in FIGURES]
    else:
        assert rows(book) == FIGURES


@pytest.mark.external
@pytest.mark.parametrize("kind", ["xls", "xlsx", "ods"])
def test_errors_saved_by_libreoffice(kind: str, tmp_path: Path) -> None:
    cells = (
        '<row r="1"><c r="A1" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="B1"><v>3</v></c></row>'
        '<row r="2"><c r="A2" t="e"><f>NA()</f><v>#N/A</v></c><c r="B2"><f>1+1</f><v>2</v></c></row>'
    )
    book = read(converted(with_sheet(sheet_xml(cells)), kind, tmp_path))
    assert rows(book) == [["#DIV/0!", 3], ["#N/A", 2]]
    if kind != "ods":
        assert book.sheets["表二"].errors == {(0, 0): "#DIV/0!", (1, 0): "#N/A"}


@settings(max_examples=FUZZ, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_fuzz_xml(data: st.DataObject) -> None:
    """Pieces of a sheet's XML taken out, doubled, swapped or replaced: a workbook, or `UnreadableError`, and no traceback."""
    content = workbook({"表二": FIGURES, "表三": [[1, "=A1"]]})
    part = data.draw(
        st.sampled_from(["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml"])
    )
    pieces = re.findall(rb"<[^>]*>|[^<]+", members(content)[part])
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(pieces) - 1))
        new = st.sampled_from([b"", b"<c>", b"</c>", b"<c/>", b"<v>", b"</row>", b'<row r="0">', b'<c r="B0">', b'<c r="1">',
                               b'<c r="ZZZ1"><v>1</v></c>', b'<c r="XFD1048576" t="n"><v>1</v></c>', b"<f/>", b"&x;", b"&#0;", b"1e999", b"-",
                               b'<c r="A1" t="e"><v>#X!</v></c>', b'<c r="A1" t="s"><v>999</v></c>', b"<![CDATA[", b"]]>", b"\xff"])  # fmt: skip
        change = data.draw(st.sampled_from(["drop", "double", "swap", "new"]))
        other = data.draw(st.integers(0, len(pieces) - 1))
        if change == "swap":
            pieces[at], pieces[other] = pieces[other], pieces[at]
        else:
            pieces[at] = {"drop": b"", "double": pieces[at] * 2, "new": data.draw(new)}[change]
    now = dt.datetime(2026, 1, 15, tzinfo=dt.UTC)
    arrival = Arrival(sha256="", names=("a.xlsx",), size=0, modified=now, first_seen=now, path=Path("a"))
    opened = inspect(arrival, changed(content, **{part: b"".join(pieces)}), Bounds())
    if opened.arrival.usable:
        try:
            book = read_workbook(opened)
        except UnreadableError:
            return
        assert all(sheet.scanned for sheet in book.sheets.values())
