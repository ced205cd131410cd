"""The line on top of 校验 that tells whether the workbook can be sent in, and the switch for units with nothing to
report. The counts exist twice: as Excel formulas, and as the cached results beside them.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.form import Form, Item
from pipeline.layout.address import Place

STATUS, NOTHING = "status", "nothing_received"
"""The defined names of the line, and of the cell that says 是 where there were no requests and no cases."""
EXTRA_LACKING, EXTRA_BROKEN = "extra_lacking", "extra_broken"
"""Cells of the hidden sheet with what the sheet 本地指标 adds to the counts."""
NOTHING_LABEL = "本年没有收到申请，也没有复议诉讼"
NOTHING_NOTE = "选“是”，表三、表四空着的格子按填了 0 计；只要有一件，就选“否”或空着，逐格填写。"
YES, NO = "是", "否"
NOTHING_TABLES = frozenset({"t3", "t4"})


def due_items(form: Form, places: Mapping[str, Place]) -> list[Item]:
    """Return the items every unit must fill in, as far as the workbook has a cell for them."""
    return [
        item for item in form.items if item.mode == "entered" and item.numeric and item.required and item.code in places
    ]


def status_text(lacking: int, broken: int, doubtful: int) -> str:
    """What the line says.

    >>> status_text(3, 1, 0)
    '还差 3 格未填，1 处不平，不能报送'
    >>> status_text(0, 0, 2)
    '可以报送；有 2 处要核实，数字无误的请写出错说明'
    """
    if lacking or broken:
        return f"还差 {lacking} 格未填，{broken} 处不平，不能报送"
    return "可以报送" + (f"；有 {doubtful} 处要核实，数字无误的请写出错说明" if doubtful else "")


def status_formula(lacking: str, broken: str, doubtful: str) -> str:
    """The same as a formula over the three counts."""
    ready = f'"可以报送"&IF({doubtful}>0,"；有 "&{doubtful}&" 处要核实，数字无误的请写出错说明","")'
    return f'IF({lacking}+{broken}=0,{ready},"还差 "&{lacking}&" 格未填，"&{broken}&" 处不平，不能报送")'
