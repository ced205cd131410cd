"""Sound workbooks that other programs write in unusual ways are read; what cannot be read is named as what it is."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pipeline.files.containers import Bounds, sniff
from pipeline.model.submission import Submission, Unclaimed
from pipeline.road.intake.guard import inspect
from pipeline.road.intake.tidy import as_utf8, tidy_ods
from tests.road.read import workbooks as w
from tests.road.read.workbooks import filled, truth

Parts = dict[str, bytes]


def parts_of(data: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


def edit(parts: Parts, name: str, *changes: tuple[bytes, bytes]) -> Parts:
    part = parts[name]
    for old, new in changes:
        assert old in part, old
        part = part.replace(old, new)
    return parts | {name: part}


def in_utf16(name: str) -> Callable[[Parts], Parts]:
    def change(parts: Parts) -> Parts:
        text = parts[name].decode().replace('encoding="UTF-8"', 'encoding="UTF-16"')
        return parts | {name: text.encode("utf-16")}

    return change


def elsewhere(folder: str) -> Callable[[Parts], Parts]:
    """The workbook part and all beside it below another folder."""

    def change(parts: Parts) -> Parts:
        moved = {re.sub(r"^xl/", folder, name): part for name, part in parts.items()}
        moved = edit(moved, "_rels/.rels", (b'"xl/workbook.xml"', f'"{folder}workbook.xml"'.encode()))
        types = moved["[Content_Types].xml"].replace(b'"/xl/', f'"/{folder}'.encode())
        return moved | {"[Content_Types].xml": types}

    return change


def with_absolute_targets(parts: Parts) -> Parts:
    return edit(parts, "xl/_rels/workbook.xml.rels", (b'Target="worksheets/', b'Target="/xl/worksheets/'))


def without_styles(parts: Parts) -> Parts:
    return {name: part for name, part in parts.items() if name != "xl/styles.xml"}


def with_picture(parts: Parts) -> Parts:
    return parts | {"xl/media/image1.bmp": b"BM" + struct.pack("<L", 4_000_000) + bytes(4_000_000)}


def with_odd_list(parts: Parts) -> Parts:
    book = re.sub(rb"<sheets>(.*)</sheets>", rb"<sheets >\1</sheets >", parts["xl/workbook.xml"])
    return parts | {"xl/workbook.xml": book}


def with_gt_in_a_name(parts: Parts) -> Parts:
    return edit(parts, "xl/workbook.xml", ('name="填报说明"'.encode(), 'name="说明>>>"'.encode()))


SOUND: Mapping[str, Callable[[Parts], Parts]] = {
    "styles in UTF-16": in_utf16("xl/styles.xml"),
    "a sheet in UTF-16": in_utf16("xl/worksheets/sheet4.xml"),
    "the workbook in UTF-16": in_utf16("xl/workbook.xml"),
    "texts in UTF-16": in_utf16("xl/sharedStrings.xml"),
    "the workbook elsewhere": elsewhere("excel/"),
    "the workbook deep down": elsewhere("a/b/"),
    "absolute targets": with_absolute_targets,
    "styles named and not there": without_styles,
    "a picture of one colour": with_picture,
    "a blank in the tag of the sheets": with_odd_list,
    "> in the name of a sheet": with_gt_in_a_name,
}


@pytest.mark.parametrize("change", SOUND.values(), ids=SOUND)
def test_what_can_be_read_is_read(change: Callable[[Parts], Parts], tmp_path: Path) -> None:
    result = w.read(tmp_path, packed(change(parts_of(filled()))))
    assert isinstance(result, Submission), result
    assert w.values(result) == truth()
    assert [f.code for f in result.findings if f.severity != "info"] == []


def without_texts(parts: Parts) -> Parts:
    return {name: part for name, part in parts.items() if name != "xl/sharedStrings.xml"}


def with_a_doctype(parts: Parts) -> Parts:
    text = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "b">]><styleSheet/>'
    return parts | {"xl/styles.xml": text.encode("utf-16")}


def with_stray_cells(parts: Parts) -> Parts:
    stray = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    return {
        name: part.replace(b"</sheetData>", stray) if name.startswith("xl/worksheets/") else part
        for name, part in parts.items()
    }


UNSOUND: Mapping[str, tuple[Callable[[Parts], Parts], str]] = {
    "texts that cells need": (without_texts, "缺少部件“xl/sharedStrings.xml”"),
    "a document type in UTF-16": (with_a_doctype, "文档类型声明"),
    "a stray cell in every sheet": (with_stray_cells, "XFD1048576 有多余内容"),
}


@pytest.mark.parametrize(("change", "words"), UNSOUND.values(), ids=UNSOUND)
def test_what_cannot_be_read_is_named(change: Callable[[Parts], Parts], words: str, tmp_path: Path) -> None:
    result = w.read(tmp_path, packed(change(parts_of(filled()))))
    assert isinstance(result, Unclaimed)
    assert words in result.findings[0].message
    assert words in result.obstacle.words


def test_a_sheet_that_could_not_be_read_is_not_called_absent(tmp_path: Path) -> None:
    parts = parts_of(filled())
    stray = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    parts["xl/worksheets/sheet4.xml"] = parts["xl/worksheets/sheet4.xml"].replace(b"</sheetData>", stray)
    result = w.read(tmp_path, packed(parts))
    assert isinstance(result, Submission)
    errors = [f.message for f in result.findings if f.severity == "error"]
    assert len(errors) == 1
    assert "工作表“表三”的 XFD1048576 有多余内容" in errors[0]
    assert not [f for f in result.findings if "没有找到" in f.message]


def test_an_ods_is_brought_into_shape() -> None:
    pretty = b'<?xml version="1.0"?>\n<!DOCTYPE office:document-content PUBLIC "a" "b.dtd">\n<a>\n  <b>\n 1 2</b>\n</a>'
    assert tidy_ods("content.xml", pretty) == b'<?xml version="1.0"?><a><b>\n 1 2</b></a>'
    assert b"DOCTYPE" in tidy_ods("content.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'), "one with content is refused"
    assert as_utf8("<a>甲</a>".encode()) == "<a>甲</a>".encode()


KINDS = [
    ("<?xml version='1.0'?><office:document xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0'/>", "单个 XML 文件的 .fods 表格"),
    ("ID;PWXL;N;E\nC;Y1;X1;K1\nE\n", "SYLK 表格（.slk）"),
    ("<html><body>甲</body></html>", "网页"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind"), KINDS)
def test_kinds_of_text_files(text: str, kind: str) -> None:
    assert sniff.sniff(text.encode()) == kind


def test_the_package_of_an_old_numbers_is_one_thing() -> None:
    assert sniff.zip_kind({"index.xml", "buildversionhistory.plist", "thumbs/a.jpg"}) == "Numbers 表格"
    assert sniff.zip_kind({"content.xml", "meta-inf/manifest.xml"}) == "ods"


def test_a_locked_ods_is_called_locked(tmp_path: Path) -> None:
    locked = packed(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "meta.xml": b"\x80\x81 not XML",
            "content.xml": b"\x80\x81 not XML",
            "META-INF/manifest.xml": b"<m><manifest:encryption-data/></m>",
        }
    )
    opened = inspect(w.arrival(tmp_path, locked), locked, Bounds())
    assert [f.code for f in opened.arrival.findings] == ["I5"]
