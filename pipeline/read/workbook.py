"""The raw cells of a workbook, through python-calamine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from pipeline.returns import Sheet


class UnreadableError(Exception):
    """The bytes are not a workbook calamine can open; the text says why, in Chinese."""


def read_sheets(path: Path) -> Mapping[str, Sheet]:
    """Every sheet of the workbook by name; raises `UnreadableError`."""
    try:
        with path.open("rb") as file:
            book = CalamineWorkbook.from_filelike(file)
            return {name: _sheet(book, name) for name in book.sheet_names}
    except (CalamineError, OSError) as error:
        raise UnreadableError("不是完好的工作簿") from error
    except BaseException as error:
        # calamine's Rust panics arrive as PanicException, which is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableError("文件内部结构损坏") from error


def _sheet(book: CalamineWorkbook, name: str) -> Sheet:
    sheet = book.get_sheet_by_name(name)
    top, left = sheet.start or (0, 0)
    return Sheet(top=top, left=left, rows=sheet.to_python())
