"""What a round leaves behind is moved away and removed at the end: a file system is slow to make files where it has just
removed as many (ext4 keeps their numbers back for a minute), and no office removes its ledger before a night.
"""

from __future__ import annotations

import atexit
import shutil
import time
from pathlib import Path


def set_aside(folder: Path) -> None:
    """Move a folder away, if it is there, until this process ends."""
    if folder.exists():
        aside = folder.parent / ".aside"
        aside.mkdir(exist_ok=True)
        atexit.register(shutil.rmtree, aside, ignore_errors=True)
        folder.rename(aside / str(time.monotonic_ns()))
