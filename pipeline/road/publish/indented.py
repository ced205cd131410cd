"""JSON with every value on a line of its own, piece by piece.

Python indents JSON in Python, value by value. Here the innermost lists and objects, which are nearly all of a run.json,
go through the encoder written in C; the text is the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any


def indented(value: Any, margin: str = "\n") -> Iterator[str]:
    """Yield the text that ``json.dumps(value, ensure_ascii=False, indent=1)`` returns; an iterator counts as a list.

    >>> "".join(indented({"甲": [], "乙": iter([1, {"丙": None}])}))
    '{\\n "甲": [],\\n "乙": [\\n  1,\\n  {\\n   "丙": null\\n  }\\n ]\\n}'
    """
    inner = margin + " "
    if isinstance(value, dict):
        if not any(map(_has_parts, value.values())):
            yield _flat(value, margin)
            return
        begin = "{"
        for key, part in value.items():
            yield f"{begin}{inner}{_encoder(inner).encode(key)}: "
            yield from indented(part, inner)
            begin = ","
        yield margin + "}"
    elif isinstance(value, Iterator) or (isinstance(value, list | tuple) and any(map(_has_parts, value))):
        begin = "["
        for part in value:
            yield begin + inner
            yield from indented(part, inner)
            begin = ","
        yield "[]" if begin == "[" else margin + "]"
    else:
        yield _flat(value, margin)


def _has_parts(value: object) -> bool:
    """Whether it is written on more than one line."""
    return isinstance(value, Iterator) or (isinstance(value, dict | list | tuple) and bool(value))


def _flat(value: Any, margin: str) -> str:
    """The text of a value without parts of its own."""
    inner = margin + " "
    text = _encoder(inner).encode(value)
    return f"{text[0]}{inner}{text[1:-1]}{margin}{text[-1]}" if _has_parts(value) else text


@cache
def _encoder(inner: str) -> json.JSONEncoder:
    return json.JSONEncoder(ensure_ascii=False, separators=("," + inner, ": "))
