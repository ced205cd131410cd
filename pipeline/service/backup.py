"""Backup and restore of a workspace: one archive with everything that cannot be rebuilt.

In it are ``inputs/`` (with the 台账 and the secret), the settings, the office's templates, the originals, and a
consistent copy of the ledger. ``清单.json`` has the hash of every file. The archive can be read by its owner only,
because the secret is in it. With the ledger in PostgreSQL its content is taken by ``pg_dump`` where that is installed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote_from_bytes

from pipeline.errors import PublishError, WorkspaceError, explain_fault
from pipeline.files.system import protect_file
from pipeline.ledger.database import DATABASE
from pipeline.model.control import RESERVED_FILES
from pipeline.model.seal import SECRET_FILE
from pipeline.settings import SETTINGS_FILE, read_settings
from pipeline.workspace import TEMPLATES, Workspace, is_workspace

MANIFEST, DUMP = "清单.json", "ledger.pgdump"
_LEDGER = "outputs/ledger"
_ORIGINALS = f"{_LEDGER}/originals/"
_ODD = "不合规的文件名/"
"""Where in the archive a file stands whose name no other system could unpack; the manifest has its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """An archive that was written. ``omitted`` says what is not in it, and why."""

    path: Path
    files: int
    size: int
    omitted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was restored, from a backup made ``at``. ``kept`` is where the former state went, ``None`` without one."""

    files: int
    at: str
    kept: Path | None = None


def back_up(workspace: Workspace, folder: Path, *, now: dt.datetime) -> Backup:
    """Write an archive of the workspace to ``folder``. Raises `WorkspaceError`, `PublishError`."""
    if not workspace.inputs.is_dir():
        raise WorkspaceError(f"{workspace.root} 里没有 inputs 文件夹，不是工作区。请用 --workspace 指明工作区。")
    if folder.resolve().is_relative_to(workspace.inputs.resolve()):
        raise WorkspaceError("备份不能放在 inputs 里面，会被当成报送件。请换一个位置，最好在另一块盘上。")
    target = folder / f"xxgk备份_{now:%Y-%m-%d_%H%M%S}.zip"
    draft = folder / f".{target.name}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with workspace.alone(), tempfile.TemporaryDirectory() as scratch:
                files, omitted = _collect(workspace, Path(scratch))
                hashes = _write(draft, files, now)
            protect_file(draft)
            _verify_own(draft)
            draft.replace(target)
        finally:
            with suppress(OSError):  # the secret is in it
                draft.unlink(missing_ok=True)
    except OSError as error:
        raise PublishError(f"备份写不到 {folder}（{explain_fault(error)}）。请检查磁盘空间和文件夹权限。") from error
    omitted = (*omitted, *_list_damaged(hashes))
    return Backup(path=target, files=len(hashes), size=target.stat().st_size, omitted=omitted)


def _list_damaged(hashes: Mapping[str, str]) -> Iterator[str]:
    """Say which originals are not what they were: each is named by its hash."""
    damaged = [name for name, digest in hashes.items() if name.startswith(_ORIGINALS) and name != _ORIGINALS + digest]
    if damaged:
        some = "、".join(damaged[:3]) + ("……" if len(damaged) > 3 else "")
        yield f"{len(damaged)} 份存档的原件已经损坏，备份里的也是坏的（{some}），请从更早的备份换回"


def restore(archive: Path, root: Path, *, force: bool, now: dt.datetime) -> Restored:
    """Restore an archive into ``root``. What is newer there is never overwritten unless ``force`` is given; then it is
    moved to a folder beside. Raises `WorkspaceError`, `PublishError`.
    """
    root = root.absolute()
    manifest = _verify(archive)
    if root.is_dir() and any(root.iterdir()) and not is_workspace(root):
        raise WorkspaceError(f"{root} 里有别的文件，又不是工作区，没有恢复任何内容。请写一个空文件夹，或原来的工作区。")
    newer = _newer(root, manifest)
    if newer and not force:
        lines = "".join(f"\n  {line}" for line in newer[:20])
        more = f"\n  ……共 {len(newer)} 处" if len(newer) > 20 else ""
        raise WorkspaceError(
            f"{root} 里有备份（{manifest['time']}）以后才有的内容，没有恢复：{lines}{more}\n"
            "请恢复到一个空文件夹核对；确实要换回备份时的状态，加上 --force，现在的内容会先挪到旁边。"
        )
    draft = root.with_name(f".{root.name}.restoring")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        with zipfile.ZipFile(archive) as source:
            for name in manifest["files"]:
                _extract(source, name, draft / name)
                modified = int(manifest["modified"][name])  # it is evidence of the order of two versions
                os.utime(draft / name, ns=(modified, modified))
        with Workspace(root).lock():
            kept = _swap(draft, root, now)
    except PublishError:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise PublishError(f"无法恢复到 {root}（{explain_fault(error)}）。请检查磁盘空间和文件夹权限。") from error
    return Restored(files=len(manifest["files"]), at=manifest["time"], kept=kept)


def _collect(workspace: Workspace, scratch: Path) -> tuple[dict[str, Path], tuple[str, ...]]:
    """The files of a backup by their name in it, and what could not be included."""
    root, omitted = workspace.root, []
    files: dict[str, Path] = {}
    for part in (workspace.inputs, root / TEMPLATES, root / _ORIGINALS):
        files |= {path.relative_to(root).as_posix(): path for path in _files(part)}
    if (root / SETTINGS_FILE).is_file():
        files[SETTINGS_FILE] = root / SETTINGS_FILE
    if address := read_settings(root).ledger:
        dump = scratch / DUMP
        reason = _dump(address, dump)
        if reason:
            omitted.append(f"PostgreSQL 里的历史库没有备份进来（{reason}），请用单位自己的办法备份它")
        else:
            files[DUMP] = dump
    elif (workspace.ledger / DATABASE).is_file():
        # the lock is held and no transaction is open, so the file itself is consistent
        files[f"{_LEDGER}/{DATABASE}"] = workspace.ledger / DATABASE
    return files, tuple(omitted)


def _files(folder: Path) -> Iterator[Path]:
    """The files of a part of the workspace. A night follows links to the secret and the 台账, and no others."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        linked = path.is_symlink() and path.name not in (SECRET_FILE, *RESERVED_FILES)
        draft = folder.name == "originals" and path.suffix == ".part"
        if path.is_file() and not linked and not draft:
            yield path


