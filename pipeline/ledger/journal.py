"""A journal beside the ledger that a killed run left, and whether it belongs to the ledger.

SQLite repairs its file from such a journal when it is opened next. After ``ledger.sqlite`` was restored from a backup
the journal belongs to the file that was there before, and the repair would destroy the restored one. It is recognised
by what both say of page 1, and moved aside.
Source: SQLite file format 1.3 (header) and 3 (rollback journal); "How to corrupt an SQLite database", 1.4.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from struct import unpack_from

_MAGIC = bytes.fromhex("d9d505f920a163d7")
_COUNTER, _PAGES, _HEADER = 24, 28, 100
_BEGIN, _ALL = 28, 0xFFFFFFFF
"""Bytes of a segment's header that say something; the count that means all that follows."""
_WAL = 2
_PATIENCE = 0.2
"""Seconds after which two looks at both files must agree: another run may be writing them at this moment."""


def set_foreign_aside(database: Path) -> Path | None:
    """Move a journal that belongs to another file aside; return where it is now, ``None`` when there was none."""
    journal, log = (database.with_name(database.name + end) for end in ("-journal", "-wal"))
    if journal.is_file() and _is_foreign_journal(database, journal):
        time.sleep(_PATIENCE)
        if journal.is_file() and _is_foreign_journal(database, journal):
            return _move_aside(journal)
    if log.is_file() and log.stat().st_size and _is_foreign_log(database, log):
        database.with_name(database.name + "-shm").unlink(missing_ok=True)
        return _move_aside(log)
    return None


def _is_foreign_journal(database: Path, journal: Path) -> bool:
    """Whether a rollback journal was begun on another state of the file.

    Every transaction saves page 1 before it raises the counter in it, so the counter of the file is the saved one, or
    that and one. A journal that does not have page 1 yet states the number of pages.
    """
    with database.open("rb") as file:
        head = file.read(_HEADER)
    content = journal.read_bytes()
    if len(head) < _HEADER or len(content) < _BEGIN or not content.startswith(_MAGIC):
        return False  # SQLite does not use it either
    saved = next((page for number, page in _saved_pages(content) if number == 1), None)
    if saved is None:
        return bool(unpack_from(">I", content, 16)[0] != int.from_bytes(head[_PAGES : _PAGES + 4], "big"))
    was, is_ = (int.from_bytes(page[_COUNTER : _COUNTER + 4], "big") for page in (saved, head))
    return is_ != was + 1 and (is_ != was or saved[:_HEADER] != head)


def _saved_pages(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The pages of a journal with their numbers. A transaction that outgrows the cache has several segments, each with a
    header of its own at the next border of a sector; one that was not flushed yet counts no pages.
    """
    at = 0
    while content.startswith(_MAGIC, at) and at + _BEGIN <= len(content):
        count, sector, size = (unpack_from(">I", content, at + offset)[0] for offset in (8, 20, 24))
        if not sector or not size:
            return
        left = (len(content) - at - sector) // (size + 8)
        at += sector
        for _ in range(min(left, left if count == _ALL else count)):
            yield unpack_from(">I", content, at)[0], content[at + 4 : at + 4 + size]
            at += size + 8
        at += -at % sector


def _is_foreign_log(database: Path, log: Path) -> bool:
    """Whether a write-ahead log, which versions before 0.2 kept, does not fit the file: tried on copies of both."""
    with database.open("rb") as file:
        if file.read(20)[18:20] != bytes([_WAL, _WAL]):
            return True
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / database.name
        shutil.copyfile(database, copy)
        shutil.copyfile(log, copy.with_name(log.name))
        with suppress(sqlite3.Error), closing(sqlite3.connect(copy)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",))
    return True


def _move_aside(path: Path) -> Path:
    for n in range(1000):
        aside = path.with_name(f"{path.name}.不属于现在的历史库{n or ''}")
        if not aside.exists():
            return path.rename(aside)
    raise FileExistsError(path)
