"""The offline bundle: what is in it, and that it installs and runs without a network, on every Python found here."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pipeline.demo import play
from release.bundle import PLATFORMS, PYTHONS, ROOT, build_bundle, lock_lines, read_lock, runtime_pins
from tests.workspaces import tree

PINS = runtime_pins(read_lock(ROOT / "requirements.lock"))


def names(platform: str, python: str) -> set[str]:
    return {line.partition("==")[0] for line in lock_lines(PINS, PLATFORMS[platform], python)}


@pytest.mark.parametrize("python", PYTHONS)
def test_each_platform_gets_its_own_libraries(python: str) -> None:
    windows, linux, arm = (names(platform, python) for platform in ("windows-x64", "linux-x64", "linux-arm64"))
    assert {
        "openpyxl",
        "pandas",
        "docxtpl",
        "numpy",
        "pydantic-settings",
        "isal",
        "psycopg-binary",
        "imapclient",
        "tzdata",
    } <= windows
    assert linux == arm
    assert linux <= windows
    assert not {"pytest", "mypy", "ruff", "hypothesis", "jsonschema"} & windows


def test_every_line_has_its_hashes_and_no_address() -> None:
    for platform in PLATFORMS.values():
        for line in lock_lines(PINS, platform, "3.12"):
            assert "==" in line
            assert "--hash=sha256:" in line
            assert "://" not in line
            assert ";" not in line


def test_the_installer_of_windows() -> None:
    content = (ROOT / "release" / "安装.bat").read_bytes()
    assert b"\n" not in content.replace(b"\r\n", b"")
    text = content.decode("utf-8")
    assert text.startswith("@echo off\r\nchcp 65001")
    assert all(python in text for python in PYTHONS)
    assert "--no-index" in text


def pythons() -> list[str]:
    """The versions found here, this one first."""
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    others = [python for python in PYTHONS if python != here and shutil.which(f"python{python}")]
    return [here, *(python for python in others if _runs(python))]


def _runs(python: str) -> bool:
    """Whether it can make an environment: a launcher without its interpreter, or without ensurepip, cannot."""
    command = [f"python{python}", "-c", "import ensurepip, sqlite3, ctypes"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.external("registry")
@pytest.mark.timeout(900)
def test_it_installs_without_a_network_and_runs_the_road(tmp_path: Path) -> None:
    found = pythons()[:2]
    bundle = build_bundle("linux-x64", found, tmp_path / "dist")
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / bundle.stem
    for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    licences = (folder / "第三方许可.txt").read_text(encoding="utf-8")
    assert all(f"{name} " in licences for name in ("openpyxl", "docxtpl", "numpy", "lxml"))
    assert {"manual.md", "reliability.md"} <= {path.name for path in (folder / "docs").iterdir()}
    play(tmp_path / "ours")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "PYTHON"))}
    environment |= {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "https_proxy": "http://127.0.0.1:9"}
    for python in found:
        target = tmp_path / f"装在这里 {python}"
        only = {f"requirements-{each}.txt" for each in found} - {f"requirements-{python}.txt"}
        kept = {name: (folder / name).read_bytes() for name in (*only, "SHA256SUMS")}
        for name in only:
            (folder / name).unlink()
        sums = [line for line in kept["SHA256SUMS"].decode().splitlines(True) if not any(name in line for name in only)]
        (folder / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")
        done = subprocess.run(
            ["sh", str(folder / "install.sh"), str(target)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "装好了" in done.stdout
        program = target / "bin" / "xxgk"
        assert subprocess.run([target / "bin" / "python", "-c", "import sys; print(sys.version)"],
                              capture_output=True, text=True, check=True).stdout.startswith(python)  # fmt: skip
        subprocess.run(
            [program, "demo", "-w", str(tmp_path / python)],
            env=environment,
            check=True,
            capture_output=True,
            cwd=tmp_path,
        )
        assert tree(tmp_path / python / "outputs" / "2024") == tree(tmp_path / "ours" / "outputs" / "2024")
        for name, content in kept.items():
            (folder / name).write_bytes(content)


@pytest.mark.external("sha256sum")
def test_a_bundle_that_was_changed_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("changed")
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  a.txt\n")
    shutil.copy(ROOT / "release" / "install.sh", tmp_path)
    done = subprocess.run(
        ["sh", str(tmp_path / "install.sh"), str(tmp_path / "x")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "不完整或被改过" in done.stderr
    assert not (tmp_path / "x").exists()
