"""The literal content of cells in archived originals, or the reason why a file cannot be opened."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.errors import explain_fault
from pipeline.layout import Place
from pipeline.ledger import Ledger
from pipeline.model.county import Contribution
from pipeline.model.submission import Arrival
from pipeline.road.intake import open_arrival
from pipeline.road.read.parser import UnreadableError
from pipeline.road.read.workbook import read_workbook
from pipeline.workbook.annex import is_sources, sources_in
from pipeline.workbook.cells.grid import Rows

_LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """An archived file: the ``texts`` of its cells, its own ``sources``, or the ``trouble`` with it."""

    texts: Mapping[Place, str] = field(default_factory=dict)
    sources: Mapping[str, Rows] = field(default_factory=dict)
    trouble: str = ""

    def below(self, item: str) -> tuple[Contribution, ...]:
        """Return its own addends when it is a consolidation; none when it is a return."""
        return tuple(sources_in(self.sources, item))


@dataclass(slots=True)
class Originals:
    """The archive of a ledger; each file is opened once."""

    ledger: Ledger
    _open: dict[str, Original] = field(default_factory=dict)

    def open(self, file: str, sha256: str, places: Iterable[Place]) -> Original:
        """Open the original of that hash with its cells at ``places``; ``file`` is its name for messages."""
        if sha256 not in self._open:
            self._open[sha256] = self._open_original(file, sha256, places)
        return self._open[sha256]

    def _open_original(self, file: str, sha256: str, places: Iterable[Place]) -> Original:
        path, never = self.ledger.original(sha256), dt.datetime.fromtimestamp(0, dt.UTC)
        try:
            content = path.read_bytes()
        except OSError as error:
            return Original(trouble=f"存档的原件打不开（{explain_fault(error)}）")
        if hashlib.sha256(content).hexdigest() != sha256:
            return Original(trouble="存档的原件已被改动或损坏")
        arrival = Arrival(sha256=sha256, names=(file,), size=len(content), modified=never, first_seen=never, path=path)
        opened = open_arrival(arrival)
        if not opened.format:
            return Original(trouble=opened.arrival.findings[-1].message)
        try:
            sheets = read_workbook(opened, scanned=()).sheets
        except UnreadableError as error:
            return Original(trouble=f"存档的原件读不出来（{error}）")
        return Original(
            texts={p: show_value(sheets[p.sheet].at(p.row, p.col)) for p in places if p.sheet in sheets},
            sources={name: sheet.rows for name, sheet in sheets.items() if is_sources(name)},
        )


def show_value(raw: object) -> str:
    """Return a raw cell as people read it: a plain number, or a text in quotation marks on one line.

    >>> [show_value(raw) for raw in (3.0, 0.25, "３件", "", True, float("inf"))]
    ['3', '0.25', '“３件”', '空白', 'TRUE', 'inf']
    """
    match raw:
        case bool():
            return str(raw).upper()
        case int() | float():
            return str(int(raw)) if math.isfinite(raw) and raw == int(raw) else repr(raw)
        case "" | None:
            return "空白"
        case str():
            line = "⏎".join(raw.splitlines())
            return f"“{line if len(line) <= _LONGEST else line[: _LONGEST - 1] + '…'}”"
        case _:
            return str(raw)
