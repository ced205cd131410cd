"""The rules as people read them: one line each, one page each, and docs/rules.md from the same data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from pipeline.control import read_control
from pipeline.errors import WorkspaceError
from pipeline.form import KINDS, THRESHOLDS, Form, Rule
from pipeline.model.finding import SEVERITY_LABELS
from pipeline.workspace import Workspace

GROUPS: Mapping[str, str] = {
    "S": "报表本身", "R": "表内勾稽", "A": "汇总", "D": "成文", "Y": "与上年比较", "P": "是否合理", "N": "文字材料",
    "M": "报送", "B": "本地",
}  # fmt: skip
_STATIONS: Mapping[str, str] = {
    "read": "读取时", "check": "收件核对时", "county": "汇总时", "publish": "生成报告时",
}  # fmt: skip


def in_force(workspace: Workspace, year: int) -> Form:
    """Load the form of a year with the local rows of its 台账, as far as that can be read."""
    form = workspace.form(year)[0]
    with suppress(WorkspaceError):
        return read_control(workspace.control(year), form, year=year).in_force(form)
    return form


def limits(rule: Rule) -> str:
    """Return the units, levels and years a rule is limited to; empty when it has no limits."""
    parts = []
    if rule.from_year or rule.to_year < 9999:
        parts.append(f"{rule.from_year} 年度起" if rule.to_year >= 9999 else f"{rule.from_year}—{rule.to_year} 年度")
    if rule.levels:
        parts.append("、".join(rule.levels) + "汇总")
    types = dict.fromkeys((*rule.unit_types, *(kind for equation in rule.equations for kind in equation.unit_types)))
    if types:
        whole = all(equation.unit_types or rule.unit_types for equation in rule.equations)
        parts.append(("只问" if whole else "部分只问") + "、".join(types))
    parts += [f"{level}汇总不问{'、'.join(exempt)}" for level, exempt in rule.exempt.items()]
    return "；".join(parts)


def where(rule: Rule) -> str:
    """When the rule is evaluated."""
    historic = rule.live and all(equation.historic for equation in rule.equations)
    typing = "填表时（下发时已知上年数的）、" if historic else "填表时、" if rule.live else ""
    return typing + _STATIONS[KINDS[rule.kind].station]


def settings(rule: Rule) -> str:
    """Return the thresholds an office may set in its 台账, with their default values."""
    return "，".join(f"{rule.id}.{THRESHOLDS[name]} = {value}" for name, value in rule.thresholds.items())


def page(rule: Rule) -> list[tuple[str, str]]:
    """Return one rule by heading; headings without content are left out."""
    answer = "退回，改正后重报" if rule.severity == "error" else "写明原因（出错说明）后通过"
    pairs = [
        (
            "级别",
            f"{SEVERITY_LABELS[rule.severity]}（{answer if rule.severity == 'error' or rule.needs_reason else '只提示'}）",
        ),
        ("说的是", KINDS[rule.kind].says),
        ("算式", "；".join(rule.checks)),
        ("参数", settings(rule)),
        ("适用", limits(rule)),
        ("何时核对", where(rule)),
        ("问题", rule.message),
        ("怎么办", rule.remedy),
        ("依据", rule.clause),
    ]
    return [(heading, text) for heading, text in pairs if text]


def markdown(form: Form) -> str:
    """docs/rules.md: the whole catalogue of a form."""
    return "\n".join(_lines(form)) + "\n"


def _lines(form: Form) -> Iterator[str]:
    yield f"# 校验规则（{form.id}）"
    yield ""
    yield f"本页由 `xxgk rules --markdown` 根据 `workbook_templates/{form.id}/rules.toml` 生成，请不要手工修改。"
    yield "文字规则（N）有多准，见 [narrative.md](narrative.md)。"
    yield "缺少任一数字时，规则“未核对”，不算通过。参数可以在台账“年报信息”里改，项目写成 `P12.比例` 的样式。"
    group = ""
    for rule in form.rules:
        if rule.id[0] != group:
            group = rule.id[0]
            yield ""
            yield f"## {group}　{GROUPS.get(group, '其他')}"
        yield ""
        yield f"### {rule.id}　{rule.title}"
        yield ""
        for heading, text in page(rule):
            yield f"- {heading}：{_code(text) if heading in ('算式', '参数') else text}"


def _code(text: str) -> str:
    return "；".join(f"`{part}`" for part in text.split("；"))
