"""Names of files and units on a terminal: control characters and markup in them have no effect."""

from __future__ import annotations

import re

from rich.markup import escape

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def word(text: str) -> str:
    """Return the text with every character that moves the cursor, reverses the line or opens markup replaced by a
    visible mark.
    """
    return escape(_UNSEEN.sub("\ufffd", text))
