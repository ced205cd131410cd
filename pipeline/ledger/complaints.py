"""Errors of the database as Chinese sentences, which never contain a password."""

from __future__ import annotations

import sqlite3
from urllib.parse import unquote

from sqlalchemy.engine import URL

from pipeline.errors import PublishError, explain_fault

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_REASONS = {
    sqlite3.SQLITE_BUSY: "另一个程序正在使用它",
    sqlite3.SQLITE_LOCKED: "另一个程序正在使用它",
    sqlite3.SQLITE_READONLY: "没有写入权限",
    sqlite3.SQLITE_IOERR: "磁盘读写出错",
    sqlite3.SQLITE_FULL: "磁盘已满",
    sqlite3.SQLITE_CANTOPEN: "文件打不开",
}
"""Source: sqlite.org/rescode.html; the last eight bits are the primary result code."""
_OF_SQLITE = {
    "not a database": "它不是数据库文件",
    "malformed": "里面的结构坏了",
    "no such table": "缺了表，可能不是这个程序的历史库",
    "no such column": "缺了列，可能不是这个程序的历史库",
}
"""What SQLite says of a damaged file, and of one that another program made."""


def complaint(error: Exception, url: URL) -> PublishError:
    """Return the sentence for an error of the database or of its folder."""
    if url.get_backend_name() == "sqlite" and url.database:  # one opened for reading alone is named otherwise
        url = url.set(database=unquote(url.database.removeprefix("file:")))
    if url.get_backend_name() != "sqlite":
        return PublishError(
            f"台账历史库所在的数据库 {url.host or ''}/{url.database or ''} 不能用（{_reason(error, url)}）。"
            "请检查数据库是否启动，以及 xxgk.toml 里的地址、用户名和密码。"
        )
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0) & 0xFF
    known = next((reason for english, reason in _OF_SQLITE.items() if english in _said(error)), "")
    if code in _DAMAGED or known:
        return damaged(url, known or "内容读不出来")
    return PublishError(
        f"台账历史库 {url.database} 不能读写（{_REASONS.get(code) or _reason(error, url)}）。"
        "请检查磁盘空间和文件夹权限，再运行一次。"
    )


def damaged(url: URL, reason: str) -> PublishError:
    """Return the error for a damaged SQLite file."""
    return PublishError(f"台账历史库已损坏（{reason}），没有写入任何内容。请从备份恢复 {url.database}。")


def _said(error: Exception) -> str:
    """What the database says, without the statement that failed if it can be told apart."""
    return str(getattr(error, "orig", None) or error)


def _reason(error: Exception, url: URL) -> str:
    """Return the message of the database without the statement that failed."""
    message = explain_fault(error) if isinstance(error, OSError) else _said(error)
    first = next(iter(message.strip().splitlines()), "") or type(error).__name__
    return first.replace(str(url.password), "***") if url.password else first
