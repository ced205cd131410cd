"""county.xlsx: the statutory tables with the county's figures, and everything needed to trust them."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

import pandas as pd
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipeline.county import Contribution
from pipeline.findings import SEVERITY_LABELS, Finding
from pipeline.form import LOCAL, Figure, Item, Table, Value, printed
from pipeline.layout import LOCAL_SHEET, Place, table_grid
from pipeline.outcome import Outcome
from pipeline.sheets import Inks, draw_table, head, lines_height, page

STATES, ARRIVALS, VERSIONS, FINDINGS, MATRIX, INDICATORS, TEXTS, SOURCES = (
    "报送情况", "来件清单", "版本对照", "问题清单", "分单位数据", "基本情况", "文字材料汇总", "来源",
)  # fmt: skip
_TABLE_ROW = 2
_STATE_INKS = {
    "采用": "good", "通过": "good", "封存": "good", "退回": "error", "未读取": "error", "待说明": "warning",
    "未报": "warning", "待认领": "warning",
}  # fmt: skip


def county_workbook(outcome: Outcome) -> bytes:
    """The county's workbook; the same outcome gives the same bytes."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    book = Workbook(out, options)
    book.set_properties({"title": f"{outcome.control.profile.root}{outcome.year}年汇总表", "author": "",
                         "created": dt.datetime(outcome.year + 1, 1, 1)})  # fmt: skip
    _CountyBook(book, outcome).draw()
    book.close()
    return out.getvalue()


