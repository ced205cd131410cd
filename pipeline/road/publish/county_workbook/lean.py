"""A workbook whose parts are deflated while they are written.

XlsxWriter collects every part as one Python text, in which a single Chinese letter makes all others take two bytes, and
copies it twice to pack it. For the long sheets of a county of 1,000 units that was a quarter of the night's memory.
"""

from __future__ import annotations

import io
from typing import Any

from xlsxwriter.packager import Packager
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipeline.files.archive import Deflated, Deflating, write_zip

_AT_ONCE = 1 << 16
"""Letters that are encoded and deflated together."""


class LeanWorkbook(Workbook):  # type: ignore[misc]
    """A workbook in memory; the same parts in less of it. ``content`` is the finished file once it is closed."""

    content: bytes

    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__(io.BytesIO(), {**options, "in_memory": True})
        self.worksheet_class = LeanSheet

    def close(self) -> None:
        """Pack it, and let its sheets go: they and the workbook refer to each other."""
        super().close()
        self.worksheets_objs.clear()
        self.sheetnames.clear()

    def _get_packager(self) -> Packager:
        return _LeanPackager()


class LeanSheet(Worksheet):  # type: ignore[misc]
    """A sheet whose cells are let go when they are written; XlsxWriter's objects refer to each other, and so stay."""

    def _write_rows(self) -> None:
        super()._write_rows()
        self.table.clear()


class _LeanPackager(Packager):  # type: ignore[misc]
    def _create_package(self) -> list[object]:
        """Pack everything; nothing is left for XlsxWriter to pack."""
        made = super()._create_package()
        self.workbook.content = write_zip({name: _packed(part) for part, name, _ in made})
        return []

    def _filename(self, xml_filename: str) -> object:
        made: object = super()._filename(xml_filename)
        if type(made) is not io.StringIO:
            return made
        _, name, is_binary = self.filenames[-1]
        self.filenames[-1] = ((part := _Part()), name, is_binary)
        return part


class _Part(io.StringIO):
    """What is written, deflated as it comes."""

    def __init__(self) -> None:
        super().__init__()
        self._member = Deflating()
        self._waiting: list[str] = []
        self._letters = 0

    def write(self, text: str, /) -> int:
        self._waiting.append(text)
        self._letters += len(text)
        if self._letters >= _AT_ONCE:
            self._deflate()
        return len(text)

    def deflated(self) -> Deflated:
        """Return the whole, once it is written."""
        self._deflate()
        return self._member.finish()

    def _deflate(self) -> None:
        self._member.add("".join(self._waiting).encode())
        self._waiting.clear()
        self._letters = 0


def _packed(part: Any) -> bytes | Deflated:
    """The content of a part: deflated, or as it is where XlsxWriter made it of bytes."""
    return part.deflated() if isinstance(part, _Part) else part.getvalue()
