"""What `xxgk init --units` understood of an office's own list."""

from __future__ import annotations

from rich.table import Table

from pipeline.cli import screen, show
from pipeline.cli.words import word
from pipeline.control import UnitList
from pipeline.model.control import COLUMNS, ROSTER


def unit_list(listed: UnitList) -> None:
    """What was understood of an office's own list of units."""
    for sentence in listed.understood:
        screen.put(f"  {word(sentence)}")
    table = Table(title=f"单位名录：{len(listed.rows)} 个单位")
    columns = COLUMNS[ROSTER]
    shown = [at for at in range(len(columns)) if any(row[at] for row in listed.rows)]
    for at in shown:
        table.add_column(columns[at], overflow="fold")
    for row in listed.rows[: show.MOST_LINES]:
        table.add_row(*(word(row[at]) for at in shown))
    screen.put(table)
    if len(listed.rows) > show.MOST_LINES:
        screen.put(f"  [dim]另有 {len(listed.rows) - show.MOST_LINES} 个，见台账的“{ROSTER}”。[/]")
    for sentence in listed.left_out:
        screen.put(f"  [yellow]{word(sentence)}[/]")
    screen.put("代码、类型是自动编的，请在台账里核对；下发以后代码不要再改。")
