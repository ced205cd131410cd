"""How a return was delivered: in time, signed by two people, in how many versions (M1)."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.form import Rule
from pipeline.road.check.case import Case, Hit

_SIGN = "请填报人和审核人各自署名，数字照常核对、计入"
_CONSOLIDATION = "县区"
"""A unit whose return is county.xlsx: who signs it may be left open there."""


def delivery(rule: Rule, case: Case) -> Sequence[Hit] | None:
    """Yield hits for a late or unsigned return, and an info for several versions."""
    hits = []
    if case.due and case.received and case.received > case.due:
        days = (case.received - case.due).days
        words = {
            "detail": f"首次报送 {case.received}（{case.received_by}），比期限晚 {days} 天",
            "found": case.received,
            "expected": case.due,
            "todo": f"需要的，由汇总单位在台账“认可”登记理由（单位代码写该单位的，规则写 {rule.id}）；数字照常核对、计入",
        }
        hits.append(Hit(over="late", words=words, operands=(("received", str(case.received)),)))
    preparer, reviewer = rule.word("preparer"), rule.word("reviewer")
    for code in () if case.unit.type == _CONSOLIDATION else (preparer, reviewer):
        if not case.text(code).strip():
            label = case.form.item(code).label
            words = {"detail": f"没有写{label}", "found": "空白", "expected": "姓名", "todo": _SIGN}
            hits.append(Hit(item=code, over=code, words=words, operands=((code, None),)))
    if case.text(preparer).strip() and case.text(preparer).strip() == case.text(reviewer).strip():
        words = {
            "detail": "填报人和审核人是同一个人",
            "found": case.text(reviewer),
            "expected": "两个人",
            "todo": _SIGN,
        }
        hits.append(Hit(item=reviewer, over="same", words=words, operands=((reviewer, case.text(reviewer)),)))
    if case.versions > 1:
        words = {
            "detail": f"这是本单位的第 {case.versions} 份报表",
            "found": case.versions,
            "expected": "以最后通过的为准",
            "todo": "不用处理",
        }
        hits.append(Hit(over="versions", words=words, operands=(), severity="info"))
    return hits
