"""Foreign words on a screen: names of files and units say what they say, and nothing to the terminal."""

from __future__ import annotations

import re

from rich.markup import escape

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def word(text: str) -> str:
    """The text without what moves the cursor, reverses the line, or is markup: each such character shows as one mark."""
    return escape(_UNSEEN.sub("\ufffd", text))
