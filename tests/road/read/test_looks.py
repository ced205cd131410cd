"""What a person sees in a cell against what it holds: formats, struck and raised letters, merged cells, notes, places.

Each case is a sound return in which one cell is changed as an office program would; it comes back with the figure that
is seen, or with a finding at the cell, and nothing else of it moves.
"""

from __future__ import annotations

import io
import os
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from openpyxl.workbook.workbook import Workbook as Book

from pipeline.form import Value
from pipeline.layout import Place
from pipeline.model.submission import Submission
from tests.road.read import workbooks as w
from tests.road.read.workbooks import filled, layout, truth

COUNT, FEE, TOTAL = "t2.permit.decisions", "t2.fees.amount", "t3.received.total"
ASKED = "asked"
DRAWS = int(os.environ.get("FUZZ_EXAMPLES", "300"))


def edited(change: Callable[[Book], None], data: bytes | None = None) -> bytes:
    """A filled return as openpyxl, which stores no results of formulas, saves it after a change."""
    book = openpyxl.load_workbook(io.BytesIO(data or filled()), rich_text=True)
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def cell_of(book: Book, code: str) -> Any:
    place = layout().places[code]
    return book[place.sheet].cell(place.row + 1, place.col + 1)


def entered(values: dict[str, Value]) -> dict[str, Value]:
    """What a clerk typed; totals follow, and every figure of the sample is another, so that they do not add up."""
    return {code: value for code, value in values.items() if code not in w.form().formulas}


def outcome(path: Path, data: bytes, code: str, *remarks: str) -> Value | str:
    """The figure of an item, or that it was asked about; nothing else may have moved."""
    result = w.read(path, data)
    assert isinstance(result, Submission)
    values, expected = entered(w.values(result)), entered(truth())
    assert {c: v for c, v in values.items() if c != code} == {c: v for c, v in expected.items() if c != code}
    asked = [f for f in result.findings if f.item == code and (f.severity == "error" or f.needs_reason)]
    others = {f.code for f in result.findings if f.item != code} - {"V5", *remarks}
    assert others == set()
    return ASKED if asked else values[code]


FORMATS: list[tuple[str, str, float, Value | str]] = [
    # item, number format, stored, figure
    (COUNT, 'General', 7, 7), (COUNT, '0"件"', 7, 7), (COUNT, '#,##0', 1234, 1234), (COUNT, '0.00', 12, 12),
    (COUNT, '@', 7, 7), (COUNT, '0"项"', 7, 7), (COUNT, '0_ ', 7, 7), (COUNT, '00000', 7, 7), (COUNT, '0;-0;"无"', 0, 0),
    (COUNT, '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ ', 0, 0), (COUNT, '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ ', 1234, 1234),
    (COUNT, '[红色]0', 7, 7), (COUNT, '0"（件）"', 7, ASKED), (COUNT, '#,##0;[Red]-#,##0', 7, 7), (COUNT, '+0', 7, 7),
    (COUNT, '0!.0,"万"', 12345, ASKED), (COUNT, '0,', 12000, ASKED), (COUNT, '0%', 7, ASKED), (COUNT, '0.0%', 7, ASKED),
    (COUNT, ';;;', 7, ASKED), (COUNT, '-0', 7, ASKED), (COUNT, '(0)', 7, ASKED), (COUNT, '"约"0', 7, ASKED),
    (COUNT, '0"万"', 7, ASKED), (COUNT, '"1"0', 7, ASKED), (COUNT, '0"0"', 7, ASKED), (COUNT, '#" "?/?', 7, ASKED),
    (COUNT, '0.00E+00', 7, ASKED), (COUNT, '"￥"0', 7, ASKED), (COUNT, '[DBNum1]0', 7, ASKED), (COUNT, '"无"', 7, ASKED),
    (FEE, '0.00', 12.5, Decimal("12.5")), (FEE, '#,##0.00##', 1234.5678, Decimal("1234.5678")), (FEE, '0.00"万元"', 3.25, Decimal("3.25")),
    (FEE, '0"元"', 2277820, Decimal("227.782")), (FEE, '#,##0.00"元"', 251000, Decimal("25.1")), (FEE, '0', 12.5, ASKED),
    (FEE, '"￥"#,##0.00', 2277820, ASKED), (FEE, '[$￥-804]#,##0', 12, ASKED), (FEE, '0.0', 12.34, ASKED), (FEE, '0.00"亿"', 1.5, ASKED),
]  # fmt: skip


@pytest.mark.parametrize(("code", "number_format", "stored", "figure"), FORMATS)
def test_formats(tmp_path: Path, code: str, number_format: str, stored: float, figure: Value | str) -> None:
    def change(book: Book) -> None:
        cell_of(book, code).value = stored
        cell_of(book, code).number_format = number_format

    assert outcome(tmp_path, edited(change), code) == figure


