"""The road runs one way: stations do not know each other, and the architecture page names every one."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import pipeline

ROOT = Path(pipeline.__file__).parent
DOCS = ROOT.parent / "docs" / "architecture.md"
STATIONS = ("templates", "issue", "past", "intake", "read", "check", "judge", "consolidate", "publish")
ABOVE = ("nightly", "examination", "closing", "setup", "status", "trial", "recall", "tracing", "originals",
         "comparing", "cli", "demo", "__main__")  # fmt: skip
"""Who may know several stations."""


def modules() -> dict[str, Path]:
    return {
        ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__"): path
        for path in ROOT.rglob("*.py")
    }


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.startswith("pipeline.")}


def room(name: str) -> str:
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else ""


@pytest.mark.parametrize("name", sorted(modules()))
def test_stations_do_not_import_each_other(name: str) -> None:
    here = room(name)
    for target in imports(modules()[name]):
        there = room(target)
        if here == there or here in ABOVE:
            continue
        assert there not in STATIONS, f"{name} knows the station {there}"
        assert there not in ABOVE, f"{name} knows {there}, which stands above it"


def test_the_road_is_documented_and_complete() -> None:
    rooms = {
        path.stem if path.is_file() else path.name for path in ROOT.iterdir() if not path.name.startswith(("_", "."))
    }
    text = DOCS.read_text(encoding="utf-8")
    unnamed = {room for room in rooms if room not in ("messages", "workbook_templates") and f"`{room}" not in text}
    assert not unnamed
    assert pipeline.__doc__ is not None
    at = [pipeline.__doc__.index(f"{station}") for station in STATIONS]
    assert at == sorted(at)


def test_rooms_stay_small() -> None:
    for name, path in modules().items():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 350, name


def test_no_float_is_made_on_the_road() -> None:
    """Counts are int and money is Decimal from the cell to the report; ``float(`` appears nowhere."""
    for name, path in modules().items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [
            n
            for n in ast.walk(tree)
            if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "float"
        ]
        assert not calls, name
