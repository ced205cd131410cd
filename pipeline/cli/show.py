"""What the commands print, in Chinese; JSON where a machine would read it. Data to stdout, progress to stderr."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from pipeline.cli import screen
from pipeline.cli.words import word
from pipeline.form import Form, LintRemark, Rule, Severity
from pipeline.model.finding import SEVERITY_LABELS, Finding
from pipeline.workspace import Workspace

if TYPE_CHECKING:
    from pipeline.demo import Play
    from pipeline.ledger import Closing
    from pipeline.model.outcome import Outcome
    from pipeline.model.standing import Standing
    from pipeline.night.close import Closed
    from pipeline.night.issue import IssuedFiles
    from pipeline.queries.status import Transition
    from pipeline.queries.try_rules import Trial

_STYLE = {"error": "red", "warning": "yellow", "info": "dim"}
_STATE_STYLE = {
    "通过": "green",
    "封存": "green",
    "退回": "red",
    "待说明": "yellow",
    "未报": "yellow",
    "已收": "yellow",
    "免报": "dim",
}


def created(workspace: Workspace, year: int) -> None:
    """A new workspace and the next step."""
    screen.OUT.print(f"工作区已建好：{workspace.root}")
    screen.OUT.print(f"  台账：{workspace.control(year)}")
    screen.OUT.print(f"  签发密钥：{workspace.secret}（请备份，不要外传）")
    screen.OUT.print(f"下一步：填好台账，再运行 xxgk issue --year {year} --workspace {workspace.root}")


def remarks(forms: Sequence[Form], found: Mapping[str, Sequence[LintRemark]], *, json: bool) -> None:
    """The linter's remarks by form."""
    if json:
        screen.document({form: [asdict(remark) for remark in remarks] for form, remarks in found.items()})
        return
    words = {"error": "[red]错误[/]", "hint": "[dim]提示[/]"}
    for form in forms:
        each = found[form.id]
        equations = sum(len(rule.equations) for rule in form.rules)
        screen.OUT.print(f"{form.id}：{len(form.items)} 个指标，{len(form.rules)} 条规则（{equations} 个等式）")
        for remark in each:
            screen.OUT.print(f"  {words[remark.level]} {word(remark.path)}：{word(remark.text)}")
        count = Counter(remark.level for remark in each)
        screen.OUT.print(f"  {count['error']} 个错误，{count['hint']} 个提示")


def rules(form: Form) -> None:
    """Every rule in a line."""
    from pipeline.queries import catalogue

    table = Table(title=f"{form.id}：{len(form.rules)} 条规则")
    for heading in ("编号", "级别", "规则", "何时核对", "适用"):
        table.add_column(heading, overflow="fold")
    for entry in form.rules:
        where, limits = catalogue.where(entry), catalogue.limits(entry)
        cells = (entry.id, SEVERITY_LABELS[entry.severity], entry.title, where, limits)
        table.add_row(*(word(cell) for cell in cells), style=None if entry.severity == "error" else "yellow")
    screen.OUT.print(table)
    screen.OUT.print("看其中一条：xxgk rules R3")


def rule(entry: Rule) -> None:
    """One rule in full."""
    from pipeline.queries import catalogue

    screen.OUT.print(f"[bold]{entry.id}　{word(entry.title)}[/]")
    for heading, text in catalogue.page(entry):
        screen.OUT.print(f"  {heading}：{word(text)}")


def trial(result: Trial) -> None:
    """Which accepted returns would no longer pass under changed rules."""
    screen.OUT.print(f"{result.year} 年度已通过的 {result.accepted} 个单位按改过的规则重新核对，没有写任何文件。")
    for unit, findings in result.fallen:
        screen.OUT.print(f"  [red]通不过[/] {word(unit.name)}")
        for finding in findings:
            _finding(finding)
    if not result.fallen:
        screen.OUT.print("[green]全部仍然通过。[/]")


