"""Reasons (出错说明) units gave for warnings: bound to the rule and to the values they were given for.

A reason stands in the unit's workbook and travels back in it. Once given it holds for that rule and those values in
every later return of the unit, also where the cell is empty again. When the values change it lapses: the same words
carried along in the cell explain nothing any more, the unit has to write what is true of the new values.

Nothing is kept: the reasons of a unit follow from its returns in the order they arrived, so that the outputs of a
year can be deleted and rebuilt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.model.finding import Finding
from pipeline.model.standing import Checked

_PREFIX = "出错说明："


def explain(returns: Sequence[Checked]) -> list[Checked]:
    """The returns of one unit, in order of arrival, with every warning answered that has a reason."""
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
    """The unit's own words where they answer a finding; empty where the office did, or nobody."""
    return finding.answer.removeprefix(_PREFIX) if finding.answer.startswith(_PREFIX) else ""


def _reasons(finding: Finding, checked: Checked) -> list[str]:
    """What the return says to a finding, the closest first: to the very one at its item, to it, to its rule as a whole.

    A correction's 修改意见 gives reasons by finding and item (``N1.收到申请@text.requests``), the sheet 校验 by equation
    (``R3.natural``) or rule (``N1``). What a finding folds is said with it, so a reason given there is one for it as
    well. Several may stand in one workbook: old words in 校验 do not hide new ones in 修改意见.
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
