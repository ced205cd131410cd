"""The look of a number under a number format, to be compared with the stored number.

`EXAMPLES` is the table that decides; it is the test as well. ``None`` means that the look is unknown (dates, fractions,
exponents) and a person must be asked. Source: ECMA-376 part 1, 18.8.30 and 18.8.31.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

BUILT_IN: Mapping[int, str] = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00",
    5: '"￥"#,##0;-"￥"#,##0', 6: '"￥"#,##0;-"￥"#,##0', 7: '"￥"#,##0.00;-"￥"#,##0.00', 8: '"￥"#,##0.00;-"￥"#,##0.00',
    9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
    37: "#,##0_ ;-#,##0_ ", 38: "#,##0_ ;-#,##0_ ", 39: "#,##0.00_ ;-#,##0.00_ ", 40: "#,##0.00_ ;-#,##0.00_ ",
    41: '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ ', 42: '_ "￥"* #,##0_ ;_ "￥"* -#,##0_ ;_ "￥"* "-"_ ;_ @_ ',
    43: '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ',
    44: '_ "￥"* #,##0.00_ ;_ "￥"* -#,##0.00_ ;_ "￥"* "-"??_ ;_ @_ ',
    48: "##0.0E+0", 49: "@",
}  # fmt: skip
"""The formats a workbook names by number only; dates and times are left out, a reader makes dates of them."""

EXAMPLES: Sequence[tuple[str, str, str | None]] = (
    ("General", "7", "7"), ("@", "7", "7"), ("0", "7", "7"), ('0"件"', "7", "7件"), ("0_ ", "7", "7"),
    ("#,##0", "1234", "1,234"), ("0.00", "12.5", "12.50"), ("0.0", "12.34", "12.3"), ("0", "12.5", "13"),
    ("00000", "7", "00007"), ("#", "0", ""), ("#,###", "0", ""), (";;;", "7", ""), ("-0", "7", "-7"),
    ('0"元"', "2277820", "2277820元"), ("0元", "5", "5元"), ('"￥"#,##0.00', "1234.5", "￥1,234.50"),
    ("[$￥-804]#,##0", "1234", "￥1,234"), ("[$-804]0", "7", "7"), ('0.0,"万"', "12345", "12.3万"),
    ('0!.0,"万"', "12345", "1.2万"), ('0\\.0,"万"', "12345", "1.2万"), ("0%", "7", "700%"), ("0.0%", "0.125", "12.5%"),
    ("0;(0)", "-7", "(7)"), ("0;0", "-7", "7"), ('0;-0;"无"', "0", "无"), ('_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ ', "0", "-"),
    ("[红色]0", "7", "7"), ("[Red][>100]0;0", "7", None), ("[DBNum1]0", "7", None), ("yyyy-m-d", "7", None),
    ("# ?/?", "7.5", None), ("0.00E+00", "7", None), ('"共"0"件"', "7", "共7件"), ("0*-", "7", "7"), ("0,", "12000", "12"),
    ("#,##0.####", "12.5", "12.5"), ("0.####", "7", "7."), ('General"件"', "7", "7件"),
)  # fmt: skip

_TOKEN = re.compile(
    r'"([^"]*)"|\\(.)|!(.)|_(.)|\*(.)|\[([^\]]*)\]|(General|G/通用格式)|([0#?][0#?,]*)|(\.)|(%)|(.)', re.I | re.S
)
_PLAIN = re.compile(r"General|G/通用格式|@", re.I)
_COLOUR = re.compile(
    r"(?:black|blue|cyan|green|magenta|red|white|yellow|color ?\d+|颜色 ?\d+|[黑蓝绿红白黄青洋]+色?|[蓝青洋红]+)", re.I
)
_UNKNOWN = re.compile(r"[ymdhsaegbYMDHSAEGB年月日时分秒]|/|E[+-]", re.I)


def is_plain(code: str) -> bool:
    """Whether a number under ``code`` looks as it is stored."""
    return _PLAIN.fullmatch(code) is not None


@lru_cache(maxsize=4096)
def draw_number(code: str, value: Decimal) -> str | None:
    """Return what a cell of that format shows for ``value``; ``None`` when unknown.

    >>> [text for code, value, text in EXAMPLES if draw_number(code, Decimal(value)) != text]
    []
    """
    sections = _sections(code)
    bare = [_strip_section(section) for section in sections]
    if any(section is None for section in bare):
        return None
    at = 0
    if len(sections) > 1 and value < 0:
        at = 1
    elif len(sections) > 2 and value == 0:
        at = 2
    text = _section(bare[at] or "", abs(value) if at == 1 else value)
    return None if text is None else text.strip()


def _sections(code: str) -> list[str]:
    """The parts for positive, negative, zero and text."""
    parts, depth, current = [], False, ""
    escaped = False
    for char in code:
        if escaped:
            current, escaped = current + char, False
        elif char == ";" and not depth:
            parts.append(current)
            current = ""
            continue
        else:
            current += char
            depth = depth != (char == '"')
            escaped = char in "\\!_*" and not depth
    return [*parts, current]


def _strip_section(section: str) -> str | None:
    """Return a section without colours and with its currency text; ``None`` for a condition or a numeral system."""

    def bracket(match: re.Match[str]) -> str:
        inside = match[1]
        if inside.startswith("$"):
            return '"' + inside[1:].partition("-")[0] + '"'
        return "" if _COLOUR.fullmatch(inside) else "\0"

    text = re.sub(r"\[([^\]]*)\]", bracket, section)
    return None if "\0" in text else text


def _section(section: str, value: Decimal) -> str | None:
    """Draw one section: digits in its placeholders, everything between unchanged."""
    if not section:
        return ""
    pieces: list[str | None] = []  # None marks where digits stand
    places: list[str] = []
    point, percent, literal_unknown = -1, 0, False
    for match in _TOKEN.finditer(section):
        quoted, escaped, shrieked, blank, filler, _, general, digits, dot, sign, other = match.groups()
        if quoted is not None or escaped or shrieked:
            pieces.append(quoted or escaped or shrieked or "")
        elif blank or filler:
            pieces.append(" " if blank else "")
        elif general:
            pieces.append(format(value.normalize(), "f"))
        elif digits:
            places.append(digits)
            pieces.append(None)
        elif dot:
            point = len(places) if point < 0 else point
            pieces.append(".")
        elif sign:
            percent += 1
            pieces.append("%")
        elif other == "@":
            pieces.append(format(value.normalize(), "f"))
        else:
            literal_unknown = literal_unknown or bool(_UNKNOWN.match(section[match.start() :]))
            pieces.append(other or "")
    if literal_unknown:
        return None
    # a section of literals only, such as "无"
    if not places:
        return "".join(piece or "" for piece in pieces)
    return _digits(pieces, places, len(places) if point < 0 else point, value * 100**percent)


def _digits(pieces: Sequence[str | None], places: Sequence[str], point: int, value: Decimal) -> str | None:
    """Fill the digits of ``value`` into the pieces; placeholders before and behind the ``point`` are filled separately."""
    whole_places, decimal_places = places[:point], places[point:]
    pattern, decimals = "".join(whole_places), "".join(decimal_places)
    thousands = 0
    for run in (decimals, pattern):
        thousands += len(run) - len(run.rstrip(","))
    grouped = "," in pattern.rstrip(",")
    pattern, decimals = pattern.replace(",", ""), decimals.replace(",", "")
    scaled = (value / Decimal(1000) ** thousands).quantize(Decimal(1).scaleb(-len(decimals)), ROUND_HALF_UP)
    sign, text = ("-" if scaled < 0 else ""), format(abs(scaled), "f")
    whole, _, fraction = text.partition(".")
    least = len(pattern) - len(pattern.lstrip("#")) if pattern.strip("#") == "" else len(pattern.lstrip("#"))
    least = 0 if pattern.strip("#") == "" else least
    whole = ("" if whole == "0" else whole).rjust(least, "0")
    keep = len(decimals.rstrip("#"))
    fraction = fraction[:keep] + fraction[keep:].rstrip("0")
    return sign + _place_digits(pieces, whole_places, whole, fraction, grouped=grouped)


def _place_digits(
    pieces: Sequence[str | None], whole_places: Sequence[str], whole: str, fraction: str, *, grouped: bool
) -> str:
    """Put digits into the placeholders: whole ones from the right, so that text between them keeps its place."""
    runs: list[str] = []
    left = whole
    for run in reversed(whole_places):
        size = len(run.replace(",", ""))
        runs.append(left[-size:] if size < len(left) else left)
        left = left[: max(len(left) - size, 0)]
    runs.reverse()
    if runs:
        runs[0] = left + runs[0]
        if grouped and len(runs) == 1:
            runs[0] = f"{int(runs[0]):,}" if runs[0] else ""
    found = iter([*runs, fraction])
    return "".join(next(found, "") if piece is None else piece for piece in pieces)