class _CountyBook:
    """One drawing of the workbook; every sheet is a method."""

    def __init__(self, book: Workbook, outcome: Outcome) -> None:
        self._book, self._outcome, self._inks = book, outcome, Inks(book)
        self._items = [item for item in outcome.form.items if item.code in outcome.county.figures]
        self._source_rows = self._index_sources()
        tables = [table.sheet for table in outcome.form.tables]
        names = [*tables, INDICATORS, STATES, FINDINGS, ARRIVALS, VERSIONS, MATRIX, TEXTS, SOURCES]
        self._sheets = {name: book.add_worksheet(name) for name in names}

    def draw(self) -> None:
        for table in self._outcome.form.tables:
            self._table(self._sheets[table.sheet], table)
        self._indicators(self._sheets[INDICATORS])
        self._states(self._sheets[STATES])
        self._findings(self._sheets[FINDINGS])
        self._arrivals(self._sheets[ARRIVALS])
        self._versions(self._sheets[VERSIONS])
        self._matrix(self._sheets[MATRIX])
        self._texts(self._sheets[TEXTS])
        self._sources(self._sheets[SOURCES])

    # ---------------------------------------------------------------- the statutory tables
    def _banner(self) -> str:
        outcome = self._outcome
        total = len(outcome.county.counted) + len(outcome.county.missing)
        text = f"汇总单位：{outcome.control.profile.root}　报告年度：{outcome.year}年　"
        text += f"已计入 {len(outcome.county.counted)} / {total} 个单位"
        if outcome.county.missing:
            text += "　尚缺：" + "、".join(standing.unit.name for standing in outcome.county.missing)
        return text

    def _table(self, sheet: Worksheet, table: Table) -> None:
        grid = table_grid(table)
        head(sheet, self._inks, table.heading, self._banner(), grid.width)

        def value(code: str, row: int, col: int, cols: int) -> None:
            item = self._outcome.form.item(code)
            ink = self._inks["total" if item.mode == "computed" else "value"]
            if cols > 1:
                sheet.merge_range(row, col, row, col + cols - 1, "", ink)
            self._figure(sheet, row, col, item, ink)

        draw_table(sheet, self._inks, table, grid, _TABLE_ROW, value)
        if grid.headings:
            sheet.freeze_panes(_TABLE_ROW + grid.headings, grid.label_columns)
        page(sheet, repeat=(0, _TABLE_ROW + max(grid.headings - 1, 0)))

    def _figure(self, sheet: Worksheet, row: int, col: int, item: Item, ink: object) -> None:
        """A county figure that links to where it comes from."""
        value = self._outcome.county.figures[item.code]
        if item.code in self._source_rows:
            tip = f"{item.label}：点击看来源"[:255]
            sheet.write_url(row, col, f"internal:'{SOURCES}'!A{self._source_rows[item.code] + 1}", ink, "", tip)
        if value is None:
            sheet.write_string(row, col, "（来源单位未定）", ink)
        else:
            sheet.write_number(row, col, value, ink)
        if item.table != "info":
            self._book.define_name(item.name, f"={Place(sheet.name, row, col).absolute}")

    def _indicators(self, sheet: Worksheet) -> None:
        headings = ("指标", "数值", "计量单位", "汇总方式")
        self._list(sheet, "基本情况（统计指标）", headings, (40, 16, 10, 50))
        modes = {"sum": "各单位相加", "source": "取自"}
        listed = (item for table in ("info", LOCAL) for item in self._items if item.table == table)
        for row, item in enumerate(listed, _TABLE_ROW + 1):
            mode = modes[item.aggregation]
            if item.aggregation == "source":
                code = self._outcome.control.profile.sources.get(item.source, "")
                unit = self._outcome.control.by_code.get(code)
                mode += f"{unit.name}（{item.source}）" if unit else f"{item.source}，台账未指定"
            mode += f"（{LOCAL_SHEET}）" if item.table == LOCAL else ""
            sheet.write_string(row, 0, item.row_path[-1], self._inks["label"])
            self._figure(sheet, row, 1, item, self._inks["value"])
            sheet.write_string(row, 2, item.unit, self._inks["value"])
            sheet.write_string(row, 3, mode, self._inks["value_left"])

    # ---------------------------------------------------------------- who and what
    def _states(self, sheet: Worksheet) -> None:
        headings = ("单位代码", "单位名称", "类型", "计入汇总", "状态", "下一步", "采用文件", "收到份数", "强制性问题",
                    "核实性问题", "联系人", "电话")  # fmt: skip
        self._list(sheet, "报送情况", headings, (10, 28, 8, 9, 9, 32, 44, 9, 11, 11, 10, 16))
        for row, standing in enumerate(self._outcome.standings, _TABLE_ROW + 1):
            unit, decisive = standing.unit, standing.decisive
            counts = [sum(f.severity == s for f in decisive.findings) if decisive else 0 for s in ("error", "warning")]
            state = standing.state.value + ("（认可）" if standing.provisional else "")
            texts = (unit.code, unit.name, unit.type, "是" if unit.counted else "否", state, standing.next_step)
            for col, text in enumerate(texts):
                ink = _STATE_INKS.get(standing.state.value, "value") if col == 4 else "value_left"
                sheet.write_string(row, col, text, self._inks[ink])
            if decisive:
                self._file(sheet, row, 6, decisive.submission.arrival.name)
            else:
                sheet.write_blank(row, 6, None, self._inks["value"])
            for col, number in enumerate((len(standing.returns), *counts), 7):
                sheet.write_number(row, col, number, self._inks["value"])
            sheet.write_string(row, 10, unit.contact, self._inks["value_left"])
            sheet.write_string(row, 11, unit.phone, self._inks["value_left"])
        self._closed(sheet, len(headings), len(self._outcome.standings))

    def _findings(self, sheet: Worksheet) -> None:
        headings = ("级别", "编号", "单位", "文件", "工作表", "单元格", "问题", "填报", "应为", "怎么办", "说明或认可")
        widths = (13, 7, 24, 34, 10, 8, 50, 16, 20, 50, 36)
        self._list(sheet, "问题清单", headings, widths)
        listed = [(finding, False) for finding in self._outcome.findings]
        listed += [(finding, True) for finding in self._outcome.superseded]
        for row, (finding, replaced) in enumerate(listed, _TABLE_ROW + 1):
            unit = self._outcome.control.by_code.get(finding.unit)
            texts = (
                "已被后报替代" if replaced else SEVERITY_LABELS[finding.severity], finding.code,
                unit.name if unit else "", finding.file, finding.sheet, finding.cell, finding.message,
                finding.found, finding.expected, finding.remedy, finding.answer,
            )  # fmt: skip
            sheet.set_row(row, lines_height(texts, widths))
            for col, text in enumerate(texts):
                level = "info" if replaced else finding.severity
                sheet.write_string(row, col, text, self._inks[level if col == 0 else "value_left"])
            if finding.file:
                self._file(sheet, row, 3, finding.file)
            if finding.cell:
                self._link(sheet, row, 5, finding)
        self._closed(sheet, len(headings), len(listed))

    def _arrivals(self, sheet: Worksheet) -> None:
        """Every file that arrived, once; a content found at several places lists them all."""
        headings = ("文件", "状态", "单位", "下一步", "第一次收到", "字节", "哈希（认领时用）")
        widths = (60, 13, 28, 50, 18, 10, 20)
        self._list(sheet, "来件清单", headings, widths)
        for row, each in enumerate(self._outcome.arrivals, _TABLE_ROW + 1):
            arrival, unit = each.arrival, each.unit
            seen = f"{arrival.first_seen:%Y-%m-%d %H:%M}" if arrival.sha256 else ""
            texts = ("\n".join(arrival.names), each.state, unit.name if unit else "", each.next_step, seen,
                     str(arrival.size), arrival.sha256[:16])  # fmt: skip
            sheet.set_row(row, lines_height(texts, widths))
            for col, text in enumerate(texts):
                ink = _STATE_INKS.get(each.state, "info") if col == 1 else "value_left"
                sheet.write_string(row, col, text, self._inks[ink])
        self._closed(sheet, len(headings), len(self._outcome.arrivals))

    def _versions(self, sheet: Worksheet) -> None:
        """Where a unit sent several returns: the one that counts beside each other one, figure by figure."""
        headings = ("单位", "指标", "采用的文件", "采用的数", "被替代的文件", "被替代的数")
        self._list(sheet, "版本对照：同一单位报了几份，哪里不一样", headings, (28, 60, 44, 14, 44, 14))
        row = _TABLE_ROW
        for row, texts in enumerate(self._differences(), _TABLE_ROW + 1):
            for col, text in enumerate(texts):
                sheet.write_string(row, col, text, self._inks["value_left"])
        self._closed(sheet, len(headings), row - _TABLE_ROW)

    def _differences(self) -> Iterator[tuple[str, ...]]:
        for standing in self._outcome.standings:
            for judged in standing.replaced:
                assert standing.decisive is not None
                kept, other = standing.decisive.submission, judged.submission
                for item, used, unused in zip(self._outcome.form.items, kept.values, other.values, strict=True):
                    if used != unused:
                        yield (standing.unit.name, item.label, kept.arrival.name, _shown(used),
                               other.arrival.name, _shown(unused))  # fmt: skip

    def _link(self, sheet: Worksheet, row: int, col: int, finding: Finding) -> None:
        target = f"{self._path(finding.file)}#'{finding.sheet}'!{finding.cell}"
        sheet.write_url(row, col, f"external:{target}", self._inks["link"], finding.cell)

    def _file(self, sheet: Worksheet, row: int, col: int, name: str) -> None:
        sheet.write_url(row, col, f"external:{self._path(name)}", self._inks["link"], name)

    def _path(self, name: str) -> str:
        return str(PurePosixPath("..", "..", "inputs", str(self._outcome.year), name)).replace("#", "%23")

    # ---------------------------------------------------------------- figures by unit, texts, sources
    def frame(self) -> pd.DataFrame:
        """Counted units by items: exact Python numbers, never floats."""
        return pd.DataFrame(
            [
                [s.decisive.submission.values[self._outcome.form.position[item.code]] for item in self._items]
                for s in self._outcome.county.counted
                if s.decisive
            ],
            index=pd.Index([s.unit.code for s in self._outcome.county.counted]),
            columns=[item.code for item in self._items],
            dtype=object,
        )

    def _matrix(self, sheet: Worksheet) -> None:
        frame, inks = self.frame(), self._inks
        names = self._outcome.control.by_code
        width = 2 + len(self._items)
        sheet.write_string(0, 0, "分单位数据", inks["plain"])
        sheet.write_string(1, 0, self._banner(), inks["plain"])
        for col, text in enumerate(("单位代码", "单位名称")):
            sheet.write_string(_TABLE_ROW, col, text, inks["heading"])
            sheet.write_string(_TABLE_ROW + 1, col, "", inks["heading"])
        for col, item in enumerate(self._items, 2):
            sheet.write_string(_TABLE_ROW, col, item.label, inks["heading"])
            sheet.write_string(_TABLE_ROW + 1, col, item.code, inks["note"])
        sheet.set_row(_TABLE_ROW, 66)
        sheet.set_column(0, 0, 10)
        sheet.set_column(1, 1, 28)
        sheet.set_column(2, width - 1, 11)
        top = _TABLE_ROW + 2
        for row, (code, values) in enumerate(zip(frame.index, frame.to_numpy().tolist(), strict=True), top):
            sheet.write_string(row, 0, str(code), inks["value_left"])
            sheet.write_string(row, 1, names[str(code)].name, inks["value_left"])
            self._numbers(sheet, row, values, "value")
        last = top + len(frame)
        sheet.write_string(last, 0, "", inks["total"])
        sheet.write_string(last, 1, f"{self._outcome.control.profile.root}（汇总）", inks["total"])
        self._numbers(sheet, last, [self._outcome.county.figures[item.code] for item in self._items], "total")
        sheet.freeze_panes(top, 2)
        sheet.autofilter(_TABLE_ROW + 1, 0, max(last - 1, top), width - 1)
        page(sheet, landscape=True, repeat=(_TABLE_ROW, _TABLE_ROW + 1), wide=0)

    def _numbers(self, sheet: Worksheet, row: int, values: Sequence[Figure | None], ink: str) -> None:
        for col, value in enumerate(values, 2):
            if value is None:
                sheet.write_blank(row, col, None, self._inks[ink])
            else:
                sheet.write_number(row, col, value, self._inks[ink])

    def _texts(self, sheet: Worksheet) -> None:
        headings = ("小节", "单位", "文字")
        self._list(sheet, "文字材料汇总", headings, (34, 28, 110))
        row = _TABLE_ROW + 1
        for code, collected in self._outcome.county.collected.items():
            item = self._outcome.form.item(code)
            for unit, text in collected if item.aggregation == "collect" else ():
                for col, cell in enumerate(("　".join(item.row_path), unit, text)):
                    sheet.write_string(row, col, cell, self._inks["value_left"])
                row += 1
        self._closed(sheet, len(headings), row - _TABLE_ROW - 1)

    def _index_sources(self) -> dict[str, int]:
        rows, row = {}, _TABLE_ROW + 1
        for item in self._items:
            addends = self._outcome.county.contributions.get(item.code, ())
            if addends:
                rows[item.code] = row
            row += len(addends)
        return rows

    def _contributions(self) -> Iterator[tuple[Item, Contribution]]:
        for item in self._items:
            for addend in self._outcome.county.contributions.get(item.code, ()):
                yield item, addend

    def _sources(self, sheet: Worksheet) -> None:
        headings = ("指标代码", "指标", "单位代码", "单位", "文件", "工作表", "单元格", "数值")
        self._list(sheet, "来源：每个汇总数由哪些单元格相加而成", headings, (38, 60, 10, 28, 44, 10, 8, 12))
        inks, row = self._inks, _TABLE_ROW
        for row, (item, addend) in enumerate(self._contributions(), _TABLE_ROW + 1):
            texts = (item.code, item.label, addend.unit, addend.unit_name, addend.file, addend.sheet, addend.cell)
            for col, text in enumerate(texts):
                sheet.write_string(row, col, text, inks["cell"])
            if addend.value:
                sheet.write_url(
                    row, 6, f"external:{self._path(addend.file)}#'{addend.sheet}'!{addend.cell}", inks["link"],
                    addend.cell,
                )  # fmt: skip
            sheet.write_number(row, 7, addend.value, inks["cell"])
        self._closed(sheet, len(headings), row - _TABLE_ROW)

    # ---------------------------------------------------------------- lists
    def _list(self, sheet: Worksheet, title: str, headings: Sequence[str], widths: Sequence[float]) -> None:
        head(sheet, self._inks, title, self._banner(), len(headings), chars=sum(widths))
        for col, (heading, width) in enumerate(zip(headings, widths, strict=True)):
            sheet.set_column(col, col, width)
            sheet.write_string(_TABLE_ROW, col, heading, self._inks["heading"])
        sheet.freeze_panes(_TABLE_ROW + 1, 0)
        page(sheet, landscape=True, repeat=(0, _TABLE_ROW), tall=0)

    def _closed(self, sheet: Worksheet, width: int, rows: int) -> None:
        if rows:
            sheet.autofilter(_TABLE_ROW, 0, _TABLE_ROW + rows, width - 1)
        else:
            sheet.merge_range(_TABLE_ROW + 1, 0, _TABLE_ROW + 1, width - 1, "（无）", self._inks["value"])


def _shown(value: Value) -> str:
    if value is None:
        return "（没有）"
    return value if isinstance(value, str) else printed(value)
