"""How the requests of a year break down: by result and by applicant. What charts show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pipeline.form import Form, Value

_NUMBERING = re.compile(r"^（[一二三四五六七八九十]+）|（.*）$")
RECEIVED = "t3.received"
_MOST = 10
"""Units of a chart; the others are one row."""


def by_result(form: Form, figures: Mapping[str, Value]) -> list[tuple[str, int]]:
    """Return the groups of 三、本年度办理结果 with their sums: 予以公开 … 其他处理."""
    groups: dict[str, int] = {}
    for item in form.of_table("t3"):
        if item.code.endswith(".total") and len(item.row_path) > 1 and not item.code.startswith("t3.total."):
            label = _NUMBERING.sub("", _NUMBERING.sub("", item.row_path[1]))
            groups[label] = groups.get(label, 0) + _count(figures.get(item.code))
    return list(groups.items())


def by_applicant(form: Form, figures: Mapping[str, Value]) -> list[tuple[str, int]]:
    """Return the new requests of every kind of applicant: 自然人, 商业企业 …."""
    items = [item for item in form.of_table("t3") if item.code.startswith(f"{RECEIVED}.")]
    return [
        (item.column_path[-1], _count(figures.get(item.code))) for item in items if not item.code.endswith(".total")
    ]


def most_first(counts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return the units with the most, the others in one row; units without any are left out.

    >>> most_first([("甲", 1), ("乙", 3), ("丙", 0)])
    [('乙', 3), ('甲', 1)]
    """
    ordered = sorted((pair for pair in counts if pair[1]), key=lambda pair: -pair[1])
    rest = ordered[_MOST:]
    return ordered[:_MOST] + ([(f"其余 {len(rest)} 个单位", sum(count for _, count in rest))] if rest else [])


def _count(value: Value) -> int:
    return value if isinstance(value, int) else 0
