"""The container guard, as a table of what arrives and what becomes of it."""

from __future__ import annotations

import datetime as dt
import io
import os
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msoffcrypto
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.files.containers.bounds import Bounds
from pipeline.model.submission import Arrival, Opened
from pipeline.road.intake.guard import inspect, open_arrival
from tests.road.intake.containers import (
    archive,
    biff,
    changed,
    compound,
    members,
    raw_archive,
    sheet_xml,
    with_sheet,
    workbook,
)

FUZZ = int(os.environ.get("FUZZ_EXAMPLES", "150"))
GOOD = workbook()
SMALL = Bounds(file=1_000_000, total=3_000_000, part=1_500_000, ratio_from=100_000, members=50)


def arrival(name: str = "会发镇.xlsx") -> Arrival:
    now = dt.datetime(2026, 1, 15, tzinfo=dt.UTC)
    return Arrival(sha256="0" * 64, names=(name,), size=0, modified=now, first_seen=now, path=Path(name))


def opened(content: bytes, bounds: Bounds = SMALL, name: str = "会发镇.xlsx") -> Opened:
    return inspect(arrival(name), content, bounds)


def encrypted(content: bytes) -> bytes:
    out = io.BytesIO()
    msoffcrypto.OfficeFile(io.BytesIO(content)).encrypt("123456", out)
    return out.getvalue()


def part(content: bytes, name: str, old: bytes, new: bytes) -> bytes:
    before = members(content)[name]
    assert old in before
    return changed(content, **{name: before.replace(old, new)})


def flag_bit(content: bytes) -> bytes:
    """Mark the first member encrypted in the directory."""
    at = content.index(b"PK\1\2") + 8
    return content[:at] + struct.pack("<H", struct.unpack_from("<H", content, at)[0] | 1) + content[at + 2 :]


def flipped(content: bytes) -> bytes:
    """One digit of a stored sheet changed: what no parser here would notice."""
    stored = archive(members(content), zipfile.ZIP_STORED)
    at = stored.index(b"<v>12</v>")
    return stored[:at] + b"<v>72</v>" + stored[at + 9 :]


def lying(size: int) -> bytes:
    parts = [{"name": name.encode(), "data": data} for name, data in members(GOOD).items()]
    return raw_archive([{**entry, "size": size} if b"sheet1" in entry["name"] else entry for entry in parts])  # type: ignore[operator]


def xlsb(sheet: bytes) -> bytes:
    return archive(
        {
            "[Content_Types].xml": b"<a/>",
            "xl/workbook.bin": b"",
            "xl/_rels/workbook.bin.rels": b"<a/>",
            "xl/worksheets/sheet1.bin": sheet,
        }
    )


@dataclass(frozen=True)
class Case:
    name: str
    content: Callable[[], bytes]
    code: str
    says: str = ""


