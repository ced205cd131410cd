"""What the systems do differently, behind small functions: flushing, protecting a file, limiting memory.

Each takes what it calls as an argument, so that what happens on Windows is tested by simulation. Sources:
JOBOBJECT_EXTENDED_LIMIT_INFORMATION and icacls in Microsoft's documentation of Windows.
"""

from __future__ import annotations

import ctypes
import getpass
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

_PROCESS_MEMORY, _EXTENDED_LIMITS = 0x100, 9
_EVERYBODY_ELSE = 0o077


def flush_to_disk(files: Iterable[Path]) -> None:
    """Make the content of ``files`` durable: all of the disk at once where the system offers it, else one by one."""
    if hasattr(os, "sync"):
        os.sync()
        return
    for file in files:
        with suppress(FileNotFoundError), file.open("r+b") as opened:
            os.fsync(opened.fileno())


def protect_file(file: Path, *, windows: bool = os.name == "nt") -> bool:
    """Let nobody but its owner read ``file``; return whether that was done."""
    if not windows:
        with suppress(OSError):
            file.chmod(file.stat().st_mode & ~_EVERYBODY_ELSE)
        return not file.stat().st_mode & _EVERYBODY_ELSE
    program = shutil.which("icacls")
    if program is None:
        return False
    # what is inherited from the folder goes, one entry for this user comes
    command = [program, str(file), "/inheritance:r", "/grant:r", f"{getpass.getuser()}:F"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603


def limit_memory(memory: int, *, kernel: Any = None) -> None:
    """Let this process take ``memory`` bytes more than it has. macOS knows such a limit and does not keep it."""
    if kernel is not None or sys.platform == "win32":
        _limit_by_job(memory, kernel or _kernel())
        return
    import resource

    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return
    used = pages * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = used + memory
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


class _Limits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION of 64-bit Windows."""

    _fields_ = (
        ("times", ctypes.c_int64 * 2),
        ("flags", ctypes.c_uint32),
        ("working_set", ctypes.c_uint64 * 2),
        ("processes", ctypes.c_uint32),
        ("affinity", ctypes.c_uint64),
        ("classes", ctypes.c_uint32 * 2),
        ("traffic", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_uint64),
        ("job_memory", ctypes.c_uint64),
        ("peaks", ctypes.c_uint64 * 2),
    )


def _limit_by_job(memory: int, kernel: Any) -> None:
    """Put this process into a job of its own with a limit for its memory; where that is refused there is no limit."""
    limits = _Limits(flags=_PROCESS_MEMORY, process_memory=memory)
    job = kernel.CreateJobObjectW(None, None)
    if job and kernel.SetInformationJobObject(job, _EXTENDED_LIMITS, ctypes.byref(limits), ctypes.sizeof(limits)):
        kernel.AssignProcessToJobObject(job, kernel.GetCurrentProcess())


def _kernel() -> Any:
    """The functions of kernel32, with handles of full width."""
    load: Callable[[str], Any] = getattr(ctypes, "WinDLL")  # noqa: B009
    kernel = load("kernel32")
    kernel.CreateJobObjectW.restype = kernel.GetCurrentProcess.restype = ctypes.c_void_p
    kernel.SetInformationJobObject.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_uint32]
    kernel.AssignProcessToJobObject.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    return kernel
