"""The station as a whole: blanks, errors, pictures, reasons, and that nothing escapes as a traceback."""

from __future__ import annotations

import datetime as dt
import os
import pickle
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.form import Value
from pipeline.layout import Place
from pipeline.model.submission import Arrival, Sheet, Submission, Unclaimed
from pipeline.road.intake import Bounds, open_arrival
from pipeline.road.intake.guard import inspect
from pipeline.road.read.workbook import read_workbook
from tests.road.read import workbooks as w
from tests.road.read.workbooks import control, filled, form, layout, mutated, truth, values

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "60"))
NATURAL = "t3.received.natural"
FEES = "t2.fees.amount"

CELLS: dict[str, tuple[str, Any, Value, tuple[tuple[str, str], ...]]] = {
    # name: item, what stands in its cell, value read, (code, severity) of the findings there
    "a count": (NATURAL, 3, 3, ()),
    "zero": (NATURAL, 0, 0, ()),
    "blank": (NATURAL, None, None, (("S2", "error"),)),
    "only spaces": (NATURAL, " 　", None, (("S2", "error"),)),
    "number as text": (NATURAL, "３", 3, (("V1", "info"),)),
    "a unit behind it": (NATURAL, "3件", 3, (("V1", "info"),)),
    "a note behind it": (NATURAL, "55（含自然失效29件）", 55, (("V4", "info"),)),
    "a Chinese numeral": (NATURAL, "十二", 12, (("V1", "info"),)),
    "a dash": (NATURAL, "—", None, (("S3", "error"),)),
    "无": (NATURAL, "无", None, (("S3", "error"),)),
    "approximate": (NATURAL, "约30", None, (("S3", "error"),)),
    "negative": (NATURAL, -1, None, (("S3", "error"),)),
    "half a case": (NATURAL, Decimal("2.5"), None, (("S3", "error"),)),
    "too large": (NATURAL, 10**9, None, (("S3", "error"),)),
    "money": (FEES, Decimal("0.1"), Decimal("0.1000"), ()),
    "money in yuan": (FEES, "251000元", Decimal("25.1"), (("V3", "warning"),)),
    "money too fine": (FEES, "1元2", None, (("S3", "error"),)),
    "six decimals": (FEES, Decimal("190.457379"), Decimal("190.457379"), ()),
    "seven decimals": (FEES, Decimal("0.0000001"), None, (("S3", "error"),)),
    "10000 yuan in a cell of yuan": ("info.fee_yuan", "1.2万元", Decimal(12000), (("V3", "warning"),)),
    "an indicator another unit reports": ("info.site_items", None, None, ()),
    "a text left out": ("text.disclosure", None, None, ()),
}  # fmt: skip


@pytest.mark.parametrize("name", CELLS)
def test_cell(name: str, tmp_path: Path) -> None:
    code, cell, wanted, expected = CELLS[name]
    result = w.read(tmp_path, filled(changes={code: cell}))
    assert isinstance(result, Submission)
    assert values(result) == truth() | {code: wanted}
    assert tuple((finding.code, finding.severity) for finding in result.findings) == expected
    place = layout().places[code]
    for finding in result.findings:
        assert (finding.unit, finding.file, finding.sheet, finding.cell) == (
            "001",
            "报送件.xlsx",
            place.sheet,
            place.cell,
        )
        assert finding.item == code
        assert not (finding.needs_reason and finding.code.startswith("V"))


def test_the_same_cells_say_the_same_off_the_fast_path(tmp_path: Path) -> None:
    changes = {NATURAL: "55（含自然失效29件）", FEES: "251000元", "t3.granted.natural": None, "t3.partial.other": "无"}
    near = w.read(tmp_path, filled(changes=changes))
    far = w.read(tmp_path, mutated(filled(changes=changes), w.rename_all_sheets))
    assert isinstance(near, Submission)
    assert isinstance(far, Submission)
    assert near.values == far.values
    told = [(f.code, f.item, f.found) for f in far.findings if f.code not in ("L1", "L2", "L3")]
    assert sorted(told) == sorted((f.code, f.item, f.found) for f in near.findings)
    assert {far.places[code].sheet for code in changes} == {"Sheet3", "Sheet4"}


