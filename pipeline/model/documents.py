"""Document numbers (文号) as units list them; one that several units list is a joint document (联合发文)."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

_SPLIT = re.compile(r"[;；,，、\s]+")
_OPENING, _CLOSING = re.compile(r"[\[［【(（]"), re.compile(r"[\]］】)）]")
_SPACED = re.compile(r"\s*(〔\d{4}〕)\s*第?\s*(\d+)\s*号")
_USUAL = re.compile(r"[一-鿿A-Za-z]+〔\d{4}〕\d+号")


def document_numbers(text: str) -> tuple[str, ...]:
    """Return the numbers a text lists, each once, with brackets, digits and spaces normalised.

    >>> document_numbers("方政发〔2024〕3号；《某通知》（方政办发[2024] 第７ 号）")
    ('方政发〔2024〕3号', '方政办发〔2024〕7号')
    """
    return tuple(dict.fromkeys(_numbers(alike(text))))


def alike(text: str) -> str:
    """A text with all brackets written as 〔 and 〕, and its document numbers without spaces.

    >>> alike("见方政发（2024） 3 号")
    '见方政发〔2024〕3号'
    """
    brackets = _OPENING.sub("〔", _CLOSING.sub("〕", unicodedata.normalize("NFKC", text)))
    return _SPACED.sub(r"\1\2号", brackets)


def list_owners(listed: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    """Document number to those that list it, in order; ``listed`` are pairs of a lister and its text."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for lister, text in listed:
        for number in document_numbers(text):
            found[number][lister] = None
    return {number: tuple(listers) for number, listers in found.items()}


def _numbers(text: str) -> Iterator[str]:
    """Yield numbers of the usual form anywhere in a part; a part of another form that names a 号 is taken unchanged."""
    for part in _SPLIT.split(text):
        usual = _USUAL.findall(part)
        if usual:
            yield from usual
        elif "号" in part and any(char.isdigit() for char in part):
            yield part
