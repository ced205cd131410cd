"""A workbook whose parts are held as UTF-8 while it is written.

XlsxWriter collects every part as one Python text, in which a single Chinese letter makes all others take two bytes, and
copies it twice to pack it. For the long sheets of a county of 1,000 units that was a quarter of the night's memory.
"""

from __future__ import annotations

import io

from xlsxwriter.packager import Packager
from xlsxwriter.workbook import Workbook


class LeanWorkbook(Workbook):  # type: ignore[misc]
    """A workbook in memory; the same bytes in less of it."""

    def _get_packager(self) -> Packager:
        return _LeanPackager()


class _LeanPackager(Packager):  # type: ignore[misc]
    def _filename(self, xml_filename: str) -> object:
        made: object = super()._filename(xml_filename)
        if type(made) is not io.StringIO:
            return made
        _, name, is_binary = self.filenames[-1]
        self.filenames[-1] = ((part := _Part()), name, is_binary)
        return part


class _Part(io.StringIO):
    """What is written, as UTF-8; it is asked for once, at the end, and then let go."""

    def __init__(self) -> None:
        super().__init__()
        self._bytes = io.BytesIO()

    def write(self, text: str, /) -> int:
        return self._bytes.write(text.encode())

    def getvalue(self) -> str:
        content, self._bytes = self._bytes.getvalue(), io.BytesIO()
        return _Encoded(content)


class _Encoded(str):
    """Content that is encoded already, in the place of the text that XlsxWriter encodes."""

    content: bytes

    def __new__(cls, content: bytes) -> _Encoded:
        made = super().__new__(cls)
        made.content = content
        return made

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:  # noqa: ARG002
        return self.content
