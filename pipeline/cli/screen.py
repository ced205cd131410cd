"""The two streams of a command: data and sentences to stdout, progress and errors to stderr."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import track
from rich.table import Table

from pipeline.cli.words import word

T = TypeVar("T")


class _Screen(Console):
    """A console that falls silent when nobody reads it any more: the work of a command goes on, and so does its exit code."""

    def on_broken_pipe(self) -> None:
        """Print nothing any more; what Python still holds of it goes nowhere."""
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        with suppress(OSError, ValueError):
            os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)


OUT, ERR = _Screen(highlight=False, soft_wrap=True), _Screen(stderr=True, highlight=False, soft_wrap=True)


def be_quiet(quiet: bool) -> None:
    """Print errors only from now on, or everything again."""
    OUT.quiet = quiet


def stop_printing() -> None:
    """Print no more data and sentences."""
    OUT.on_broken_pipe()


def progress(sequence: Sequence[T], label: str) -> Iterable[T]:
    """A bar on the terminal that goes away when done; nothing when the output is a file."""
    return track(sequence, label, console=ERR, transient=True, disable=not ERR.is_terminal or OUT.quiet)


def chosen_year(year: int, *, is_open: bool) -> None:
    """Print which year is meant when none was written."""
    if not OUT.quiet:
        why = "取有台账、没有封存的年度里最新的" if is_open else "有台账的年度都已封存，取最新的"
        tell(f"年度：{year}（没有写 --year，{why}）")


def error(text: str) -> None:
    """Print why a command could not do its work."""
    tell(f"[red]错误：[/]{word(text)}")


def tell(text: str) -> None:
    """Print a sentence to stderr, if it can be written anywhere."""
    try:
        ERR.print(text)
    except OSError:
        ERR.on_broken_pipe()


def put(what: str | Table) -> None:
    """Print a line with markup, or a table."""
    OUT.print(what)


def plain(text: str) -> None:
    """Print a text without markup."""
    OUT.print(text, markup=False, end="")


def document(content: Any) -> None:
    """Print data for a machine to read."""
    OUT.print(json.dumps(content, ensure_ascii=False, indent=1), markup=False)
