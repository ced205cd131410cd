"""The offline bundle: everything an office without internet needs, for Windows and Linux.

``python -m release.bundle [--platform linux-x64 …] [--python 3.12 …] [--out dist]`` writes ``xxgk-<version>.zip`` for each
platform: the wheel of the program, the wheels of its libraries at the pinned versions with their hashes, the manual,
third-party licences, checksums, and an installer that finds a Python of the right version. Wheels are fetched by pip.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

HERE = Path(__file__).parent
ROOT = HERE.parent
PYTHONS = ("3.11", "3.12", "3.13")
EXTRAS = ("fast", "mail", "postgres")


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A platform: the tags pip knows it by, what markers see there, and the files of its installer."""

    tags: tuple[str, ...]
    markers: Mapping[str, str]
    installer: str


def _linux(machine: str) -> Platform:
    tags = (f"manylinux_2_28_{machine}", f"manylinux_2_17_{machine}", f"manylinux2014_{machine}")
    markers = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": machine}
    return Platform(tags=tags, markers=markers, installer="install.sh")


PLATFORMS = {
    "windows-x64": Platform(
        tags=("win_amd64",),
        markers={"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt", "platform_machine": "AMD64"},
        installer="安装.bat",
    ),
    "linux-x64": _linux("x86_64"),
    "linux-arm64": _linux("aarch64"),
}


@dataclass(frozen=True, slots=True)
class Pin:
    """A library of ``requirements.lock``: its requirement, its hashes, and what it is needed by."""

    requirement: Requirement
    hashes: tuple[str, ...]
    needed_by: frozenset[str]


def main() -> None:
    """Build the bundles that were asked for, and print where they are."""
    parser = argparse.ArgumentParser(prog="python -m release.bundle")
    parser.add_argument("--platform", action="append", choices=PLATFORMS)
    parser.add_argument("--python", action="append", choices=PYTHONS)
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    options = parser.parse_args()
    for name in options.platform or PLATFORMS:
        print(build_bundle(name, options.python or PYTHONS, options.out))


def build_bundle(platform: str, pythons: Sequence[str], out: Path) -> Path:
    """Build the bundle of one platform; return its path."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    folder = out / f"xxgk-{version}-{platform}"
    shutil.rmtree(folder, ignore_errors=True)
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels), str(ROOT))
    pins = runtime_pins(read_lock(ROOT / "requirements.lock"))
    for python in pythons:
        lock = folder / f"requirements-{python}.txt"
        lock.write_text("".join(lock_lines(pins, PLATFORMS[platform], python)), encoding="utf-8")
        tags = [word for tag in PLATFORMS[platform].tags for word in ("--platform", tag)]
        _pip(
            *("download", "--no-deps", "--only-binary=:all:", "--require-hashes", "--implementation", "cp"),
            *("--python-version", python, *tags, "--dest", str(wheels), "-r", str(lock)),
        )
    for name in (PLATFORMS[platform].installer, "安装说明.txt"):
        shutil.copy(HERE / name, folder / name)
    shutil.copytree(ROOT / "docs", folder / "docs")
    for name in ("README.md", "CHANGELOG.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "第三方许可.txt").write_text("".join(licences(wheels)), encoding="utf-8")
    (folder / "SHA256SUMS").write_text("".join(checksums(folder)), encoding="utf-8")
    return _pack(folder)


def read_lock(path: Path) -> list[Pin]:
    """Every pin of the lock; a library may have one for each range of Pythons."""
    pins = []
    for block in re.split(r"\n(?=[A-Za-z0-9])", path.read_text(encoding="utf-8")):
        line = block.partition("\n")[0].removesuffix("\\").strip()
        if hashes := tuple(re.findall(r"--hash=(sha256:[0-9a-f]{64})", block)):
            users = re.findall(r"#\s+(?:via\s+)?([A-Za-z0-9][\w.-]*)", block)
            pins.append(Pin(Requirement(line), hashes, frozenset(users) - {"via"}))
    return pins


def runtime_pins(pins: Sequence[Pin]) -> list[Pin]:
    """The pins the program itself needs, with its extras; what only developers need is left out."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in EXTRAS for line in project["optional-dependencies"][extra])]
    wanted = {Requirement(line).name for line in lines}
    while more := {pin.requirement.name for pin in pins if pin.needed_by & wanted} - wanted:
        wanted |= more
    return [pin for pin in pins if pin.requirement.name in wanted]


def lock_lines(pins: Sequence[Pin], platform: Platform, python: str) -> Iterator[str]:
    """The lines of a lock for one platform and Python, without markers, which pip would ask this machine about."""
    environment = {**platform.markers, "python_version": python, "python_full_version": f"{python}.0"}
    environment |= {"implementation_name": "cpython", "platform_python_implementation": "CPython", "extra": ""}
    for pin in pins:
        if pin.requirement.marker is None or pin.requirement.marker.evaluate(environment):
            hashes = "".join(f" \\\n    --hash={each}" for each in pin.hashes)
            yield f"{pin.requirement.name}{pin.requirement.specifier}{hashes}\n"


def licences(wheels: Path) -> Iterator[str]:
    """Name, version and licence of every library in the bundle, with the texts its wheel carries."""
    done = set()
    for path in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(path) as wheel:
            names = wheel.namelist()
            metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))
            head = wheel.read(metadata).decode("utf-8").partition("\n\n")[0]
            name, version = (re.search(rf"^{key}: (.*)$", head, re.M)[1] for key in ("Name", "Version"))  # type: ignore[index]
            if (name, version) in done or name == "xxgk":
                continue
            done.add((name, version))
            stated = re.findall(r"^(?:License-Expression|License|Classifier: License ::)[:\s]*(.+)$", head, re.M)
            yield f"{'=' * 78}\n{name} {version}：{'；'.join(stated) or '见下文'}\n"
            for text in names:
                if re.search(r"\.dist-info/(?:.*/)?(?:LICEN[CS]E|COPYING|NOTICE)[^/]*$", text, re.I):
                    yield f"{'-' * 78}\n{wheel.read(text).decode('utf-8', 'replace').strip()}\n"


def checksums(folder: Path) -> Iterator[str]:
    """A line of sha256sum for every file."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "SHA256SUMS":
            yield f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"


def _pack(folder: Path) -> Path:
    target = folder.with_name(f"{folder.name}.zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                info = zipfile.ZipInfo.from_file(path, f"{folder.name}/{path.relative_to(folder).as_posix()}")
                info.external_attr = (0o755 if path.suffix == ".sh" else 0o644) << 16
                archive.writestr(info, path.read_bytes())
    return target


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
