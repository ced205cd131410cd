"""What Windows does otherwise, simulated: flushing without ``os.sync``, icacls, a job object."""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.files import system
from pipeline.files.system import flush_to_disk, limit_memory, protect_file


def test_without_sync_every_file_is_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[int] = []
    monkeypatch.delattr(os, "sync")
    monkeypatch.setattr(os, "fsync", lambda number: flushed.append(os.fstat(number).st_ino))
    files = [tmp_path / name for name in ("一", "二")]
    for file in files:
        file.write_bytes(b"content")
    flush_to_disk([*files, tmp_path / "gone"])
    assert flushed == [file.stat().st_ino for file in files]
    assert [file.read_bytes() for file in files] == [b"content"] * 2


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
@pytest.mark.parametrize(("mode", "then"), [(0o644, 0o600), (0o777, 0o700), (0o600, 0o600)])
def test_nobody_else_reads_it(mode: int, then: int, tmp_path: Path) -> None:
    file = tmp_path / "密钥"
    file.write_text("x")
    file.chmod(mode)
    assert protect_file(file)
    assert stat.S_IMODE(file.stat().st_mode) == then


@pytest.mark.parametrize(("code", "done"), [(0, True), (5, False)])
def test_on_windows_one_user_keeps_access(
    code: int, done: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        called.append(command)
        return subprocess.CompletedProcess(command, code)

    monkeypatch.setattr(system.shutil, "which", lambda _: "icacls.exe")
    monkeypatch.setattr(system.subprocess, "run", run)
    monkeypatch.setattr(system.getpass, "getuser", lambda: "李四")
    assert protect_file(tmp_path / "密钥", windows=True) is done
    assert called == [["icacls.exe", str(tmp_path / "密钥"), "/inheritance:r", "/grant:r", "李四:F"]]


def test_without_icacls_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system.shutil, "which", lambda _: None)
    assert protect_file(tmp_path / "密钥", windows=True) is False


@pytest.mark.parametrize("refused", ["", "CreateJobObjectW", "SetInformationJobObject"])
def test_the_limit_of_a_job(refused: str) -> None:
    """The bytes handed to Windows are laid out as its documentation says: 144 of them, the limit at 112."""
    calls: list[tuple[str, Any]] = []

    def answer(name: str, value: Any) -> Any:
        return 0 if name == refused else value

    def set_limits(job: int, kind: int, limits: Any, size: int) -> int:
        calls.append(("set", (job, kind, ctypes.string_at(limits, size))))
        return int(answer("SetInformationJobObject", 1))

    kernel = SimpleNamespace(
        CreateJobObjectW=lambda *_: answer("CreateJobObjectW", 7),
        SetInformationJobObject=set_limits,
        GetCurrentProcess=lambda: -1,
        AssignProcessToJobObject=lambda job, process: calls.append(("assign", (job, process))),
    )
    limit_memory(2 << 30, kernel=kernel)
    if refused == "CreateJobObjectW":
        assert calls == []
        return
    name, (job, kind, content) = calls[0]
    assert (name, job, kind, len(content)) == ("set", 7, 9, 144)
    assert struct.unpack_from("<I", content, 16) == (0x100,)
    assert struct.unpack_from("<Q", content, 112) == (2 << 30,)
    assert sum(content) == sum((0x100).to_bytes(4, "little")) + sum((2 << 30).to_bytes(8, "little"))
    assert calls[1:] == ([] if refused else [("assign", (7, -1))])
