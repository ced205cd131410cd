"""What systems and libraries say in English is told in Chinese."""

from __future__ import annotations

import errno
import os
import socket
import tomllib
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from pipeline.errors import explain_fault


def system(number: int) -> OSError:
    return OSError(number, os.strerror(number), "/x")


def raised(step: Callable[[], object]) -> Exception:
    with pytest.raises(Exception) as caught:
        step()
    return caught.value


def empty_zip() -> BytesIO:
    archive = BytesIO()
    zipfile.ZipFile(archive, "w").close()
    return archive


FAULTS = [
    (system(errno.ENOENT), "没有这个文件或文件夹"),
    (system(errno.EACCES), "没有权限，或者别的程序正在使用它"),
    (system(errno.ENOSPC), "磁盘满了"),
    (system(errno.EROFS), "磁盘是只读的"),
    (system(errno.ECONNREFUSED), "对方拒绝连接"),
    (system(errno.EOWNERDEAD), f"系统错误 {errno.EOWNERDEAD}"),
    (TimeoutError("timed out"), "等不到应答"),
    (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "找不到这台主机"),
    (OSError("odd"), "系统错误 OSError"),
    (raised(lambda: tomllib.loads("a = 1\n[run\nworkers = 1")), "第 2 行第 5 个字那里写法不对"),
    (raised(lambda: tomllib.loads("a = [1,")), "没有写完"),
    (raised(lambda: tomllib.loads("a = 1\na = 2")), "同一项写了两遍"),
    (raised(lambda: zipfile.ZipFile(empty_zip()).read("清单.json")), "内容不完整或已损坏"),
    (raised(lambda: b"\xff".decode()), "不是 UTF-8 文本"),
    (raised(lambda: zipfile.ZipFile(BytesIO(b"x"))), "内容不完整或已损坏"),
    (raised(lambda: CalamineWorkbook.from_filelike(BytesIO(b"x"))), "内容不完整或已损坏"),
    (KeyError(), "内容不完整或已损坏"),
    (ValueError("表头不在第一行"), "表头不在第一行"),
]


@pytest.mark.parametrize(("error", "words"), FAULTS, ids=lambda each: repr(each)[:40])
def test_words(error: Exception, words: str) -> None:
    assert explain_fault(error) == words
