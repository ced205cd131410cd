"""The folder of a year's outputs: publishing a night, checking it, and restoring a closed year.

The bytes of everything that was closed or issued are kept with the originals, so that outputs that were deleted or
changed by hand come back byte for byte. Nothing else is ever read from the folder.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.files.atomic import publish_files
from pipeline.ledger import Closing, Ledger
from pipeline.ledger.nights import CLOSED, UNCHANGED
from pipeline.night.final import FINAL
from pipeline.workspace import Workspace

ISSUED, FILLED = "issued", ("data", "corrections")
"""The sub-folders of a year's outputs: what was sent out, and those that every night fills anew."""
FACES = ("unit_reports", "publish")
"""Sub-folders with other faces of a night; the next night that publishes removes them, so that none is stale."""
MANIFEST, REPORT = "封存清单.json", "report.docx"


def publish(workspace: Workspace, ledger: Ledger, year: int, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Publish a night's ``files`` in one step, with the issued workbooks if they are gone; return the names of files
    that were held open.
    """
    folder = workspace.year_outputs(year)
    issued = {} if (folder / ISSUED).is_dir() else issued_files(ledger, year)
    return publish_files(folder, {**files, **issued}, replaces=(*FILLED, *FACES, MANIFEST, REPORT, *FINAL))


def hashes_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the hash of each file, by name."""
    return {name: _sha256(content) for name, content in sorted(files.items())}


def is_current(workspace: Workspace, ledger: Ledger, year: int, key: str, now: dt.datetime) -> bool:
    """Whether the last night had the same key and its files are unchanged."""
    last = ledger.nights.last(year)
    folder = workspace.year_outputs(year)
    if last is None or last.key != key or not _intact(folder, last.manifest, FILLED) or (folder / MANIFEST).exists():
        return False
    if not (folder / ISSUED).is_dir() and ledger.closings.issued_files(year):
        return False
    ledger.nights.note(replace(last, at=now.isoformat(timespec="seconds"), kind=UNCHANGED, manifest={}))
    return True


def keep_closed(workspace: Workspace, ledger: Ledger, closing: Closing, now: dt.datetime) -> None:
    """Run a night of a closed year: restore files that were changed, and record the run."""
    folder, filled = workspace.year_outputs(closing.year), (*FILLED, ISSUED)
    if not _intact(folder, closing.manifest, filled):
        files = {name: ledger.recall(sha256) for name, sha256 in closing.manifest.items()}
        publish_files(folder, files, replaces=filled)
    last = ledger.nights.last(closing.year)
    assert last is not None
    ledger.nights.note(replace(last, at=now.isoformat(timespec="seconds"), kind=CLOSED, key="", manifest={}))


def issued_files(ledger: Ledger, year: int) -> dict[str, bytes]:
    """The workbooks issued last, from the originals."""
    return {f"{ISSUED}/{name}": ledger.recall(sha256) for name, sha256 in ledger.closings.issued_files(year).items()}


def _intact(folder: Path, manifest: Mapping[str, str], filled: Sequence[str]) -> bool:
    """Whether ``folder`` holds the files of ``manifest``, and the sub-folders ``filled`` no others."""
    try:
        if any(_sha256_of(folder / name) != sha256 for name, sha256 in manifest.items()):
            return False
    except OSError:
        return False
    return all(path.relative_to(folder).as_posix() in manifest for path in _below(folder, filled))


def _below(folder: Path, names: Sequence[str]) -> list[Path]:
    """Every file in some sub-folders."""
    return [path for name in names for path in (folder / name).rglob("*") if path.is_file()]


def _sha256_of(path: Path) -> str:
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