SUP, SUB, STRUCK, PLAIN = (
    InlineFont(vertAlign="superscript"), InlineFont(vertAlign="subscript"), InlineFont(strike=True), InlineFont(b=True),
)  # fmt: skip
RICH: dict[str, tuple[Any, Value | str]] = {
    "bold digits": (CellRichText("1", TextBlock(PLAIN, "2")), 12),
    "a raised footnote": (CellRichText("35", TextBlock(SUP, "1")), ASKED),
    "a lowered digit": (CellRichText("35", TextBlock(SUB, "2")), ASKED),
    "struck before": (CellRichText(TextBlock(STRUCK, "12"), "15"), ASKED),
    "struck behind": (CellRichText("15", TextBlock(STRUCK, "12")), ASKED),
    "wholly struck": (CellRichText(TextBlock(STRUCK, "8")), ASKED),
}


@pytest.mark.parametrize(("content", "figure"), RICH.values(), ids=RICH)
def test_rich_text(tmp_path: Path, content: Any, figure: Value | str) -> None:
    def change(book: Book) -> None:
        cell_of(book, COUNT).value = content

    assert outcome(tmp_path, edited(change), COUNT) == figure


FONTS = {
    "struck": (Font(strike=True), ASKED), "raised": (Font(vertAlign="superscript"), ASKED),
    "red and bold": (Font(color="FFFF0000", b=True), 7), "underlined": (Font(u="single"), 7), "baseline": (Font(vertAlign="baseline"), 7),
}  # fmt: skip


@pytest.mark.parametrize(("font", "figure"), FONTS.values(), ids=FONTS)
def test_fonts(tmp_path: Path, font: Font, figure: Value | str) -> None:
    def change(book: Book) -> None:
        cell_of(book, COUNT).value = 7
        cell_of(book, COUNT).font = font

    assert outcome(tmp_path, edited(change), COUNT) == figure


def test_a_value_under_a_merged_cell_is_no_figure(tmp_path: Path) -> None:
    place = layout().places["t3.granted.business"]
    data = filled()
    changed = w.mutated(data, lambda book: None)
    book = openpyxl.load_workbook(io.BytesIO(changed))
    sheet = book[place.sheet]
    stored = sheet.cell(place.row + 1, place.col + 1).value
    out = io.BytesIO()
    book.save(out)
    merged = _with_merge(out.getvalue(), place, f"{Place(place.sheet, place.row, place.col - 1).cell}:{place.cell}")
    result = w.read(tmp_path, merged)
    assert isinstance(result, Submission)
    assert w.values(result)["t3.granted.business"] is None
    (finding,) = [f for f in result.findings if f.item == "t3.granted.business"]
    assert (finding.code, finding.found, "被合并的单元格盖住" in finding.message) == ("S3", str(stored), True)


def _with_merge(data: bytes, place: Place, area: str) -> bytes:
    """The same with one more merged area, written as WPS does: the covered value stays."""
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        names = openpyxl.load_workbook(io.BytesIO(data), read_only=True).sheetnames
        part = f"xl/worksheets/sheet{names.index(place.sheet) + 1}.xml"
        for info in old.infolist():
            xml = old.read(info)
            if info.filename == part:
                head, _, tail = xml.partition(b"<mergeCells")
                rest = tail.partition(b">")[2]
                xml = head + b'<mergeCells><mergeCell ref="' + area.encode() + b'"/>' + rest
            new.writestr(info, xml)
    return out.getvalue()


NOTES: list[tuple[str, Value | str]] = [
    ("7（含上年3）", 7), ("7（其中网上2件）", 7), ("7（包括转办1件）", 7), ("7（原5件）", 7), ("7（不含协办）", 7), ("7件", 7), ("1，234", 1234),
    ("7（应为9）", ASKED), ("7（作废）", ASKED), ("7（+2）", ASKED), ("7(9)", ASKED), ("7（×10）", ASKED), ("7（改8）", ASKED), ("7（？）", ASKED),
    ("7（原7，应9）", ASKED), ("7（含9，作废）", ASKED), ("一", ASKED), ("三", 3), ("一百五", ASKED), ("1万2千", ASKED), ("十二", 12),
]  # fmt: skip


@pytest.mark.parametrize(("text", "figure"), NOTES)
def test_notes_and_numerals(tmp_path: Path, text: str, figure: Value | str) -> None:
    assert outcome(tmp_path, filled(changes={COUNT: text}), COUNT) == figure


BESIDE: list[tuple[str, int, int, Any, bool]] = [
    # sheet, rows and columns from the last cell of the table, what stands there, whether it is asked
    ("表三", 0, 2, "更正为9", True), ("表三", 1, 0, 8888, True), ("表三", 2, 0, "注：自然人新收应为99件", True), ("表四", 1, -3, "12件", True),
    ("表二", 1, 0, "另有3件漏报", True), ("表三", -4, 1, 6, True),
    ("表三", 2, 0, "填表说明已阅", False), ("表四", 1, -3, "核对人：张三", False), ("表二", 2, 0, "（以下空白）", False),
]  # fmt: skip