def _entry(name: str) -> str:
    """The name of a file in the archive."""
    odd = "\\" in name or any(0xD800 <= ord(letter) <= 0xDFFF for letter in name)
    return _ODD + quote_from_bytes(os.fsencode(name), safe="") if odd else name


def _dump(address: str, target: Path) -> str:
    """Dump a PostgreSQL database; return why it could not be done, empty when it was."""
    program = shutil.which("pg_dump")
    if program is None:
        return "这台机器上没有 pg_dump"
    plain = address.replace("postgresql+psycopg://", "postgresql://", 1)
    # the address may hold a password, so it goes through the environment and not through the list of processes
    from sqlalchemy.engine import make_url

    url = make_url(plain)
    environment = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    public = url.set(password=None).render_as_string(hide_password=False)
    done = subprocess.run(  # noqa: S603
        [program, "--format=custom", f"--file={target}", f"--dbname={public}"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else next(iter(done.stderr.strip().splitlines()), "pg_dump 没有成功")


def _write(target: Path, files: dict[str, Path], now: dt.datetime) -> dict[str, str]:
    """Write the archive, readable by its owner only; return the hash of every file."""
    hashes = {}
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
            for name, path in files.items():
                digest = hashlib.sha256()
                entry = zipfile.ZipInfo.from_file(path, _entry(name), strict_timestamps=False)
                entry.compress_type = zipfile.ZIP_DEFLATED
                with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as member:
                    while part := source.read(1 << 20):
                        digest.update(part)
                        member.write(part)
                hashes[name] = digest.hexdigest()
            times = {name: path.stat().st_mtime_ns for name, path in files.items()}
            manifest = {
                "program": f"xxgk {version('xxgk')}",
                "time": now.isoformat(timespec="seconds"),
                "files": hashes,
                "modified": times,
            }
            listed = json.dumps(manifest, ensure_ascii=False, indent=1)
            archive.writestr(MANIFEST, listed.encode("utf-8", "surrogatepass"))
        file.flush()
        os.fsync(file.fileno())
    return hashes


def _verify(archive: Path) -> dict[str, Any]:
    """Read every file of an archive and compare its hash; return the manifest. Raises `WorkspaceError`."""
    try:
        with zipfile.ZipFile(archive) as source:
            manifest = json.loads(source.read(MANIFEST))
            for name, expected in manifest["files"].items():
                path = PurePosixPath(name)
                foreign = os.name == "nt" and name != _entry(name).removeprefix(_ODD)
                if path.is_absolute() or ".." in path.parts or foreign or ":" in name.partition("/")[0]:
                    raise ValueError(f"“{_shown(name)}”在这台机器上不能用作文件名")
                if _digest(source, name) != expected:
                    raise ValueError(f"“{_shown(name)}”的内容与清单不符")
    except FileNotFoundError as error:
        raise WorkspaceError(f"没有找到备份文件 {archive}。") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile, RuntimeError) as error:
        raise WorkspaceError(
            f"{archive} 不是完好的备份（{explain_fault(error)}），没有恢复任何内容。请换一份备份。"
        ) from error
    return dict(manifest)


def _digest(source: zipfile.ZipFile, name: str) -> str:
    """The hash of a file in an archive; empty when it is damaged."""
    digest = hashlib.sha256()
    try:
        with source.open(_entry(name)) as member:
            while part := member.read(1 << 20):
                digest.update(part)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError):
        return ""
    return digest.hexdigest()


