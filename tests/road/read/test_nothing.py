"""The switch of 基本情况 is found by its label, wherever it stands."""

from __future__ import annotations

import pytest

from pipeline.layout.summary import NOTHING_LABEL
from pipeline.road.read.nothing import says_nothing

RESPELLED = f" {NOTHING_LABEL[:4]}\n{NOTHING_LABEL[4:]} "


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([[NOTHING_LABEL, "是"]], True),
        ([[NOTHING_LABEL, "", 1.0]], False),
        ([[NOTHING_LABEL, "否", "是"]], False),
        ([["", NOTHING_LABEL, "", "", " 是 "]], True),
        ([[NOTHING_LABEL, "", "", "", "是"]], False),
        ([["x"], [RESPELLED, "是"]], True),
        ([[RESPELLED, "是"], [NOTHING_LABEL, "否"]], False),
        ([[f"{NOTHING_LABEL}吗", "是"]], False),
        ([[]], False),
    ],
)
def test_the_first_filled_cell_behind_the_label_answers(rows: list[list[object]], said: bool) -> None:
    assert says_nothing({"填报说明": [["是"]], "基本情况": rows}) is said
    assert says_nothing({"另一张": rows, "基本情况": []}) is said
