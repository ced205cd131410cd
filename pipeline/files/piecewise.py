"""Publishing file by file, where the system cannot exchange folders (Windows, SMB, FUSE).

The new files lie complete in a draft folder. A manifest is flushed to the disk before the first of them moves, so that
an interrupted publication is finished by the next run: whole in the end, also after a power failure. A file that
another program holds open gets its new version beside it, and everything else is published.
"""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

PLAN, UNDOING = "publication.json", "undoing.json"
WAITS = (0.05, 0.2, 0.5, 1.0)
"""Seconds between tries: a virus scanner or an indexer holds a new file for a moment."""
_HELD = (errno.EACCES, errno.EPERM, errno.EBUSY, errno.ETXTBSY)


def publish_piecewise(draft: Path, folder: Path, names: Sequence[str], replaces: Collection[str]) -> tuple[str, ...]:
    """Move ``names`` from ``draft`` into ``folder`` and remove what else lies in the sub-folders ``replaces``.

    Return the names of files that were held open; their new versions are beside them. When a file can be put neither in
    its place nor beside it, everything is put back and ``OSError`` is raised.
    """
    gone = [name for name in _below(folder, replaces) if name not in names]
    plan = json.dumps({"names": list(names), "gone": gone}, ensure_ascii=False).encode()
    with (draft / PLAN).open("xb") as file:
        file.write(plan)
        file.flush()
        os.fsync(file.fileno())
    return _carry_out(draft, folder, names, gone)


def finish(draft: Path, folder: Path) -> None:
    """Finish an interrupted publication, or its undoing; do nothing when ``draft`` is no complete one."""
    undoing = (draft / UNDOING).is_file()
    try:
        plan = json.loads((draft / (UNDOING if undoing else PLAN)).read_bytes())
        names, gone = [str(name) for name in plan["names"]], [str(name) for name in plan["gone"]]
    except (OSError, ValueError, KeyError, TypeError):
        return
    with suppress(OSError):
        if undoing:
            _put_back(draft, folder, names)
        else:
            _carry_out(draft, folder, [name for name in names if (draft / name).is_file()], gone)


def is_pending(draft: Path) -> bool:
    """Whether a publication, or its undoing, is not finished: then the draft and what is kept beside it are needed."""
    return any((draft / name).is_file() for name in (PLAN, UNDOING))


def kept_beside(draft: Path) -> Path:
    """Return where replaced files are kept until a publication is done."""
    return draft.with_name(f"{draft.name}.back")


def beside(name: str) -> str:
    """Return the name of a new version beside a file that is held open.

    >>> beside("county.xlsx"), beside("corrections/a.docx")
    ('county（新）.xlsx', 'corrections/a（新）.docx')
    """
    path = Path(name)
    return path.with_name(f"{path.stem}（新）{path.suffix}").as_posix()


def insist(source: Path, target: Path) -> None:
    """Move a file over another, with a few retries."""
    for wait in (*WAITS, None):
        try:
            source.replace(target)
        except OSError as error:
            if wait is None or error.errno not in _HELD:
                raise
            time.sleep(wait)
        else:
            return


def _carry_out(draft: Path, folder: Path, names: Sequence[str], gone: Sequence[str]) -> tuple[str, ...]:
    """Move and remove files; the replaced ones are kept until all is done, to be put back."""
    held: list[str] = []
    try:
        for name in names:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.is_file():
                _keep(target, kept_beside(draft) / name)
            try:
                insist(draft / name, target)
                with suppress(OSError):
                    (folder / beside(name)).unlink(missing_ok=True)
            except OSError as error:
                if error.errno not in _HELD or not target.is_file():
                    raise
                insist(draft / name, folder / beside(name))
                held.append(name)
    except OSError:
        # from here on a power failure must not finish the publication but its undoing
        (draft / PLAN).replace(draft / UNDOING)
        _put_back(draft, folder, names)
        raise
    for name in gone:
        with suppress(OSError):
            (folder / name).unlink(missing_ok=True)
    _drop_empty(folder, gone)
    (draft / PLAN).unlink(missing_ok=True)
    return tuple(held)


def _put_back(draft: Path, folder: Path, names: Sequence[str]) -> None:
    """Move new files back to the draft, then put back what they replaced. Raises ``OSError`` while one is held.

    In this order every step can be repeated: a file is moved only when the draft lacks it.
    """
    for name in names:
        target, kept = folder / name, kept_beside(draft) / name
        new = next((path for path in (folder / beside(name), target) if path.exists()), None)
        if new and not (draft / name).exists():
            insist(new, draft / name)
        if kept.is_file() and not target.exists():
            insist(kept, target)
    (draft / UNDOING).unlink(missing_ok=True)


def _keep(target: Path, kept: Path) -> None:
    """Keep a file that is about to be replaced, once; the first one is what was there before."""
    if kept.exists():
        return
    kept.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(target, kept)
    except OSError:
        kept.write_bytes(target.read_bytes())


def _below(folder: Path, replaces: Collection[str]) -> list[str]:
    """Return the files that ``replaces`` names, or that lie in the sub-folders it names."""
    found = [path for name in replaces for path in ((folder / name), *(folder / name).rglob("*"))]
    return [path.relative_to(folder).as_posix() for path in found if path.is_file() or path.is_symlink()]


def _drop_empty(folder: Path, gone: Collection[str]) -> None:
    """Remove sub-folders that are empty now."""
    for name in sorted({Path(name).parent for name in gone}, key=lambda path: -len(path.parts)):
        while name != Path():
            with suppress(OSError):
                (folder / name).rmdir()
            name = name.parent
