"""Whole returns in which many cells are changed at random: the figure a person sees, or a finding at that cell.

A draw is one changed cell; a return has up to a dozen of them. What was not changed must not move. What an office does
every day (a measure behind a figure, a note that says 其中, a bold digit) has to pass without a word.
"""

from __future__ import annotations

import io
import os
import random
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font

from pipeline.form import Item, Value
from pipeline.layout import Place
from pipeline.model.submission import Submission
from tests.road.read import workbooks as w
from tests.road.read.workbooks import filled, form, layout, truth

DRAWS = int(os.environ.get("FUZZ_EXAMPLES", "300"))
ASKED = "asked"
Seen = tuple[Value | str, bool]
"""What a person reads in the cell, and whether the return must pass without a word on it."""
Edit = Callable[[random.Random, Any, Item], Seen]


def number_of(cell: Any) -> int | Decimal:
    return Decimal(str(cell.value)) if isinstance(cell.value, float) else int(cell.value)


def write_format(chance: random.Random, cell: Any, item: Item) -> Seen:
    value = number_of(cell)
    sound = [
        "General",
        "#,##0.######" if item.kind == "money" else "#,##0",
        "@",
        '#,##0.00"万元"' if item.kind == "money" else '0"件"',
    ]
    asked = ["0%", '0"万"', "-0", ";;;", '"约"0', "0,", '"1"0', '0"0"', "[DBNum1]0", '"无"', '"￥"0.00', "0.00E+00"]  # fmt: skip
    if chance.random() < 0.5:
        cell.number_format = chance.choice(sound)
        return value, True
    if item.kind == "money" and chance.random() < 0.7:
        cell.value, cell.number_format = 25_000, '#,##0.00"元"'
        return Decimal("2.5"), False
    cell.number_format = chance.choice(asked)
    return ASKED, False


LOUD = [InlineFont(strike=True), InlineFont(vertAlign="superscript"), InlineFont(vertAlign="subscript")]
QUIET = [InlineFont(b=True), InlineFont(i=True), InlineFont(color="FFFF0000"), InlineFont(u="single")]


def write_rich_text(chance: random.Random, cell: Any, item: Item) -> Seen:
    """Digits in runs of their own; one loud run makes the figure uncertain."""
    value = number_of(cell)
    digits = str(value)
    at = chance.randint(1, len(digits) - 1)
    loud = chance.random() < 0.5
    fonts = [chance.choice(LOUD if loud else QUIET), chance.choice(QUIET)]
    chance.shuffle(fonts)
    cell.value = CellRichText(TextBlock(fonts[0], digits[:at]), TextBlock(fonts[1], digits[at:]))
    return (ASKED, False) if loud else (value, True)


def write_font(chance: random.Random, cell: Any, item: Item) -> Seen:
    value = number_of(cell)
    if chance.random() < 0.5:
        cell.font = chance.choice([Font(b=True), Font(color="FFFF0000"), Font(u="single"), Font(size=8)])
        return value, True
    cell.font = chance.choice([Font(strike=True), Font(vertAlign="superscript"), Font(vertAlign="subscript")])
    return ASKED, False


def write_note(chance: random.Random, cell: Any, item: Item) -> Seen:
    value = number_of(cell)
    other = chance.randint(1, 99)
    opening, closing = chance.choice(["（）", "()"])
    if chance.random() < 0.5:
        cell.value = (
            f"{value}{opening}{chance.choice([f'其中网上{other}件', f'含上年{other}', f'原{other}件'])}{closing}"
        )
        return value, True
    word = chance.choice([f"应为{other}", "作废", f"+{other}", f"×{other}", f"{other}", f"改{other}", "？", "待核"])
    cell.value = f"{value}{opening}{word}{closing}"
    return ASKED, False


def write_text(chance: random.Random, cell: Any, item: Item) -> Seen:
    value = number_of(cell)
    text, wide = str(value), str(value).translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
    if chance.random() < 0.5:
        cell.value = chance.choice(
            [text, wide, f" {text} ", f"{value:,}", text + ("万元" if item.kind == "money" else "件")]
        )
        return value, True
    cell.value = chance.choice(
        [
            f"约{text}",
            f"{text}-",
            f"{text}/2",
            f"{text}、2",
            f"{text}?",
            f"{text}余",
            f"不足{text}",
            f"{text}~{text}",
            f"-{text}",
        ]
    )
    return ASKED, False


