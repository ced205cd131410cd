"""`xxgk report`, `xxgk publish`: other faces of a recorded night."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli import screen
from pipeline.cli.options import FINDINGS, HANDLED, HERE, NEWEST, Json, Root, Year, choose
from pipeline.errors import XxgkError
from pipeline.settings import read_settings
from pipeline.workspace import Workspace


def add_faces(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("report", **HANDLED)(report)
    app.command("publish", **HANDLED)(publish)


def report(
    year: Year = NEWEST,
    workspace: Root = HERE,
    unit: Annotated[str, typer.Option("--unit", metavar="单位代码", help="哪个单位的报告。")] = "",
    every: Annotated[bool, typer.Option("--all", help="所有单位的报告，连同各单位还要写什么的清单。")] = False,
    json: Json = False,
) -> None:
    """各单位自己的年度报告：用报来的数和文字，套同一个模板，放在 outputs/年度/unit_reports/。"""
    from pipeline.cli import show_faces
    from pipeline.faces.unit_reports import write_unit_reports

    if bool(unit) == every:
        raise typer.BadParameter("要写 --unit 单位代码，或者 --all，二者写一个", param_hint="--unit")
    where, year = choose(workspace, year)
    reports = write_unit_reports(where, year, unit)
    show_faces.unit_reports(reports, where.year_outputs(year), json=json)
    if any(made.lacking or made.findings for made in reports):
        raise typer.Exit(FINDINGS)


def publish(
    year: Year = NEWEST,
    workspace: Root = HERE,
    pdf: Annotated[bool, typer.Option("--pdf", help="连同 PDF（要有 LibreOffice）。")] = False,
    json: Json = False,
) -> None:
    """发布用的其他格式：网页、可贴进门户的片段、图解、图表、开放数据、起草材料，放在 outputs/年度/publish/。"""
    from pipeline.cli import show_faces
    from pipeline.faces.publishing import publish_faces
    from pipeline.settings import FACES, PDF

    where, year = choose(workspace, year)
    made = publish_faces(where, year, (*FACES, PDF) if pdf else FACES)
    show_faces.published(made, where.year_outputs(year), json=json)
    if made.omitted or made.findings or not made.complete:
        raise typer.Exit(FINDINGS)


def publish_after(where: Workspace, year: int) -> None:
    """Make the faces that the settings ask for after a night; what cannot be made is said and changes nothing else."""
    wanted = read_settings(where.root).faces
    if not wanted:
        return
    from pipeline.cli import show_faces
    from pipeline.faces.publishing import publish_faces

    try:
        show_faces.published(publish_faces(where, year, wanted), where.year_outputs(year), json=False)
    except XxgkError as error:
        screen.error(f"发布用的其他格式没有生成：{error}")
