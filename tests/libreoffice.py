"""LibreOffice as tests use it: a profile of its own, a pipe and no port, a time limit."""

from __future__ import annotations

import json
import shutil
import subprocess
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_CLERK = Path(__file__).with_name("uno_clerk.py")
_SYSTEM_PYTHON = "/usr/bin/python3"  # python3-uno belongs to Debian's own Python
XLSX, XLS, ODS = "Calc MS Excel 2007 XML", "MS Excel 97", "calc8"


def _office(folder: Path, *arguments: str) -> list[str]:
    profile = folder / "profile"
    return [str(shutil.which("soffice")), f"-env:UserInstallation={profile.as_uri()}", "--headless", *arguments]


def at_the_desk(folder: Path, jobs: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Let the clerk do ``jobs`` (see uno_clerk.py); returns what was read, one list a job."""
    pipe = f"xxgk{uuid.uuid4().hex}"
    listing = folder / "jobs.json"
    listing.write_text(json.dumps(list(jobs), default=str), encoding="utf-8")
    office = subprocess.Popen(
        _office(folder, "--norestore", "--nologo", f"--accept=pipe,name={pipe};urp;"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        done = subprocess.run(
            [_SYSTEM_PYTHON, str(_CLERK), pipe, str(listing)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: list[list[str]] = json.loads(done.stdout)
        return found
    finally:
        office.terminate()
        office.wait(timeout=30)


def convert(path: Path, kind: str, folder: Path) -> Path:
    """``path`` converted to ``kind`` (pdf, xls, ods …) in ``folder``."""
    subprocess.run(
        _office(folder, "--convert-to", kind, "--outdir", str(folder), str(path)),
        check=True,
        capture_output=True,
        timeout=240,
    )
    made = folder / f"{path.stem}.{kind.split(':')[0]}"
    assert made.is_file(), "LibreOffice reported success without a file"
    return made


def pages(pdf: Path, folder: Path) -> list[str]:
    """The text of every page of a PDF, laid out as printed."""
    done = subprocess.run(
        ["pdftotext", "-layout", str(pdf), "-"],
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
    )
    return done.stdout.rstrip("\f").split("\f")
