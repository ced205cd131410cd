"""A figure as a person sees it, compared with the stored one: the visible figure counts. A unit in the format
(``0"元"``) is read as if it were typed; any other difference is uncertain and gets a finding.
"""

from __future__ import annotations

from decimal import Decimal

from pipeline.form import Item
from pipeline.model.submission import Look, Repair
from pipeline.workbook.cells.formats import draw_number
from pipeline.workbook.cells.normalise import CellReading, as_shown, read_number

_NOTHING = frozenset({"无", "没有", "-", "—", "－", "–", "/"})
"""What a format may show for 0, and everybody reads as 0."""


def read_look(raw: object, look: Look, item: Item) -> CellReading | None:
    """Read the figure that a cell of ``item`` shows; ``None`` when it shows the stored value.

    >>> fee = Item(code="x", table="t", row_path=("收费",), column_path=(), kind="money", scale=4, unit="万元")
    >>> str(read_look(2277820.0, Look(format='0"元"'), fee).value), read_look(12.5, Look(format="0.00"), fee)
    ('227.7820', None)
    >>> read_look(12345.0, Look(format='0!.0,"万"'), fee).reason, read_look(7.0, Look(format=";;;"), fee).reason
    ('表上显示的是“1.2万”，存的却是 12345', '表上什么也没有显示，存的却是 7')
    """
    if look.marked:
        return CellReading(reason="有划掉的、上标或下标的字，不能确定是哪个数", shown=look.shows or as_shown(raw))
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    stored = Decimal(repr(raw))
    if not stored.is_finite():
        return None
    text = look.shows if look.shows is not None else draw_number(look.format, stored)
    if text is None:
        return CellReading(reason=f"显示格式“{look.format}”看不出是什么数，存的是 {as_shown(raw)}", shown=as_shown(raw))
    if stored == 0 and text in _NOTHING:
        return None
    seen = read_number(text, item)
    if seen.value is not None and not seen.reason:
        same = isinstance(seen.value, int | Decimal) and seen.value == stored
        return None if same else _convert(seen, stored) or _differs(raw, text)
    return _differs(raw, text)


def _convert(seen: CellReading, stored: Decimal) -> CellReading | None:
    """The reading of a figure whose unit is in its format; ``None`` where more than the unit differs."""
    if Repair.CONVERTED not in seen.repairs or not isinstance(seen.value, int | Decimal):
        return None
    return seen if seen.value in (stored / 10_000, stored * 10_000) else None


def _differs(raw: object, text: str) -> CellReading:
    seen = f"表上显示的是“{text}”" if text else "表上什么也没有显示"
    return CellReading(reason=f"{seen}，存的却是 {as_shown(raw)}", shown=text or "（空白）")
