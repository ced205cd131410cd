"""The templates that come with the program are those it would draw today."""

from __future__ import annotations

from pathlib import Path

from pipeline.setup import write_templates
from pipeline.workspace import Workspace, bundled_templates
from tests.workspaces import tree


def test_the_bundled_templates_are_drawn_from_what_stands_here(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    write_templates(workspace, force=False)
    written = write_templates(workspace, force=True)
    assert sorted(path.name for path, anew in written if anew) == [
        "control.xlsx", "letter.docx", "report.docx", "report.docx", "return.xlsx", "return.xlsx",
    ]  # fmt: skip
    assert tree(workspace.templates()) == tree(bundled_templates())