REFUSED = [
    Case("empty", lambda: b"", "I15", "是空的"),
    Case("zeros left by a broken copy", lambda: bytes(5000), "I15"),
    Case("pdf", lambda: b"%PDF-1.7\n...", "I3", "PDF 文档"),
    Case("jpeg called xlsx", lambda: b"\xff\xd8\xff\xe0\0\x10JFIF", "I3", "图片"),
    Case("winmail.dat", lambda: b"\x78\x9f\x3e\x22\0\0", "I3", "Outlook 打成的附件包（winmail.dat）"),
    Case("heic", lambda: b"\0\0\0\x18ftypheic\0\0\0\0", "I3", "图片"),
    Case("rar", lambda: b"Rar!\x1a\x07\x01\0", "I4", "RAR"),
    Case("7z", lambda: b"7z\xbc\xaf\x27\x1c\0\4", "I4", "7z"),
    Case("docx", lambda: archive({"[Content_Types].xml": b"<a/>", "word/document.xml": b"<a/>"}), "I3", "Word 文档"),
    Case("doc", lambda: compound({"WordDocument": b"x"}), "I3", "Word 文档"),
    Case("ofd", lambda: archive({"OFD.xml": b"<a/>"}), "I3", "OFD"),
    Case("numbers", lambda: archive({"Index/Document.iwa": b"x"}), "I3", "Numbers"),
    Case("html called xls", lambda: "<html><table><tr><td>表二</td></tr></table></html>".encode("gbk"), "I3", "网页"),
    Case(
        "2003 xml",
        lambda: b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
        "I3",
        "2003 版 XML",
    ),
    Case("plain text", lambda: "各位领导好，见附件。".encode(), "I3", "纯文本"),
    Case("rtf", lambda: b"{\\rtf1 hello}", "I3", "RTF"),
    Case("biff without a container", lambda: b"\x09\0\x04\0\2\0\x10\0", "I3", "Excel"),
    Case("random bytes", lambda: bytes(range(256)) * 4, "I3", "不认识"),
    Case("encrypted xlsx", lambda: encrypted(GOOD), "I5", "密码"),
    Case("encrypted xls", lambda: compound({"Workbook": biff((0x809, bytes(16)), (0x2F, bytes(6)))}), "I5", "密码"),
    Case("encrypted zip member", lambda: flag_bit(GOOD), "I5", "密码"),
    Case(
        "encrypted ods",
        lambda: archive(
            {"mimetype": b"x", "content.xml": b"<a/>", "META-INF/manifest.xml": b"<m><encryption-data/></m>"}
        ),
        "I5",
    ),
    Case("bomb", lambda: with_sheet(sheet_xml(" " * 1_400_000)), "I6", "膨胀"),
    Case("sum of sizes", lambda: changed(GOOD, **{f"xl/a{n}.bin": os.urandom(900_000) for n in range(4)}), "I6", "4 MB"),
    Case("too many members", lambda: changed(GOOD, **{f"xl/a{n}.xml": b"<a/>" for n in range(60)}), "I6", "部件"),
    Case("lying size, too small", lambda: lying(100), "I6", "比声明的大"),
    Case("lying size, too large", lambda: lying(90_000), "I7", "校验"),
    Case("no end", lambda: GOOD[:-30], "I7", "不完整"),
    Case("half a file", lambda: GOOD[: len(GOOD) // 2], "I7", "不完整"),
    Case("first kilobyte lost", lambda: b"PK\3\4" + GOOD[1028:], "I7"),
    Case("flipped digit", lambda: flipped(GOOD), "I7", "校验"),
    Case("sheet missing", lambda: changed(GOOD, **{"xl/worksheets/sheet2.xml": None}), "I7", "sheet2.xml"),
    Case("texts missing", lambda: changed(GOOD, **{"xl/sharedStrings.xml": None}), "I7", "sharedStrings"),
    Case("relations missing", lambda: changed(GOOD, **{"xl/_rels/workbook.xml.rels": None}), "I7"),
    Case("sheet is no xml", lambda: with_sheet(b"hello"), "I7", "XML"),
    Case(
        "dtd",
        lambda: with_sheet(b'<!DOCTYPE w [<!ENTITY a "b">]><worksheet>&a;</worksheet>'),
        "I8",
        "DTD",
    ),
    Case("dtd behind a comment", lambda: with_sheet(b"<?xml version='1.0'?><!-- > --><!DOCTYPE w><worksheet/>"), "I8"),
    Case(
        "dtd in a part nobody reads", lambda: changed(GOOD, **{"docProps/app.xml": b"<!DOCTYPE a><a/>"}), "I8"
    ),
    Case("dtd in utf-16", lambda: with_sheet('<!DOCTYPE w><worksheet/>'.encode("utf-16")), "I8"),
    Case(
        "dtd in utf-16 in a part nobody reads",
        lambda: changed(GOOD, **{"customXml/item1.xml": "<!DOCTYPE w><a/>".encode("utf-16")}),
        "I8",
    ),
    Case("another encoding", lambda: with_sheet(b'<?xml version="1.0" encoding="GBK"?><worksheet/>'), "I9"),
    Case(
        "duplicate member",
        lambda: raw_archive(
            [{"name": n.encode(), "data": d} for n, d in [*members(GOOD).items(), ("XL/Workbook.xml", b"<a/>")]]
        ),
        "I9",
        "重复",
    ),
    Case("path escape", lambda: changed(GOOD, **{"xl/../../etc/passwd": b"x"}), "I9", "不合规"),
    Case("absolute name", lambda: changed(GOOD, **{"/xl/a.xml": b"<a/>"}), "I9"),
    Case("backslash", lambda: changed(GOOD, **{"xl\\a.xml": b"<a/>"}), "I9"),
    Case("drive letter", lambda: changed(GOOD, **{"C:evil.xml": b"<a/>"}), "I9"),
    Case("bzip2", lambda: archive(members(GOOD), zipfile.ZIP_BZIP2), "I9", "压缩方式"),
    Case("lzma", lambda: archive(members(GOOD), zipfile.ZIP_LZMA), "I9", "压缩方式"),
    Case("cyclic ole chain", lambda: compound({"Workbook": bytes(9000)}, cycle="Workbook"), "I7", "循环"),
    Case("truncated ole", lambda: compound({"Workbook": bytes(9000)})[:3000], "I7"),
    Case("ole header only", lambda: compound({"Workbook": b""})[:40], "I7"),
    Case("error cell in xlsb", lambda: xlsb(b"\x00\x04abcd" + b"\x81\x01\x02ab" + b"\x03\x01x"), "I9", ".xlsb"),
    Case("a mere archive", lambda: archive({"表.txt": b"x"}), "I3", "压缩包"),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_refused_with_one_sentence(case: Case) -> None:
    result = opened(case.content())
    assert not result.arrival.usable
    assert [finding.code for finding in result.arrival.findings] == [case.code]
    assert case.says in result.arrival.findings[0].message
    assert (result.format, result.content, result.parts) == ("", b"", {})


ACCEPTED = [
    ("plain", lambda: GOOD, "xlsx", []),
    ("trailing bytes of a mail gateway", lambda: GOOD + b"\r\n\r\n", "xlsx", []),
    ("stored", lambda: archive(members(GOOD), zipfile.ZIP_STORED), "xlsx", []),
    ("macros", lambda: changed(GOOD, **{"xl/vbaProject.bin": b"x"}), "xlsm", ["宏"]),
    ("excel 4 macros", lambda: changed(GOOD, **{"xl/macrosheets/sheet1.xml": b"<a/>"}), "xlsx", ["宏表"]),
    ("external link", lambda: changed(GOOD, **{"xl/externalLinks/externalLink1.xml": b"<a/>"}), "xlsx", ["外部链接"]),
    ("embedded", lambda: changed(GOOD, **{"xl/embeddings/oleObject1.bin": b"x"}), "xlsx", ["嵌入对象"]),
    ("connection", lambda: changed(GOOD, **{"xl/connections.xml": b"<a/>"}), "xlsx", ["数据连接"]),
    (
        "two remarks in one sentence",
        lambda: changed(GOOD, **{"xl/vbaProject.bin": b"x", "xl/connections.xml": b"<a/>"}),
        "xlsm",
        ["宏、数据连接"],
    ),
    ("xls", lambda: compound({"Workbook": biff((0x809, bytes(16)), (0x0A, b""))}), "xls", ["旧版 .xls"]),
    (
        "xls with a macro sheet",
        lambda: compound({"Workbook": biff((0x809, bytes(16)), (0x85, b"\0\0\0\0\0\1\1\0a"), (0x0A, b""))}),
        "xls",
        ["旧版 .xls", "宏表"],
    ),
    ("csv in gbk", lambda: "项目,数\r\n制发,3\r\n".encode("gbk"), "csv", [".csv"]),
    ("csv in utf-16 with tabs", lambda: "项目\t数\r\n制发\t3\r\n".encode("utf-16"), "csv", [".csv"]),
    ("xlsb", lambda: xlsb(b"\x00\x03\x0b\x03\x0b"), "xlsb", ["二进制"]),
    ("ods", lambda: archive({"mimetype": b"x", "content.xml": b"<a/>"}), "ods", [".ods"]),
]


@pytest.mark.parametrize(("content", "kind", "remarks"), [case[1:] for case in ACCEPTED], ids=[c[0] for c in ACCEPTED])
def test_let_through_with_remarks(content: Callable[[], bytes], kind: str, remarks: list[str]) -> None:
    result = opened(content())
    assert result.arrival.usable
    assert result.format == kind
    assert {finding.severity for finding in result.arrival.findings} <= {"info"}
    assert len(result.arrival.findings) == len(remarks)
    assert all(remark in finding.message for remark, finding in zip(remarks, result.arrival.findings, strict=True))


def test_csv_comes_out_in_utf8_with_commas() -> None:
    assert opened("项目\t数\r\n制发\t1,200\r\n".encode("utf-16")).content == '项目,数\r\n制发,"1,200"\r\n'.encode()


def test_parts_are_what_the_file_holds() -> None:
    assert dict(opened(GOOD).parts) == members(GOOD)


def test_a_lie_does_not_inflate_beyond_what_was_declared() -> None:
    """A part of 30 MB that says it is 100 bytes long: the lie costs 101 bytes."""
    packed = [{"name": b"xl/workbook.xml", "data": bytes(30_000_000), "size": 100}]
    result = opened(raw_archive(packed))
    assert [finding.code for finding in result.arrival.findings] == ["I6"]


def test_an_unusable_arrival_is_not_opened(tmp_path: Path) -> None:
    assert open_arrival(arrival(str(tmp_path / "gone.xlsx"))).arrival.findings[0].code == "I13"


@pytest.mark.parametrize("length", range(0, len(GOOD), 97))
def test_truncated_anywhere(length: int) -> None:
    assert not opened(GOOD[:length]).arrival.usable


@settings(max_examples=FUZZ, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_fuzz_flipped_bytes_never_change_a_part(data: st.DataObject) -> None:
    """Whatever is done to the bytes, a part that comes through is the part that was sent."""
    content = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    result = opened(bytes(content))
    truth = {name.lower(): part for name, part in members(GOOD).items()}
    assert result.arrival.usable or len(result.arrival.findings) == 1
    for name, found in result.parts.items():
        assert found == truth.get(name.lower(), found)


@settings(max_examples=FUZZ, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_fuzz_ole(data: st.DataObject) -> None:
    content = bytearray(compound({"Workbook": biff((0x809, bytes(16)), (0x0A, b"")), "_VBA_PROJECT_CUR": b"x"}))
    for _ in range(data.draw(st.integers(1, 12))):
        content[data.draw(st.integers(0, 2047))] = data.draw(st.sampled_from((0, 1, 2, 3, 0x7F, 0xFE, 0xFF)))
    opened(bytes(content[: data.draw(st.integers(0, len(content)))]))


@settings(max_examples=FUZZ, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from((b"", b"PK\3\4", b"PK\5\6", b"<", b"\xff\xfe", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")),
)
def test_fuzz_anything(tail: bytes, head: bytes) -> None:
    opened(head + tail)
