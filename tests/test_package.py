"""The wheel carries everything: installed elsewhere, it makes a workspace and issues from it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from tests import ROOT


def build_wheel(folder: Path) -> Path:
    """Built by the pinned hatchling, without the network."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    return wheel


def test_the_wheel_works_away_from_the_checkout(tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path / "dist")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "site")
    for needed in (
        "pipeline/messages.toml",
        "pipeline/py.typed",
        "xxgk-0.1.0.dist-info/licenses/LICENSE",
        "pipeline/workbook_templates/control.xlsx",
        "pipeline/workbook_templates/letter.docx",
        "pipeline/workbook_templates/xxgk-2019/form.toml",
        "pipeline/workbook_templates/xxgk-2019/return.xlsx",
        "pipeline/workbook_templates/xxgk-2021/form.toml",
        "pipeline/workbook_templates/xxgk-2021/rules.toml",
        "pipeline/workbook_templates/xxgk-2021/return.xlsx",
        "pipeline/workbook_templates/xxgk-2021/report.docx",
    ):
        assert needed in names
    assert not any(name.startswith(("tests/", "docs/", "benchmarks/")) for name in names)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); import pipeline; "
        f"assert pipeline.__file__.startswith({str(tmp_path)!r}); from pipeline.cli import main; main()"
    )
    office = tmp_path / "office"
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    for arguments in (["init", str(office), "--year", "2024"], ["template", "check"], ["form", "check"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert (office / "inputs" / "2024" / "台账.xlsx").is_file()


def test_the_lock_file_names_no_address_and_pins_by_hash() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
    pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(pins) > 30
    assert all("==" in pin and pin.endswith("\\") for pin in pins)


def test_version_and_changelog_agree() -> None:
    import tomllib

    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert changelog.split("## ", 2)[1].startswith(version)
