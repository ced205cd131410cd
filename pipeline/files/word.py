"""Why a Word file does not open, in words for the office."""

from __future__ import annotations

import zipfile
from pathlib import Path

from pipeline.errors import explain_fault

_MAIN = b"wordprocessingml.document.main+xml"
_OTHER = (
    (b"wordprocessingml.template.main+xml", "它是 Word 模板格式（.dotx）"),
    (b"document.macroEnabled.main+xml", "它是带宏的文档（.docm）"),
    (b"template.macroEnabledTemplate.main+xml", "它是带宏的模板（.dotm）"),
)


def explain_word_fault(file: Path, error: Exception) -> str:
    """Return one clause for an exception that was raised when ``file`` was opened."""
    if isinstance(error, OSError):
        return explain_fault(error)
    try:
        with zipfile.ZipFile(file) as archive:
            types = archive.read("[Content_Types].xml")
    except (OSError, KeyError, zipfile.BadZipFile):
        return "它不是 .docx 文件，或者已损坏"
    if _MAIN not in types:
        for mark, words in _OTHER:
            if mark in types:
                return f"{words}，请在 Word 里另存为 .docx"
    return "它的内容已损坏"
