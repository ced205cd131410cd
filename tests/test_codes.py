"""A finding is data and never steers: its code stands where the finding is made, and is compared nowhere."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import pipeline
from pipeline.model.finding import messages
from tests import ROOT

PACKAGE = Path(pipeline.__file__).parent
MAKERS = {
    "notice",
    "violation",
    "clause",
    "rule",
    "note",
    "Remark",
    "_say",
    "Equation",
    "RefusedError",
    "_StillArrivingError",
    "__init__",
}
"""Functions that make a finding of a code, or the refusal that becomes one."""
TABLES = {"_NOTICES", "_OLD_REPAIRS", "_GAPS"}
"""Tables from a type to the code its finding is made under, and the one that reads rows of older ledgers."""

CELLS = {"xl_cell_to_rowcol"}
"""A1 is a cell as well."""


def codes() -> set[str]:
    rules = tomllib.loads((ROOT / "workbook_templates" / "xxgk-2021" / "rules.toml").read_text(encoding="utf-8"))
    return {*messages(), *(rule["id"] for rule in rules["rule"])}


def _choices(argument: ast.expr) -> Iterator[ast.expr]:
    """What an argument may be: both arms of a condition, never its test."""
    if isinstance(argument, ast.IfExp):
        yield from _choices(argument.body)
        yield from _choices(argument.orelse)
    else:
        yield argument


def _making(tree: ast.AST) -> set[int]:
    """The literals a finding is made of, by identity: a maker's first argument or ``rule=``, and the tables' own."""
    making: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            given = [*node.args[:1], *(word.value for word in node.keywords if word.arg in ("rule", "says"))]
            if name in MAKERS:
                making.update(id(choice) for argument in given for choice in _choices(argument))
            if name in CELLS:
                making.update(id(inner) for inner in ast.walk(node))
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if getattr(target, "id", "") in TABLES:
                making.update(id(inner) for inner in ast.walk(node.value))
    return making


def stray(tree: ast.AST, known: set[str]) -> list[tuple[str, int]]:
    """Every code that stands as a literal and makes no finding, and every look at the letters of one, by line."""
    making = _making(tree)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in known and id(node) not in making:
            found.append((str(node.value), node.lineno))
        elif isinstance(node, ast.Subscript | ast.Call) and _asks_for_letters(node):
            found.append((ast.unparse(node), node.lineno))
    return sorted(found, key=lambda each: each[1])


def _asks_for_letters(node: ast.Subscript | ast.Call) -> bool:
    """Whether a code is asked for the letter of its group; codes of items begin with small letters."""
    if isinstance(node, ast.Subscript):
        return _is_code(node.value)
    first = next(iter(node.args), None)
    asked = isinstance(node.func, ast.Attribute) and _is_code(node.func.value)
    return asked and isinstance(first, ast.Constant) and str(first.value)[:1].isupper()


def _is_code(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "code"


def test_a_code_stands_only_where_its_finding_is_made() -> None:
    known = codes()
    everywhere = {
        str(path.relative_to(PACKAGE)): found
        for path in sorted(PACKAGE.rglob("*.py"))
        if (found := stray(ast.parse(path.read_text(encoding="utf-8")), known))
    }
    assert everywhere == {}


STEERING = {
    'if finding.code == "V2":\n    pass': [("V2", 1)],
    'if first.code.startswith("U"):\n    pass': [("first.code.startswith('U')", 1)],
    'if first.code[0] == "U":\n    pass': [("first.code[0]", 1)],
    'notice("V1" if finding.code == "V2" else "V3")': [("V2", 1)],
    'notice("V1", found=said["V2"])': [("V2", 1)],
    'notice("V1" if plain else "V2")': [],
    '_NOTICES = {Repair.ZEROED: "V2"}': [],
}


@pytest.mark.parametrize("source", STEERING)
def test_the_look_finds_a_code_that_steers(source: str) -> None:
    assert stray(ast.parse(source), {"V1", "V2", "V3"}) == STEERING[source]


def test_no_sentence_is_taken_apart() -> None:
    for path in PACKAGE.rglob("*.py"):
        assert ".message.removeprefix(" not in path.read_text(encoding="utf-8"), path
