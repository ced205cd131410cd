"""Walk ``inputs/<year>/``: ignore what office programs leave lying about, hash and archive the rest once."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pipeline.control import CONTROL_FILE
from pipeline.findings import notice
from pipeline.ledger import Ledger
from pipeline.returns import Arrival

_SYSTEM_NAMES = frozenset({"thumbs.db", ".ds_store", "desktop.ini", "__macosx"})
_LOCK_PREFIXES = ("~$", ".~lock")


def collect(folder: Path, ledger: Ledger, *, year: int, now: dt.datetime) -> list[Arrival]:
    """Every file that arrived, each content once, in order of arrival; new ones are recorded in the ledger."""
    known = dict(ledger.first_seen(year))
    arrivals: dict[str, Arrival] = {}
    fresh: list[tuple[str, str, int]] = []
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        content = path.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        if sha256 in arrivals:
            seen = arrivals[sha256]
            arrivals[sha256] = replace(seen, names=(*seen.names, name))
            continue
        kept = ledger.archive(sha256, content)
        if sha256 not in known:
            known[sha256] = now
            fresh.append((sha256, name, len(content)))
        arrivals[sha256] = Arrival(
            sha256=sha256,
            names=(name,),
            size=len(content),
            modified=dt.datetime.fromtimestamp(int(path.stat().st_mtime), dt.UTC),
            first_seen=known[sha256],
            path=kept,
            findings=()
            if path.suffix.lower() == ".xlsx"
            else (notice("I3", where={"file": name}, name=name, found=path.suffix),),
        )
    ledger.record(year, fresh, now)
    return sorted(arrivals.values(), key=lambda arrival: arrival.order)


def _files(folder: Path) -> Iterator[Path]:
    """Regular files below ``folder`` in a stable order, without lock files, system files and the 台账."""
    for path in sorted(folder.rglob("*")):
        parts = [part.lower() for part in path.relative_to(folder).parts]
        if path.is_symlink() or not path.is_file() or path == folder / CONTROL_FILE:
            continue
        if not any(part in _SYSTEM_NAMES or part.startswith(_LOCK_PREFIXES) for part in parts):
            yield path
