"""Reasons (出错说明) units gave for warnings: bound to the rule and to the values they were given for.

A reason is written in the unit's workbook. It holds for that rule and those values in every later return of the unit,
even if the cell is empty there. When the values change it lapses: the old words explain nothing, and the unit has to
write a new reason.

Nothing is stored: the reasons of a unit follow from its returns in order of arrival, so that the outputs can be
rebuilt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.model.finding import Finding
from pipeline.model.standing import Checked

_PREFIX = "出错说明："


def explain(returns: Sequence[Checked]) -> list[Checked]:
    """Return the returns of one unit, in order of arrival, with the reason attached to every warning that has one."""
    given: dict[tuple[str, str], str] = {}
    bound: dict[tuple[str, str], set[str]] = {}
    explained = []
    for checked in returns:
        new: list[tuple[str, str, str]] = []
        for finding in checked.findings:
            texts = _reasons(finding, checked)
            alive = (t for t in texts if bound.get((finding.key, t), {finding.operands}) == {finding.operands})
            if text := next(alive, ""):
                given.setdefault((finding.key, finding.operands), text)
                new.append((finding.key, text, finding.operands))
        for key, text, operands in new:
            bound.setdefault((key, text), set()).add(operands)
        explained.append(replace(checked, findings=tuple(_answer(finding, given) for finding in checked.findings)))
    return explained


def unit_reason(finding: Finding) -> str:
    """Return the unit's reason for a finding; empty when the office accepted it, or nobody answered."""
    return finding.answer.removeprefix(_PREFIX) if finding.answer.startswith(_PREFIX) else ""


def _reasons(finding: Finding, checked: Checked) -> list[str]:
    """Yield the reasons for a finding, the most specific first: for its item, for its key, for its whole rule.

    A correction's 修改意见 gives reasons by finding and item (``N1.收到申请@text.requests``), the sheet 校验 by equation
    (``R3.natural``) or rule (``N1``). A reason for a folded finding counts for the one that folds it. Several may be
    present: an old reason in 校验 does not hide a new one in 修改意见.
    """
    if not finding.needs_reason:
        return []
    item = finding.item
    keys = (f"{finding.subject}@{item}", f"{finding.code}@{item}", finding.key, *finding.folds, finding.code)
    return [text for key in keys if (text := checked.submission.reasons.get(key, "").strip())]


def _answer(finding: Finding, given: dict[tuple[str, str], str]) -> Finding:
    if not finding.needs_reason:
        return finding
    text = given.get((finding.key, finding.operands), "")
    return finding.at(answer=_PREFIX + text) if text else finding
