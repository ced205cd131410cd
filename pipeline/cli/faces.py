"""`xxgk report`: other faces of a recorded night."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli.options import FINDINGS, HANDLED, HERE, NEWEST, Json, Root, Year, choose


def add_faces(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("report", **HANDLED)(report)


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