def test_blanks_as_zero_where_the_office_says_so(tmp_path: Path) -> None:
    result = w.read(tmp_path, filled(changes={NATURAL: None, FEES: " "}), office=control(blanks="zero"))
    assert isinstance(result, Submission)
    assert values(result) == truth() | {NATURAL: 0, FEES: Decimal(0)}
    assert [finding.code for finding in result.findings] == ["V2", "V2"]


def test_an_indicator_is_required_of_its_source(tmp_path: Path) -> None:
    for source, expected in (("001", {"S2"}), ("002", set())):
        office = control(sources={"网站数据单位": source})
        assert w.codes(w.read(tmp_path, filled(changes={"info.site_items": None}), office=office)) == expected


NOW = dt.datetime(2025, 1, 20, tzinfo=dt.UTC)
ARRIVAL = Arrival(
    sha256="0" * 64, names=("报送件.xlsx",), size=1, modified=NOW, first_seen=NOW, path=Path("/nonexistent/报送件.xlsx")
)


@cache
def sheets() -> dict[str, Sheet]:
    opened = inspect(ARRIVAL, filled(), Bounds())
    return dict(read_workbook(opened).sheets)


def cells(changes: dict[Place, object], **facts: Any) -> dict[str, Sheet]:
    """The cells of a filled return with some of them otherwise; ``facts`` are fields of 表三's `Sheet`."""
    book = dict(sheets())
    for name in {place.sheet for place in changes}:
        rows = [list(row) for row in book[name].rows]
        for place, cell in changes.items():
            if place.sheet == name:
                rows[place.row][place.col] = cell
        book[name] = replace(book[name], rows=rows)
    book["表三"] = replace(book["表三"], **facts)
    return book


HOME = layout().places[NATURAL]
AT = (HOME.row, HOME.col)
FACTS: dict[str, tuple[object, dict[str, Any], str]] = {
    "an error value": ("", {"errors": {AT: "#REF!"}}, "填的是“#REF!”，公式已失效"),
    "a formula never computed": ("", {"uncomputed": frozenset({AT})}, "填的是“未计算的公式”，看不出结果是多少"),
    "a zero nobody computed": (0.0, {"uncomputed": frozenset({AT})}, "填的是“未计算的公式”，看不出结果是多少"),
    "a picture": ("", {"pictures": frozenset({AT})}, "单元格里是图片"),
    "a date": (dt.date(2024, 3, 5), {}, "填的是“2024-03-05”，是日期或时间"),
    "true": (True, {}, "填的是“TRUE”"),
}


@pytest.mark.parametrize("name", FACTS)
@pytest.mark.parametrize("beside", [False, True])
def test_what_the_cell_does_not_show(name: str, beside: bool) -> None:
    cell, facts, told = FACTS[name]
    book = cells({HOME: cell}, **facts)
    if beside:
        book["备注"] = Sheet(top=0, left=0, rows=[["x"]])
    result = w.reader().read_cells(ARRIVAL, book)
    assert isinstance(result, Submission)
    assert values(result) == truth() | {NATURAL: None}
    (finding,) = result.findings
    assert (finding.code, finding.cell) == ("S3", "D6")
    assert told in finding.message


def test_hidden_rows_are_read_and_told() -> None:
    result = w.reader().read_cells(ARRIVAL, cells({}, hidden_rows=frozenset({5, 40}), hidden_columns=frozenset({9})))
    assert isinstance(result, Submission)
    assert values(result) == truth()
    (finding,) = result.findings
    assert finding.code == "L8"
    assert "第 6 行，J 列" in finding.message


