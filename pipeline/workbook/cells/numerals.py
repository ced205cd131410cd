"""Chinese numerals: read only what is a complete, well-formed number.

A numeral is accepted when writing its value out again gives the same characters; so ``一百五`` (150 or 105?), ``二〇``
and every approximate form (``三十多``, ``数十``) fall through.
"""

from __future__ import annotations

_DIGITS = "零一二三四五六七八九"
_PLACES = ("", "十", "百", "千")
_GROUPS = ("", "万", "亿")
_FORMAL = str.maketrans("〇两壹贰叁肆伍陆柒捌玖拾佰仟萬億", "零二一二三四五六七八九十百千万亿")


def read_numeral(text: str) -> int | None:
    """The number a Chinese numeral states exactly, or ``None``.

    >>> [read_numeral(text) for text in ("三", "十二", "一百零五", "两", "〇", "一万二千", "一百五", "三十多")]
    [3, 12, 105, 2, 0, 12000, None, None]
    """
    plain = text.translate(_FORMAL)
    if not plain or any(char not in _DIGITS and char not in "十百千万亿" for char in plain):
        return None
    value = _value(plain)
    return value if plain in _written(value) else None


def _value(text: str) -> int:
    """Add the groups up without asking whether they are well formed; `read_numeral` asks by writing it out again."""
    total = group = digit = 0
    for char in text:
        if char in _DIGITS:
            digit = _DIGITS.index(char)
        elif char in _PLACES:
            group += (digit or 1) * 10 ** _PLACES.index(char)
            digit = 0
        else:
            total += (group + digit) * 10 ** (4 * _GROUPS.index(char))
            group = digit = 0
    return total + group + digit


def _written(value: int) -> set[str]:
    """The accepted ways to write a number below 10¹².

    Both 十 and 一十 may begin it; after a group that ends in a zero, a full thousand goes with 零 or without.
    """
    if value == 0:
        return {"零"}
    texts = set()
    for optional in (True, False):
        text = ""
        for level in (2, 1, 0):
            before, group = divmod(value // 10 ** (4 * level), 10_000)
            if group:
                zero = bool(text) and (group < 1000 or before % 10_000 == 0 or (before % 10 == 0 and optional))
                text += ("零" if zero else "") + _group(group) + _GROUPS[level]
        texts |= {text, text.removeprefix("一") if text.startswith("一十") else text}
    return texts


def _group(value: int) -> str:
    text, gap = "", False
    for place in (3, 2, 1, 0):
        digit = value // 10**place % 10
        if digit:
            text += ("零" if gap and text else "") + _DIGITS[digit] + _PLACES[place]
            gap = False
        else:
            gap = True
    return text
