"""``status.xlsx``: the table of units of the morning page, to sort, filter and print in Excel or WPS."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.model.outcome import Outcome
from pipeline.road.publish.status.rows import UnitRow, unit_rows
from pipeline.workbook.listing import listing

_COLUMNS = (
    ("单位代码", 12), ("单位名称", 30), ("类型", 10), ("状态", 9), ("下一步", 50), ("未处理问题", 11), ("最近报送", 12),
    ("首次报送", 12), ("报送期限", 12), ("晚报天数", 10), ("联系人", 10), ("电话", 16),
)  # fmt: skip


def status_workbook(outcome: Outcome) -> bytes:
    """Return the workbook; the same night gives the same bytes."""
    rows = [tuple(_values(row)) for row in unit_rows(outcome)]
    return listing("报送情况", f"{outcome.year} 年度报送情况", outcome.year, _COLUMNS, rows, filtered=True)


def _values(row: UnitRow) -> Iterator[str | int]:
    unit = row.standing.unit
    yield from (unit.code, unit.name, unit.type, row.standing.state.value, row.standing.next_step, row.open)
    yield from (day.isoformat() if day else "" for day in (row.last, row.first, row.due))
    yield from (row.late or "", unit.contact, unit.phone)
