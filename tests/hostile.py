"""Fifty files nobody should open, ten ways of being hostile five times over; every one has different bytes."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Iterator

from tests.road.intake.containers import archive, changed, compound, sheet_xml, with_sheet

FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>{n}</v></c></row>'
DTD = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;%d</worksheet>'


def hostile(good: bytes, times: int = 5) -> Iterator[tuple[str, bytes]]:
    """Names and contents; ``good`` is a real return that some of them are made from."""
    for n in range(times):
        rnd = random.Random(n)
        yield f"坏/空白{n}.xlsx", b" " * n
        yield f"坏/乱码{n}.xlsx", rnd.randbytes(4_000 + n)
        yield f"坏/扫描件{n}.xlsx", b"%PDF-1.7\n" + rnd.randbytes(900)
        yield f"坏/传了一半{n}.xlsx", good[: len(good) * (n + 2) // 8]
        at = len(good) // 3 + n * 211
        yield f"坏/传坏了{n}.xlsx", good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :]
        yield f"坏/炸弹{n}.xlsx", with_sheet(sheet_xml("<row>" + " " * (70_000_000 + n) + "</row>"))
        yield f"坏/远格{n}.xlsx", with_sheet(sheet_xml(FAR.format(n=n)))
        yield f"坏/实体{n}.xlsx", changed(good, **{"xl/worksheets/sheet4.xml": DTD % n})
        yield f"坏/有密码{n}.xlsx", compound({"EncryptedPackage": rnd.randbytes(5_000), "EncryptionInfo": b"x" * 100})
        yield f"坏/穿越{n}.zip", archive({f"../../台账{n}.xlsx": rnd.randbytes(2_000)}, zipfile.ZIP_STORED)
