"""What is cut out of a sheet does not depend on the sheet before it, though that is what is tried first."""

from __future__ import annotations

import pytest

from pipeline.road.read import cast
from pipeline.road.read.cast import Cast, Formats, take_apart
from pipeline.road.read.shared import UnusualError

PLAIN = Formats(numbers=frozenset([b""]), looks=frozenset(), uncalculated=False)
CELLS = b'<row r="1"><c r="A1"><v>5</v></c><c r="B1" t="s"><v>17</v></c></row><row r="2"><c r="A2" t="str"><f>A1</f><v>x</v></c></row>'


def cut(cells: bytes) -> Cast | str:
    try:
        return take_apart(b"<worksheet><sheetData>" + cells + b"</sheetData></worksheet>", PLAIN)
    except UnusualError:
        return "unusual"


CHANGED = {
    "other values": (CELLS.replace(b">5<", b">1234.5<").replace(b">17<", b"><"), [b"1234.5", b"", b"x"]),
    "another cell": (CELLS.replace(b"B1", b"C1"), [b"5", b"17", b"x"]),
    "another formula": (CELLS.replace(b"<f>A1", b"<f>A2"), [b"5", b"17", b"x"]),
    "an end that is missing": (CELLS.replace(b"17</v>", b"17"), None),
    "an end that is missing, and a value as much shorter": (CELLS.replace(b"17</v></c></row><row", b"<row"), None),
    "nothing behind the last value": (CELLS[: CELLS.rindex(b"</v>")], None),
    "an end within a value": (CELLS.replace(b">17<", b">17</v></c><"), [b"5", b"17", b"x"]),
    "a tag within a value": (CELLS.replace(b">17<", b">1<b/>7<"), None),
    "a byte that no XML holds": (CELLS.replace(b">17<", b">1\x007<"), None),
    "no values": (b'<row r="1"><c r="A1"/></row>', []),
}


@pytest.mark.parametrize("name", CHANGED)
def test_the_frame_of_the_sheet_before(name: str) -> None:
    cells, values = CHANGED[name]
    cast._frames.clear()
    alone = cut(cells)
    assert (None if isinstance(alone, str) else alone.values) == values
    cast._frames.clear()
    before = cut(CELLS)
    assert isinstance(before, Cast)
    assert (before.values, len(cast._frames._found)) == ([b"5", b"17", b"x"], 1)
    assert cut(cells) == alone
    assert cut(CELLS) == before
