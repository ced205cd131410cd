"""Names for many cells in few words: whole rows, whole columns, and the rest of each row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.form import Item

_NAMED = 3


def group_items(some: Sequence[Item], every: Sequence[Item]) -> Iterator[tuple[str, str, list[Item]]]:
    """Group ``some`` of a table's ``every`` items as 行, 列 or 格, each with its name and its items."""
    rest = list(some)
    for what, path in (("行", "row_path"), ("列", "column_path")):
        for steps in dict.fromkeys(getattr(item, path) for item in rest):
            line = [item for item in every if getattr(item, path) == steps]
            mine = [item for item in rest if item in line]
            if steps and mine and all(item in some for item in line):
                yield what, steps[-1], mine
                rest = [item for item in rest if item not in mine]
    for steps in dict.fromkeys(item.row_path for item in rest):
        mine = [item for item in rest if item.row_path == steps]
        columns = ["·".join(item.column_path) for item in mine]
        more = "等" if len(columns) > _NAMED else ""
        yield "格", f"{steps[-1]}·{'、'.join(columns[:_NAMED])}{more}", mine
