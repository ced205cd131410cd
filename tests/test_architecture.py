"""The road runs one way: a room knows lower floors only, no station knows another, and the page names every room."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import pipeline
from pipeline import FLOORS, STATIONS

PACKAGE = Path(pipeline.__file__).parent
DOCS = PACKAGE.parent / "docs" / "architecture.md"
FLOOR = {room: n for n, rooms in enumerate(FLOORS) for room in rooms}


def modules() -> dict[str, Path]:
    return {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
    }


def imports(path: Path) -> Iterator[str]:
    """Every module of ours that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "pipeline":
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("pipeline."))


def room(name: str) -> str:
    """``road`` of ``pipeline.road.read.station``."""
    return name.partition(".")[2].partition(".")[0]


def station(name: str) -> str:
    """``read`` of ``pipeline.road.read.station``; nothing for what is no station."""
    parts = name.split(".")
    return parts[2] if parts[1:2] == ["road"] and len(parts) > 2 else ""


def test_a_room_knows_lower_floors_only() -> None:
    upward = {
        f"{name} -> {target}"
        for name, path in modules().items()
        for target in imports(path)
        if room(name) not in ("", "__main__")
        and room(target) in FLOOR
        and room(target) != room(name)
        and FLOOR[room(target)] >= FLOOR[room(name)]
    }
    assert upward == set()


@pytest.mark.parametrize("name", STATIONS)
def test_stations_do_not_import_each_other(name: str) -> None:
    others = {
        f"{module} -> {target}"
        for module, path in modules().items()
        if station(module) == name
        for target in imports(path)
        if station(target) not in ("", name)
    }
    assert others == set()


def test_only_the_night_and_those_above_know_several_stations() -> None:
    knowing: dict[str, set[str]] = {}
    for name, path in modules().items():
        if room(name) != "road":
            knowing.setdefault(room(name), set()).update(station(target) for target in imports(path))
    several = {name for name, stations in knowing.items() if len(stations - {""}) > 1}
    assert several == {"night", "queries", "prior_year", "demo", "faces"} & several
    assert "night" in several


def rooms(folder: Path) -> set[str]:
    return {path.stem for path in folder.iterdir() if path.suffix in (".py", "") and not path.name.startswith("_")}


def test_the_floors_name_every_room_and_the_road_every_station() -> None:
    assert rooms(PACKAGE) - {"workbook_templates"} == set(FLOOR)
    assert rooms(PACKAGE / "road") == set(STATIONS)


def test_the_road_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert {name for name in FLOOR if f"`{name}" not in text} == set()
    assert {name for name in STATIONS if f"`{name}" not in text} == set()
    assert pipeline.__doc__ is not None
    at = [pipeline.__doc__.index(f". {name} ") for name in STATIONS]
    assert at == sorted(at)


def test_rooms_stay_small() -> None:
    long = {name for name, path in modules().items() if len(path.read_text(encoding="utf-8").splitlines()) > 350}
    assert long == set()


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
