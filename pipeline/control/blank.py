"""The blank 台账: every sheet with its columns, drop-downs and a line of advice. Nothing in it is an example."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipeline.control.local import AGGREGATIONS, INDICATOR_KINDS, SEVERITIES
from pipeline.form import Form
from pipeline.model import control as model
from pipeline.model.control import BLANKS, COLUMNS, LEVELS, PROFILE_KEYS, UNIT_TYPES
from pipeline.model.decisions import Treatment
from pipeline.workbook.sheets import Inks, lines_height, page

_ADVICE: Mapping[str, str] = {
    model.ROSTER: "每个填报单位一行。单位代码定下后不要再改；别名之间用分号隔开；计入汇总空着就是“是”，不计入的单位（如垂直管理）填“否”。",
    model.PROFILE: "报告封面和联系方式用到的内容。期限写成 2025-01-20 的样式，退改期限印在退改说明里；空白处理填“退回”或“按0计”。",
    model.WAIVERS: "本年度不用报送的单位，写明理由和批准人；少一样就不生效。",
    model.ADJUSTMENTS: "汇总数与各单位之和的差额：写指标代码（如 t3.received.natural）、正负数、理由和批准人。",
    model.ACCEPTANCES: "对某单位某条规则的问题予以认可：写单位代码（汇总的问题写汇总单位的名称）、规则编号、理由和批准人。"
    "只对写明或首次使用时的数有效，数变了要重新认可。",
    model.CLAIMS: "认不出是谁报的文件，或一个单位报了几份：写文件名或哈希（见运行结果）、单位代码、理由和批准人；处理写“采用”或“不采用”。",
    model.CORRECTIONS: "上年年报的数有误的，在这里更正：写单位代码、指标代码（如 t3.carried_out.natural）、上年应为多少、理由和批准人。",
    model.EXPLANATIONS: "上报给上一级时，对核实性问题的说明：写规则编号（如 Y4；只说其中一条的写 P4.other）和说明。数字变了，说明也要重写。",
    model.TEXTS: "县级报告的文字，一行一个小节；数字会由程序自动写成句子，这里不用再写；自动句子写“不要”的，只印这里的文字，数照样核对。",
    model.INDICATORS: "本地要多收的指标，一行一个，下发时印成“本地指标”表。代码用小写英文；金额写小数位；适用类型空着是全部单位，几类用顿号隔开。",
    model.RULES: "本地要多核对的算式，编号写 B1、B2……，如 local.trainings_online <= info.trainings；问题里可用 {左边} {右边} {差额} {各项}。",
}
_WIDTHS: Mapping[str, int] = {
    "单位代码": 12, "统一社会信用代码": 22, "单位名称": 30, "别名": 24, "类型": 8, "计入汇总": 10, "联系人": 10, "电话": 16,
    "邮箱": 24, "报送期限": 12, "项目": 18, "内容": 46, "理由": 40, "批准人": 12, "指标": 28, "调整数": 10, "更正为": 10, "规则": 8,
    "文件名或哈希": 40, "处理": 10, "适用的数": 24, "年度": 8, "部分": 28, "文字": 90, "自动句子": 10, "出错说明": 90,
    "指标代码": 22, "指标名称": 28, "种类": 8, "小数位": 8, "计量单位": 10, "汇总方式": 14, "来源单位": 12, "适用类型": 20,
    "填报说明": 44, "规则编号": 10, "规则名称": 28, "级别": 10, "算式": 40, "条件": 24, "问题": 44, "怎么办": 36, "依据": 24,
}  # fmt: skip
_STARTING_KEYS = tuple(key for key in PROFILE_KEYS if key != "年度")
"""The year is that of the folder the 台账 lies in."""
_TEXT_ROWS, _HEADING_ROW = 400, 1


def build_control(
    form: Form, path: Path, filled: Mapping[str, Iterable[Sequence[str | int | dt.date]]] | None = None
) -> None:
    """Write a 台账 to ``path``: blank, or with the rows of ``filled`` by sheet name."""
    filled = filled or {}
    book = Workbook(str(path), {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False})
    book.set_properties({"title": "政府信息公开工作年度报告台账", "author": "", "created": dt.datetime(2021, 9, 26)})
    inks = Inks(book)
    sheets = {name: book.add_worksheet(name) for name in COLUMNS}
    for name, sheet in sheets.items():
        _headings(sheet, inks, name)
        for row, cells in enumerate(filled.get(name, _starter(name, form)), _HEADING_ROW + 1):
            value: str | int | dt.date
            widths = [_WIDTHS[column] for column in COLUMNS[name]]
            if name != model.TEXTS:  # rows without a height grow with what the office writes
                sheet.set_row(row, lines_height([str(value) for value in cells], widths[: len(cells)]))
            for col, value in enumerate(cells):
                if isinstance(value, int):
                    sheet.write_number(row, col, value, inks["control"])
                else:
                    text = value.isoformat() if isinstance(value, dt.date) else value
                    sheet.write_string(row, col, text, inks["control"])
    _drop_downs(sheets)
    book.close()


def _headings(sheet: Worksheet, inks: Inks, name: str) -> None:
    columns = COLUMNS[name]
    sheet.merge_range(0, 0, 0, max(len(columns) - 1, 1), _ADVICE[name], inks["plain"])
    sheet.set_row(0, 30)
    for col, column in enumerate(columns):
        sheet.set_column(col, col, _WIDTHS[column], inks["control_blank"])
        sheet.write_string(_HEADING_ROW, col, column, inks["heading"])
    sheet.freeze_panes(_HEADING_ROW + 1, 0)
    page(sheet, landscape=True, repeat=(0, _HEADING_ROW), tall=0)


def _starter(name: str, form: Form) -> list[tuple[str, ...]]:
    """Return the rows a blank 台账 starts with: keys without values."""
    if name == model.PROFILE:
        sources = dict.fromkeys(item.source for item in form.items if item.source)
        return [(key, "退回" if key == "空白处理" else "") for key in (*_STARTING_KEYS, *sources)]
    if name == model.TEXTS:
        return [(item.row_path[-1], "") for item in form.of_table("text")]
    return []


def _drop_downs(sheets: Mapping[str, Worksheet]) -> None:
    roster, profile = sheets[model.ROSTER], sheets[model.PROFILE]
    choices: tuple[str, ...]
    for column, choices in (("类型", UNIT_TYPES), ("计入汇总", ("是", "否"))):
        col = COLUMNS[model.ROSTER].index(column)
        roster.data_validation(_HEADING_ROW + 1, col, _TEXT_ROWS, col, {"validate": "list", "source": list(choices)})
    for name, column, choices in (
        (model.INDICATORS, "种类", tuple(INDICATOR_KINDS)),
        (model.INDICATORS, "汇总方式", tuple(AGGREGATIONS)),
        (model.RULES, "级别", tuple(SEVERITIES)),
        (model.TEXTS, "自动句子", model.GENERATED),
        (model.CLAIMS, "处理", (Treatment.ADOPT.value, Treatment.REJECT.value)),
    ):
        col = COLUMNS[name].index(column)
        options = {"validate": "list", "source": list(choices)}
        sheets[name].data_validation(_HEADING_ROW + 1, col, _TEXT_ROWS, col, options)
    for key, choices in (("级别", LEVELS), ("空白处理", tuple(BLANKS))):
        row = _HEADING_ROW + 1 + _STARTING_KEYS.index(key)
        profile.data_validation(row, 1, row, 1, {"validate": "list", "source": list(choices)})
