"""修改意见, the first sheet of a correction: the findings, row by row, with the cells for the unit's reasons. The
correction that comes back is read like any return; this module matches its reasons with their findings. The rule and
the item of a row are in hidden columns, and every reason cell carries a name, ``reason_<row number>``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

SHEET = "修改意见"
HEADINGS = ("序号", "级别", "规则", "工作表", "单元格", "问题", "填报", "应为", "怎么办", "出错说明")
KEYS = ("规则代码", "指标代码", "原底色")
"""The headings of the hidden columns: a finding's rule and what it was asked over, its item, and the fill its cell had before it was marked."""

REASON = HEADINGS.index("出错说明")
NAME = re.compile(r"(reason|marked)_\d+")


def reason_name(number: int) -> str:
    """The defined name of the cell for the reason in row ``number``, counted from 1."""
    return f"reason_{number}"


def mark_name(number: int) -> str:
    """Return the defined name of the cell that row ``number`` is about; it moves with the cell."""
    return f"marked_{number}"


def opinion_rows(rows: Sequence[Sequence[object]]) -> list[dict[str, str]]:
    """The rows of a 修改意见 sheet by heading, the hidden ones too; none if the headings are not there."""
    texts = [["" if cell is None else str(cell).strip() for cell in row] for row in rows]
    wanted = {*HEADINGS, *KEYS}
    for number, row in enumerate(texts):
        if wanted <= set(row):
            at = {heading: row.index(heading) for heading in wanted}
            return [
                {heading: line[col] if col < len(line) else "" for heading, col in at.items()}
                for line in texts[number + 1 :]
                if any(line)
            ]
    return []


def given_reasons(rows: Sequence[Sequence[object]]) -> Mapping[tuple[str, str], str]:
    """Yield the reasons under 出错说明, by subject and item of the finding.

    >>> head = [*HEADINGS, *KEYS]
    >>> row = ["1", "核实性", "Y4", "表三", "D6", "…", "9", "3", "…", "集中办理", "Y4", "t3.received.natural", ""]
    >>> dict(given_reasons([["退改意见"], head, row]))
    {('Y4', 't3.received.natural'): '集中办理'}
    """
    return {
        (row["规则代码"], row["指标代码"]): row["出错说明"]
        for row in opinion_rows(rows)
        if row["规则代码"] and row["出错说明"]
    }
