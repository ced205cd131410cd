"""The states of the units and the arrivals: 报送情况, 问题清单, 来件清单, 版本对照."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from xlsxwriter.worksheet import Worksheet

from pipeline.form import Value, print_figure
from pipeline.model.finding import SEVERITY_LABELS, Finding
from pipeline.model.received import Received
from pipeline.model.standing import Judged, Standing
from pipeline.road.publish.county_workbook.pen import ROWS, TOP, Pen, cut, parts
from pipeline.workbook.annex import ARRIVALS, FINDINGS, STATES, VERSIONS
from pipeline.workbook.sheets import lines_height

_INKS = {
    "采用": "good", "通过": "good", "封存": "good", "退回": "error", "未读取": "error", "待说明": "warning",
    "未报": "warning", "待认领": "warning",
}  # fmt: skip


def states(pen: Pen) -> None:
    """Every unit with its state and next step."""
    headings = ("单位代码", "单位名称", "类型", "计入汇总", "状态", "下一步", "采用文件", "收到份数", "强制性问题",
                "核实性问题", "联系人", "电话")  # fmt: skip
    widths = (10, 28, 8, 9, 9, 32, 44, 9, 11, 11, 10, 16)
    sheet = pen.short_listing(STATES, headings, widths)
    for row, standing in enumerate(pen.outcome.standings, TOP + 1):
        unit, decisive = standing.unit, standing.decisive
        counts = [sum(f.severity == s for f in decisive.findings) if decisive else 0 for s in ("error", "warning")]
        state = standing.state.value + ("（认可）" if standing.provisional else "")
        counted = "是" if unit.counted else "否"
        file = decisive.submission.arrival.name if decisive else ""
        texts = (unit.code, unit.name, unit.type, counted, state, standing.next_step, file)
        sheet.set_row(row, lines_height(texts, widths[: len(texts)]))
        pen.texts(sheet, row, (*texts[:-1], ""))
        pen.text(sheet, row, 4, state, _INKS.get(standing.state.value, "value"))
        if decisive:
            pen.file(sheet, row, 6, file)
        for col, number in enumerate((len(standing.returns), *counts), 7):
            pen.number(sheet, row, col, number)
        pen.text(sheet, row, 10, unit.contact)
        pen.text(sheet, row, 11, unit.phone)
    pen.draw_end(sheet, len(headings), len(pen.outcome.standings))


def findings(pen: Pen) -> None:
    """Everything a person must look at; below it the findings of replaced returns."""
    headings = ("级别", "编号", "单位", "文件", "工作表", "单元格", "问题", "填报", "应为", "怎么办", "说明或认可")
    widths = (13, 7, 24, 34, 10, 8, 50, 16, 20, 50, 36)
    listed = [(finding, False) for finding in pen.outcome.findings]
    listed += [(finding, True) for finding in pen.outcome.superseded]

    def write(sheet: Worksheet, row: int, entry: tuple[Finding, bool]) -> None:
        finding, replaced = entry
        unit = pen.outcome.control.by_code.get(finding.unit)
        level = "没有采用的报表" if replaced else SEVERITY_LABELS[finding.severity]
        texts = (
            level, finding.code, unit.name if unit else "", finding.file, finding.sheet, finding.cell, finding.message,
            finding.found, finding.expected, finding.remedy, finding.answer,
        )  # fmt: skip
        sheet.set_row(row, lines_height(texts, widths))
        pen.texts(sheet, row, texts)
        pen.text(sheet, row, 0, level, "info" if replaced else finding.severity)
        if finding.file:
            pen.file(sheet, row, 3, finding.file)
        if finding.cell:
            pen.cell(sheet, row, 5, finding.file, (finding.sheet, finding.cell))

    pen.rows(FINDINGS, headings, widths, listed, write)


def arrivals(pen: Pen, most: int = ROWS) -> None:
    """Every arrival once, with all the paths of its content."""
    headings = ("文件", "状态", "单位", "下一步", "第一次收到", "字节", "哈希（认领时用）")
    widths = (60, 13, 28, 50, 18, 10, 20)

    ink = pen.ink("value_left")
    for part in parts(ARRIVALS, pen.outcome.arrivals, most):
        sheet = pen.long_sheet(part.name)
        pen.draw_head(sheet, part.title, pen.banner, headings, widths)
        for row, received in enumerate(part.entries, TOP + 1):
            texts, state = _arrival(received), pen.ink(_INKS.get(received.state, "info"))
            sheet.line(row, texts, ink, apart=(1, state), height=lines_height(texts, widths))
        pen.draw_end(sheet, len(headings), len(part.entries))


def _arrival(received: Received) -> tuple[str, ...]:
    arrival, unit = received.arrival, received.unit
    seen = f"{arrival.first_seen:%Y-%m-%d %H:%M}" if arrival.sha256 else ""
    texts = ("\n".join(arrival.names), received.state, unit.name if unit else "", received.next_step, seen,
             str(arrival.size), arrival.sha256[:16])  # fmt: skip
    return tuple(map(cut, texts))


_COMPARED = 3
"""Replaced returns of a unit that stand beside the counted one; a unit may have sent a hundred."""


def versions(pen: Pen, most: int = ROWS) -> None:
    """For units with several returns: the counted one beside the last of the others, figure by figure."""
    headings, widths = (
        ("单位", "指标", "采用的文件", "采用的数", "被替代的文件", "被替代的数"),
        (28, 60, 44, 14, 44, 14),
    )
    pairs = list(_compared(pen))
    # of every row the pair and the item, as one number: a thousand units with ten returns each have 300,000 rows
    width = len(pen.form.items) + 1
    rows = array("Q", (n * width + at for n, pair in enumerate(pairs) for at in _positions(pair, width)))
    ink = pen.ink("value_left")
    for part in parts(VERSIONS, rows, most):
        sheet = pen.long_sheet(part.name)
        pen.draw_head(sheet, part.title, pen.banner, headings, widths)
        for row, number in enumerate(part.entries, TOP + 1):
            sheet.line(row, _version_row(pen, pairs[number // width], number % width), ink)
        pen.draw_end(sheet, len(headings), len(part.entries))


def _compared(pen: Pen) -> Iterator[tuple[Standing, Judged | None]]:
    """Yield every unit's replaced returns to be shown; before them ``None`` where there are earlier ones."""
    for standing in pen.outcome.standings:
        if standing.decisive is not None:
            replaced = standing.replaced
            if len(replaced) > _COMPARED:
                yield standing, None
            yield from ((standing, judged) for judged in replaced[-_COMPARED:])


def _positions(pair: tuple[Standing, Judged | None], width: int) -> Iterator[int]:
    """Yield the positions of the values that differ; for the line on earlier returns the one behind all items."""
    standing, judged = pair
    if judged is None:
        yield width - 1
    elif standing.decisive is not None:
        yield from standing.decisive.submission.values.differing(judged.submission.values)


def _version_row(pen: Pen, pair: tuple[Standing, Judged | None], at: int) -> tuple[str, ...]:
    standing, judged = pair
    assert standing.decisive is not None
    kept = standing.decisive.submission
    if judged is None:
        earlier = len(standing.replaced) - _COMPARED
        words = f"更早的 {earlier} 份没有列出，用 xxgk diff --unit {standing.unit.code} 看"
        return (standing.unit.name, words, kept.arrival.name, "", "", "")
    other, item = judged.submission, pen.form.items[at]
    used, unused = cut(_show_value(kept.values[at])), cut(_show_value(other.values[at]))
    return (standing.unit.name, item.label, kept.arrival.name, used, other.arrival.name, unused)


def _show_value(value: Value) -> str:
    if value is None:
        return "（没有）"
    return value if isinstance(value, str) else print_figure(value)
