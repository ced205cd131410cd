"""What `xxgk check` prints: by file, then by sheet and cell, with the remedy, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from pipeline.cli import screen
from pipeline.cli.words import word
from pipeline.model.finding import SEVERITY_LABELS, Finding
from pipeline.night.check_file import Answer

_STYLE = {"error": "red", "warning": "yellow", "info": "dim"}


def answers(given: Sequence[Answer], correction: Path | None, *, json: bool) -> None:
    """The answers for all files."""
    if json:
        screen.document([_document(answer) for answer in given])
        return
    for answer in given:
        _answer(answer)
    if correction:
        screen.put(f"标好问题的报表：{correction}")


def _answer(answer: Answer) -> None:
    who = f"{answer.unit.code} {answer.unit.name} {answer.year} 年度" if answer.unit else "认不出是谁的报表"
    screen.OUT.print(f"[bold]{word(answer.name)}[/]　{word(who)}")
    if answer.refused:
        screen.OUT.print(f"  [red]没有读成[/]：{word(answer.refused)}")
    for sheet, findings in groupby(answer.findings, key=lambda finding: finding.sheet):
        screen.OUT.print(f"  {word(sheet or '整份报表')}")
        for finding in findings:
            _finding(finding)
    screen.OUT.print(f"  {verdict(answer)}")
    if answer.unit and answer.unasked:
        why = "没有工作区，上年的数、台账里的认可和本地指标都不知道；" if answer.alone else ""
        screen.OUT.print(
            f"  [dim]没有核对的规则（{why}缺数、没有上年的数，或要与别的单位比）：{'、'.join(answer.unasked)}[/]"
        )


def verdict(answer: Answer) -> str:
    """The verdict in one line."""
    if answer.fit:
        return "[green]可以报送。[/]"
    parts = [
        f"需改正 {answer.to_correct} 处" if answer.to_correct else "",
        f"需说明 {answer.to_explain} 处（在“校验”表写出错说明）" if answer.to_explain else "",
    ]
    return f"[red]{'，'.join(part for part in parts if part) or '不能报送'}。[/]"


def _finding(finding: Finding) -> None:
    label, style = SEVERITY_LABELS[finding.severity], _STYLE[finding.severity]
    answered = f"（已答复：{finding.answer}）" if finding.answer else ""
    screen.OUT.print(
        f"    {word(finding.cell) or '—'}　[{style}]{label} {finding.code}[/] {word(finding.message + answered)}"
    )
    screen.OUT.print(f"        {word(finding.remedy)}")


def _document(answer: Answer) -> dict[str, object]:
    return {
        "file": answer.name,
        "unit": answer.unit.code if answer.unit else None,
        "name": answer.unit.name if answer.unit else None,
        "year": answer.year or None,
        "fit": answer.fit,
        "state": answer.judged.state.value if answer.judged else None,
        "refused": answer.refused or None,
        "to_correct": answer.to_correct,
        "to_explain": answer.to_explain,
        "unasked": list(answer.unasked),
        "without_workspace": answer.alone,
        "findings": [asdict(finding) for finding in answer.findings],
    }
