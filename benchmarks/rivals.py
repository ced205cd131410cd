"""What we measure ourselves against: the hash alone, the bare parser, and the loop everybody writes first."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pandas as pd
from python_calamine import CalamineWorkbook

from pipeline.form import Form
from pipeline.layout import Layout, plain


def hashes(files: Sequence[Path]) -> int:
    """SHA-256 of every file."""
    return sum(len(hashlib.sha256(path.read_bytes()).digest()) for path in files)


def bare_calamine(files: Sequence[Path]) -> int:
    """Every sheet of every file read, and nothing done with it."""
    cells = 0
    for path in files:
        book = CalamineWorkbook.from_path(str(path))
        for name in book.sheet_names:
            cells += len(book.get_sheet_by_name(name).to_python())
    return cells


def pandas_loop(files: Sequence[Path], form: Form, layout: Layout) -> int:
    """``pandas.read_excel(engine="openpyxl")`` of every file, labels compared, figures typed, balances checked."""
    equations = [equation for _, equation in form.linear(level="县级", year=2024)]
    wrong = 0
    for path in files:
        frames = pd.read_excel(path, sheet_name=None, header=None, engine="openpyxl")
        cells = {name: frame.to_numpy().tolist() for name, frame in frames.items()}
        for anchor in layout.anchors:
            place = anchor.place
            wrong += plain(cells[place.sheet][place.row][place.col]) != plain(anchor.text)
        figures = {}
        for item in form.items:
            if item.numeric:
                place = layout.places[item.code]
                raw = cells[place.sheet][place.row][place.col]
                figures[item.code] = Decimal(repr(raw)) if item.kind == "money" else int(raw)
        for equation in equations:
            sides = equation.sides(figures.get)
            wrong += sides is None or not equation.holds(*sides)
    return wrong
