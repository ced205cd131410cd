"""The sheets of a workbook that are known but for their values, read without calamine; see `moulds`.

Calamine reads the frame of a workbook (its list of sheets, relations and formats) once for each that is different; the
texts that cells share are read by `shared`. A workbook of which any of that is unusual has no plain sheets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from pipeline.files.remembered import Remembered
from pipeline.model.submission import Sheet
from pipeline.road.read.cast import Cast, Formats, take_apart
from pipeline.road.read.looks import Hints
from pipeline.road.read.moulds import Texts, known_mould, learn
from pipeline.road.read.parser import UnreadableError, open_workbook, read_sheet, stored_zip
from pipeline.road.read.shared import UnusualError, shared_texts

_TEXTS, _STYLES = "xl/sharedStrings.xml", "xl/styles.xml"
_BESIDE = ("docProps/", "customXml/")
"""Parts that no reader of cells looks at, and that are different in every file."""
_frames: Remembered[tuple[tuple[str, bytes], ...], tuple[str, ...]] = Remembered(64)
_EXACT = (_TEXTS, _STYLES)
_NAMES = frozenset(name.lower() for name in _EXACT)
_SMALL = 1 << 15
"""Bytes of shared texts that may be those of the template alone, and so the same in many returns."""
_MOST_FORMATS = 4_000
_numbers: Remembered[bytes, frozenset[bytes]] = Remembered(64)
_MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = b"http://schemas.openxmlformats.org/package/2006/"
_SHEET = b'<worksheet xmlns="' + _MAIN + b'"><sheetData>%s</sheetData></worksheet>'
_PROBE_SHEET = "xl/worksheets/sheet1.xml"
_PROBE_PARTS = {
    "[Content_Types].xml": b'<Types xmlns="' + _PACKAGE + b'content-types"/>',
    "_rels/.rels": b'<Relationships xmlns="' + _PACKAGE + b'relationships"><Relationship Id="r1" Type="'
    + _RELATIONS + b'/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": b'<workbook xmlns="' + _MAIN + b'" xmlns:r="' + _RELATIONS
    + b'"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": b'<Relationships xmlns="' + _PACKAGE + b'relationships"><Relationship Id="r1" Type="'
    + _RELATIONS + b'/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}  # fmt: skip
"""A workbook of one sheet, to ask calamine about formats."""
_PROBE, _PROBED = b"45000.5", 45000.5
"""A number that every format for dates or times makes one of."""
Parts = Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainSheets:
    """The ``names`` of all sheets of a workbook, and those of its ``sheets`` that were read by their moulds.

    ``casts`` are the others that were taken apart, to be learnt when calamine has read them.
    """

    texts: Texts
    names: tuple[str, ...] = ()
    sheets: Mapping[str, Sheet] = field(default_factory=dict)
    casts: Mapping[str, Cast] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether nothing is left to calamine."""
        return bool(self.names) and len(self.sheets) == len(self.names)

    def learn(self, name: str, sheet: Sheet) -> None:
        """Learn from a sheet that calamine has read."""
        if cast := self.casts.get(name):
            learn(cast, sheet, self.texts)


NO_SHEETS = PlainSheets(texts=Texts(()))


def read_plainly(parts: Parts, named: Mapping[str, str], hints: Hints) -> PlainSheets:
    """Read what can be read so; ``named`` are the parts of the sheets by name.

    Nothing here raises: what is unusual is left out.
    """
    if any(name not in _EXACT and name.lower() in _NAMES for name in parts):
        return NO_SHEETS
    try:
        names = _sheet_names(parts, named)
        part = parts.get(_TEXTS, b"")
        texts = _known_texts(part) if len(part) <= _SMALL else _texts(part)
        if texts.may_be_marked and hints.strings:
            return NO_SHEETS
        numbers = _number_formats(parts.get(_STYLES, b""))
    except (UnusualError, UnreadableError):
        return NO_SHEETS
    formats = Formats(numbers=numbers, looks=frozenset(hints.looks), uncalculated=hints.uncalculated)
    sheets: dict[str, Sheet] = {}
    casts: dict[str, Cast] = {}
    for name in names:
        if name not in named:
            return NO_SHEETS
        try:
            cast = take_apart(parts[named[name]], formats)
            if mould := known_mould(cast):
                sheets[name] = mould.sheet(cast, texts)
            else:
                casts[name] = cast
        except UnusualError:
            continue
    return PlainSheets(texts=texts, names=names, sheets=sheets, casts=casts)


def _texts(part: bytes) -> Texts:
    """Return the shared texts. Raises `UnusualError`."""
    shared = shared_texts(part)
    return Texts(shared.texts, may_be_marked=shared.may_be_marked)


_known_texts = lru_cache(maxsize=16)(_texts)
"""The same for all returns whose own words stand in their cells."""


def _sheet_names(parts: Parts, named: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of all sheets, in their order. Raises `UnusualError` when two are alike, `UnreadableError`."""
    cells = {*named.values(), _TEXTS}
    frame = tuple((name, part) for name, part in parts.items() if name not in cells and not name.startswith(_BESIDE))
    names = _frames.get(frame)
    if names is None:
        names = tuple(open_workbook(stored_zip(dict(frame))).sheet_names)
        if len(set(names)) != len(names):
            raise UnusualError
        _frames.put(frame, names)
    return names


def _number_formats(styles: bytes) -> frozenset[bytes]:
    """Return the cell formats in which calamine gives a number, by asking it about each. Raises `UnreadableError`."""
    numbers = _numbers.get(styles)
    if numbers is None:
        count = min(styles.count(b"<xf "), _MOST_FORMATS)
        named = [b"", *(b"%d" % n for n in range(count))]
        cells = (
            b'<row r="%d"><c r="A%d"%s><v>%s</v></c></row>' % (row, row, b' s="%s"' % name if name else b"", _PROBE)
            for row, name in enumerate(named, 1)
        )
        parts = {**_PROBE_PARTS, _STYLES: styles, _PROBE_SHEET: _SHEET % b"".join(cells)}
        rows = read_sheet(open_workbook(stored_zip(parts)), "a").rows
        numbers = frozenset(name for name, row in zip(named, rows, strict=True) if row == [_PROBED])
        _numbers.put(styles, numbers)
    return numbers
