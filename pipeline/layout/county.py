"""The cells of county.xlsx that show figures: as in a return, local indicators one after another on their sheet."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.form import LOCAL, Form
from pipeline.layout.address import Place
from pipeline.layout.design import BASICS_SHEET, TABLE_ROW, VALUE_COLUMN, basics_rows, table_origin
from pipeline.layout.local import LOCAL_SHEET


def county_cells(form: Form) -> Mapping[Place, str]:
    """Return the item of every cell that shows a figure, with all cells that a merged one covers."""
    cells: dict[Place, str] = {}
    for table in form.tables:
        grid, origin = table_origin(table)
        for cell in grid.cells:
            for col in range(cell.col, cell.col + cell.cols) if cell.code else ():
                cells[Place(table.sheet, origin + cell.row, col)] = cell.code
    for row, entry in basics_rows(form):
        if not isinstance(entry, str) and entry.table == "info" and entry.numeric:
            cells[Place(BASICS_SHEET, row, VALUE_COLUMN)] = entry.code
    own = (item for item in form.of_table(LOCAL) if item.numeric and item.aggregation in ("sum", "source"))
    cells |= {Place(LOCAL_SHEET, row, VALUE_COLUMN): item.code for row, item in enumerate(own, TABLE_ROW + 1)}
    return cells
