"""The sheets county.xlsx carries beside the return it is: their names and headings, and how its sources are read back.

county.xlsx is a return for the next level up. These sheets explain the figures and are not part of them, so reading
skips them, while a trace follows a figure through 来源 to the unit's cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from pipeline.form import Figure
from pipeline.layout import plain
from pipeline.model.county import Contribution
from pipeline.workbook.cells.grid import Rows

STATES, FINDINGS, CHANGES, DIFFERENCES, GROUPS, CHARTS, ARRIVALS, VERSIONS, MATRIX, TEXTS, SOURCES = (
    "报送情况", "问题清单", "变动", "差额表", "分类小计", "图表", "来件清单", "版本对照", "分单位数据", "文字材料汇总", "来源",
)  # fmt: skip
TITLES: Mapping[str, str] = {
    STATES: "报送情况",
    FINDINGS: "问题清单",
    CHANGES: "变动：与上一次汇总相比",
    DIFFERENCES: "差额表：汇总数与各单位之和相差的每一笔",
    GROUPS: "分类小计：各类单位之和、差额与汇总数",
    CHARTS: "图表：本年的政府信息公开申请",
    ARRIVALS: "来件清单",
    VERSIONS: "版本对照：同一单位报了几份，哪里不一样",
    MATRIX: "分单位数据",
    TEXTS: "文字材料汇总",
    SOURCES: "来源：每个汇总数由哪些单元格相加而成",
}
"""By sheet name what stands in its first cell; in this order they follow the sheets of the return."""

MISSING, PROVISIONAL = "尚缺：", "经认可暂计入："
"""How the second row of every sheet names the units that are missing, and those that count for the time being."""

SOURCE_HEADINGS = ("指标代码", "指标", "单位代码", "单位", "文件", "工作表", "单元格", "数值", "文件哈希")
"""A contract: one row an addend. A row without 单位代码 is a 差额, its 单位 says why; 文件哈希 is blank for the 台账.

A row without 文件 stands for all units that have no row of their own for its figure: each of them reports 0 in that cell.
A row without 指标代码 is a counted unit with its file. A sheet in which every 0 has its own row is read alike.
"""
REST, UNLISTED = "其余", "（没有单列的指标都是 0）"
"""What stands in 单位代码 of the row without 文件, and in 指标 of the row without 指标代码."""

_PART = re.compile(r"\(第\d+张,共\d+张\)$")


def part_name(name: str, number: int) -> str:
    """Return the name of one of the sheets over which a long list is spread: 来源, 来源2, 来源3."""
    return name if number == 1 else f"{name}{number}"


def part_title(name: str, number: int, count: int) -> str:
    """Return what stands in the first cell of that sheet; it says when there are more than one.

    >>> part_title("来件清单", 1, 1), part_title("来件清单", 2, 3)
    ('来件清单', '来件清单（第 2 张，共 3 张）')
    """
    return TITLES[name] + (f"（第 {number} 张，共 {count} 张）" if count > 1 else "")


def is_annex(name: str, rows: Rows) -> bool:
    """Whether a sheet is one of these: by its name and by its first lines."""
    title = TITLES.get(name.rstrip("0123456789"))
    return title is not None and bool(rows) and bool(rows[0]) and _PART.sub("", plain(rows[0][0])) == plain(title)


def find_lacking(sheets: Mapping[str, Rows]) -> str:
    """Return who was missing or provisionally counted when this county.xlsx was written; empty if nobody.

    >>> find_lacking({STATES: [["报送情况"], ["汇总单位：某县　已计入 1 / 2 个单位　尚缺：甲镇"]]})
    '尚缺：甲镇'
    """
    rows = sheets.get(STATES, ())
    banner = str(rows[1][0]) if len(rows) > 1 and rows[1] and is_annex(STATES, rows) else ""
    return "；".join(part for part in banner.split("　") if part.startswith((MISSING, PROVISIONAL)))


def missing_in(words: str) -> str:
    """Return the missing units of `find_lacking`, without the provisionally counted ones.

    >>> missing_in("尚缺：甲镇、乙镇；经认可暂计入：丙镇"), missing_in("经认可暂计入：丙镇")
    ('甲镇、乙镇', '')
    """
    return next((part.removeprefix(MISSING) for part in words.split("；") if part.startswith(MISSING)), "")


def sources_in(sheets: Mapping[str, Rows], item: str) -> list[Contribution]:
    """Return the addends of one figure from the 来源 of a county.xlsx, in its order; none when the sheet is missing or
    has an invalid figure. Units that are told of together are given each by itself.

    ``sheets`` are the rows of every sheet as calamine gives them. The addends add up to the figure; for a total the
    units' own totals are listed.
    """
    listed: list[dict[str, str]] = []
    units: list[dict[str, str]] = []
    for row in _source_rows(sheets):
        if row["指标代码"] == item:
            listed.append(row)
        elif not row["指标代码"] and row["文件"]:
            units.append(row)
    found = [_addend(row, item) for row in _each_by_itself(listed, units)]
    return [] if None in found else [addend for addend in found if addend is not None]


def is_sources(name: str) -> bool:
    """Whether a sheet is named like 来源 or one of the sheets that continue it."""
    return name.rstrip("0123456789") == SOURCES


def _source_rows(sheets: Mapping[str, Rows]) -> Iterator[dict[str, str]]:
    """Yield the rows of 来源 and the sheets that continue it, by their headings."""
    names = sorted((name for name in sheets if is_sources(name)), key=lambda name: (len(name), name))
    for rows in (sheets[name] for name in names):
        top = next((n for n, row in enumerate(rows) if {*SOURCE_HEADINGS} <= {str(cell).strip() for cell in row}), None)
        if top is None:
            continue
        headings = [str(cell).strip() for cell in rows[top]]
        at = [(heading, headings.index(heading)) for heading in SOURCE_HEADINGS]
        for row in rows[top + 1 :]:
            yield {heading: str(row[col]) if col < len(row) else "" for heading, col in at}


def _each_by_itself(listed: Sequence[dict[str, str]], units: Sequence[dict[str, str]]) -> Iterator[dict[str, str]]:
    """Yield the rows of one figure, in the order of the units where a row stands for several of them."""
    rest = next((row for row in listed if row["单位代码"] and not row["文件"]), None)
    if rest is None:
        yield from listed
        return
    own = {row["单位代码"]: row for row in listed if row["单位代码"] and row["文件"]}
    for unit in units:
        told = {key: unit[key] for key in ("单位代码", "单位", "文件", "文件哈希")}
        yield own.pop(unit["单位代码"], rest | told)
    yield from own.values()
    yield from (row for row in listed if not row["单位代码"])


def _addend(row: Mapping[str, str], item: str) -> Contribution | None:
    value = _exact(row["数值"])
    if value is None:
        return None
    return Contribution(
        item=item,
        unit=row["单位代码"],
        unit_name=row["单位"],
        file=row["文件"],
        sha256=row["文件哈希"],
        sheet=row["工作表"],
        cell=row["单元格"],
        value=value,
    )


def _exact(shown: str) -> Figure | None:
    """Return a figure exactly; the shortest text of a float is what was typed.

    >>> _exact("3.0"), _exact("59237.2449"), _exact("三"), _exact("inf")
    (3, Decimal('59237.2449'), None, None)
    """
    try:
        value = Decimal(shown)
    except InvalidOperation:
        return None
    if not value.is_finite():
        return None
    return int(value) if value == value.to_integral_value() else value
