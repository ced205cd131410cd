"""Last year's figures after the corrections the office signed: totals follow, nothing is guessed."""

from __future__ import annotations

import pytest

from pipeline.form import Form, Value
from pipeline.model.decisions import Correction
from pipeline.model.past import NONE, History

COLUMNS = ("natural", "business", "research", "welfare", "legal", "other")
KNOWN: dict[str, Value] = {f"t3.carried_out.{column}": 1 for column in COLUMNS} | {"t3.carried_out.total": 6}


def correction(item: str, amount: int, unit: str = "u1") -> Correction:
    return Correction(
        subject=unit, item=item, amount=amount, reason="漏登", approver="李四", sheet="上年更正", cell="A3"
    )


@pytest.mark.parametrize(
    ("known", "corrections", "expected"),
    [
        (KNOWN, [], KNOWN),
        (KNOWN, [("t3.carried_out.legal", 3)], KNOWN | {"t3.carried_out.legal": 3, "t3.carried_out.total": 8}),
        # a total whose other addends are not known is not known any more
        (
            {"t3.carried_out.legal": 1, "t3.carried_out.total": 6},
            [("t3.carried_out.legal", 3)],
            {"t3.carried_out.legal": 3},
        ),
        # a new unit, all of whose columns are given
        ({}, [(f"t3.carried_out.{column}", 2) for column in COLUMNS],
         {f"t3.carried_out.{column}": 2 for column in COLUMNS} | {"t3.carried_out.total": 12}),
        ({}, [("t2.normative.in_force", 0)], {"t2.normative.in_force": 0}),
        # totals of totals
        ({"t3.total.total": 9, "t3.granted.natural": 9}, [("t3.granted.natural", 8)], {"t3.granted.natural": 8}),
        # another row is left alone
        (KNOWN, [("t4.review.pending", 1)], KNOWN | {"t4.review.pending": 1}),
    ],
)  # fmt: skip
def test_corrected(form: Form, known: dict[str, Value], corrections: list[tuple[str, int]], expected: object) -> None:
    before = History(values={"u1": known, "u2": KNOWN})
    after = before.correct(form, [correction(*each) for each in corrections])
    assert dict(after.of("u1")) == expected
    assert after.of("u2") == KNOWN
    assert before.of("u1") is known


def test_nothing_known_and_nothing_corrected(form: Form) -> None:
    assert NONE.correct(form, ()) == NONE
