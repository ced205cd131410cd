"""Published outputs appear whole or not at all, also when the power fails in the middle.

A new folder is written beside the old one, flushed to disk, and exchanged with it in one step; files that others keep
in the old folder are carried over. Where the system cannot exchange folders, the files are moved one by one under a
manifest (`piecewise`); `recover` finishes that after a power failure.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from pipeline.errors import PublishError, explain_fault
from pipeline.files.piecewise import finish, is_pending, kept_beside, publish_piecewise

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_NAMES = 20


def publish_files(folder: Path, files: Mapping[str, bytes], *, replaces: Collection[str] = ()) -> tuple[str, ...]:
    """Replace ``files`` (relative name to content) in ``folder`` in one step.

    ``replaces`` names the sub-folders that ``files`` fills completely: what else lies in them goes. Returns the names of
    files that another program holds open, where that matters; their new versions are beside them (`piecewise.beside`).
    Raises `PublishError` and leaves the old content as it was when anything cannot be written.
    """
    if folder.is_file():
        raise PublishError(
            f"{folder} 是一个文件，不是放结果的文件夹，没有写入任何内容。请把它移到别处或改名，再运行一次。"
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder = folder.resolve()  # a link to another disk stays one
        draft = recover(folder)
        _write(draft, files)
        held = _put_in_place(draft, folder, files, replaces)
        with suppress(OSError):
            _remove(draft)
        with suppress(OSError):
            _remove(kept_beside(draft))
    except OSError as error:
        state = "原有结果没有改动"
        with suppress(OSError, UnboundLocalError):
            if is_pending(draft):
                state = "有的文件还没有放回原样，再运行一次会接着放回"
            else:
                _remove(draft)
                _remove(kept_beside(draft))
        raise PublishError(
            f"无法写入 {folder}（{explain_fault(error)}）。"
            f"请关闭正在打开的结果文件，检查文件夹权限和磁盘空间，再运行一次；{state}。"
        ) from error
    return held


def recover(folder: Path) -> Path:
    """Finish an interrupted `publish_files`; return the path for the next draft. A leftover that cannot be removed, such
    as a read-only folder, stays, and the draft gets another name.
    """
    old = folder.with_name(f".{folder.name}.old")
    if old.exists() and not folder.exists():  # of version 0.1, which renamed folders twice
        old.replace(folder)
    for n in range(_NAMES):
        finish(folder.with_name(f".{folder.name}.new{n or ''}"), folder)
    with suppress(OSError):
        _remove(old)
    for n in range(_NAMES):
        draft = folder.with_name(f".{folder.name}.new{n or ''}")
        if is_pending(draft):
            continue
        for leftover in (draft, kept_beside(draft)):
            with suppress(OSError):
                _remove(leftover)
        if not os.path.lexists(draft):
            return draft
    raise FileExistsError(errno.EEXIST, f"{folder.parent} 里有删不掉的 .{folder.name}.new")


def _put_in_place(draft: Path, folder: Path, files: Mapping[str, bytes], replaces: Collection[str]) -> tuple[str, ...]:
    """Exchange the folders, or where that is refused move the files one by one; return the names of held files."""
    if not folder.exists():
        draft.replace(folder)
        held: tuple[str, ...] = ()
    elif can_exchange(folder.parent) and _exchange(draft, folder, replaces):
        held = ()
    else:  # also where the folder itself is a mount, which nothing can exchange
        held = publish_piecewise(draft, folder, list(files), replaces)
    _flush(folder.parent)
    return held


def _exchange(draft: Path, folder: Path, replaces: Collection[str]) -> bool:
    _carry_over(folder, draft, replaces)
    return _exchange_folders(draft, folder)


def can_exchange(folder: Path) -> bool:
    """Whether two folders inside ``folder`` can be exchanged: tried with two empty ones."""
    probes = [folder / f".exchange{n}" for n in (1, 2)]
    try:
        for probe in probes:
            probe.mkdir(exist_ok=True)
        return _exchange_folders(*probes)
    finally:
        for probe in probes:
            with suppress(OSError):
                probe.rmdir()


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