def templates(done: Sequence[tuple[Path, bool]]) -> None:
    """Which templates were written and which were left as they are."""
    for path, written in done:
        screen.OUT.print(f"{'[green]已生成[/]' if written else '[dim]已存在，未动[/]'} {path}")


def template_findings(findings: Sequence[Finding], *, json: bool) -> None:
    """Print what restyled templates have lost."""
    if json:
        screen.document([asdict(finding) for finding in findings])
        return
    for finding in findings:
        _finding(finding)
    screen.OUT.print(f"[red]模板有 {len(findings)} 处需要恢复。[/]" if findings else "[green]模板完好。[/]")


def verified(found: Sequence[Finding], file: Path, *, json: bool) -> None:
    """Print what is wrong in a finished report."""
    if json:
        screen.document([asdict(finding) for finding in found])
        return
    findings(found)
    name = word(str(file))
    screen.OUT.print(
        f"[red]{name} 有 {len(found)} 处不对，不要印发。[/]" if found else f"[green]{name} 与汇总数一致。[/]"
    )


def issued(result: IssuedFiles, folder: Path, *, json: bool) -> None:
    """The workbooks that were issued, and the rows of the 台账 that are not in them."""
    if json:
        found = [asdict(finding) for finding in result.findings]
        screen.document({"folder": str(folder), "files": list(result.files), "findings": found})
        return
    findings(result.findings)
    screen.OUT.print(f"已生成 {len(result.files)} 份报表：{folder}")
    if any(finding.open for finding in result.findings):
        screen.OUT.print("[yellow]台账还有上面这些问题，请先改好台账，重新运行 xxgk issue，再把报表发出去。[/]")


def outcome(result: Outcome, folder: Path, seconds: float, *, json: bool) -> None:
    """Print the result of a night."""
    if json:
        screen.OUT.print((folder / "run.json").read_text(encoding="utf-8"), markup=False, end="")
        return
    _night(result)
    findings(result.unfilled)
    report = "" if result.unfilled else "report.docx（年度报告）、"
    screen.OUT.print(f"结果在 {folder}：county.xlsx（汇总表）、{report}run.json、data/figures.csv")
    screen.OUT.print(f"用时 {seconds:.1f} 秒")


def unchanged(document: Mapping[str, Any], closing: Closed | None, folder: Path, seconds: float, *, json: bool) -> None:
    """Print that nothing changed, with the result of the last night, which is still valid."""
    if json:
        screen.OUT.print((folder / "run.json").read_text(encoding="utf-8"), markup=False, end="")
        return
    screen.OUT.print("本年度已封存，结果没有改动。" if closing else "与上次汇总相比没有任何变化，结果没有改动。")
    _closing(closing)
    states = Counter(unit["state"] for unit in document["units"])
    counted = "，".join(f"{state} {number}" for state, number in states.items())
    screen.OUT.print(f"{word(document['root'])} {document['year']} 年度：{len(document['units'])} 个单位，{counted}")
    screen.OUT.print(f"结果在 {folder}")
    screen.OUT.print(f"用时 {seconds:.1f} 秒")


def locked(result: Outcome, folder: Path, report: Path | None) -> None:
    """A year that was closed."""
    screen.OUT.print(f"[green]{word(result.control.profile.root)} {result.year} 年度已封存。[/]")
    if report:
        screen.OUT.print(f"定稿：{word(str(report))}，封存为 {folder / '定稿'}{report.suffix.lower()}")
    screen.OUT.print(f"封存清单：{folder / '封存清单.json'}")


def unlocked(year: int) -> None:
    """A year that was opened again, and the next step."""
    screen.OUT.print(f"{year} 年度已解除封存，理由已记录。下一步：运行 xxgk run --year {year}")


