"""Sheets that differ from one seen before in nothing but their values.

The returns of a template that one program saved are alike: the same cells in the same order, other figures in them. The
XML of such cells without the values is a mould. The first sheet of a mould is read by calamine and looked through
(`scan`); if its cells are written plainly, and taking them apart gives the very rows that calamine gave, later sheets of
the same mould are read by cutting the values out. Everything else goes to calamine as before, and nothing of what is
read depends on whether a mould was known. Source: ECMA-376 part 1, 18.3.1.4 (c), 18.3.1.73 (row), 18.3.1.80 (sheetData).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import itemgetter
from typing import Any

from pipeline.files.remembered import Remembered, Worked
from pipeline.model.submission import Sheet
from pipeline.road.read.cast import CLOSED, INLINE, PRESERVED, Cast
from pipeline.road.read.scan import column_number
from pipeline.road.read.shared import UnusualError, plain_text

_ATTRIBUTES = rb'(?: [\w:]+="[^"<&\0]*")*'
_ROW = re.compile(rb'<row r="(\d{1,7})"' + _ATTRIBUTES + rb"(/?)>")
_CELL = re.compile(
    rb'<c r="([A-Z]{1,3})(\d{1,7})"(?: s="(\d+)")?(?: t="(n|s|str|inlineStr)")?'
    rb"(?:/>|>(<f" + _ATTRIBUTES + rb"(?:/>|>[^<\0]*</f>))?(\0)?</c>)"
)
_FIGURE = re.compile(rb"[0-9.eE+-]+")
_ZEROS = frozenset([b"0", *(b"0." + b"0" * n for n in range(20))])
_INDEXES = [b"%d" % n for n in range(4_096)]
_moulds: Remembered[tuple[object, ...], Mould | None] = Remembered(256)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mould:
    """Where the values of the sheets with one ``skeleton`` stand. ``figures``, ``shared``, ``results`` (texts of
    formulas) and ``words`` (written in the cell itself) pick them by kind; ``order`` picks the cells of the used
    rectangle, row by row, from all of them and a blank. ``formulas`` are the figures of formulas.
    """

    skeleton: bytes
    top: int
    left: int
    width: int
    figures: Picker
    shared: Picker
    results: Picker
    words: Picker
    order: Picker
    formulas: Picker
    places: tuple[tuple[int, int], ...]

    def sheet(self, cast: Cast, texts: Texts) -> Sheet:
        """Return the sheet that calamine and `scan` would give. Raises `UnusualError`."""
        values = cast.values
        try:
            figures = map(_figures.__getitem__, self.figures(values))
            shared = map(texts.by_index.__getitem__, self.shared(values))
            results = map(_results.__getitem__, self.results(values))
            cells = self.order([*figures, *shared, *results, *map(_word, self.words(values)), ""])
        except KeyError as error:
            raise UnusualError from error
        width = self.width
        return Sheet(
            top=self.top,
            left=self.left,
            rows=[list(cells[at : at + width]) for at in range(0, len(cells), width)],
            scanned=True,
            covered=cast.covered,
            stale=self._stale(cast.values) if cast.formats.uncalculated else frozenset(),
        )

    def _stale(self, values: Sequence[bytes]) -> frozenset[tuple[int, int]]:
        """Return the cells of formulas with the result 0."""
        return frozenset(compress(self.places, map(_zeros.__getitem__, self.formulas(values))))


class Texts:
    """The shared texts of one workbook, by the index that cells name them with; some of them ``may_be_marked``."""

    def __init__(self, texts: Sequence[str], *, may_be_marked: bool = False) -> None:
        self.may_be_marked = may_be_marked
        while len(_INDEXES) < len(texts):
            _INDEXES.extend(b"%d" % n for n in range(len(_INDEXES), 2 * len(_INDEXES)))
        self.by_index = dict(zip(_INDEXES, texts, strict=False))


class Picker:
    """Picks values by their positions, always as a sequence."""

    __slots__ = ("_get", "_many")

    def __init__(self, positions: Sequence[int]) -> None:
        self._many = len(positions)
        self._get: Any = itemgetter(*positions) if positions else None

    def __call__(self, values: Sequence[Any]) -> Sequence[Any]:
        """Return what stands at the positions."""
        if not self._many:
            return ()
        picked: Sequence[Any] = self._get(values)
        return picked if self._many > 1 else (picked,)


def known_mould(cast: Cast) -> Mould | None:
    """Return the mould of a sheet, if it was learnt before."""
    mould = _moulds.get(cast.key)
    return mould if mould and mould.skeleton == cast.skeleton else None


def learn(cast: Cast, sheet: Sheet, texts: Texts) -> None:
    """Learn the mould of a ``sheet`` that was read by calamine and looked through, if it is plain and proves right."""
    if _moulds.holds(cast.key):
        return
    try:
        mould = _mould(cast.skeleton, len(cast.values), cast.formats.numbers, sheet)
        same = mould.sheet(cast, texts) == sheet
    except UnusualError:
        mould, same = None, False
    _moulds.put(cast.key, mould if same else None)


def forget() -> None:
    """Forget all moulds."""
    _moulds.clear()


def _mould(skeleton: bytes, count: int, numbers: frozenset[bytes], sheet: Sheet) -> Mould:
    """Return where the values stand. Raises `UnusualError` where a cell is written in another way, or is out of order."""
    places: list[tuple[int, int]] = []
    by_kind: dict[bytes, list[int]] = {b"n": [], b"s": [], b"str": [], b"inlineStr": []}
    formulas: list[int] = []
    at, row = 0, 0
    while at < len(skeleton):
        opened = _ROW.match(skeleton, at)
        if opened is None or int(opened[1]) <= row:
            raise UnusualError
        at, row, col = opened.end(), int(opened[1]), -1
        while not opened[2] and (cell := _CELL.match(skeleton, at)):
            if int(cell[2]) != row or column_number(cell[1].decode()) <= col:
                raise UnusualError
            at, col = cell.end(), column_number(cell[1].decode())
            style, kind, formula, filled = cell[3] or b"", cell[4] or b"n", cell[5], cell[6]
            if not filled:
                if formula:  # without a result
                    raise UnusualError
                continue
            if kind == b"n" and style not in numbers:
                raise UnusualError
            if formula:
                formulas.append(len(places))
            by_kind[kind].append(len(places))
            places.append((row - 1, col))
        if not opened[2]:
            if not skeleton.startswith(b"</row>", at):
                raise UnusualError
            at += len(b"</row>")
    if len(places) != count or not sheet.rows or not places:
        raise UnusualError
    # the values in the order of their kinds, and the blank behind them
    position = {places[n]: k for k, n in enumerate(n for kind in by_kind.values() for n in kind)}
    height, width = len(sheet.rows), len(sheet.rows[0])
    rectangle = [
        (row, col) for row in range(sheet.top, sheet.top + height) for col in range(sheet.left, sheet.left + width)
    ]
    if not position.keys() <= set(rectangle):
        raise UnusualError
    return Mould(
        skeleton=skeleton,
        top=sheet.top,
        left=sheet.left,
        width=width,
        figures=Picker(by_kind[b"n"]),
        shared=Picker(by_kind[b"s"]),
        results=Picker(by_kind[b"str"]),
        words=Picker(by_kind[b"inlineStr"]),
        order=Picker([position.get(place, count) for place in rectangle]),
        formulas=Picker(formulas),
        places=tuple(places[n] for n in formulas),
    )


_parse: Callable[[bytes], float] = float
"""Numbers as calamine gives them; what they mean is read elsewhere, exactly."""


def _read_figure(raw: bytes) -> float:
    """Return the number a cell holds. Raises `UnusualError`."""
    if not _FIGURE.fullmatch(raw):
        raise UnusualError
    try:
        return _parse(raw)
    except ValueError as error:
        raise UnusualError from error


def _is_zero(raw: bytes) -> bool:
    """Whether the number of a formula is 0. Raises `UnusualError` for a 0 that is written as nobody writes it."""
    if raw not in _ZEROS and not raw.strip(b"0."):
        raise UnusualError
    return raw in _ZEROS


def _read_result(raw: bytes) -> str:
    """Return the text of a formula. Raises `UnusualError`."""
    return _filled(raw, plain_text(raw, preserve=True))


def _word(raw: bytes) -> str:
    """Return a text that is written in the cell itself. Raises `UnusualError`."""
    if not raw.startswith((INLINE, PRESERVED)) or not raw.endswith(CLOSED):
        raise UnusualError
    return _filled(raw, plain_text(raw[1:-1], preserve=raw.startswith(PRESERVED)))


def _filled(raw: bytes, text: str) -> str:
    if not text or b"DISPIMG" in raw or "\4" in text:
        raise UnusualError
    return text


_figures = Worked(_read_figure, most=8_192, longest=20)
_zeros = Worked(_is_zero, most=8_192, longest=20)
_results = Worked(_read_result, most=1_024, longest=60)
"""Texts that many sheets have: ✓, 平, 0 处."""
