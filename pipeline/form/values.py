"""What a cell can say, and how a figure is printed: one way everywhere."""

from __future__ import annotations

from decimal import Decimal

Value = int | Decimal | str | None
"""A count is ``int``, money is ``Decimal``, text is ``str``, nothing certain is ``None``. Never a float."""

Figure = int | Decimal
"""An exact number."""


def print_figure(figure: Figure) -> str:
    """A figure as people read it: exact, without exponent or trailing zeros.

    >>> [print_figure(Decimal(text)) for text in ("59237.2449", "0.30", "12.0000", "1E+1", "-0.00")]
    ['59237.2449', '0.3', '12', '10', '0']
    """
    if not figure:
        return "0"
    text = format(figure, "f") if isinstance(figure, Decimal) else str(figure)
    return text.rstrip("0").rstrip(".") if "." in text else text
