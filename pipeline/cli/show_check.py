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


def answers(given: Sequence[Answer], correction: Path | None, *, written: bool, json: bool) -> None:
    """The answers for all files, then what became of the marked workbook, and at last the files that were not opened."""
    if json:
        name = str(correction) if written else None
        screen.document([_document(answer, name if answer.correction else None) for answer in given])
    else:
        for answer in given:
            if answer.opened:
                _answer(answer)
    if correction:
        _correction(given, correction, written=written, json=json)
    for answer in given:
        if not answer.opened:
            screen.error(answer.refused)


def _correction(given: Sequence[Answer], correction: Path, *, written: bool, json: bool) -> None:
    count = sum(bool(answer.correction) for answer in given)
    if count > 1:
        screen.error(
            f"里面有 {count} 份报表要标，--correction 只能写一份，没有写 {correction}。请解压以后一份一份核对。"
        )
    elif not json and written:
        screen.put(f"标好问题的报表：{word(str(correction))}")
    elif not json and all(answer.opened for answer in given):
        sound = all(answer.sound for answer in given)
        why = "没有要标的问题" if sound else "没有可以标问题的报表"
        screen.put(f"{why}，没有写 {word(str(correction))}。")


def _answer(answer: Answer) -> None:
    who = f"{answer.unit.code} {answer.unit.name} {answer.year} 年度" if answer.unit else "认不出是谁的报表"
    screen.OUT.print(f"[bold]{word(answer.name)}[/]　{word(who)}")
    if answer.refused and not answer.findings:
        screen.OUT.print(f"  [red]没有读成[/]：{word(answer.refused)}")
    for sheet, findings in groupby(answer.findings, key=lambda finding: finding.sheet):
        screen.OUT.print(f"  {word(sheet or '整份报表')}")
        for finding in findings:
            _finding(finding)
    for remark in answer.remarks:
        screen.OUT.print(f"  [yellow]{word(remark)}[/]")
    screen.OUT.print(f"  {verdict(answer)}")
    if answer.unasked:
        why = "要与上年、与别的单位比，或者缺数"
        screen.OUT.print(f"  [dim]没有核对、没有核对全的规则（{why}）：{'、'.join(answer.unasked)}[/]")
    if answer.unknown:
        screen.OUT.print("  [dim]没有工作区，请留意：[/]")
    for unknown in answer.unknown:
        screen.OUT.print(f"    [dim]· {word(unknown)}。[/]")


def verdict(answer: Answer) -> str:
    """The verdict in one line."""
    if answer.fit:
        return "[green]可以报送。[/]"
    if answer.judged is None:
        return "[red]不能报送。[/]"
    parts = [
        answer.barred,
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


def _document(answer: Answer, correction: str | None) -> dict[str, object]:
    return {
        "file": answer.name,
        "unit": answer.unit.code if answer.unit else None,
        "name": answer.unit.name if answer.unit else None,
        "year": answer.year or None,
        "fit": answer.fit,
        "state": answer.judged.state.value if answer.judged else None,
        "opened": answer.opened,
        "barred": answer.barred or None,
        "refused": answer.refused or None,
        "to_correct": answer.to_correct,
        "to_explain": answer.to_explain,
        "unasked": list(answer.unasked),
        "unknown": list(answer.unknown),
        "remarks": list(answer.remarks),
        "correction": correction,
        "without_workspace": answer.alone,
        "findings": [asdict(finding) for finding in answer.findings],
    }
