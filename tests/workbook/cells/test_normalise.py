"""How a figure may be written: the table in the code, its copy for people, and an oracle that knows neither."""

from __future__ import annotations

import datetime as dt
import math
import os
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.form import Item
from pipeline.form.numerals import read_numeral
from pipeline.model.submission import Repair
from pipeline.workbook.cells.normalise import CASES, DIGITS, LIMIT, as_shown, fold_width, read_number, read_text
from tests import ROOT

DOCS = ROOT / "docs" / "numbers.md"
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "300"))


def item(unit: str, scale: int = 0) -> Item:
    kind = "money" if scale else "count"
    return Item(code="t.x", table="t", row_path=("x",), column_path=(), kind=kind, scale=scale, unit=unit)


CELLS = {"件": item("件"), "万元": item("万元", 6), "元": item("元", 2)}
SIGNED = Item(code="t.x", table="t", row_path=("x",), column_path=(), signed=True, unit="项")
ALL = [(case.name, *example) for case in CASES for example in case.examples]


@pytest.mark.parametrize(("name", "text", "unit", "wanted"), ALL)
def test_every_example_of_the_table(name: str, text: str, unit: str, wanted: str | None) -> None:
    case = next(case for case in CASES if case.pattern.fullmatch(fold_width(text)))
    assert case.name == name, "an earlier case takes this text"
    reading = read_number(text, CELLS[unit])
    if wanted is None:
        assert reading.value is None
        assert reading.reason
    else:
        assert reading.reason == ""
        assert reading.value == Decimal(wanted)
        assert type(reading.value) is (int if unit == "件" else Decimal)
        assert Repair.RETYPED in reading.repairs
    assert reading.shown == text


# name, cell, unit of the cell, value (None: refused, "": blank), remarks
OTHERS: tuple[tuple[str, object, str, Decimal | str | None, tuple[str, ...]], ...] = (
    ("整数", 12.0, "件", Decimal(12), ()),
    ("整数", 1000.0, "件", Decimal(1000), ()),
    ("整数", 7, "件", Decimal(7), ()),
    ("小数", 12.5, "万元", Decimal("12.5"), ()),
    ("小数", 59237.244899999998, "万元", Decimal("59237.2449"), ()),
    ("公式留下的第 15 位以后的尾数", 0.1 + 0.2, "万元", Decimal("0.3"), (Repair.RETYPED,)),
    ("公式留下的第 15 位以后的尾数", 2.9999999999999996, "件", Decimal(3), (Repair.RETYPED,)),
    ("小数位数超过规定", 12.3456789, "万元", None, ()),
    ("小数位数超过规定", 2.5, "件", None, ()),
    ("负数", -3.0, "件", None, ()),
    ("负零", -0.0, "件", Decimal(0), ()),
    ("负零", -0.0, "万元", Decimal(0), ()),
    ("十亿及以上", 1e9, "件", None, ()),
    ("十亿及以上", 330102199001011234.0, "件", None, ()),
    ("不是有限的数", math.nan, "件", None, ()),
    ("不是有限的数", math.inf, "万元", None, ()),
    ("是/否", True, "件", None, ()),
    ("日期、时间", dt.date(2024, 3, 5), "件", None, ()),
    ("日期、时间", dt.datetime(2024, 3, 5, 8), "万元", None, ()),
    ("日期、时间", dt.timedelta(hours=3), "件", None, ()),
    ("空白（没有内容、空格、看不见的字符）", "", "件", "", ()),
    ("空白（没有内容、空格、看不见的字符）", " \u00a0\u3000\n\u200b\ufeff", "件", "", ()),
)


@pytest.mark.parametrize(("name", "cell", "unit", "wanted", "remarks"), OTHERS)
def test_cells_that_are_no_text(
    name: str, cell: object, unit: str, wanted: Decimal | str | None, remarks: tuple[str, ...]
) -> None:
    reading = read_number(cell, CELLS[unit])
    assert reading.repairs == remarks
    assert bool(reading.reason) == (wanted is None)
    assert reading.value == (wanted or None if isinstance(wanted, str) else wanted)
    assert not (isinstance(reading.value, Decimal) and reading.value.is_signed())


REMARKS = {
    ("251000元", "万元"): (Repair.RETYPED, Repair.CONVERTED),
    ("2.5万元", "元"): (Repair.RETYPED, Repair.CONVERTED),
    ("12.5万元", "万元"): (Repair.RETYPED,),
    ("55（含自然失效29件）", "件"): (Repair.RETYPED, Repair.NOTE),
    ("三件", "件"): (Repair.RETYPED,),
}


@pytest.mark.parametrize(("text", "unit"), REMARKS)
def test_remarks(text: str, unit: str) -> None:
    assert read_number(text, CELLS[unit]).repairs == REMARKS[text, unit]


