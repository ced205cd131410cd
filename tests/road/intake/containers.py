"""Workbooks and archives for the tests: good ones, and good ones that something was done to."""

from __future__ import annotations

import io
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import xlsxwriter

Rows = Sequence[Sequence[object]]
FIGURES: Mapping[str, Rows] = {"表二": [["项目", "数"], ["制发", 3], ["废止", 1]], "表三": [["申请", 12], ["结转", 2]]}


def workbook(sheets: Mapping[str, Rows] = FIGURES) -> bytes:
    """A workbook of small tables; texts that begin with = are formulas without a result of their own."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(rows):
                for col, value in enumerate(cells):
                    sheet.write(row, col, value)
    return out.getvalue()


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def archive(files: Mapping[str, bytes] | Sequence[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    pairs = files.items() if isinstance(files, Mapping) else files
    with zipfile.ZipFile(out, "w", method) as made:
        for name, data in pairs:
            made.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return out.getvalue()


def changed(content: bytes, **parts: bytes | None) -> bytes:
    """The workbook with parts replaced, added or (None) taken out; ``__`` in a keyword stands for a slash."""
    kept = members(content)
    for name, data in parts.items():
        if data is None:
            del kept[name]
        else:
            kept[name] = data
    return archive(kept)


def sheet_xml(cells: str, *, before: str = "", after: str = "") -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{space}">{before}<sheetData>{cells}</sheetData>{after}</worksheet>'.encode()


def with_sheet(xml: bytes, content: bytes | None = None) -> bytes:
    """A workbook whose first sheet, 表二, is ``xml``."""
    return changed(content or workbook(), **{"xl/worksheets/sheet1.xml": xml})


def raw_archive(entries: Sequence[Mapping[str, object]]) -> bytes:
    """An archive written by hand, so that it can lie: raw ``name``, ``data``, and any field to declare otherwise."""
    body, directory = b"", b""
    for entry in entries:
        name, data = entry["name"], entry["data"]
        assert isinstance(name, bytes)
        assert isinstance(data, bytes)
        method = int(str(entry.get("method", 8)))
        packed = data if method == 0 else zlib.compress(data, 9)[2:-4]
        flags, size = int(str(entry.get("flags", 0))), int(str(entry.get("size", len(data))))
        crc, at = int(str(entry.get("crc", zlib.crc32(data)))), len(body)
        body += struct.pack("<4s5H3L2H", b"PK\3\4", 20, flags, method, 0, 0, crc, len(packed), size, len(name), 0)
        body += name + packed
        directory += struct.pack(
            "<4s6H3L5H2L", b"PK\1\2", 20, 20, flags, method, 0, 0, crc, len(packed), size, len(name), 0, 0, 0, 0, 0, at
        )
        directory += name
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    return body + directory + end


def compound(streams: Mapping[str, bytes], *, cycle: str = "") -> bytes:
    """A small OLE2 file, every stream padded to the 4,096 bytes that keep it out of the mini stream.

    The chain of the stream ``cycle`` leads back to its own beginning.
    """
    free, end, table_sector = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    entries = [("Root Entry", 5, end, 0)]
    table, sectors = [table_sector, end], [b"", b""]
    for name, data in streams.items():
        data = data.ljust(4096, b"\0")
        data += b"\0" * (-len(data) % 512)
        first, count = len(table), len(data) // 512
        table += [*range(first + 1, first + count), first if name == cycle else end]
        sectors += [data[n : n + 512] for n in range(0, len(data), 512)]
        entries.append((name, 2, first, len(data)))
    assert len(entries) <= 4
    assert len(table) <= 128
    directory = b""
    for name, kind, start, size in entries:
        raw = name.encode("utf-16-le")
        directory += struct.pack(
            "<64sHBB3L16sL8s8sLQ", raw, len(raw) + 2, kind, 1, free, free, free, b"", 0, b"", b"", start, size
        )
    sectors[0] = struct.pack("<128L", *(table + [free] * (128 - len(table))))
    sectors[1] = directory.ljust(512, b"\0")
    header = struct.pack(
        "<8s16s5H6s9L", bytes.fromhex("D0CF11E0A1B11AE1"), b"", 62, 3, 0xFFFE, 9, 6, b"",
        0, 1, 1, 0, 4096, end, 0, end, 0,
    ) + struct.pack("<109L", 0, *[free] * 108)  # fmt: skip
    return header + b"".join(sectors)


def biff(*records: tuple[int, bytes]) -> bytes:
    return b"".join(struct.pack("<HH", code, len(data)) + data for code, data in records)


def converted(content: bytes, kind: str, folder: Path) -> bytes:
    """The workbook as LibreOffice saves it; for tests marked ``external``."""
    filters = {"xlsm": "xlsm:Calc MS Excel 2007 VBA XML", "csv": "csv:Text - txt - csv (StarCalc):44,34,76"}
    source = folder / "source.xlsx"
    source.write_bytes(content)
    command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to"]
    command += [filters.get(kind, kind), "--outdir", str(folder / "out"), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return (folder / f"out/source.{kind}").read_bytes()
