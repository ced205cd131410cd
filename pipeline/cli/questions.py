"""The commands that ask and store nothing: is this return right, where does a figure come from, what changed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import (
    CANNOT_BEGIN,
    FINDINGS,
    HANDLED,
    HERE,
    NEWEST,
    Json,
    Root,
    Run,
    Year,
    choose,
    find_root,
    is_named,
)
from pipeline.workspace import is_workspace


def add_questions(app: typer.Typer) -> None:
    """Add these commands to ``app``."""
    for question in (check, trace, diff, runs, table, verify):
        app.command(question.__name__, **HANDLED)(question)


def check(
    files: Annotated[list[Path], typer.Argument(metavar="文件…", help="填好的报表，一份或几份。")],
    year: Year = NEWEST,
    workspace: Root = HERE,
    correction: Annotated[
        Path | None,
        typer.Option(
            "--correction",
            metavar="另存为",
            help="把标好问题的报表另存成这个新的 .xlsx 文件（只核对一份时）；已有的文件不覆盖。",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """马上核对报表：和每晚汇总一样读取、核对，什么都不保存。压缩包、邮件里的逐份核对。没有工作区的，按下发的那一份自带的信息核对。"""
    from pipeline.cli import show_check
    from pipeline.night.check_file import check_alone, check_files
    from pipeline.night.marked import require_new, write_new

    if correction and (len(files) != 1 or correction.suffix.lower() != ".xlsx"):
        raise typer.BadParameter("只核对一份报表时才能用，文件名要以 .xlsx 结尾", param_hint="--correction")
    now, corrected = dt.datetime.now().astimezone(), correction is not None
    where = find_root(workspace)
    inside = is_named(workspace) or is_workspace(where.root)
    if correction:
        require_new(correction, files, where if inside else None)
    if inside:
        where, year = choose(workspace, year)
        answers = check_files(where, year, files, now=now, corrected=corrected)
    else:
        answers = check_alone(files, now=now, year=year, corrected=corrected)
    marked = [answer for answer in answers if answer.correction]
    written = correction if correction and len(marked) == 1 else None
    if written:
        write_new(written, marked[0].correction)
    show_check.answers(answers, correction, written=written is not None, json=json)
    if not all(answer.opened for answer in answers) or len(marked) > 1:
        raise typer.Exit(CANNOT_BEGIN)
    if not all(answer.fit for answer in answers):
        raise typer.Exit(FINDINGS)


def trace(
    what: Annotated[str, typer.Argument(metavar="指标", help="指标代码、行列名称（如“本年新收 自然人”）或 表三D6。")],
    year: Year = NEWEST,
    workspace: Root = HERE,
    run: Run = None,
    deep: Annotated[bool, typer.Option("--deep", help="合计一直展开到各单位的单元格。")] = False,
    every: Annotated[bool, typer.Option("--all", help="报 0 的单位和为 0 的分项也逐个列出。")] = False,
    json: Json = False,
) -> None:
    """一个数是怎么来的：从汇总数一直查到各单位的单元格，并重新相加。"""
    from pipeline.cli import show_trace
    from pipeline.queries import trace as tracing

    found = tracing.trace(*choose(workspace, year), what, run=run, deep=deep, every=every)
    show_trace.trace(found, every=every, json=json)
    if not (found.tree.holds and found.tree.founded):
        raise typer.Exit(FINDINGS)


def diff(
    year: Year = NEWEST,
    workspace: Root = HERE,
    runs: Annotated[tuple[int, int] | None, typer.Option("--runs", metavar="编号 编号", help="比哪两次汇总。")] = None,
    unit: Annotated[str, typer.Option("--unit", metavar="单位代码", help="比一个单位报来的两份报表。")] = "",
    versions: Annotated[
        tuple[int, int] | None, typer.Option("--versions", metavar="序号 序号", help="比哪两份报表。")
    ] = None,
    years: Annotated[
        tuple[int, int] | None, typer.Option("--years", metavar="年度 年度", help="比两个年度，可以加 --unit。")
    ] = None,
    json: Json = False,
) -> None:
    """哪里变了：两次汇总之间，两个年度之间，一个单位的两份报表之间。"""
    from pipeline.cli import show_diff
    from pipeline.queries import compare as comparing

    where = find_root(workspace)
    if years:
        if year or runs or versions:
            raise typer.BadParameter("比两个年度时只能再加 --unit", param_hint="--years")
        show_diff.years(comparing.diff_years(where, *years, unit), json=json)
        return
    where, year = choose(workspace, year)
    if unit and not runs:
        show_diff.versions(comparing.diff_versions(where, year, unit, versions), json=json)
    elif unit or versions:
        raise typer.BadParameter(
            "--runs 比整个汇总，--versions 比一个单位的报表（要写 --unit）", param_hint="--runs、--versions"
        )
    else:
        show_diff.nights(comparing.diff_nights(where, year, runs), json=json)


def runs(year: Year = NEWEST, workspace: Root = HERE, json: Json = False) -> None:
    """列出每一次汇总：编号、时间、做了什么、是否报齐。"""
    from pipeline.cli import show_diff
    from pipeline.queries.compare import runs as listed

    show_diff.runs(listed(*choose(workspace, year)), json=json)


def table(
    file: Annotated[Path, typer.Argument(metavar="文件", help="写到哪里，.csv 或 .xlsx。")],
    year: Year = NEWEST,
    workspace: Root = HERE,
    run: Run = None,
    wide: Annotated[
        bool, typer.Option("--wide", help="宽表：一个单位一行，带分类小计；不写是一个单位一个指标一行。")
    ] = False,
) -> None:
    """把各单位的数导出成表，供自己分析。"""
    from pipeline.cli import show
    from pipeline.queries.tables import write_table

    show.exported(write_table(*choose(workspace, year), file, run=run, wide=wide), file)


def verify(
    file: Annotated[Path, typer.Argument(metavar="文件", help="要核对的年度报告，.docx 或另存的 .html。")],
    year: Year = NEWEST,
    workspace: Root = HERE,
    json: Json = False,
) -> None:
    """核对一份写好的年度报告：标题、六个部分、三张表的每一格与最近一次汇总是否一致，有没有留下空位。"""
    from pipeline.cli import show
    from pipeline.queries.verify import verify_report

    findings = verify_report(*choose(workspace, year), file)
    show.verified(findings, file, json=json)
    if findings:
        raise typer.Exit(FINDINGS)