def test_reasons_are_read_where_the_rule_stands(tmp_path: Path) -> None:
    key, place = next(
        (name.removeprefix("explain_"), place) for name, place in layout().named.items() if name == "explain_R3_natural"
    )
    data = filled(changes={place: "已与上级核对"})
    assert key == "R3_natural"
    for mutations in ((), (lambda book: w.insert_rows(book, "校验", 10, 2),), (w.rename_all_sheets,)):
        result = w.read(tmp_path, mutated(data, *mutations))
        assert isinstance(result, Submission)
        assert result.reasons == {"R3.natural": "已与上级核对"}


def test_the_reader_travels_to_other_processes(tmp_path: Path) -> None:
    used = w.reader()
    arrival = w.arrival(tmp_path, filled())
    first = used.read(open_arrival(arrival))
    for copy in (pickle.loads(pickle.dumps(used)), pickle.loads(pickle.dumps(w.reader()))):
        assert copy.read(open_arrival(arrival)) == first


def test_a_file_that_is_no_workbook(tmp_path: Path) -> None:
    result = w.read(tmp_path, b"not a workbook")
    assert isinstance(result, Unclaimed)
    assert w.codes(result) == {"I3"}


ANY_CELL = st.one_of(
    st.none(), st.booleans(), st.floats(), st.integers(-(10**12), 10**12), st.dates(), st.datetimes(), st.timedeltas(),
    st.times(), st.text(max_size=20), st.text(alphabet="0123456789０９.,，-+件元万亿（）约无/ 三十", max_size=8),
    st.sampled_from([anchor.text for anchor in layout().anchors]),
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(sorted(layout().places)), ANY_CELL, max_size=12), st.booleans())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_fuzz_garbage_in_the_cells_of_items(garbage: dict[str, object], beside: bool) -> None:
    """Untouched items keep their value; touched ones have a fitting value or a finding."""
    book = cells({layout().places[code]: cell for code, cell in garbage.items() if not code.startswith("meta.")})
    if beside:
        book["备注"] = Sheet(top=3, left=2, rows=[["x"]])
    result = w.reader().read_cells(ARRIVAL, book)
    if isinstance(result, Unclaimed):  # the garbage spoke of another unit
        assert {"填报单位", "报告年度"} & set(map(str, garbage.values()))
        return
    told = {code for finding in result.findings for code in (finding.item, *finding.items)}
    for code, value in values(result).items():
        item = form().item(code)
        if code not in garbage or code.startswith("meta."):
            assert value == truth()[code] or (beside and value is None and result.findings)
        elif item.numeric:
            fitting = value is None or type(value) is (int if item.kind == "count" else Decimal)
            assert fitting
            assert value is not None or code in told or not item.required or item.mode != "entered" or beside


@given(
    st.dictionaries(
        st.tuples(
            st.sampled_from(["基本情况", "表二", "表三", "表四", "文字材料"]), st.integers(0, 31), st.integers(0, 14)
        ),
        ANY_CELL,
        min_size=1,
        max_size=10,
    )
)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_fuzz_garbage_anywhere(garbage: dict[tuple[str, int, int], object]) -> None:
    """Labels, headings and blank cells too: nothing escapes, and no figure is read from a cell that is not its own."""
    book = dict(sheets())
    for name in {name for name, _, _ in garbage}:
        rows = [[*row, *[""] * (15 - len(row))] for row in book[name].rows]
        rows += [[""] * 15 for _ in range(32 - len(rows))]
        for (sheet, row, col), cell in garbage.items():
            if sheet == name:
                rows[row][col] = cell
        book[name] = replace(book[name], rows=rows)
    result = w.reader().read_cells(ARRIVAL, book)
    if isinstance(result, Unclaimed):
        assert result.findings
        return
    hit = {Place(*at) for at in garbage}
    for code, value in values(result).items():
        if value is not None and value != truth()[code]:
            assert result.places[code] in hit, code
        if value is None and truth()[code] is not None:
            assert result.findings or result.places[code] in hit
