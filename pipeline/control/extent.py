"""Refuse a 台账 with a cell far from all others, before a reader allocates millions of blank cells for it."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.errors import WorkspaceError
from pipeline.files.containers import Bounds, RefusedError, directory, inflate
from pipeline.files.containers.parts import measure
from pipeline.model.finding import clause

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"')
_ROWS, _COLUMNS = 30_000, 3
"""The lowest row, and the letters of the rightmost column (ZZZ has three), that a 台账 may use."""


def refuse_overgrown(path: Path) -> None:
    """Raise `WorkspaceError` when the file is no sound container or a cell lies far from all others."""
    content = path.read_bytes()
    if not content.startswith(b"PK"):
        return  # another format, or no workbook at all: its reader says so
    bounds = Bounds()
    try:
        members = directory(content, bounds)
        measure(members, bounds)
        for member in members:
            if not _SHEET.fullmatch(member.name):
                continue
            for column, row in _CELL.findall(inflate(content, member)):
                if int(row) > _ROWS or len(column) >= _COLUMNS:
                    cell = f"{column.decode()}{row.decode()}"
                    raise WorkspaceError(
                        f"台账 {path} 的 {cell} 有多余内容，表格范围异常大，没有读取。"
                        "请在 Excel 或 WPS 里删除表格下方和右侧的空行空列，保存后再运行。"
                    )
    except RefusedError as refusal:
        reason = clause(refusal.code, name=path.name, **refusal.words)
        raise WorkspaceError(f"台账 {path} 打不开：文件{reason}。请用 Excel 或 WPS 另存一次。") from refusal
