"""A sheet read by its mould is the sheet calamine and the scan give, whatever was done to the workbook."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.model.submission import Opened
from pipeline.road.intake import open_arrival
from pipeline.road.read import moulds
from pipeline.road.read.looks import hints
from pipeline.road.read.parser import UnreadableError
from pipeline.road.read.plain import NO_SHEETS, read_plainly
from pipeline.road.read.scan import sheet_parts
from pipeline.road.read.shared import shared_texts
from pipeline.road.read.workbook import Workbook, read_workbook
from tests.road.read import workbooks
from tests.road.read.workbooks import HARMFUL, HARMLESS, filled, mutated

FUZZ = int(os.environ.get("FUZZ_EXAMPLES", "60"))
FIGURES, WORDS, SHARED = "xl/worksheets/sheet4.xml", "xl/worksheets/sheet6.xml", "xl/sharedStrings.xml"


def opened(folder: Path, content: bytes) -> Opened:
    return open_arrival(workbooks.arrival(folder, content))


@cache
def good() -> Opened:
    """A return as our own hand fills it."""
    folder = Path(os.environ.get("TMPDIR", "/tmp"))
    arrival = workbooks.arrival(folder, filled(changes={"text.problems": " 有“空白” & <符号>\n"}))
    try:
        return open_arrival(arrival)
    finally:
        arrival.path.unlink()


def by_calamine(book: Opened) -> Workbook | str:
    """The workbook read without moulds; why not, where it cannot be read."""
    with patch("pipeline.road.read.workbook.read_plainly", lambda *_: NO_SHEETS):
        return read(book)


def read(book: Opened) -> Workbook | str:
    try:
        return read_workbook(book)
    except UnreadableError as error:
        return str(error)


def alike(book: Opened) -> None:
    """The same whether a mould is known or not, and when it was learnt from this very workbook."""
    expected = repr(by_calamine(book))  # repr: of two figures that are no number none equals the other
    assert [repr(read(book)) for _ in range(2)] == [expected] * 2


def by_moulds(book: Opened) -> set[str]:
    """The names of the sheets that are read by their moulds now."""
    return set(read_plainly(book.parts, sheet_parts(book.parts), hints(book.parts)).sheets)


@pytest.fixture(autouse=True)
def learnt() -> Iterator[None]:
    """The moulds of a good return are known, and no others."""
    moulds.forget()
    read(good())
    yield
    moulds.forget()


def test_every_sheet_of_an_issued_workbook_has_a_mould() -> None:
    assert by_moulds(good()) == {"填报说明", "基本情况", "表二", "表三", "表四", "文字材料", "校验", "_xxgk"}
    alike(good())


def test_another_unit_with_other_figures_needs_no_calamine(tmp_path: Path) -> None:
    other = opened(tmp_path, filled(changes={"t3.received.natural": 7, "text.disclosure": "另一个单位的话。"}))
    expected = by_calamine(other)
    with patch("pipeline.road.read.workbook.open_workbook", side_effect=AssertionError("calamine was asked")):
        assert read(other) == expected


@pytest.mark.parametrize("name", [*HARMLESS, *HARMFUL])
def test_what_people_do(name: str, tmp_path: Path) -> None:
    alike(opened(tmp_path, mutated(filled(), (HARMLESS | HARMFUL)[name])))


@pytest.mark.external
def test_saved_by_libreoffice(soffice: str, tmp_path: Path) -> None:
    book = opened(tmp_path, workbooks.through_libreoffice(soffice, tmp_path, filled(), "xlsx"))
    alike(book)
    assert len(by_moulds(book)) == 8


VALUES = (
    "", " 5", "5 ", "+5", "-0", "00", "0.0", "0e0", ".", ".5", "5.", "1e3", "1E+400", "nan", "inf", "1_0", "0x1", "1,5",
    "&#48;", "&amp;", "<!--x-->5", "<![CDATA[5]]>", "五", "\x00", "\x01", "\x01\x02五", "=DISPIMG(1)", "99999", "-1", "#REF!",
    "5\r\n", "_x0035_", "1" * 400, "0." + "0" * 40, 'hidden="1"', "</v><v>5", "</v></c><c r=\"A1\"><v>5",
)  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("part", [FIGURES, WORDS, "xl/worksheets/sheet7.xml"])
def test_values_that_are_none(value: str, part: str) -> None:
    chance = random.Random(value)
    for _ in range(6):
        alike(with_value(part, chance.randrange(10_000), value.encode()))


def with_value(part: str, at: int, value: bytes) -> Opened:
    """The good return with another value in one of its cells, by number."""
    pieces = good().parts[part].replace(b'<t xml:space="preserve">', b"<v>*").replace(b"</t>", b"*</v>").split(b"<v>")
    at = at % (len(pieces) - 1) + 1
    old, end, rest = pieces[at].partition(b"</v>")
    pieces[at] = (b"*" if old.startswith(b"*") else b"") + value + (b"*" if old.endswith(b"*") else b"") + end + rest
    xml = b"<v>".join(pieces).replace(b"<v>*", b'<t xml:space="preserve">').replace(b"*</v>", b"</t>")
    return replace(good(), parts={**good().parts, part: xml})


def test_a_date_out_of_reach_teaches_nothing() -> None:
    """calamine gives a number where a cell for dates holds one that no calendar has, and a date the next time."""
    dated = good().parts["xl/styles.xml"].replace(b'<xf numFmtId="0"', b'<xf numFmtId="14"')
    for value in (b"99999999999", b"45000"):
        figures = re.sub(rb'(<c r="D9" s="11"><v>)[^<]*', rb"\g<1>" + value, good().parts[FIGURES])
        book = replace(good(), parts={**good().parts, "xl/styles.xml": dated, FIGURES: figures})
        alike(book)


CHANGES = [
    (FIGURES, b"<sheetData>", b"<sheetData/><sheetData>"),
    (FIGURES, b"<sheetData>", b'<sheetData ><!-- </sheetData> -->'),
    (FIGURES, b"<sheetData>", b"<!-- <sheetData> --><sheetData>"),
    (FIGURES, b"<sheetFormatPr", b'<cols><col min="4" max="5" hidden="1"/></cols><sheetFormatPr'),
    (FIGURES, b'<dimension ref="', b'<dimension ref="#'),
    (FIGURES, b"<dimension", b"<dimension x=1"),
    (FIGURES, b"</worksheet>", b""),
    (FIGURES, b"</worksheet>", b"<mergeCells><mergeCell ref=\"D6:E9\"/></mergeCells></worksheet>"),
    (FIGURES, b'<row r="9"', b'<row r="9" hidden="1"'),
    (FIGURES, b'<row r="9"', b'<row r="8"'),
    (FIGURES, b'<row r="9"', b'<row'),
    (FIGURES, b'<c r="D9"', b'<c r="E9"'),
    (FIGURES, b'<c r="D9"', b'<c r="D10"'),
    (FIGURES, b'<c r="D9"', b'<c r="d9"'),
    (FIGURES, b'<c r="D9"', b'<c vm="1" r="D9"'),
    (FIGURES, b'<c r="D9" s="11"><v>', b'<c r="D9" s="11" t="b"><v>'),
    (FIGURES, b'<c r="D9" s="11"><v>', b'<c r="D9" s="11" t="e"><v>'),
    (FIGURES, b'<c r="D9" s="11"><v>', b'<c r="D9" s="11" t="d"><v>'),
    (FIGURES, b'<c r="D9" s="11"><v>', b'<c r="D9" s="11"><f>1+1</f><v>'),
    (FIGURES, b'<c r="D9" s="11"><v>', b'<c r="D9" s="11"><f>DISPIMG("a")</f><v>'),
    (FIGURES, b'<c r="D9" s="11"><v>', b'<c r="D9" s="999"><v>'),
    (FIGURES, b'<c r="D9" s="11"><v>', b'<c r="D9" s="11" t="inlineStr"><v>'),
    (WORDS, b"<is><t", b"<is><r><rPr><strike/></rPr><t>5</t></r><t"),
    (WORDS, b"<is><t", b"<is><t>5</t><t"),
    (WORDS, b' xml:space="preserve"', b""),
    (SHARED, b"<si><t>", b"<si><t> "),
    (SHARED, b"<si><t>", b'<si><t xml:space="preserve"> '),
    (SHARED, b"<si><t>", b"<si><t>&#10;"),
    (SHARED, b"<si><t>", b"<si><t>&amp;&lt;&gt;&quot;&apos;"),
    (SHARED, b"<si><t>", b"<si><t>&nbsp;"),
    (SHARED, b"<si><t>", b"<si><t>\r\n"),
    (SHARED, b"<si><t>", b"<si><t>_x000D_"),
    (SHARED, b"<si><t>", b"<si><t>\xff"),
    (SHARED, b"<si><t>", b"<si><t>\xe3\x80\x80"),
    (SHARED, b"<si><t>", b'<si><r><rPr><sz val="9"/></rPr><t xml:space="preserve">a </t></r><r><t>b</t></r></si><si><t>'),
    (SHARED, b"<si><t>", b"<si><r><rPr><strike/></rPr><t>a</t></r></si><si><t>"),
    (SHARED, b"<si><t>", b"<si><t>a</t><rPh sb=\"0\" eb=\"1\"><t>b</t></rPh></si><si><t>"),
    (SHARED, b"<si><t>", b"<si/><si><t>"),
    (SHARED, b"<si><t>", b"<!-- <si><t>x</t></si> --><si><t>"),
    (SHARED, b"</sst>", b"</sst"),
    ("xl/workbook.xml", b"<sheets>", b"<!-- <sheets> --><sheets>"),
    ("xl/workbook.xml", b'fullCalcOnLoad="1"', b""),
    ("xl/workbook.xml", b"<workbookPr", b'<workbookPr date1904="1"'),
    ("xl/workbook.xml", b"</workbook>", b"</workbok>"),
    ("xl/styles.xml", b"<cellXfs", b"<cellXf"),
    ("xl/styles.xml", b'<xf numFmtId="0"', b'<xf numFmtId="14"'),
]  # fmt: skip


@pytest.mark.parametrize(("part", "old", "new"), CHANGES, ids=[f"{n}" for n in range(len(CHANGES))])
def test_xml_that_is_written_otherwise(part: str, old: bytes, new: bytes) -> None:
    xml = good().parts[part]
    assert old in xml
    for count in (1, -1):
        alike(replace(good(), parts={**good().parts, part: xml.replace(old, new, count)}))


@settings(max_examples=FUZZ, deadline=None, derandomize=True)
@given(data=st.data())
def test_bytes_that_change(data: st.DataObject) -> None:
    part = data.draw(st.sampled_from([FIGURES, WORDS, SHARED, "xl/workbook.xml", "xl/styles.xml"]))
    xml = good().parts[part]
    begin = data.draw(st.integers(0, len(xml) - 1))
    end = min(len(xml), begin + data.draw(st.integers(0, 12)))
    new = data.draw(st.one_of(st.binary(max_size=4), st.sampled_from([b"<v>", b"</v>", b"\0", b"\x01", b"<!--", b"&"])))
    alike(replace(good(), parts={**good().parts, part: xml[:begin] + new + xml[end:]}))


def test_struck_letters_in_a_text_seen_before() -> None:
    """Whether a shared text may be struck out is asked of every workbook, also when its entry was read before."""
    entry = b"<si><r><rPr><strike/></rPr><t>a</t></r></si>"
    marked = good().parts[SHARED].replace(b"<si><t>", entry + b"<si><t>", 1)
    book = replace(good(), parts={**good().parts, SHARED: marked})
    for _ in range(3):
        assert shared_texts(marked).may_be_marked
        assert hints(book.parts).strings == {0}
        assert by_moulds(book) == set()
    assert not shared_texts(good().parts[SHARED]).may_be_marked


def test_a_skeleton_with_the_checksum_of_another_is_no_mould(tmp_path: Path) -> None:
    book = opened(tmp_path, filled(changes={"t3.received.natural": 7}))
    with patch("pipeline.road.read.cast.crc32", lambda _: 0):
        alike(book)
        moulds.forget()
        alike(book)


@pytest.mark.parametrize("name", ["填报说明", "校验", "_xxgk"])
def test_the_end_of_a_tag_within_a_text(name: str) -> None:
    """``v>`` ends a value; in a formula or a text it may stand as it is."""
    part = sheet_parts(good().parts)[name]
    for old, new in (
        (b"<f>", b'<f>"v>"&amp;'),
        (b"<f>", b"<f>v>5</f><f>"),
        (b"<t", b"<t>v></t><t"),
        (b"</v>", b"v></v>"),
    ):
        for count in (1, -1):
            xml = good().parts[part].replace(old, new, count)
            alike(replace(good(), parts={**good().parts, part: xml}))


def test_a_shared_part_of_another_name_is_left_to_calamine() -> None:
    parts = dict(good().parts)
    parts["xl/SharedStrings.xml"] = parts.pop(SHARED)
    book = replace(good(), parts=parts)
    assert by_moulds(book) == set()
    alike(book)
