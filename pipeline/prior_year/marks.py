"""Letters that a document strikes out, raises or lowers, written as Unicode writes them.

Numbers with such letters are refused, and the finding shows them as the document does. Source: Unicode 15, chapter 7.9
(combining long stroke overlay) and superscripts and subscripts (U+2070 to U+209F).
"""

from __future__ import annotations

from typing import Literal

Mark = Literal["struck", "raised", "lowered"]

_STROKE = "\u0336"
_RAISED = str.maketrans("0123456789+-=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾")
_LOWERED = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")


def mark_text(text: str, marks: frozenset[Mark]) -> str:
    """Return the text with these marks; blanks get none.

    >>> mark_text("12 件", frozenset({"raised"})), mark_text("12", frozenset({"lowered"}))
    ('¹² 件', '₁₂')
    >>> mark_text("8 9", frozenset({"struck"})) == "8\u0336 9\u0336"
    True
    """
    if "raised" in marks:
        text = text.translate(_RAISED)
    elif "lowered" in marks:
        text = text.translate(_LOWERED)
    if "struck" in marks:
        text = "".join(letter if letter.isspace() else letter + _STROKE for letter in text)
    return text