def _closing(closing: Closed | None) -> None:
    """By whom and when a year was closed, and what came too late."""
    if closing is None:
        return
    stands = closing.closing
    screen.OUT.print(f"封存：{stands.at[:16].replace('T', ' ')}，{word(stands.by)}，{word(stands.reason)}")
    for name, seen in closing.late:
        screen.OUT.print(f"  [yellow]封存后来件[/] {seen[:16].replace('T', ' ')} {word(name)}：已登记，没有计入")
    findings(closing.findings)


def transitions(document: Mapping[str, Any], unit: str, found: Sequence[Transition], *, json: bool) -> None:
    """Print the changes of a unit's state."""
    if json:
        screen.document([asdict(step) for step in found])
        return
    name = next((row["name"] for row in document["units"] if row["code"] == unit), unit)
    screen.OUT.print(f"[bold]{word(name)}[/]（{word(unit)}）")
    for step in found:
        change = f"{step.previous} → {step.state}" if step.previous else step.state
        screen.OUT.print(f"  {step.at[:16].replace('T', ' ')}　{change}　{word(step.because)} {step.sha256[:12]}")


def status(document: Mapping[str, Any], closing: Closed | None, reopening: Closing | None, *, json: bool) -> None:
    """Print the state of every unit. After a ``reopening`` without a night since, these are the states of the closed
    year.
    """
    if json:
        keys = ("year", "complete", "counted", "missing", "units", "arrivals")
        screen.document({key: document[key] for key in keys})
        return
    table = Table(title=f"{word(document['root'])} {document['year']} 年度报送情况")
    for heading in ("单位代码", "单位名称", "状态", "下一步", "采用文件"):
        table.add_column(heading, overflow="fold")
    for unit in document["units"]:
        state = unit["state"] + ("（认可）" if unit["provisional"] else "")
        cells = (unit["code"], unit["name"], state, unit["next_step"], unit["file"] or "")
        table.add_row(*(word(cell) for cell in cells), style=_STATE_STYLE.get(unit["state"]))
    screen.OUT.print(table)
    for arrival in document["arrivals"]:
        if arrival["unit"] is None:
            name, digest = word(arrival["names"][0]), (arrival["sha256"] or "")[:12]
            screen.OUT.print(f"[yellow]{arrival['state']}[/] {name}（哈希 {digest}）：{word(arrival['next_step'])}")
    screen.OUT.print(f"已计入 {len(document['counted'])} 个单位，尚缺 {len(document['missing'])} 个。")
    _closing(closing)
    if reopening is not None:
        when, who, why = reopening.at[:16].replace("T", " "), word(reopening.by), word(reopening.reason)
        screen.OUT.print(
            f"[yellow]已解除封存[/]：{when}，{who}，{why}。以上还是封存时的状态，请运行 xxgk run --year {reopening.year}"
        )


def exported(rows: int, file: Path) -> None:
    """A table that was written."""
    screen.OUT.print(word(f"已写入 {file}：{rows} 行"))


def play(result: Play) -> None:
    """Print what happened on each night of the demo, and the path of the report."""
    for night in result.nights:
        screen.OUT.rule(word(night.title))
        screen.OUT.print(f"收到 {len(night.arrived)} 个文件")
        _night(night.outcome)
        screen.OUT.print(f"用时 {night.seconds:.1f} 秒")
    folder = Workspace(result.workspace).year_outputs(result.nights[-1].outcome.year)
    screen.OUT.rule()
    screen.OUT.print(f"年度报告：{folder / 'report.docx'}")
    screen.OUT.print(f"汇总表：{folder / 'county.xlsx'}")
    screen.OUT.print(f"两个晚上连同下发共用时 {result.seconds:.1f} 秒")


def reasons(points: Sequence[str]) -> None:
    """Print why a command ends with exit code 3."""
    screen.OUT.print("[yellow]还有事要处理（退出码 3）：[/]")
    for point in points:
        screen.OUT.print(f"  {word(point)}")


MOST_LINES = 20
"""Lines of one kind that a screen shows; everything stands in county.xlsx."""


