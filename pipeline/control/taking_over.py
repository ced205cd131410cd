"""A new year from the 台账 of the last: its roster, its profile, its local indicators and rules; never its decisions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from pipeline.control.cells import rows
from pipeline.errors import WorkspaceError, explain_fault
from pipeline.model.control import COLUMNS, INDICATORS, PROFILE, ROSTER, RULES
from pipeline.model.finding import Finding

_DATES = ("报送期限", "退改期限", "上报期限", "公开期限", "填报日期", "成文日期")
"""What is another day every year."""


def control_rows(path: Path, year: int) -> dict[str, list[Sequence[str]]]:
    """The rows of those sheets as texts, by sheet, with the new ``year`` and without days.

    Raises `WorkspaceError` when there is no such 台账, or it cannot be opened.
    """
    if not path.is_file():
        raise WorkspaceError(f"没有找到上一年度的台账 {path}。请核对 --from 的年度。")
    try:
        book = CalamineWorkbook.from_path(str(path))
        sheets = {name: book.get_sheet_by_name(name) for name in book.sheet_names if name in COLUMNS}
        grids = {name: (sheet.start or (0, 0), sheet.to_python()) for name, sheet in sheets.items()}
    except (CalamineError, OSError) as error:
        raise WorkspaceError(f"台账 {path} 打不开（{explain_fault(error)}）。请用 Excel 或 WPS 另存一次。") from error
    findings: list[Finding] = []
    taken: dict[str, list[Sequence[str]]] = {}
    for name in (ROSTER, PROFILE, INDICATORS, RULES):
        if name in grids:
            table = rows(name, *grids[name], COLUMNS[name], findings)
            taken[name] = [
                tuple("" if column in _DATES else row.text(column) for column in COLUMNS[name]) for row in table
            ]
    taken[PROFILE] = [_of_this_year(key, text, year) for key, text in taken.get(PROFILE, [])]
    return taken


def _of_this_year(key: str, text: str, year: int) -> Sequence[str]:
    if key == "年度":
        return key, str(year)
    return key, "" if key in _DATES else text