def _shown(name: str) -> str:
    return name.encode("utf-8", "replace").decode()


def _verify_own(draft: Path) -> None:
    """Read a fresh archive back; one that does not verify is removed. Raises `PublishError`."""
    try:
        _verify(draft)
    except WorkspaceError as error:
        draft.unlink(missing_ok=True)
        raise PublishError(
            f"备份写完以后读回来核对不上（{draft.parent}），没有留下这份备份。请检查那块盘，或换一块盘再备份。"
        ) from error


def _newer(root: Path, manifest: Mapping[str, Any]) -> list[str]:
    """What is in the workspace and not in the backup, or was changed after it, as lines."""
    found = []
    for part in ("inputs", _LEDGER):
        for path in _files(root / part):
            name = path.relative_to(root).as_posix()
            if name.startswith(f"{_LEDGER}/{DATABASE}-"):
                continue
            known = manifest["files"].get(name)
            if known is None:
                found.append(f"{name}：备份里没有")
            elif hashlib.sha256(path.read_bytes()).hexdigest() != known:
                changed = dt.datetime.fromtimestamp(path.stat().st_mtime).astimezone()
                found.append(f"{name}：与备份不同，改动于 {changed:%Y-%m-%d %H:%M}")
    return found


def _extract(source: zipfile.ZipFile, name: str, target: Path) -> None:
    """Write one file with its time; the secret keeps its protection."""
    target.parent.mkdir(parents=True, exist_ok=True)
    info = source.getinfo(_entry(name))
    with source.open(info) as member, target.open("wb") as file:
        shutil.copyfileobj(member, file)
        file.flush()
        os.fsync(file.fileno())
    with suppress(OSError):
        target.chmod((info.external_attr >> 16) & 0o777 or 0o644)
    if PurePosixPath(name).name == SECRET_FILE:
        protect_file(target)


def _swap(draft: Path, root: Path, now: dt.datetime) -> Path | None:
    """Put the restored parts in their place; return where the former ones went."""
    kept = next(
        path
        for n in count(1)
        if not (
            path := root.with_name(f"{root.name}_恢复前_{now:%Y-%m-%d_%H%M%S}" + (f"_{n}" if n > 1 else ""))
        ).exists()
    )
    moved: list[tuple[Path, Path]] = []
    try:
        for name in ("inputs", _LEDGER, TEMPLATES, SETTINGS_FILE, DUMP):
            for source, target in ((root / name, kept / name), (draft / name, root / name)):
                if source.exists():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    source.rename(target)
                    moved.append((source, target))
    except OSError:
        for source, target in reversed(moved):  # nothing was restored after all
            target.rename(source)
        shutil.rmtree(kept, ignore_errors=True)
        raise
    shutil.rmtree(draft, ignore_errors=True)
    return kept if kept.exists() else None
