"""``status.html``: one file without server or network. It holds dates; the days to a deadline are counted in the browser,
so that the bytes depend on the night alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import resources

from pipeline.form import Figure, Item, print_figure
from pipeline.model.finding import SEVERITY_LABELS, Finding
from pipeline.model.outcome import Outcome, Sealing
from pipeline.model.standing import State
from pipeline.road.publish.status.arrived import arrivals_list
from pipeline.road.publish.status.links import LIST_ANCHOR, Links, as_anchor, as_href, as_phone
from pipeline.road.publish.status.links import as_text as _text
from pipeline.road.publish.status.rows import Decision, UnitRow, count_states, curve, list_decisions, unit_rows

_MOST_PARTS = 200
"""Parts of a figure that are listed; the others stand in 来源 of county.xlsx."""


def status_page(outcome: Outcome) -> bytes:
    """Return the page; all words from outside are escaped."""
    rows, links = unit_rows(outcome), Links(outcome)
    root, year = outcome.control.profile.root, outcome.year
    title = f"{root} {year} 年度报送情况"
    body = "\n".join(
        (
            _head(outcome, title),
            _decisions(list(list_decisions(outcome, rows)), outcome.sealing, year, links),
            _counts(rows),
            _units(rows, year, links),
            _findings(rows, links),
            _section(LIST_ANCHOR, "来件清单", arrivals_list(outcome, links)),
            _changes(outcome),
            _figures(outcome, links),
            _curve(rows),
        )
    )
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>\n{_resource('page.css')}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        f"<script>\n{_resource('page.js')}</script>\n</body>\n</html>\n"
    ).encode()


def _head(outcome: Outcome, title: str) -> str:
    due = outcome.control.profile.due
    missing = len(outcome.county.missing)
    state = (
        "全部单位都已计入。"
        if outcome.county.complete
        else f"还有 {missing} 个单位没有计入。"
        if missing
        else "还没有报全。"
    )
    deadline = (
        f'<p>报送期限 <time datetime="{due}">{due}</time>　<strong class="days" data-due="{due}"></strong></p>'
        if due
        else ""
    )
    links = "　".join(
        f'<a href="{as_href(name)}">{label}</a>'
        for name, label in (
            ("county.xlsx", "汇总表"),
            ("report.docx", "年度报告"),
            ("status.xlsx", "本页的表（Excel）"),
        )
    )
    return f"<header>\n<h1>{_text(title)}</h1>\n<p>{state}</p>\n{deadline}\n<p>{links}</p>\n</header>"


def _decisions(decisions: Sequence[Decision], sealing: Sealing | None, year: int, links: Links) -> str:
    items = "\n".join(_decision(decision, links) for decision in decisions)
    listed = f"<ol>\n{items}\n</ol>" if decisions else ""
    if sealing:
        left = f"<p>封存时没有处理的（{len(decisions)} 件）：</p>\n{listed}" if decisions else ""
        words = (
            f"<p><strong>本年度已封存</strong>（封存人 {_text(sealing.by)}，说明：{_text(sealing.reason)}），结果不再变动；"
            f'时间和各文件的哈希见<a href="{as_href("封存清单.json")}">封存清单</a>。</p>\n'
            "<p>封存以后来的文件只登记，不计入，这一页也不再改；来了哪些，运行 "
            f"<code>xxgk status --year {year}</code> 看。确要计入的，先运行 <code>xxgk unlock</code> 写明理由。</p>\n"
        )
        return _section("today", "封存", words + left)
    title = f"今天要处理的（{len(decisions)} 件）" if decisions else "今天要处理的"
    return _section("today", title, listed or "<p>没有要办公室决定的事。</p>")


def _decision(decision: Decision, links: Links) -> str:
    files = "、".join(links.file(name, sha256) for name, sha256 in decision.files)
    place = f" {_text(decision.place)}" if decision.place else ""
    correction = f'　<a href="{as_href(decision.correction)}">退改件</a>' if decision.correction else ""
    return (
        f"<li><strong>{_text(decision.kind)}</strong>　{_text(decision.who)} {files}{place}{correction}"
        f"<br>{_text(decision.found)}<br><em>{_text(decision.remedy)}</em></li>"
    )


def _counts(rows: Sequence[UnitRow]) -> str:
    counts = count_states(list(rows))
    done = sum(count for state, count in counts if state in ("通过", "封存", "免报"))
    cards = "".join(f"<li><strong>{count}</strong>{_text(state)}</li>" for state, count in counts)
    bar = f'<label>已完成 {done} / {len(rows)} <progress max="{len(rows)}" value="{done}">{done}</progress></label>'
    return _section("counts", "各状态单位数", f'<ul class="cards">{cards}</ul>\n<p>{bar}</p>')


def _units(rows: Sequence[UnitRow], year: int, links: Links) -> str:
    states = "".join(f"<option>{_text(state)}</option>" for state, _ in count_states(list(rows)))
    types = "".join(f"<option>{_text(kind)}</option>" for kind in dict.fromkeys(row.standing.unit.type for row in rows))
    controls = (
        '<p class="controls"><label>查找 <input type="search" id="find"></label>'
        f'<label>状态 <select id="state"><option value="">全部</option>{states}</select></label>'
        f'<label>类型 <select id="type"><option value="">全部</option>{types}</select></label>'
        '<span id="shown" role="status"></span></p>'
    )
    heads = "".join(
        f'<th scope="col" aria-sort="none"><button type="button">{name}</button></th>'
        for name in ("代码", "单位", "类型", "状态", "未处理", "最近报送", "晚报天数", "电话", "下一步")
    )
    body = "\n".join(_unit(row, links) for row in rows)
    table = f'<table id="units" class="stack">\n<caption>各单位</caption>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>'
    wide = f'<div class="wide" role="region" aria-label="各单位" tabindex="0">\n{table}\n</div>'
    reminding = (
        f"<p>催报：运行 <code>xxgk remind --year {year}</code>，催报函和电话清单写到 reminders/ 当天的文件夹；加 <code>--send</code> 发邮件。</p>\n"
        if any(row.standing.state in (State.MISSING, State.RETURNED, State.UNEXPLAINED) for row in rows)
        else ""
    )
    return _section("units-section", "各单位", f"{controls}\n{reminding}{wide}")


def _unit(row: UnitRow, links: Links) -> str:
    unit, standing = row.standing.unit, row.standing
    running = f' data-due="{row.due}"' if row.due and not row.first and standing.state.value == "未报" else ""
    name = f'<a href="#u-{as_anchor(unit.code)}">{_text(unit.name)}</a>' if row.findings else _text(unit.name)
    return (
        f'<tr data-state="{_text(standing.state.value)}" data-type="{_text(unit.type)}">'
        f'<td>{_text(unit.code)}</td><th scope="row">{name}</th><td>{_text(unit.type)}</td>'
        f'<td class="s-{standing.state.name.lower()}">{_text(standing.state.value)}</td><td class="n">{row.open or ""}</td>'
        f'<td>{row.last or ""}</td><td class="n late"{running}>{row.late or ""}</td>'
        f"<td>{as_phone(unit.phone)}</td><td>{links.next_step(standing)}</td></tr>"
    )


def _findings(rows: Sequence[UnitRow], links: Links) -> str:
    parts = []
    for row in rows:
        if not row.findings:
            continue
        unit = row.standing.unit
        shown = [f'<a href="{as_href(row.correction)}">退改件</a>'] if row.correction else []
        files = dict.fromkeys(judged.submission.arrival.name for judged in row.standing.looked_at)
        shown += [links.file(file) for file in files]
        unfold = ' class="print"' if row.open else ""
        parts.append(
            f'<details{unfold} id="u-{as_anchor(unit.code)}"><summary>{_text(unit.name)}　{_text(row.standing.state.value)}　'
            f"{row.open} 个未处理，共 {len(row.findings)} 个</summary>\n<p>{'　'.join(shown)}</p>\n"
            f"<ul>\n{_list(row.findings)}\n</ul>\n</details>"
        )
    return _section("findings", "各单位的问题", "\n".join(parts) or "<p>没有问题。</p>")


def _list(findings: Iterable[Finding]) -> str:
    lines = []
    for finding in findings:
        place = " ".join(part for part in (finding.sheet, finding.cell) if part)
        answer = f"<br>已答复：{_text(finding.answer)}" if finding.answer else ""
        lines.append(
            f'<li class="f-{finding.severity}"><strong>{SEVERITY_LABELS[finding.severity]} {_text(finding.code)}</strong> '
            f"{_text(place)}　{_text(finding.message)}<br><em>{_text(finding.remedy)}</em>{answer}</li>"
        )
    return "\n".join(lines)


def _changes(outcome: Outcome) -> str:
    changes = outcome.changes
    if changes.first:
        return _section("changes", "与上一次汇总相比", "<p>这是第一次汇总，还没有可比的。</p>")
    lines = [
        f"<li>{_text(unit.name)}：{_text(unit.reason.value)}　{_text(unit.file_before)} → {_text(unit.file_after)}</li>"
        for unit in changes.units
    ]
    for change in changes.items[:_MOST_PARTS]:
        causes = "；".join(
            f"{cause.name or cause.reason.value} {_figure(cause.before)}→{_figure(cause.after)}"
            for cause in change.causes
        )
        label = outcome.form.item(change.item).label
        lines.append(f"<li>{_text(label)}：{_figure(change.before)} → {_figure(change.after)}（{_text(causes)}）</li>")
    if len(changes.items) > _MOST_PARTS:
        lines.append(f"<li>……变了的数共 {len(changes.items)} 个，全部见 county.xlsx 的“变动”。</li>")
    return _section(
        "changes", "与上一次汇总相比", f"<ul>\n{chr(10).join(lines)}\n</ul>" if lines else "<p>没有变化。</p>"
    )


def _figures(outcome: Outcome, links: Links) -> str:
    parts = []
    for item in outcome.form.items:
        value = outcome.county.figures.get(item.code) if item.numeric else None
        if value:
            parts.append(_drill(outcome, item, value, links))
    return _section(
        "figures", "汇总数（点开看来自哪些单位的哪一格；为 0 的没有列出）", "\n".join(parts) or "<p>全部是 0。</p>"
    )


def _drill(outcome: Outcome, item: Item, value: Figure, links: Links) -> str:
    addends = list(outcome.county.contributions.other_than_zero(item.code))
    lines = [
        f'<tr><th scope="row">{_text(addend.unit_name)}</th><td class="n">{_figure(addend.value)}</td>'
        f"<td>{links.file(addend.file)}</td><td>{_text(f'{addend.sheet} {addend.cell}')}</td></tr>"
        for addend in addends[:_MOST_PARTS]
    ]
    if len(addends) > _MOST_PARTS:
        lines.append(f'<tr><td colspan="4">……共 {len(addends)} 个单位，全部见 county.xlsx 的“来源”。</td></tr>')
    table = (
        f'<table><thead><tr><th scope="col">单位</th><th scope="col">数</th><th scope="col">文件</th><th scope="col">格</th></tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table>"
        if lines
        else "<p>由明细合计。</p>"
    )
    return f"<details><summary>{_text(item.label)}　<strong>{_figure(value)}</strong>{_text(item.unit)}</summary>{table}</details>"


def _curve(rows: Sequence[UnitRow]) -> str:
    points = curve(list(rows))
    if not points:
        return _section("curve", "报送进度", "<p>还没有单位报送。</p>")
    lines = "\n".join(
        f'<tr><th scope="row">{day}</th><td class="n">{count}</td>'
        f'<td><progress max="{len(rows)}" value="{count}" aria-label="{day} 已报 {count} 个单位"></progress></td></tr>'
        for day, count in points
    )
    head = '<thead><tr><th scope="col">到这一天</th><th scope="col">已报单位</th><th scope="col">占全部单位</th></tr></thead>'
    return _section("curve", "报送进度", f'<table class="curve">{head}<tbody>\n{lines}\n</tbody></table>')


def _section(name: str, title: str, content: str) -> str:
    return f'<section id="{name}" aria-labelledby="{name}-h">\n<h2 id="{name}-h">{_text(title)}</h2>\n{content}\n</section>'


def _figure(value: Figure | None) -> str:
    return "（没有）" if value is None else print_figure(value)


def _resource(name: str) -> str:
    return (resources.files("pipeline") / "road" / "publish" / "status" / name).read_text(encoding="utf-8")
