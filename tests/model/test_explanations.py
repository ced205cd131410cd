"""The explanation loop: a reason answers a warning, holds for the values it was given for, and lapses with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.form import Vector
from pipeline.model.explanations import explain
from pipeline.model.finding import Finding
from pipeline.model.standing import Checked
from pipeline.model.submission import Arrival, Submission

Return = tuple[str, Mapping[str, str]]
"""The operands of one P12 finding, empty when the rule is kept; the reasons written."""


def returned(n: int, operands: str, reasons: Mapping[str, str], key: str = "P12") -> Checked:
    now = dt.datetime(2025, 1, n + 1, tzinfo=dt.UTC)
    arrival = Arrival(sha256=str(n), names=(f"{n}.xlsx",), size=1, modified=now, first_seen=now, path=Path("none"))
    finding = Finding(
        code=key.split(".")[0], severity="warning", message="", remedy="", needs_reason=True, key=key, operands=operands
    )
    submission = Submission(
        arrival=arrival, unit="u1", values=Vector.of((), ()), places={}, reasons=reasons, findings=()
    )
    return Checked(submission=submission, findings=(finding,) if operands else ())


@pytest.mark.parametrize(
    ("returns", "answers"),
    [
        # no reason, then a reason
        ([("a", {}), ("a", {"P12": "年底集中收到"})], ["", "年底集中收到"]),
        # the reason holds in a later return that does not repeat it
        ([("a", {"P12": "年底集中收到"}), ("a", {})], ["年底集中收到", "年底集中收到"]),
        # ... and after another correction made the finding go away and come back as it was
        ([("a", {"P12": "理由"}), ("", {}), ("a", {})], ["理由", "", "理由"]),
        # the values change and the old words are carried along: they lapse
        ([("a", {"P12": "理由"}), ("b", {"P12": "理由"})], ["理由", ""]),
        # new words for the new values
        ([("a", {"P12": "理由"}), ("b", {"P12": "核对过，仍是年底收到"})], ["理由", "核对过，仍是年底收到"]),
        # back to the values that were explained
        ([("a", {"P12": "理由"}), ("b", {"P12": "理由"}), ("a", {})], ["理由", "", "理由"]),
        # blanks are no reason; a reason for another rule neither
        ([("a", {"P12": "  "})], [""]),
        ([("a", {"P4": "撤回"})], [""]),
    ],
)
def test_a_reason_is_bound_to_rule_and_values(returns: Sequence[Return], answers: list[str]) -> None:
    found = explain([returned(n, operands, reasons) for n, (operands, reasons) in enumerate(returns)])
    shown = [next((f.answer.removeprefix("出错说明：") for f in each.findings), "") for each in found]
    assert shown == answers


def test_a_reason_to_the_rule_answers_all_its_findings_and_the_closer_one_wins() -> None:
    reasons = {"Y4": "机构合并", "Y4.t2.fees.amount": "停征一项"}
    whole = returned(0, "a", reasons, key="Y4.t2.permit.decisions")
    one = returned(0, "b", reasons, key="Y4.t2.fees.amount")
    marked = returned(0, "c", {"N1@text.requests": "口径不同"}, key="N1.收到申请@text.requests")
    marked = replace(marked, findings=(marked.findings[0].at(item="text.requests"),))
    found = [each.findings[0].answer for each in (*explain([whole]), *explain([one]), *explain([marked]))]
    assert found == ["出错说明：机构合并", "出错说明：停征一项", "出错说明：口径不同"]


def test_lapsed_words_in_the_check_sheet_do_not_hide_new_ones_in_the_correction() -> None:
    old, new = {"P12": "理由"}, {"P12": "理由", "P12@t3.carried_out.total": "新的理由"}
    returns = [returned(0, "a", old), returned(1, "b", new)]
    returns[1] = replace(returns[1], findings=(returns[1].findings[0].at(item="t3.carried_out.total"),))
    assert [each.findings[0].answer for each in explain(returns)] == ["出错说明：理由", "出错说明：新的理由"]
    # ... and where the closest words have lapsed, those further off are heard
    swapped = {"P12": "新的理由", "P12@": "理由"}
    returns = [returned(0, "a", {"P12@": "理由"}), returned(1, "b", swapped)]
    assert [each.findings[0].answer for each in explain(returns)] == ["出错说明：理由", "出错说明：新的理由"]


def test_two_findings_of_a_rule_at_one_cell_each_want_a_reason() -> None:
    both = replace(
        returned(0, "a", {"N1.收到申请@text.requests@text.requests": "含上年"}),
        findings=tuple(
            returned(0, operands, {}, key=f"N1.{fact}@text.requests").findings[0].at(item="text.requests")
            for fact, operands in (("收到申请", "a"), ("办结", "b"))
        ),
    )
    assert [finding.answer for finding in explain([both])[0].findings] == ["出错说明：含上年", ""]