NOT_NUMBERS = (
    "3²", "5①", "½", "٣", "Ⅳ", "3.", ".5", "1.2.3", "1..2", "++3", "+-3", "3-", "3+4", "=3", "'3", "3；", "3。", "3、4",
    "0x10", "三3", "3三", "十百", "百", "零三", "一千百", "三百二", "1_000", "１，２", "3件件", "3人", "¥3", "3,", ",3",
    "1,200,3", "第3", "3号", "NaN", "inf", "-inf", "1" * 16, "0." + "1" * 20, "9" * 400, "1" * 5000, "#VALUE!",
    "55（含2万）", "55(", "(55)", "（3）", "3（2）（1）", "3\n4", "3 4", "三 四", "１　２", "-", "- 3 -", "TRUE",
    "共3件",
)  # fmt: skip


@pytest.mark.parametrize("text", NOT_NUMBERS)
@pytest.mark.parametrize("unit", CELLS)
def test_never_a_number(text: str, unit: str) -> None:
    reading = read_number(text, CELLS[unit])
    assert reading.value is None
    assert reading.reason


def as_markdown() -> str:
    """The table of the code as docs/numbers.md prints it."""
    lines = ["| 写法 | 例 | 处理 |", "|---|---|---|"]
    for case in CASES:
        shown = []
        for text, unit, wanted in case.examples:
            cell = "" if unit == "件" else f"（{unit}格）"
            shown.append(f"`{text}`{cell} → {'退回' if wanted is None else wanted}")
        lines.append(f"| {case.name} | {'；'.join(shown)} | {case.treatment} |".replace("\\", "\\\\"))
    lines.append("| 其他一切文字 | `3²`、`共3件` | 退回：不是数字 |")
    return "\n".join(lines)


def test_docs_are_the_table() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert as_markdown() in text
    for name, *_ in OTHERS:
        assert f"| {name} |" in text


@given(st.integers(0, 10**12 - 1))
@settings(max_examples=EXAMPLES, deadline=None)
def test_numerals_are_what_another_writing_says(number: int) -> None:
    assert read_numeral(_chinese(number)) == number


def _chinese(number: int) -> str:
    """Written digit by digit from the left: another way than the code's, which goes group by group."""
    if number == 0:
        return "零"
    digits = str(number).zfill(12)
    out, zero = "", False
    for n, digit in enumerate(digits):
        place = 11 - n
        if digit == "0":
            zero = bool(out)
        else:
            out += ("零" if zero else "") + "零一二三四五六七八九"[int(digit)] + ("", "十", "百", "千")[place % 4]
            zero = False
        if place % 4 == 0 and place and int(digits[n - 3 : n + 1]):
            out += {4: "万", 8: "亿"}[place]
    return out


GARBAGE = st.one_of(
    st.floats(),
    st.integers(-(10**20), 10**20),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.timedeltas(),
    st.text(max_size=30),
    st.text(alphabet="0123456789０１２３.,，+-－%eE件元万亿 　\n()（）约余无/—一二三十百千零〇两", max_size=12),
    st.decimals(0, 10**9, allow_nan=False).map(str),
)


def oracle(raw: object, unit: str) -> Decimal | None:
    """What a plain figure must read as; ``None`` where this simple reader has no opinion."""
    if isinstance(raw, bool | dt.date | dt.timedelta):
        return None
    if isinstance(raw, int | float):
        return Decimal(repr(raw)) if math.isfinite(raw) else None
    text = str(raw).strip().replace("，", ",")
    text = "".join(chr(ord(c) - 0xFEE0) if 0xFF01 <= ord(c) <= 0xFF5E else c for c in text)
    try:
        return Decimal(text.replace(",", "")) if text.isascii() and "_" not in text else None
    except ArithmeticError:
        return None


@given(GARBAGE, st.sampled_from(sorted(CELLS)))
@settings(max_examples=EXAMPLES, deadline=None)
def test_fuzz_any_cell_is_a_value_or_a_reason(raw: object, unit: str) -> None:
    cell = CELLS[unit]
    reading = read_number(raw, cell)
    assert isinstance(read_text(raw).value, str | None)
    if reading.value is None:
        assert reading.reason or not fold_width(as_shown(raw))
        return
    assert not reading.reason
    assert type(reading.value) is (int if cell.kind == "count" else Decimal)
    assert 0 <= reading.value < LIMIT
    expected = oracle(raw, unit)
    if expected is not None:
        assert math.isclose(expected, reading.value, rel_tol=10.0 ** (1 - DIGITS), abs_tol=0)
        assert isinstance(raw, float) or expected == reading.value
    if not isinstance(raw, int | float):
        assert Repair.RETYPED in reading.repairs


def test_text_as_a_clerk_sees_it() -> None:
    assert read_text("一\r\n二\x07 ").value == "一\n二"
    assert read_text(13800000000.0).value == "13800000000"
    assert read_text(dt.datetime(2025, 1, 20)).value == "2025-01-20"
    assert read_text("  ").value is None


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [("-3", -3), ("－12", -12), ("-1,200", -1200), (-4.0, -4), ("+3", 3), ("-0", 0), (-0.0, 0), ("减3", None),
     ("-3.5", None), (-1e9, None), ("--3", None)],
)  # fmt: skip
def test_a_signed_figure_may_be_negative(raw: object, wanted: int | None) -> None:
    assert read_number(raw, SIGNED).value == wanted
