"""The sheets county.xlsx carries beside the return it is: their names and headings, and how its sources are read back.

county.xlsx is a return for the next level up. These sheets explain the figures and are not part of them, so reading
skips them, while a trace follows a figure through 来源 to the unit's cell.
"""

from __future__ import annotations

from collections.abc import Mapping
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
"""A contract: one row an addend. A row without 单位代码 is a 差额, its 单位 says why; 文件哈希 is blank for the 台账."""


def is_annex(name: str, rows: Rows) -> bool:
    """Whether a sheet is one of these: by its name and by its first lines."""
    return name in TITLES and bool(rows) and bool(rows[0]) and plain(rows[0][0]) == plain(TITLES[name])


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
    has an invalid figure.

    ``sheets`` are the rows of every sheet as calamine gives them. The addends add up to the figure; for a total the
    units' own totals are listed.
    """
    rows = sheets.get(SOURCES, ())
    top = next((n for n, row in enumerate(rows) if {*SOURCE_HEADINGS} <= {str(cell).strip() for cell in row}), None)
    if top is None:
        return []
    at = {heading: [str(cell).strip() for cell in rows[top]].index(heading) for heading in SOURCE_HEADINGS}
    found = []
    for row in rows[top + 1 :]:
        text = {heading: str(row[col]) if col < len(row) else "" for heading, col in at.items()}
        if text["指标代码"] == item:
            value = _exact(text["数值"])
            if value is None:
                return []
            found.append(
                Contribution(
                    item=item,
                    unit=text["单位代码"],
                    unit_name=text["单位"],
                    file=text["文件"],
                    sha256=text["文件哈希"],
                    sheet=text["工作表"],
                    cell=text["单元格"],
                    value=value,
                )
            )
    return found


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
