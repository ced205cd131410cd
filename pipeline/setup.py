"""Before the first night: a workspace with its 台账, and the templates the office may restyle."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pipeline.control import build_control, control_rows, read_control
from pipeline.errors import PublishError, WorkspaceError, explain_fault
from pipeline.form import Item
from pipeline.model.control import ROSTER
from pipeline.model.seal import make_secret
from pipeline.road.templates import build_letter, build_report, build_workbook
from pipeline.workspace import CONTROL_TEMPLATE, LETTER_TEMPLATE, TEMPLATES, Workspace, bundled_templates, template_file


def create_workspace(
    root: Path, year: int, *, former: int | None = None, roster: Sequence[Sequence[str]] = ()
) -> Workspace:
    """A workspace for ``year`` at ``root``: 台账, secret, empty outputs. What is there already is never overwritten.

    With ``former`` the 台账 begins with the roster, the profile and the local indicators and rules of that year, never
    with its decisions; ``roster`` are rows for 单位名录 from an office's own list. Raises `WorkspaceError` when the year
    has its 台账 already, no form covers it, or the former year has none.
    """
    workspace = Workspace(root)
    form, _ = workspace.form(year)
    taken_over = control_rows(workspace.control(former), year) if former else None
    if roster:
        taken_over = {**(taken_over or {}), ROSTER: list(roster)}
    control = workspace.control(year)
    if control.exists():
        raise WorkspaceError(f"{control} 已经存在，没有改动。要重新开始请先把它移走。")
    try:
        control.parent.mkdir(parents=True, exist_ok=True)
        workspace.outputs.mkdir(exist_ok=True)
        if taken_over is None:
            shutil.copyfile(template_file(workspace.templates(), CONTROL_TEMPLATE), control)
        else:
            build_control(form, control, taken_over)
        make_secret(workspace.secret)
    except OSError as error:
        raise PublishError(f"无法在 {root} 建立工作区（{explain_fault(error)}）。请检查文件夹权限。") from error
    return workspace


def write_templates(workspace: Workspace, *, force: bool) -> list[tuple[Path, bool]]:
    """Build what is missing (or all, with ``force``): each template's path and whether it was written.

    A workspace without templates of its own first gets the forms the program came with.
    """
    own = workspace.root / TEMPLATES
    try:
        if not own.is_dir():
            shutil.copytree(bundled_templates(), own)
            return [(path, True) for path in sorted(own.rglob("*")) if path.is_file()]
        done = []
        for form, folder in workspace.forms():
            for name, build in (("return.xlsx", build_workbook), ("report.docx", build_report)):
                done.append((folder / name, force or not (folder / name).exists()))
                if done[-1][1]:
                    build(form, folder / name)
        newest = workspace.forms()[-1][0]
        for path, draw in (
            (own / CONTROL_TEMPLATE, lambda path: build_control(newest, path)),
            (own / LETTER_TEMPLATE, build_letter),
        ):
            done.append((path, force or not path.exists()))
            if done[-1][1]:
                draw(path)
    except OSError as error:
        raise PublishError(f"无法写入 {own}（{explain_fault(error)}）。请检查文件夹权限，关闭打开的模板。") from error
    return done


def local_indicators(workspace: Workspace) -> tuple[Item, ...]:
    """Load the local indicators of every 台账. One that cannot be read yet has none; `issue` and `run` tell why."""
    found: dict[str, Item] = {}
    for year in sorted(int(path.name) for path in workspace.inputs.glob("[0-9]*") if path.name.isdecimal()):
        with suppress(WorkspaceError):
            control = read_control(workspace.control(year), workspace.form(year)[0], year=year)
            found |= {item.code: item for item in control.indicators}
    return tuple(found.values())
