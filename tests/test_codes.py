"""A finding is data and never steers: its code stands where the finding is made, and is compared nowhere."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

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


def literals(
    tree: ast.AST, known: set[str], makers: tuple[str, ...] = ()
) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """Every code in ``tree`` as a literal: the code, its line, and the calls and tables it stands in."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Constant) and node.value in known:
            yield str(node.value), node.lineno, makers
        inside = makers
        if isinstance(node, ast.Call):
            inside = (*makers, getattr(node.func, "attr", getattr(node.func, "id", "")))
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            inside = (*makers, getattr(target, "id", ""))
        yield from literals(node, known, inside)


def test_a_code_stands_only_where_its_finding_is_made() -> None:
    known = codes()
    stray = [
        f"{path.relative_to(PACKAGE)}:{line} {code}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for code, line, makers in literals(ast.parse(path.read_text(encoding="utf-8")), known)
        if not {*makers} & (MAKERS | TABLES | CELLS)
    ]
    assert stray == []


def test_the_look_finds_a_code_that_steers() -> None:
    tree = ast.parse('if finding.code == "V2":\n    yield notice("V1")')
    assert list(literals(tree, {"V1", "V2"})) == [("V2", 1, ()), ("V1", 2, ("notice",))]


def test_no_finding_is_taken_apart_by_the_letters_of_its_code() -> None:
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "finding.code.startswith(" not in text, path
        assert ".message.removeprefix(" not in text, path
