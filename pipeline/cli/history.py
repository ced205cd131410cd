"""`xxgk history`: what units reported in former years, from published reports or kept workbooks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.chinese import new_app
from pipeline.cli.options import FINDINGS, HANDLED, HERE, Json, Root, find_root
from pipeline.model.past import ROOT

County = Annotated[bool, typer.Option("--county", help="汇总单位自己的年度报告（全县的数），不是哪一个单位的。")]


def _whose(unit: str, *, county: bool) -> str:
    """Return the unit's code, `ROOT` for the consolidation; one of the two must be said."""
    if bool(unit) == county:
        raise typer.BadParameter("要写 --unit 单位代码，或者 --county，二者写一个", param_hint="--unit")
    return ROOT if county else unit


history_app = new_app("往年的数：从已公开的年报或留存的报表导入，供与本年比较。")


@history_app.command("import", **HANDLED)
def history_import(
    file: Annotated[Path, typer.Argument(metavar="文件", help="那一年的年度报告（.docx、.html）或报表（.xlsx 等）。")],
    year: Annotated[int, typer.Option("--year", metavar="年度", min=2008, max=2100, help="这是哪一年的数，如 2023。")],
    unit: Annotated[str, typer.Option("--unit", metavar="单位代码", help="这是哪个单位的，写名录里的单位代码。")] = "",
    county: County = False,
    workspace: Root = HERE,
    json: Json = False,
) -> None:
    """读出一个单位（--unit）或本级汇总（--county）往年的数，作为历史保存；改正后再导入一次，以后一次为准。"""
    from pipeline.cli import show_history
    from pipeline.prior_year.importing import import_history

    now = dt.datetime.now().astimezone()
    result = import_history(find_root(workspace), file, unit=_whose(unit, county=county), year=year, now=now)
    show_history.recalled(result, year, json=json)
    if result.attention:
        raise typer.Exit(FINDINGS)


@history_app.command("withdraw", **HANDLED)
def history_withdraw(
    year: Annotated[int, typer.Option("--year", metavar="年度", min=2008, max=2100, help="哪一年的数，如 2023。")],
    unit: Annotated[str, typer.Option("--unit", metavar="单位代码", help="哪个单位的，写导入时的单位代码。")] = "",
    county: County = False,
    workspace: Root = HERE,
) -> None:
    """导错了：撤回一个单位那一年最近一次导入，回到导入以前。"""
    from pipeline.cli import show_history
    from pipeline.prior_year.importing import withdraw_history

    now = dt.datetime.now().astimezone()
    show_history.withdrawn(withdraw_history(find_root(workspace), unit=_whose(unit, county=county), year=year, now=now))


@history_app.command("show", **HANDLED)
def history_show(
    year: Annotated[int, typer.Option("--year", metavar="年度", min=2008, max=2100, help="哪一年的数，如 2023。")],
    unit: Annotated[str, typer.Option("--unit", metavar="单位代码", help="只看一个单位，并列出它的数。")] = "",
    workspace: Root = HERE,
    json: Json = False,
) -> None:
    """那一年知道些什么，从哪个文件来的。"""
    from pipeline.cli import show_history
    from pipeline.prior_year.importing import load_known

    show_history.known(load_known(find_root(workspace), year), year, unit, json=json)
