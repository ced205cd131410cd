"""The log of a workspace: JSON lines in ``outputs/log/``, one for every event of every command.

A line has the time, the id of the command that wrote it, a level and what happened; a fault of ours has its traceback.
The stations of a night log how long they took (logger ``xxgk``).
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from pipeline.night.stages import LOGGER

FOLDER, FILE = "log", "xxgk.jsonl"
_SIZE = 1_000_000


class _JsonLines(logging.Formatter):
    def __init__(self, run: str) -> None:
        super().__init__()
        self._run = run

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": dt.datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds"),
            "run": self._run,
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "details", {}),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


class _Readable(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        details = "，".join(f"{key} {value}" for key, value in getattr(record, "details", {}).items())
        return f"{dt.datetime.fromtimestamp(record.created):%H:%M:%S} {record.getMessage()}" + (
            f"（{details}）" if details else ""
        )


def _ignore(record: logging.LogRecord) -> None:
    """Take no notice of a log line that cannot be written: the disk may be full."""
    del record


@contextmanager
def log_command(outputs: Path | None, *, keep: int, screen: TextIO | None) -> Iterator[str]:
    """Log to ``outputs/log/`` while a command runs; yield the id of the command. ``screen`` gets readable lines too.

    Nothing is written without ``outputs``, or where it is not there, and a log that cannot be written stops nothing.
    """
    run = uuid.uuid4().hex[:8]
    handlers: list[logging.Handler] = []
    with suppress(OSError):
        if outputs and outputs.is_dir():
            (outputs / FOLDER).mkdir(exist_ok=True)
            file = RotatingFileHandler(outputs / FOLDER / FILE, maxBytes=_SIZE, backupCount=keep, encoding="utf-8")
            file.setFormatter(_JsonLines(run))
            file.handleError = _ignore  # type: ignore[method-assign]
            handlers.append(file)
    if screen:
        lines = logging.StreamHandler(screen)
        lines.setFormatter(_Readable())
        handlers.append(lines)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    for handler in handlers:
        LOGGER.addHandler(handler)
    try:
        yield run
    finally:
        for handler in handlers:
            LOGGER.removeHandler(handler)
            with suppress(OSError):  # what could not be written is tried once more
                handler.close()


def note_fault(event: str) -> None:
    """Log the exception that is being handled, with its traceback."""
    LOGGER.error(event, exc_info=sys.exc_info())
