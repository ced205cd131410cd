"""What the commands of other faces print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pipeline.cli import screen, show
from pipeline.cli.words import word
from pipeline.faces.publishing import FOLDER as PUBLISH
from pipeline.faces.publishing import Published
from pipeline.faces.unit_reports import FOLDER, TODO, UnitReport

_MOST = 20


def unit_reports(reports: Sequence[UnitReport], folder: Path, *, json: bool) -> None:
    """The reports that were written, what is to be written in them, and the units that have none."""
    if json:
        screen.document([
            {
                "unit": report.unit.code, "name": report.unit.name, "state": report.state, "file": report.name or None,
                "unwritten": list(report.unwritten), "findings": [asdict(finding) for finding in report.findings],
            }
            for report in reports
        ])  # fmt: skip
        return
    made = [report for report in reports if report.content]
    lacking = [report for report in reports if report.lacking]
    for report in made:
        show.findings(report.findings)
    screen.put(f"已生成 {len(made)} 份单位报告：{folder / FOLDER}")
    if len(reports) == 1 and made:
        screen.put(f"还要写的部分：{word('、'.join(made[0].unwritten) or '没有')}")
    elif made:
        screen.put(f"各单位还要写什么：{folder / FOLDER / TODO}")
    for report in lacking[:_MOST]:
        screen.put(
            f"  [yellow]没有生成[/] {word(report.unit.code)} {word(report.unit.name)}：{report.state}，报表还没有通过"
        )
    if len(lacking) > _MOST:
        screen.put(f"  ……没有生成的共 {len(lacking)} 个单位")


def published(made: Published, folder: Path, *, json: bool) -> None:
    """The files that were made, and what could not be."""
    if json:
        findings = [asdict(finding) for finding in made.findings]
        screen.document(
            {"files": list(made.files), "omitted": list(made.omitted), "complete": made.complete, "findings": findings}
        )
        return
    show.findings(made.findings)
    screen.put(f"已生成 {len(made.files)} 个文件：{folder / PUBLISH}")
    for name in made.files:
        screen.put(f"  {word(name)}")
    for reason in made.omitted:
        screen.put(f"[yellow]没有生成[/]：{word(reason)}")
    if not made.complete:
        screen.put("[yellow]还有单位没有计入，这些文件不是最终结果，不要发布。[/]")
