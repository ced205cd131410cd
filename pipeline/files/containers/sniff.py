"""The kind of a file by its first bytes, independent of its name."""

from __future__ import annotations

import re
from collections.abc import Collection

from pipeline.files.containers import ole

ZIP, OLE, CSV = "zip", "ole", "csv"
MAIL = "邮件"
"""A mail as Outlook stores it; one in the common format is opened like a zip."""
ZIP_MAGIC = (b"PK\3\4", b"PK\5\6")

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "PDF 文档"),
    (b"\xff\xd8\xff", "图片"),
    (b"\x89PNG", "图片"),
    (b"GIF8", "图片"),
    (b"BM", "图片"),
    (b"II*\0", "图片"),
    (b"MM\0*", "图片"),
    (b"Rar!", "RAR 压缩包"),
    (b"7z\xbc\xaf\x27\x1c", "7z 压缩包"),
    (b"\x1f\x8b", "gz 压缩包"),
    (b"MZ", "可执行程序"),
    (b"{\\rtf", "RTF 文档"),
    (b"MIME-Version:", "网页"),
    (b"\x09\0\x04\0", "二十多年前的 Excel 格式"),
    (b"\x09\2\x06\0", "二十多年前的 Excel 格式"),
    (b"\x09\4\x06\0", "二十多年前的 Excel 格式"),
    (b"SQLite format 3", "数据库文件"),
    (b"\x78\x9f\x3e\x22", "Outlook 打成的附件包（winmail.dat）"),
)
"""Longest known beginnings; ``BM`` and ``MZ`` are confirmed by the zero bytes no text has."""
_SHORT = (b"BM", b"MZ")
ARCHIVES = frozenset({"RAR 压缩包", "7z 压缩包", "gz 压缩包"})
UNKNOWN, TEXT, EMPTY = "不认识的格式", "纯文本", "空文件"

_ZIP_MARKS: tuple[tuple[str, str], ...] = (
    ("word/", "Word 文档"),
    ("ppt/", "PPT 演示文稿"),
    ("ofd.xml", "OFD 版式文件"),
    ("index/document.iwa", "Numbers 表格"),
    ("index.zip", "Numbers 表格"),
    ("buildversionhistory.plist", "Numbers 表格"),
    ("metadata/buildversionhistory.plist", "Numbers 表格"),
    ("androidmanifest.xml", "手机程序"),
)
_OLE_MARKS: tuple[tuple[str, str], ...] = (
    ("WordDocument", "Word 文档"),
    ("PowerPoint Document", "PPT 演示文稿"),
    ("__properties_version1.0", MAIL),
)
_CONTROL = re.compile("[\0-\x08\x0e-\x1a\x1c-\x1f]")
_DELIMITERS = ("\t", ",", ";")


def sniff(content: bytes) -> str:
    """`ZIP`, `OLE`, `CSV`, or the Chinese name of what cannot be read."""
    if not content.strip(b"\0"):
        return EMPTY
    if content.startswith(ZIP_MAGIC):
        return ZIP
    if content.startswith(ole.MAGIC):
        return OLE
    for magic, kind in _MAGIC:
        if content.startswith(magic) and (magic not in _SHORT or b"\0" in content[:64]):
            return kind
    if content[4:8] == b"ftyp" or content[8:12] == b"WEBP":
        return "图片"
    text = decode_text(content[:65_536] if len(content) > 65_536 else content)
    return UNKNOWN if text is None else _text_kind(text)


def decode_text(content: bytes) -> str | None:
    """Decode a text in one of the encodings that office programs write; ``None`` when it is not text. A character that
    is cut at the end is dropped, so that the beginning of a file can be decoded.
    """
    encodings: tuple[str, ...] = ("utf-8-sig", "gb18030")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ("utf-16",)
    for encoding in encodings:
        for cut in range(4):
            try:
                text = content[: len(content) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return None if _CONTROL.search(text) else text
    return None


def delimiter(text: str) -> str:
    """What separates the fields of a delimited text; empty when nothing does."""
    lines = [line for line in text.splitlines()[:50] if line.strip()]
    counts = {mark: sum(mark in line for line in lines) for mark in _DELIMITERS}
    mark = max(_DELIMITERS, key=lambda mark: counts[mark])
    return mark if len(lines) > 1 and counts[mark] * 2 > len(lines) else ""


def zip_kind(names: Collection[str]) -> str:
    """What a zip is by the lower-case names of its members: a format, `ZIP` for a mere archive, or a Chinese name."""
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "xl/workbook.xml" in names:
        return "xlsm" if "xl/vbaproject.bin" in names else "xlsx"
    for mark, kind in _ZIP_MARKS:
        if mark in names or (mark.endswith("/") and any(name.startswith(mark) for name in names)):
            return kind
    if "content.xml" in names and ("mimetype" in names or "meta-inf/manifest.xml" in names):
        return "ods"
    return UNKNOWN if "[content_types].xml" in names else ZIP


def ole_kind(names: Collection[str]) -> str:
    """What an OLE file is by its streams: ``xls``, or a Chinese name."""
    if {"workbook", "book"} & {name.lower() for name in names}:
        return "xls"
    return next((kind for mark, kind in _OLE_MARKS if mark in names), UNKNOWN)


def _text_kind(text: str) -> str:
    head = text.lstrip("\ufeff \t\r\n")[:4096].lower()
    if head.startswith("<"):
        if "schemas-microsoft-com:office:spreadsheet" in head:
            return "2003 版 XML 表格"
        if "opendocument:xmlns:office" in head:
            return "单个 XML 文件的 .fods 表格"
        return "网页" if re.search(r"<(!doctype\s+html|html|table|head|body|meta|div)\b", head) else "XML 文件"
    if head.startswith("id;p"):
        return "SYLK 表格（.slk）"
    return CSV if delimiter(text) else TEXT
