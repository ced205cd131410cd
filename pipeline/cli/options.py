"""The options and exit codes that commands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli import screen
from pipeline.cli.chinese import OPTIONS_METAVAR, ChineseCommand
from pipeline.settings import WORKSPACE_VARIABLE
from pipeline.workspace import Workspace, find_workspace

CLEAN, OUR_FAULT, CANNOT_BEGIN, FINDINGS = 0, 1, 2, 3
HANDLED: dict[str, Any] = {"cls": ChineseCommand, "options_metavar": OPTIONS_METAVAR}

Root = Annotated[
    Path, typer.Option("--workspace", "-w", metavar="目录", help="工作区目录，默认为当前目录所在的工作区。")
]
NEWEST = None
"""The year that is meant when none is written."""
Year = Annotated[
    int | None,
    typer.Option(
        "--year",
        metavar="年度",
        min=2008,
        max=2100,
        help="报告年度，如 2024；不写就取有台账、没有封存的年度里最新的，都封存了就取最新的。",
        show_default=False,
    ),
]
ThisYear = Annotated[int, typer.Option("--year", metavar="年度", min=2008, max=2100, help="报告年度，如 2024。")]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON，供其他程序读取。")]


def _require_words(text: str) -> str:
    """Refuse a signature or a reason that is blank."""
    if not text.strip():
        raise typer.BadParameter("不能空着")
    return text.strip()


By = Annotated[str, typer.Option("--by", metavar="姓名", help="谁决定的。", callback=_require_words)]
Reason = Annotated[str, typer.Option("--reason", metavar="理由", help="为什么。", callback=_require_words)]
Run = Annotated[int | None, typer.Option("--run", metavar="编号", help="哪一次汇总，默认最近一次。")]
HERE = Path()


def find_root(given: Path) -> Workspace:
    """The workspace of a command: as given, as XXGK_WORKSPACE says, or the one this folder lies in."""
    if given != HERE:
        return Workspace(given)
    if named := os.environ.get(WORKSPACE_VARIABLE):
        return Workspace(Path(named))
    return find_workspace(HERE)


def is_named(given: Path) -> bool:
    """Whether somebody said which workspace is meant."""
    return given != HERE or bool(os.environ.get(WORKSPACE_VARIABLE))


def choose(given: Path, year: int | None) -> tuple[Workspace, int]:
    """The workspace and the year of a command; a year that was not written is printed first."""
    where = find_root(given)
    if year is NEWEST:
        year, is_open = where.newest_year()
        screen.chosen_year(year, is_open=is_open)
    return where, year