@pytest.mark.parametrize(("sheet", "down", "right", "content", "asked"), BESIDE)
def test_beside_and_below(tmp_path: Path, sheet: str, down: int, right: int, content: Any, asked: bool) -> None:
    places = [place for place in layout().places.values() if place.sheet == sheet]
    at = Place(sheet, max(p.row for p in places) + down, max(p.col for p in places) + right)
    result = w.read(tmp_path, filled(changes={at: content}))  # type: ignore[dict-item]
    assert isinstance(result, Submission)
    assert w.values(result) == truth()
    found = [(f.code, f.cell, f.found) for f in result.findings if f.code == "L9"]
    assert found == ([("L9", at.cell, str(content))] if asked else [])


def test_totals_nobody_calculated_are_told_once(tmp_path: Path) -> None:
    result = w.read(tmp_path, edited(lambda _: None))
    assert isinstance(result, Submission)
    values = w.values(result)
    assert entered(values) == entered(truth())
    parts = [
        values[f"t3.received.{column}"] for column in ("natural", "business", "research", "welfare", "legal", "other")
    ]
    assert values[TOTAL] == sum(parts)  # type: ignore[arg-type]
    assert [(f.code, f.severity) for f in result.findings] == [("V5", "info")]


@pytest.mark.parametrize("how", ["cleared", "with a part missing"])
def test_a_total_that_was_cleared(tmp_path: Path, how: str) -> None:
    changes: dict[str, Any] = {TOTAL: None}
    if how != "cleared":
        changes["t3.received.natural"] = None
    result = w.read(tmp_path, filled(changes=changes))
    assert isinstance(result, Submission)
    told = [(f.code, f.item) for f in result.findings]
    if how == "cleared":
        assert (entered(w.values(result)), told) == (entered(truth()), [("V5", "")])
        assert isinstance(w.values(result)[TOTAL], int)
    else:
        assert (w.values(result)[TOTAL], told) == (None, [("S2", "t3.received.natural")])


def test_a_zero_of_a_workbook_nobody_calculated(tmp_path: Path) -> None:
    def change(book: Book) -> None:
        cell_of(book, COUNT).value = "=20+17"

    data = edited(change).replace(b"x", b"x")
    assert outcome(tmp_path, data, COUNT) == ASKED


# ---------------------------------------------------------------- many draws: what is seen, or a finding
def test_fuzz_what_is_seen_or_a_finding(tmp_path: Path) -> None:
    """Random formats over random figures: the value that is read is the one a person reads, or the cell is asked about."""
    from pipeline.form import Item
    from pipeline.model.submission import Look
    from pipeline.workbook.cells.looks import read_look
    from pipeline.workbook.cells.normalise import read_number

    chance = random.Random("looks")
    pieces = [
        "0",
        "#",
        "#,##0",
        "0.00",
        "0.0",
        ",",
        "%",
        '"件"',
        '"元"',
        '"万"',
        '"约"',
        "-",
        "+",
        "_ ",
        ";",
        "@",
        '"1"',
        "(",
        ")",
        ";;;",
    ]
    items: list[Item] = [w.form().item(COUNT), w.form().item(FEE)]
    outcomes = {"read": 0, "asked": 0}
    for _ in range(DRAWS):
        code = "".join(chance.choices(pieces, k=chance.randint(1, 4)))
        item = chance.choice(items)
        stored = chance.choice([0, 7, 12, 1234, 12.5, 2277820, 0.5])
        reading = read_look(float(stored), Look(format=code), item) or read_number(float(stored), item)
        if reading.value is None:
            outcomes["asked"] += 1
            continue
        outcomes["read"] += 1
        seen = _seen_by_libreoffice_rules(code, stored)
        assert seen is None or read_number(seen, item).value == reading.value or Decimal(str(stored)) == reading.value == 0, (
            code, stored, seen, reading,
        )  # fmt: skip
    assert min(outcomes.values()) > DRAWS // 20, outcomes


def _seen_by_libreoffice_rules(code: str, stored: float) -> str | None:
    """A second, simpler reading of the few pieces above: only one section, no scaling; ``None`` for anything else."""
    if ";" in code or "," in code.replace("#,##0", "") or code.count("0.0") > 1 or "@" in code:
        return None
    digits = [piece for piece in ("#,##0", "0.00", "0.0") if piece in code]
    rest = code
    for piece in digits:
        rest = rest.replace(piece, "", 1)
    if len(digits) != 1 or any(char in rest for char in "0#"):
        return None
    number = Decimal(str(stored)) * (100 ** rest.count("%"))
    places = {"#,##0": 0, "0.00": 2, "0.0": 1}[digits[0]]
    text = f"{number:,.{places}f}" if digits[0] == "#,##0" else f"{number:.{places}f}"
    if number % 1 and Decimal(text.replace(",", "")) != number:
        return None
    return code.replace(digits[0], text, 1).replace('"', "").replace("_ ", " ").strip()
