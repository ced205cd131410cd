"""Every command in the log of its workspace: what was called, what was refused, how it ended."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipeline.cli.options import find_root
from pipeline.errors import XxgkError
from pipeline.night.stages import note
from pipeline.service.log import log_command, note_fault
from pipeline.settings import read_settings

__all__ = ["logged", "note_end", "note_fault", "note_refusal"]

_SILENT = ("--help", "-h", "--version")


@contextmanager
def logged(arguments: Sequence[str], *, verbose: bool) -> Iterator[str]:
    """Log one command to the workspace its arguments name; yield its id. Questions for help leave no line."""
    root = find_root(_named(arguments)).root
    try:
        keep = read_settings(root).log_files
    except XxgkError:
        keep = 10  # the command itself will tell what is wrong with the settings
    silent = not arguments or any(word in _SILENT for word in arguments)
    outputs = None if silent else root / "outputs"
    with log_command(outputs, keep=keep, screen=sys.stderr if verbose else None) as run:
        note("开始", command=" ".join(arguments))
        yield run


def note_refusal(sentence: str) -> None:
    """Log why a command did not begin."""
    note("没有开始", reason=sentence)


def note_end(code: int) -> None:
    """Log the exit code of a command."""
    note("结束", code=code)


def _named(arguments: Sequence[str]) -> Path:
    """The folder after --workspace or -w, else the current one."""
    for at, word in enumerate(arguments):
        name, _, value = word.partition("=")
        if name in ("--workspace", "-w"):
            return Path(value or next(iter(arguments[at + 1 : at + 2]), ""))
    return Path()
