"""Limits on what is taken in, and the exception that refuses a container."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Sizes in bytes. Several thousand public workbooks stay below 57 MB inflated, ratio 69 and 1,033 members."""

    file: int = 50 * MIB
    """The file as it lies in the folder, and one member of an attachment."""
    total: int = 100 * 1_000_000
    """All parts of a workbook together, inflated; all members of an attachment with those nested in it."""
    part: int = 64 * MIB
    """One part of a workbook, inflated."""
    ratio: int = 100
    """Inflated to compressed, of one part."""
    ratio_from: int = MIB
    """Parts smaller than this may have any ratio: a short run of blanks compresses a thousandfold."""
    members: int = 2_000
    """Parts of a workbook, and files of an attachment with those in the archives inside."""
    depth: int = 2
    """A zip in a zip is opened, one in that is not."""
    settle: float = 10.0
    """Seconds a file must have lain untouched, unless it is a zip whose end has already been written."""


class RefusedError(Exception):
    """The container is refused. ``code`` and ``words`` make the finding, see ``messages.toml``."""

    def __init__(self, code: str, **words: str) -> None:
        self.code, self.words = code, words
        super().__init__(code, words)


def damaged_error(detail: str) -> RefusedError:
    """Refuse bytes that contradict the container's own tables."""
    return RefusedError("I7", detail=detail)


def irregular_error(detail: str) -> RefusedError:
    """Refuse a container that no office program writes and that two readers could understand differently."""
    return RefusedError("I9", detail=detail)


def swollen_error(detail: str) -> RefusedError:
    """Refuse a container that is far larger than any return."""
    return RefusedError("I6", detail=detail)