def write_formula(chance: random.Random, cell: Any, item: Item) -> Seen:
    """A formula of the clerk's own in a workbook that nobody calculated."""
    cell.value = f"={cell.value}+{chance.randint(0, 9)}"
    return ASKED, False


def write_nothing(chance: random.Random, cell: Any, item: Item) -> Seen:
    cell.value = chance.choice([None, "", " ", "\u3000"])
    return ASKED, False


EDITS: list[Edit] = [
    write_format,
    write_rich_text,
    write_font,
    write_note,
    write_text,
    write_formula,
    write_nothing,
]
BESIDE: list[tuple[Any, bool]] = [
    ("更正为9", True), (8888, True), ("另有3件漏报", True), ("12件", True), ("填表说明已阅", False), ("核对人：张三", False),
]  # fmt: skip


def write_beside(chance: random.Random, book: Any) -> tuple[Place, Any] | None:
    """Something beside or below a table, and where; ``None`` for nothing that has to be asked about."""
    sheet = chance.choice(["表二", "表三", "表四"])
    places = [place for place in layout().places.values() if place.sheet == sheet]
    row, col = max(p.row for p in places), max(p.col for p in places)
    content, asked = chance.choice(BESIDE)
    at = chance.choice([Place(sheet, row, col + 2), Place(sheet, row + 2, chance.randint(0, col))])
    book[sheet].cell(at.row + 1, at.col + 1).value = content
    return (at, content) if asked else None


def test_fuzz_whole_returns_show_what_counts(tmp_path: Path) -> None:
    chance = random.Random("whole returns")
    base = filled()
    tables = {table.code for table in form().tables}
    items = [item for item in form().items if item.mode == "entered" and item.table in tables]
    fees = [item for item in items if item.kind == "money"]
    outcomes: Counter[str] = Counter()
    draws = 0
    while draws < DRAWS:
        book = openpyxl.load_workbook(io.BytesIO(base), rich_text=True)
        seen: dict[str, Seen] = {}
        chosen = chance.sample(items, chance.randint(1, 12))
        chosen += [item for item in fees if item not in chosen and chance.random() < 0.5]
        for item in chosen:
            place = layout().places[item.code]
            edit = chance.choice([*EDITS, *[write_format] * 5] if item in fees else EDITS)
            seen[item.code] = edit(chance, book[place.sheet].cell(place.row + 1, place.col + 1), item)
        noted = write_beside(chance, book) if chance.random() < 0.3 else None
        out = io.BytesIO()
        book.save(out)
        result = w.read(tmp_path, out.getvalue())
        assert isinstance(result, Submission)
        values = w.values(result)
        at_item = {c for f in result.findings if f.severity == "error" or f.needs_reason for c in (f.item, *f.items)}
        warned = {c for f in result.findings if f.severity != "info" for c in (f.item, *f.items)}
        for code, value in values.items():
            if code in form().formulas:
                continue
            shown, passes = seen.get(code, (truth()[code], True))
            if shown == ASKED:
                assert (value, code in at_item) == (None, True), (code, value, shown)
                outcomes["asked"] += 1
            else:
                assert value == shown or (not passes and value is None and code in at_item), (code, value, shown)
                assert not passes or code not in warned, (code, [f.message for f in result.findings if f.item == code])
                outcomes["silent" if passes else "converted"] += code in seen
        beside = [(f.cell, f.found) for f in result.findings if f.code == "L9"]
        assert beside == ([(noted[0].cell, str(noted[1]))] if noted else [])
        outcomes["beside"] += noted is not None
        draws += len(seen)
    assert min(outcomes["asked"], outcomes["silent"]) > DRAWS // 4, outcomes
    assert min(outcomes["converted"], outcomes["beside"]) > DRAWS // 500, outcomes
