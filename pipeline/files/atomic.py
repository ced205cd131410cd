"""Published outputs appear whole or not at all, also when the power fails in the middle.

A new folder is written beside the old one, flushed to disk, and exchanged with it in one step; files that others keep
in the old folder are carried over. Where the system cannot exchange folders, two renames do it; `recover` completes
them after a power failure.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from pipeline.errors import PublishError

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_NAMES = 20
_WAITS = (0.05, 0.2, 0.5, 1.0)


def publish_files(folder: Path, files: Mapping[str, bytes], *, replaces: Collection[str] = ()) -> None:
    """Replace ``files`` (relative name to content) in ``folder`` in one step.

    ``replaces`` names the sub-folders that ``files`` fills completely: what else lies in them goes.
    Raises `PublishError` and leaves the old content as it was when anything cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder = folder.resolve()  # a link to another disk stays one
        draft = recover(folder)
        _write(draft, files)
        _carry_over(folder, draft, replaces)
        _exchange(draft, folder)
        with suppress(OSError):
            _remove(draft)
    except OSError as error:
        with suppress(OSError, UnboundLocalError):
            _remove(draft)
        raise PublishError(
            f"无法写入 {folder}（{error.strerror or error}）。"
            "请关闭正在打开的结果文件，检查文件夹权限和磁盘空间，再运行一次；原有结果没有改动。"
        ) from error


def recover(folder: Path) -> Path:
    """Complete or undo an interrupted `publish_files`; return the path for the next draft. A leftover that cannot be
    removed, such as a read-only folder, stays, and the draft gets another name.
    """
    old = folder.with_name(f".{folder.name}.old")
    if old.exists() and not folder.exists():
        old.replace(folder)
    with suppress(OSError):
        _remove(old)
    for n in range(_NAMES):
        draft = folder.with_name(f".{folder.name}.new{n or ''}")
        with suppress(OSError):
            _remove(draft)
        if not os.path.lexists(draft):
            return draft
    raise FileExistsError(errno.EEXIST, f"{folder.parent} 里有删不掉的 .{folder.name}.new")


def _remove(path: Path) -> None:
    """Remove a file, a link or a whole folder, also a read-only one."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        for below in [path, *path.rglob("*")]:
            if below.is_dir() and not below.is_symlink():
                with suppress(OSError):
                    below.chmod(0o700)
        shutil.rmtree(path)


def _write(draft: Path, files: Mapping[str, bytes]) -> None:
    draft.mkdir()
    for name, content in files.items():
        path = draft / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def _carry_over(folder: Path, draft: Path, replaces: Collection[str]) -> None:
    """Hard-link the files that ``files`` does not replace; copy them where the file system has no links."""
    for path in sorted(folder.rglob("*")) if folder.exists() else ():
        name = path.relative_to(folder)
        target = draft / name
        if target.exists() or name.parts[0] in replaces or path.is_dir():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, target, follow_symlinks=False)
        except OSError:
            shutil.copy2(path, target, follow_symlinks=False)


def _exchange(draft: Path, folder: Path) -> None:
    if not folder.exists():
        draft.replace(folder)
    elif not _exchange_folders(draft, folder):
        old = folder.with_name(f".{folder.name}.old")
        _insist(folder, old)
        try:
            _insist(draft, folder)
        except OSError:
            old.replace(folder)  # nothing was changed after all
            raise
        with suppress(OSError):
            _remove(old)
    _flush(folder.parent)


def _insist(source: Path, target: Path) -> None:
    """Rename, with a few retries: a virus scanner or an indexer may hold a new file for a second."""
    for wait in (*_WAITS, None):
        try:
            source.replace(target)
        except PermissionError:
            if wait is None:
                raise
            time.sleep(wait)
        else:
            return


def _exchange_folders(draft: Path, folder: Path) -> bool:
    """Exchange two folders atomically (renameat2 with RENAME_EXCHANGE, Linux 3.15); false where that is not possible."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError, TypeError):
        return False
    done: int = renameat2(_AT_FDCWD, os.fsencode(draft), _AT_FDCWD, os.fsencode(folder), _RENAME_EXCHANGE)
    return done == 0


def _flush(folder: Path) -> None:
    """Make the rename itself durable, where the system lets a folder be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