def _night(result: Outcome) -> None:
    states = Counter(standing.state.value for standing in result.standings)
    counted = "，".join(f"{state} {number}" for state, number in states.items())
    screen.OUT.print(
        f"{word(result.control.profile.root)} {result.year} 年度：{len(result.standings)} 个单位，{counted}"
    )
    _lines([line for standing in result.standings for line in _standing(standing)], "报送情况")
    waiting = [arrival for arrival in result.unclaimed if arrival.findings and not arrival.settled]
    _lines(
        [f"[yellow]{arrival.findings[0].code}[/] {word(arrival.findings[0].message)}" for arrival in waiting],
        "来件清单",
    )
    came = Counter(received.state for received in result.arrivals)
    screen.OUT.print(
        f"来件 {len(result.arrivals)} 份：" + ("，".join(f"{state} {n}" for state, n in came.items()) or "无")
    )
    counts = "，".join(_count(result.findings, severity) for severity in SEVERITY_LABELS)
    screen.OUT.print(f"问题：{counts}（详见 county.xlsx 的“问题清单”）")
    if result.county.complete:
        screen.OUT.print(f"[green]已汇总完成：{len(result.county.counted)} 个单位全部计入。[/]")
    else:
        names = "、".join(result.county.lacking[:MOST_LINES])
        more = "等" if len(result.county.lacking) > MOST_LINES else ""
        screen.OUT.print(f"[yellow]尚未完成，缺 {len(result.county.lacking)} 个单位：{word(names)}{more}[/]")


def _count(found: Sequence[Finding], severity: Severity) -> str:
    """Print how many findings of a severity there are, and how many of them have a reason or an acceptance."""
    mine = [finding for finding in found if finding.severity == severity]
    answered = sum(bool(finding.answer) for finding in mine)
    return f"{SEVERITY_LABELS[severity]} {len(mine)}" + (f"（已答复 {answered}）" if answered else "")


def _lines(lines: Sequence[str], sheet: str) -> None:
    for line in lines[:MOST_LINES]:
        screen.OUT.print(f"  {line}")
    if len(lines) > MOST_LINES:
        screen.OUT.print(f"  [dim]另有 {len(lines) - MOST_LINES} 行，见 county.xlsx 的“{sheet}”。[/]")


def _standing(standing: Standing) -> Iterator[str]:
    """Print a unit that has not passed, with the first reason; or one that sent several versions, with the one that
    counts.
    """
    from pipeline.model.standing import State

    style, name = _STATE_STYLE.get(standing.state.value, "yellow"), word(standing.unit.name)
    if standing.rivals or standing.pending:
        yield f"[{style}]{standing.state.value}[/] {name}：{word(standing.next_step)}"
    elif standing.state not in (State.PASSED, State.LOCKED):
        findings = standing.decisive.findings if standing.decisive else ()
        by_severity = (f for severity in SEVERITY_LABELS for f in findings if f.severity == severity)
        first = next((finding for finding in by_severity if finding.open), None)
        tail = word(f"：{first.sheet}{first.cell} {first.message}") if first else ""
        yield f"[{style}]{standing.state.value}[/] {name}{tail}"
    if standing.replaced and standing.decisive:
        used = word(standing.decisive.submission.arrival.name)
        yield f"[{style}]{standing.state.value}[/] {name}：共报 {len(standing.returns)} 份，以 {used} 为准"


def _finding(finding: Finding) -> None:
    where = " ".join(part for part in (finding.file, finding.sheet, finding.cell) if part)
    label = SEVERITY_LABELS[finding.severity]
    screen.OUT.print(f"[{_STYLE[finding.severity]}]{label} {finding.code}[/] {word(where)} {word(finding.message)}")
    screen.OUT.print(f"    {word(finding.remedy)}")


def findings(many: Iterable[Finding]) -> None:
    """Findings, each with what to do about it."""
    for finding in many:
        _finding(finding)
