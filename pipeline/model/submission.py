"""What travels between the stations: an arrival (a file), its opened content, its cells, and a submission."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from pipeline.form import Vector
from pipeline.layout import Place
from pipeline.model.finding import Finding

NAMING = 8
"""Digits of a hash that are enough to name an arrival in a row of 来件认领."""
_PACKAGES = (".eml", ".zip")
_CHINA = dt.timezone(dt.timedelta(hours=8))


class Repair(StrEnum):
    """How reading converted a figure that was not a plain number in its cell."""

    RETYPED = "typed as text"
    LEFT_OUT = "typed as text, and so left out of the workbook's own totals"
    CONVERTED = "converted between 元 and 万元"
    NOTE = "a note beside it left aside"
    ZEROED = "a blank counted as 0"
    COMPUTED = "a total nobody had calculated"


class Reason(StrEnum):
    """Why an arrival is unclaimed."""

    ARRIVING = "still arriving"
    UNREACHABLE = "cannot be opened today"
    UNFINISHED = "reading was given up"
    UNREADABLE = "unreadable"
    UNCERTAIN = "uncertain whose"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why an arrival is not read further, as a reason and in words."""

    reason: Reason
    words: str = ""


def _is_mailed(name: str) -> bool:
    """Whether the innermost package around a file, by its name, is a mail; attachments may be named with folders."""
    packages = [suffix for part in PurePosixPath(name).parts[:-1] if (suffix := PurePosixPath(part).suffix.lower())]
    return next((suffix == ".eml" for suffix in reversed(packages) if suffix in _PACKAGES), False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One content that arrived. ``names`` are the paths below ``inputs/<year>/`` it was found at, sorted.

    A member of an attachment is named ``附件.zip/会发镇.xlsx``. An arrival with an ``obstacle`` holds no return, and
    its last finding says why; the findings of a usable one are remarks that travel on with its values. ``sha256`` is
    empty while the content could not be read whole (still being copied, no permission). ``written`` is when
    its author wrote a member of a package, where the package tells. ``sight`` numbers the looks into
    the folder, ``resent`` the one at which a further copy came, if one ever did. ``senders`` are the addresses that
    mailed it, as far as mails tell.
    """

    sha256: str
    names: tuple[str, ...]
    size: int
    modified: dt.datetime
    first_seen: dt.datetime
    path: Path
    written: dt.datetime | None = None
    sight: int = 0
    resent: int = 0
    senders: tuple[str, ...] = ()
    obstacle: Obstacle | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether it may hold a return."""
        return self.obstacle is None

    @property
    def name(self) -> str:
        """The path people know the file by."""
        return self.names[0]

    @property
    def named(self) -> str:
        """The path with the digits of its hash that a claim can name it by: every return keeps its issued base name."""
        return f"“{self.name}”（哈希 {self.sha256[:NAMING]}）"

    @property
    def order(self) -> tuple[int, dt.datetime, str]:
        """The order of arrival: the look at which it was first seen, then the file's own time, then its name."""
        return self.sight, self.own_time, self.name

    @property
    def own_time(self) -> dt.datetime:
        """When its author wrote it, as far as the file itself tells."""
        return self.written or self.modified

    @property
    def came(self) -> tuple[dt.date, str]:
        """The day it came, in China, and what tells so: the earliest of our first look, the file's own time, and the date
        of the mail that brought it.
        """
        moments = [(self.first_seen, "按第一次收到的时间"), (self.modified, "按文件的时间")]
        # a zip tells when its author wrote a member, which is not when it was sent
        if self.written and all(_is_mailed(name) for name in self.names):
            moments.append((self.written, "按邮件的日期"))
        moment, evidence = min(moments, key=lambda pair: pair[0])
        return moment.astimezone(_CHINA).date(), evidence

    @property
    def last_sent(self) -> int:
        """The look at which it, or a further copy of it, came last."""
        return max(self.sight, self.resent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighted:
    """One content as the ledger knows it.

    ``sight`` counts the looks into the folder of its year, so that the order does not depend on a clock; ``resent`` is
    the look at which the last further copy came. ``written`` is when a member of a package was written by its author,
    where the package tells; ``modified`` is unknown for arrivals recorded before the ledger stored it.
    """

    first_seen: dt.datetime
    modified: dt.datetime | None
    sight: int
    written: dt.datetime | None = None
    copies: int = 1
    resent: int = 0


class Noted(NamedTuple):
    """A `Sighted` content as the ledger writes it: times as text, blank where unknown. Made by the thousand every night, and
    read when somebody wants to know.
    """

    sha256: str
    first_seen: str
    modified: str
    sight: int
    written: str
    copies: int = 1
    resent: int = 0

    def read(self) -> Sighted:
        """Read the times."""
        return Sighted(
            first_seen=dt.datetime.fromisoformat(self.first_seen),
            modified=dt.datetime.fromisoformat(self.modified) if self.modified else None,
            sight=self.sight,
            written=dt.datetime.fromisoformat(self.written) if self.written else None,
            copies=self.copies,
            resent=self.resent,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewArrival:
    """A content that is seen for the first time: its file's own time and the name it has."""

    sha256: str
    name: str
    size: int
    modified: dt.datetime
    written: dt.datetime | None = None

    def note(self, now: dt.datetime, sight: int) -> Noted:
        """Return it as the ledger writes it, first seen ``now``, at the ``sight``-th look."""
        moments = (now, self.modified, self.written)
        seen, modified, written = (moment.isoformat(timespec="seconds") if moment else "" for moment in moments)
        return Noted(self.sha256, seen, modified, sight, written)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An arrival behind the container guard, with its real format, independent of its name.

    ``format`` is ``xlsx``, ``xlsm``, ``xlsb``, ``ods``, ``xls`` or ``csv``, and empty when the arrival was refused.
    ``parts`` are the parts of a zip container that a parser may see, inflated within the bounds and true to their
    checksums; ``content`` is the whole file when it is no zip. ``errors`` are the error cells of an ``xls``, by sheet
    and (row, column).
    """

    arrival: Arrival
    format: str = ""
    content: bytes = b""
    parts: Mapping[str, bytes] = field(default_factory=dict)
    errors: Mapping[str, Mapping[tuple[int, int], str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a cell looks: its number format, or the very text it ``shows``; ``marked`` where letters are struck out,
    raised or lowered.
    """

    format: str = "General"
    shows: str | None = None
    marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The used rectangle of a sheet; its first cell stands at (``top``, ``left``), counted from 0.

    The other fields say what the values cannot, by (row, column): cells that hold an error and which (``rows`` shows it
    there as text, never as a blank), and where the sheet was ``scanned`` formulas whose result was never computed (a
    blank in ``rows``), pictures in the place of a figure, what is hidden, how cells look that do not simply show what
    they hold, which are ``covered`` by a merged cell, and ``stale`` zeros of formulas in a workbook nobody calculated.
    """

    top: int
    left: int
    rows: Sequence[Sequence[object]]
    scanned: bool = False
    errors: Mapping[tuple[int, int], str] = field(default_factory=dict)
    uncomputed: frozenset[tuple[int, int]] = frozenset()
    pictures: frozenset[tuple[int, int]] = frozenset()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    looks: Mapping[tuple[int, int], Look] = field(default_factory=dict)
    covered: frozenset[tuple[int, int]] = frozenset()
    stale: frozenset[tuple[int, int]] = frozenset()

    def at(self, row: int, col: int) -> object:
        """Return the value of a cell; an empty text outside the rectangle."""
        r, c = row - self.top, col - self.left
        if r < 0 or c < 0 or r >= len(self.rows) or c >= len(self.rows[r]):
            return ""
        return self.rows[r][c]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A return whose unit, form and year are established. ``values`` is ordered like ``Form.items``.

    ``repairs`` are what reading did to figures, by item code; ``reasons`` what the unit wrote to explain findings;
    ``saved`` when an office program last saved it, as the workbook itself tells;
    ``lacking`` who was missing where it is itself a consolidation.
    """

    arrival: Arrival
    unit: str
    values: Vector
    places: Mapping[str, Place]
    reasons: Mapping[str, str]
    repairs: Mapping[str, tuple[Repair, ...]] = field(default_factory=dict)
    saved: dt.datetime | None = None
    lacking: str = ""
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclaimed:
    """A return that is no unit's, and why; its first finding tells the office what to do.

    ``settled`` is the state people see once nothing has to be done about it; its findings are answered then.
    """

    arrival: Arrival
    obstacle: Obstacle
    findings: tuple[Finding, ...]
    settled: str = ""
