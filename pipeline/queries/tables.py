"""A published night as tables: every unit and item, long or wide, with subtotals by unit type. Writes one file.

The home of pandas: columns hold exact figures (`int`, `Decimal`) or texts, never floats, so the dtype is ``object``
throughout. It is imported here alone, so that no other command waits for it.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import AskedError, PublishError, explain_fault
from pipeline.form import Item, print_figure
from pipeline.night.replay import Remembered, replay_night
from pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

_UNIT = ("单位代码", "单位名称", "类型")
_SUBTOTAL, _TOTAL = "小计：", "各单位合计"


def write_table(workspace: Workspace, year: int, file: Path, *, run: int | None = None, wide: bool = False) -> int:
    """Write what every counted unit reported, as of the last night or ``run``, to a .csv or .xlsx; the number of rows.

    Long: a row for every unit and item. Wide: a row for every unit, a column for every item, and below them the
    subtotals by type and the sum of all. Raises `WorkspaceError` when there has been no night, `AskedError` for another
    kind of file, `PublishError` when it cannot be written.
    """
    if file.suffix not in (".csv", ".xlsx"):
        raise AskedError(f"“{file.name}”不是 .csv 或 .xlsx 文件名。请换一个文件名。")
    workspace.require_inputs(year)
    with workspace.open_ledger() as ledger:
        frame = long_table(replay_night(workspace, ledger, year, run))
    table = wide_table(frame) if wide else frame
    shown = table.map(lambda value: print_figure(value) if isinstance(value, Decimal) else value)
    try:
        if file.suffix == ".csv":
            shown.to_csv(file, index=False, encoding="utf-8-sig", lineterminator="\r\n")
        else:
            shown.to_excel(file, index=False, engine="xlsxwriter", freeze_panes=(1, len(_UNIT)))
    except OSError as error:
        raise PublishError(f"无法写入 {file}（{explain_fault(error)}）。请关闭打开的文件，检查文件夹权限。") from error
    return len(table)


def long_table(night: Remembered) -> pd.DataFrame:
    """A row for every counted unit and figure of the form; what a unit did not report has no row."""
    import pandas as pd

    items = [item for item in night.form.items if item.numeric and item.aggregation != "none"]
    rows = [
        (row.unit, night.name(row.unit), _type_of(night, row.unit), item.code, _label(item), value)
        for row in night.counted
        for item in items
        if isinstance(value := night.values(row.unit).get(item.code), int | Decimal)
    ]
    return pd.DataFrame(rows, columns=[*_UNIT, "指标代码", "指标", "数值"], dtype=object)


def wide_table(frame: pd.DataFrame) -> pd.DataFrame:
    """A row for every unit, then the subtotals by type in the order they come, then the sum; blanks where there is no
    value.
    """
    import pandas as pd

    codes = list(dict.fromkeys(frame["指标代码"]))
    units = frame.pivot(index=list(_UNIT), columns="指标代码", values="数值").astype(object)
    order = pd.MultiIndex.from_frame(frame[list(_UNIT)].drop_duplicates())
    units = units.reindex(index=order, columns=codes).reset_index()
    kinds = units.groupby("类型", sort=False)
    sums = [_sum_rows(group, codes, ("", f"{_SUBTOTAL}{kind}", str(kind))) for kind, group in kinds]
    table = pd.concat([units, pd.DataFrame([*sums, _sum_rows(units, codes, ("", _TOTAL, ""))], dtype=object)])
    return table.astype(object).where(table.notna(), "")


def _sum_rows(units: pd.DataFrame, codes: list[str], name: tuple[str, str, str]) -> dict[str, object]:
    """Return one row of exact sums of `int` and `Decimal`."""
    return dict(zip(_UNIT, name, strict=True)) | {code: sum(units[code].dropna()) for code in codes}


def _type_of(night: Remembered, unit: str) -> str:
    known = night.control.by_code.get(unit)
    return known.type if known else ""


def _label(item: Item) -> str:
    return "·".join((*item.row_path, *item.column_path)) or item.label
