"""What changed, on the terminal: two nights, two years, two versions of a return; and the list of runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from rich.table import Table
from rich.tree import Tree

from pipeline.cli.show_trace import as_json, printed_value, say, signed_figure, when
from pipeline.cli.words import word
from pipeline.form import print_figure
from pipeline.ledger import Decided, NightRow
from pipeline.model.changes import Cause
from pipeline.queries.compare import CellChange, ComparedFigure, FigureChange, NightDiff, VersionDiff, YearDiff

T = TypeVar("T")
_FINDINGS, _CAUSES, _HASH = 20, 8, 12


def runs(rows: Sequence[NightRow], *, json: bool) -> None:
    """Every run of a year."""
    names = ("id", "at", "kind", "complete", "form", "snapshot", "control")
    if json:
        as_json([{name: getattr(row, name) for name in names} for row in rows])
        return
    table = Table(title=f"{rows[0].year} 年度的汇总")
    for heading in ("编号", "时间", "结果", "报齐", "内容摘要"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        record = (str(row.id), when(row.at), row.kind, "是" if row.complete else "否", row.snapshot[:_HASH])
        table.add_row(*record, style=None if row.manifest else "dim")
    say(table)
    say("内容摘要相同，说明计入的报表、差额调整和汇总数完全相同。")


# ---------------------------------------------------------------- two nights
def nights(result: NightDiff, *, json: bool) -> None:
    """What one night changed against another."""
    if json:
        as_json(_night_document(result))
        return
    titles = (f"{when(row.at)} 的汇总（编号 {row.id}）" for row in (result.before, result.after))
    root = Tree(f"[bold]{result.year} 年度：{' → '.join(titles)}[/]")
    computed = [change for change in result.figures if change.computed and change.difference]
    own = [change for change in result.figures if not change.computed]
    _section(root, "汇总数变了", own, _figure)
    _section(root, "合计跟着变了", computed, lambda change: _change(change))
    _section(
        root,
        "计入的报表变了",
        result.units,
        lambda row: (
            f"{_unit(row.name, row.unit)}{row.reason}：{word(row.file_before or '无')} → {word(row.file_after or '无')}"
        ),
    )
    _section(
        root,
        "状态变了",
        result.states,
        lambda row: f"{_unit(row.name, row.unit)}：{row.before or '无'} → {row.after}　{word(row.because)}",
    )
    _section(root, "台账新的决定", result.decisions_new, _decision)
    _section(root, "台账撤销的决定", result.decisions_gone, _decision)
    _section(root, "新的问题", result.findings_new, _finding, longest=_FINDINGS)
    _section(root, "消除的问题", result.findings_gone, _finding, longest=_FINDINGS)
    say(root)
    if not root.children:
        say("没有任何差别。")


def _section(root: Tree, title: str, rows: Sequence[T], line: Callable[[T], str], *, longest: int = 0) -> None:
    if not rows:
        return
    node = root.add(f"[bold]{title}[/]：{len(rows)}")
    shown = rows[:longest] if longest else rows
    for row in shown:
        node.add(line(row))
    if len(shown) < len(rows):
        node.add(f"[dim]……还有 {len(rows) - len(shown)} 个，加 --json 看全部[/]")


def _figure(change: FigureChange) -> str:
    causes = [_cause(cause) for cause in change.causes[:_CAUSES]]
    more = f"，另有 {len(change.causes) - _CAUSES} 处" if len(change.causes) > _CAUSES else ""
    why = f"\n[dim]因为{'，'.join(causes)}{more}[/]" if causes else ""
    return _change(change) + why


def _cause(cause: Cause) -> str:
    before, after = cause.before or 0, cause.after or 0
    whose = cause.name if cause.unit else cause.reason
    return word(f"{whose} {print_figure(before)} → {print_figure(after)}（{signed_figure(after - before)}）")


def _change(change: ComparedFigure) -> str:
    difference = f"（{signed_figure(change.difference)}）" if change.difference is not None else ""
    values = f"{printed_value(change.before)} → {printed_value(change.after)}"
    return f"{word(values)}{difference}　{word(change.label)}　[dim]{word(change.code)}[/]"


def _unit(name: str, code: str) -> str:
    return word(f"{name}（{code}）")


def _file(name: str, sha256: str) -> str:
    return f"{word(name)} [dim]{sha256[:_HASH]}[/]" if name else "没有计入"


def _decision(row: Decided) -> str:
    detail = f" {row.detail}" if row.detail else ""
    return word(f"{row.kind} {row.subject}{detail}：{row.reason}（批准人 {row.approver}，台账 {row.kind}!{row.cell}）")


def _finding(record: Mapping[str, Any]) -> str:
    words = (
        record["code"],
        record.get("unit", ""),
        f"{record.get('sheet', '')}{record.get('cell', '')}",
        record["message"],
    )
    return word(" ".join(word for word in words if word))


def _night_document(result: NightDiff) -> dict[str, Any]:
    names = ("id", "at", "complete")
    return {
        "year": result.year,
        "before": {name: getattr(result.before, name) for name in names},
        "after": {name: getattr(result.after, name) for name in names},
        "figures": [_figure_change_json(change) for change in result.figures],
        **{
            name: [asdict(row) for row in getattr(result, name)]
            for name in ("units", "states", "decisions_new", "decisions_gone")
        },
        "findings_new": list(result.findings_new),
        "findings_gone": list(result.findings_gone),
    }


# ---------------------------------------------------------------- two years
def years(result: YearDiff, *, json: bool) -> None:
    """Two years beside each other."""
    if json:
        items = [_figure_change_json(change) | {"percent": change.percent} for change in result.items]
        as_json({"before": result.before, "after": result.after, "whose": result.whose, "items": items})
        return
    table = Table(title=f"{result.whose}：{result.before} 年度与 {result.after} 年度")
    table.add_column("指标", overflow="fold")
    for heading in (str(result.before), str(result.after), "增减", "增减 %"):
        table.add_column(heading, justify="right", overflow="fold")
    for change in result.items:
        style = None if change.difference else "dim"
        table.add_row(*map(word, (change.label, *_cells(change))), style=style)
    say(table)
    say(f"其余 {result.zeros} 个指标两年都是 0。")


def _cells(change: ComparedFigure) -> Iterable[str]:
    yield from (printed_value(change.before), printed_value(change.after))
    yield "—" if change.difference is None else signed_figure(change.difference)
    yield "—" if change.percent is None else signed_figure(change.percent)


# ---------------------------------------------------------------- two versions
def versions(result: VersionDiff, *, json: bool) -> None:
    """Two versions of a return, cell by cell."""
    if json:
        document = asdict(result)
        document["cells"] = [_figure_change_json(change) for change in result.cells]
        as_json(document)
        return
    counted = f"计入的是第 {result.counted} 份" if result.counted else "都没有计入"
    root = Tree(f"[bold]{_unit(result.name, result.unit)}[/] {result.year} 年度共报 {result.versions} 份，{counted}")
    for night in (result.before, result.after):
        root.add(f"第 {night.number} 份：{_file(night.file, night.sha256)}　{when(night.seen)} 收到")
    _section(root, "不一样的格", result.cells, _cell)
    say(root)
    if not result.cells:
        say("两份的数和文字完全一样。")


def _cell(change: CellChange) -> str:
    where = change.after_cell or change.before_cell
    if change.before_cell and change.after_cell and change.before_cell != change.after_cell:
        where = f"{change.before_cell}→{change.after_cell}"
    return f"{word(where)}　{_change(change)}"


def _figure_change_json(change: ComparedFigure) -> dict[str, Any]:
    return asdict(change) | {"difference": change.difference}
