"""Print where a figure comes from, as a tree from the county down to the cells."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.tree import Tree as Drawn

from pipeline.cli import screen
from pipeline.cli.words import word
from pipeline.form import Figure, Value, print_figure
from pipeline.queries.trace import Branch, Signed, Trace, Tree

_out = Console(highlight=False)
_NAMES, _HEAD, _HASH = 12, 60, 12
_WIDE = 10_000
"""Columns of an output that is no terminal: every line whole."""


def trace(result: Trace, *, every: bool, json: bool) -> None:
    """A figure, what it was added up from, and whether the sum is what was published."""
    if json:
        as_json(_document(result))
        return
    tree, run = result.tree, result.run
    say(f"[bold]{word(tree.label)}[/]　{word(tree.item.code)}")
    say(f"{word(result.root)} {result.year} 年度，{when(run.at)} 的汇总（编号 {run.id}），计入 {result.counted} 个单位")
    root = Drawn(f"[bold]{_describe_published(tree)}[/]")
    _grow(root, tree, every=every)
    if result.missing:
        names = [word(f"{unit.name}（{unit.code}）{unit.state}") for unit in result.missing]
        waiting = root.add(f"[yellow]尚缺 {len(names)} 个单位[/]")
        for name in names if len(names) <= _NAMES else ["、".join(names)]:
            waiting.add(f"[yellow]{name}[/]")
    say(root)
    say(_conclusion(tree))


def _grow(node: Drawn, tree: Tree, *, every: bool) -> None:
    """Hang under ``node`` what ``tree`` was added up from."""
    if tree.item.source:
        node.add(word(f"取自{tree.item.source}：{tree.source or '台账“年报信息”没有填'}"))
    for part in tree.parts:
        if every or not part.idle:
            grown = node.add(_part(part))
            if not part.folded:
                _grow(grown, part, every=every)
    idle_parts = [] if every else [part for part in tree.parts if part.idle]
    if idle_parts:
        node.add(
            f"[dim]其余 {len(idle_parts)} 项为 0[/]" if len(idle_parts) < len(tree.parts) else "[dim]各项都是 0[/]"
        )
    shown = [branch for branch in tree.branches if every or not branch.idle]
    width = max((len(printed_value(branch.value)) for branch in shown if not tree.listed), default=0)
    for branch in shown:
        _branch(node, tree, branch, width)
    for signed in tree.signed:
        node.add(_describe_signed(signed))
    for line in _silent(tree, len(tree.branches) - len(shown), alone=not shown):
        node.add(f"[dim]{word(line)}[/]")


def _part(part: Tree) -> str:
    factor = {1: "", -1: "减 "}.get(part.factor, f"{part.factor} × ")
    words = part.label.partition("　")[2] or part.label
    return f"{factor}{_describe_published(part)}　{word(words)}　[dim]{word(part.item.code)}[/]"


def _branch(node: Drawn, tree: Tree, branch: Branch, width: int) -> None:
    """Print one unit: its value and name, then cell and file, then repairs and findings at the cell."""
    mark = "　[yellow]认可计入[/]" if branch.provisional else ""
    value = f"{printed_value(branch.value):>{width}}　" if not tree.listed else ""
    lines = [f"{value}{word(branch.name)}（{word(branch.unit)}）{mark}"]
    if isinstance(branch.value, str):
        lines.append(word(head(branch.value)))
    where = f"{branch.sheet}!{branch.cell}"
    if branch.raw is not None and branch.raw != printed_value(branch.value):
        where += f" 原文{branch.raw}"
    file = f"{branch.file}　第{branch.version}份，共{branch.versions}份　{branch.sha256[:_HASH]}"
    lines.append(f"[dim]{word(where)}　{word(file)}[/]")
    lines += [f"[red]{word(branch.trouble)}[/]"] if branch.trouble else []
    for remark in branch.remarks:
        accepted = any(decision.detail == remark.code for decision in branch.accepted)
        answer = f"（{remark.answer}）" if remark.answer and not accepted else ""
        lines.append(f"[yellow]{word(f'{remark.code} {remark.message}{answer}')}[/]")
    for decision in branch.accepted:
        signed = f"认可 {decision.detail}：{decision.reason}（批准人 {decision.approver}，台账 {decision.kind}!{decision.cell}）"
        lines.append(f"[yellow]{word(signed)}[/]")
    grown = node.add("\n".join(lines))
    for source in branch.below:
        if source.value:
            whose = f"{source.unit_name}（{source.unit}）" if source.unit else source.unit_name
            grown.add(word(f"{print_figure(source.value)}　{whose}　{source.file}　{source.sheet}!{source.cell}"))
    if not branch.founded:
        grown.add(f"[red]这份汇总表的“来源”相加是 {printed_value(branch.lower)}，与它报的数对不上[/]")


def _describe_signed(signed: Signed) -> str:
    why = f"{signed.kind}：{signed.reason}（批准人 {signed.approver}，{signed.where}）"
    return f"[yellow]{signed_figure(signed.amount)}　{word(why)}[/]"


def _silent(tree: Tree, zeros: int, *, alone: bool) -> Iterator[str]:
    if zeros:
        blank = sum(1 for branch in tree.branches if branch.idle and branch.remarks)
        yield f"{'' if alone else '其余 '}{zeros} 个单位为 0" + (f"（其中 {blank} 个没有填，按 0 计）" if blank else "")
    if tree.silent:
        yield f"{len(tree.silent)} 个单位没有填：{listed(tree.silent)}"


def _describe_published(tree: Tree) -> str:
    if tree.listed:
        return f"{len(tree.branches)} 个单位写了"
    text = "（来源单位未定）" if tree.published is None else print_figure(tree.published)
    text += f" {tree.item.unit}" if tree.item.unit and tree.published is not None else ""
    return text if tree.published == tree.total else f"{text}[red]（以下合计 {printed_value(tree.total)}）[/]"


def _conclusion(tree: Tree) -> str:
    if tree.listed:
        return "文字材料不相加，由汇总单位在台账“报告文字”里起草。"
    if not tree.holds:
        return "[red]对不上：账里的来源合计与公布的数不一样。请把这份结果发给技术支持。[/]"
    if tree.total is None:
        return "没有来源，公布时没有写这个数。"
    if not tree.founded:
        return f"[red]以上合计 {print_figure(tree.total)}，与公布的数一致；但有下级的汇总表与它自己的“来源”对不上，见上面的红字，请向下级核实。[/]"
    more = "要看各单位的数，加 --deep，或对其中一项再查。" if any(part.folded for part in tree.parts) else ""
    return f"[green]以上合计 {print_figure(tree.total)}，与公布的数一致。[/]{more}"


# ---------------------------------------------------------------- shared with other answers from the ledger
def say(what: object) -> None:
    """Print, wrapped where it is a terminal and as it comes where it is a file."""
    if not _out.is_terminal:
        _out.width = _WIDE
    _out.print(what)


def as_json(document: Any) -> None:
    """The same for machines: money as a string, what is not known as null."""
    screen.plain(jsonlib.dumps(document, ensure_ascii=False, indent=1, default=_plain) + "\n")


def when(at: str) -> str:
    """A time of the ledger, to the minute."""
    return at[:16].replace("T", " ")


def printed_value(value: Value) -> str:
    """Return a value in a few words; an unknown one is a dash."""
    if value is None:
        return "—"
    return head(value) if isinstance(value, str) else print_figure(value)


def signed_figure(figure: Figure) -> str:
    """A difference, with its sign."""
    return f"+{print_figure(figure)}" if figure > 0 else print_figure(figure)


def head(text: str) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _HEAD else line[: _HEAD - 1] + "…"


def listed(names: Iterable[str]) -> str:
    """Names, and how many more where they are many."""
    every = list(names)
    more = f"等 {len(every)} 个" if len(every) > _NAMES else ""
    return "、".join(every[:_NAMES]) + more


def _plain(value: object) -> object:
    assert isinstance(value, Decimal), value
    return print_figure(value)


def _document(result: Trace) -> dict[str, Any]:
    run = {name: getattr(result.run, name) for name in ("id", "at", "complete")}
    return {
        "year": result.year,
        "root": result.root,
        "run": run,
        "counted": result.counted,
        "missing": [asdict(unit) for unit in result.missing],
        "figure": _figure(result.tree),
    }


def _unit(branch: Branch) -> dict[str, Any]:
    """Return the published part of a branch; its remarks say when a blank was counted as 0."""
    document = asdict(branch) | {"founded": branch.founded}
    del document["zeroed"]
    return document


def _figure(tree: Tree) -> dict[str, Any]:
    return {
        "code": tree.item.code,
        "label": tree.label,
        "unit": tree.item.unit,
        "factor": tree.factor,
        "published": tree.published,
        "total": tree.total,
        "holds": tree.holds,
        "source": tree.source,
        "founded": tree.founded,
        "units": [_unit(branch) for branch in tree.branches],
        "adjustments": [asdict(signed) for signed in tree.signed],
        "silent": list(tree.silent),
        "folded": tree.folded,
        "parts": [_figure(part) for part in tree.parts],
    }
