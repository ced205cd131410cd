"""The switch of 基本情况 counts as a person sees it: behind its label, on a sheet of figures, said nowhere otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.layout import Place
from pipeline.layout.summary import NOTHING_LABEL, NOTHING_NOTE
from pipeline.model.submission import Look, Sheet
from pipeline.road.read.nothing import Answer, read_switch

RESPELLED = f" {NOTHING_LABEL[:4]}\n{NOTHING_LABEL[4:]} "
HERE = "基本情况"
NOT_SEEN = "划掉了，或者表上不显示"


def read(rows: list[list[object]], elsewhere: list[list[object]] | None = None, **more: Any) -> tuple[bool, str, str]:
    """Whether it is said, the cell that is unclear and why."""
    book = {"填报说明": elsewhere or [], HERE: rows, "表三": [["是"]]}
    sheets = {name: Sheet(top=0, left=0, rows=cells) for name, cells in book.items()}
    sheets[HERE] = Sheet(top=0, left=0, rows=rows, **more)
    said, unclear = read_switch(book, sheets, [HERE, "表三"])
    return said, unclear.place.cell if unclear else "", unclear.because if unclear else ""


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([[NOTHING_LABEL, "是"]], True),
        ([[NOTHING_LABEL, "否", "是"]], False),
        ([[NOTHING_LABEL, "是", "是"]], True),
        ([[NOTHING_LABEL]], False),
        ([[NOTHING_LABEL, "", NOTHING_NOTE]], False),
        ([[NOTHING_LABEL, "是", NOTHING_NOTE]], True),
        ([["", NOTHING_LABEL, "", "", " 是 "]], True),
        ([[NOTHING_LABEL, "", "", "", "是"]], False),
        ([["x"], [RESPELLED, "是"]], True),
        ([[NOTHING_LABEL, "是"], [NOTHING_LABEL, ""]], True),
        ([[f"{NOTHING_LABEL}吗", "是"]], False),
        ([[]], False),
    ],
)
def test_the_first_filled_cell_behind_the_label_answers(rows: list[list[object]], said: bool) -> None:
    assert read(rows) == (said, "", "")
    assert read([["x"]], elsewhere=rows) == (False, "", "")  # no figure is read from there


@pytest.mark.parametrize("found", ["是的", "√", True, 1.0, "☑是 □否", "是(没有)", "Y"])
def test_what_is_neither_yes_nor_no_is_told(found: object) -> None:
    assert read([["", NOTHING_LABEL, found]]) == (False, "C1", "不是“是”，也不是“否”")


@pytest.mark.parametrize(
    ("more", "because"),
    [
        ({"looks": {(0, 1): Look(marked=True)}}, NOT_SEEN),
        ({"looks": {(0, 1): Look(format=";;;")}}, NOT_SEEN),
        ({"looks": {(0, 1): Look(format="@")}}, ""),
        ({"looks": {(0, 1): Look(format="_-* #,##0_-;-* #,##0_-;_-* -_-;_-@_-")}}, ""),
        ({"looks": {(0, 1): Look(format="0;-0;0")}}, ""),
        ({"looks": {(0, 1): Look(format='0;-0;0;@"！"')}}, NOT_SEEN),
        ({"looks": {(0, 1): Look(format='General;General;General;"否"')}}, NOT_SEEN),
        ({"looks": {(0, 1): Look(format='"不"@')}}, NOT_SEEN),
        ({"covered": frozenset({(0, 1)})}, "藏着，表上看不见"),
        ({"hidden_rows": frozenset({0})}, "藏着，表上看不见"),
        ({"hidden_columns": frozenset({1})}, "藏着，表上看不见"),
        ({"uncomputed": frozenset({(0, 1)})}, "是没有算出结果的公式"),
        ({"errors": {(0, 1): "#REF!"}}, "是已经失效的公式"),
    ],
)
def test_a_yes_that_nobody_sees_is_none(more: dict[str, Any], because: str) -> None:
    said = not because
    assert read([[NOTHING_LABEL, "是"]], **more) == (said, "" if said else "B1", because)


def test_a_yes_with_a_no_beside_it_is_told() -> None:
    assert read([[NOTHING_LABEL, "是", "", "否"]]) == (False, "B1", "不能算，旁边还写着“否”")
    assert read([[NOTHING_LABEL, "是", "", "办公室自己的提示"]]) == (True, "", "")


def test_two_answers_that_differ_are_told_at_the_yes() -> None:
    assert read([[NOTHING_LABEL, "否"], [NOTHING_LABEL, "是"]]) == (False, "B2", "不能算，另一处写的是“否”")
    assert read([[NOTHING_LABEL, "否"], [NOTHING_LABEL, "否"]]) == (False, "", "")
    book = {"基本情况": [[NOTHING_LABEL, "是"]], "副表": [[NOTHING_LABEL, "否"]]}
    sheets = {name: Sheet(top=0, left=0, rows=rows) for name, rows in book.items()}
    yes = Answer(place=Place("基本情况", 0, 1), found="是", because="不能算，另一处写的是“否”")
    assert read_switch(book, sheets, list(book)) == (False, yes)
