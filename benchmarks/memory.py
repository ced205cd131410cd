"""The memory of a command while it runs: of all its processes together, and of the first one.

The processes that a server forks share most of what it has imported. Resident memory counts a shared page once in each
of them, which is more than the machine gives; the proportional set size (PSS) divides it among those that share it.
Both are told. PSS is looked at less often, because the kernel walks through every page for it.
"""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

_RESIDENT, _SHARED = 0.02, 0.05
"""Seconds between two looks at the resident memory, and at the PSS."""


@dataclass(kw_only=True)
class Peak:
    """The largest bytes seen: PSS and resident memory of a process with all below it, and of it ``alone``."""

    pss: int = 0
    resident: int = 0
    alone: int = 0

    def __str__(self) -> str:
        pss, together, alone = (size / 2**20 for size in (self.pss, self.resident, self.alone))
        return f"{pss:.0f} MiB (resident {together:.0f}, first process {alone:.0f})"


def watch(child: subprocess.Popen[bytes]) -> Peak:
    """Wait for a process and return its peak."""
    peak, due = Peak(), 0.0
    while child.poll() is None:
        members = tree(child.pid)
        peak.resident = max(peak.resident, sum(map(resident, members)))
        peak.alone = max(peak.alone, resident(child.pid))
        if time.monotonic() >= due:
            peak.pss = max(peak.pss, sum(map(proportional, members)))
            due = time.monotonic() + _SHARED
        time.sleep(_RESIDENT)
    return peak


def tree(pid: int) -> list[int]:
    """A process and everything below it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return [pid]
    return [pid, *(member for child in children for member in tree(int(child)))]


def resident(pid: int) -> int:
    """Bytes of memory a process has; 0 for one that is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def proportional(pid: int) -> int:
    """Bytes of memory a process has, its part alone of those it shares; 0 for one that is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
