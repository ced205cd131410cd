"""Where the items are found, and what is said about it: the finding, its cell, and the place each value came from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.layout import Place
from pipeline.model.submission import Submission
from pipeline.workbook.cells import Sightings, charts, label_key, labels_of, sight
from pipeline.workbook.cells.labels import Walk
from tests.road.read import workbooks as w
from tests.road.read.workbooks import HARMFUL, HARMLESS, filled, form, layout, mutated, truth, values

# mutation: the finding it must leave — code, sheet, cell, words of its message
TOLD: dict[str, tuple[str, str, str, str]] = {
    "rename_sheet": ("L1", "申请情况", "D6", "在工作表“申请情况”里"),
    "insert_row_in_t3": ("L1", "表三", "D11", "有的行移动了 1 行"),
    "insert_rows_above_t2": ("L1", "表二", "B7", "有的行移动了 2 行"),
    "insert_column_left_of_t3": ("L1", "表三", "E6", "有的列移动了 1 列"),
    "insert_column_in_t4": ("L1", "表四", "H6", "有的列移动了 2 列"),
    "insert_row_above_t4_figures": ("L1", "表四", "A7", "有的行移动了 1 行"),
    "delete_title_row": ("L1", "表三", "D5", "有的行移动了 1 行"),
    "labels_with_comma_numbers": ("L1", "表三", "D6", "“1.属于国家秘密”写成“1、属于国家秘密”"),
    "short_normative": ("L1", "表二", "B5", "“行政规范性文件”写成“规范性文件”"),
    "one_sheet": ("L1", "年报数据", "D24", "在工作表“年报数据”里；有的行移动了 18 行"),
    "identical_copy": ("L3", "表三", "", "“表三”不止一份"),
    "retyped_on_new_sheet": ("L3", "我局填报", "", "按“我局填报”读取"),
    "change_row_label": ("S1", "表三", "B8", "“（一）予以公开”这一行；B8 现在是“（一）不予公开”"),
    "change_column_label": ("S1", "表三", "E5", "“商业企业”这一列；E5 现在是“国有企业”"),
    "change_group_label": ("S1", "表三", "", "“8.属于行政查询事项”这一行"),
    "change_band_label": ("S1", "表二", "", "“行政许可”这一行"),
    "change_block_label": ("S1", "表四", "K4", "K4 现在是“其他起诉”"),
    "change_basics_label": ("S1", "基本情况", "A17", "“政务新媒体发布信息数”这一行"),
    "delete_row_of_t3": ("S1", "表三", "C12", "“3.危及“三安全一稳定””这一行"),
    "delete_figure_column_of_t3": ("S1", "表三", "F5", "“科研机构”这一列"),
    "delete_sheet": ("S1", "", "", "没有找到“表四”"),
    "delete_basics": ("S1", "", "", "没有找到“基本情况”"),
    "type_beside": ("S2", "表三", "D6", "没有填写"),
    "copy_with_other_figures": ("L4", "表三 (2)", "D6", "“表三”D6 是“1031”，“表三 (2)”D6 是“7”"),
    "copy_below": ("L4", "表三", "D41", "有 175 格不能确定"),
    "duplicate_row_label": ("L4", "表三", "D11", "有 7 格不能确定"),
    "unlabelled_row_with_figures": ("L5", "表三", "D12", "第 12 行没有能核对的行标题，却填有“5”"),
    "second_row_in_t4": ("L5", "表四", "A7", "第 7 行"),
    "swap_row_labels": ("L6", "表三", "D10", "有 14 格的标题与单元格对不上"),
    "swap_column_labels": ("L6", "表三", "E6", "有 50 格"),
    "swap_block_labels": ("L6", "表四", "F6", "有 10 格"),
    "old_format": ("L7", "表二", "", "2019 年试行表式"),
}


@pytest.mark.parametrize("name", TOLD)
def test_told(name: str, tmp_path: Path) -> None:
    code, sheet, cell, words = TOLD[name]
    result = w.read(tmp_path, mutated(filled(), (HARMLESS | HARMFUL)[name]))
    assert isinstance(result, Submission)
    told = [finding for finding in result.findings if finding.code == code and words in finding.message]
    assert [(finding.sheet, finding.cell) for finding in told] == [(sheet, cell)]
    assert told[0].unit == "001"
    assert (told[0].severity == "info") == (name in HARMLESS)


SILENT = (
    "resave",
    "restyle",
    "reorder_sheets",
    "strip_names",
    "unmerge",
    "labels_with_spaces",
    "labels_with_line_breaks",
    "labels_with_full_width_digits",
    "extra_blank_sheet",
    "extra_sheet_with_notes",
    "note_below_t3",
    "note_right_of_t3",
)


@pytest.mark.parametrize("name", SILENT)
def test_nothing_is_said_about_what_makes_no_difference(name: str, tmp_path: Path) -> None:
    assert w.codes(w.read(tmp_path, mutated(filled(), HARMLESS[name]))) == set()


@pytest.mark.parametrize("name", sorted(HARMLESS))
def test_places_are_the_cells_the_values_stand_in(name: str, tmp_path: Path) -> None:
    result = w.read(tmp_path, mutated(filled(), HARMLESS[name]))
    assert isinstance(result, Submission)
    assert set(result.places) == set(truth())
    assert len(set(result.places.values())) == len(result.places)
    if name == "insert_row_in_t3":
        home = layout().places["t3.carried_out.total"]
        assert result.places["t3.carried_out.total"] == Place("表三", home.row + 1, home.col)
        assert result.places["t3.granted.total"] == layout().places["t3.granted.total"]


PARTLY = {
    "delete_row_of_t3": {"t3.denied.safety_stability."},
    "change_row_label": {"t3.granted."},
    "delete_sheet": {"t4."},
    "change_block_label": {"t4.after_review."},
    "change_band_label": {"t2.permit."},
    "change_basics_label": {"info.new_media_items"},
    "change_group_label": {"t3.denied."},
    "copy_with_other_figures": {"t3."},
    "old_format": {"t2.rules.", "t2.normative.", "t3.other."},
    "second_row_in_t4": {"t4."},
}


@pytest.mark.parametrize("name", PARTLY)
def test_what_is_proven_is_read_and_the_rest_is_not(name: str, tmp_path: Path) -> None:
    result = w.read(tmp_path, mutated(filled(), HARMFUL[name]))
    assert isinstance(result, Submission)
    for code, value in values(result).items():
        assert value == (None if code.startswith(tuple(PARTLY[name])) else truth()[code]), code
        assert (code in result.places) == (value is not None)


def test_one_finding_for_a_table_not_one_for_a_cell(tmp_path: Path) -> None:
    for name in HARMLESS.keys() - {"as_text"}:
        assert len(w.read(tmp_path, mutated(filled(), HARMLESS[name])).findings) <= 6, name


def test_another_workbook_claimed_by_mistake_is_refused_as_not_recognised(tmp_path: Path) -> None:
    def other(book: w.Book) -> None:
        for name in book.sheetnames:
            if name != "填报说明":
                del book[name]
        book["填报说明"]["A20"] = "本年制发件数"

    data = mutated(filled(), other)
    digest = hashlib.sha256(data).hexdigest()
    result = w.read(tmp_path, data, office=w.control((digest, "002")))
    assert isinstance(result, Submission)
    assert set(result.values) == {None}
    assert [f.message.split("：")[0] for f in result.findings if f.code == "S1"] == [
        f"没有找到“{name}”" for name in ("表二", "表三", "表四", "基本情况", "文字材料")
    ]


KEYS = {
    "1.属于国家秘密": ("1、属于国家秘密", "１.属于国家秘密", "①属于国家秘密", "1) 属于\n国家秘密", "1．属于国家秘密"),
    "（三）不予公开": ("(三)不予公开", "㈢不予公开", "（三） 不予公开", "（三）、不予公开"),
    "3.危及“三安全一稳定”": ('3.危及"三安全一稳定"', "3.危及三安全一稳定", "3、危及「三安全一稳定」"),
    "本年收费金额（单位：万元）": ("本年收费金额(单位:万元)", "本年收费金额 单位 万元"),
}
OTHERS = {
    "1.属于国家秘密": ("2.属于国家秘密", "属于国家秘密", "11.属于国家秘密", "1.不属于国家秘密"),
    "本年收费金额（单位：万元）": ("本年收费金额（单位：元）", "本年收费金额"),
    "总计": ("（七）总计", "合计"),
    "3.其他": ("其他", "2.其他"),
}


def test_labels_that_are_the_same_and_labels_that_are_not() -> None:
    for label, same in KEYS.items():
        assert {label_key(text) for text in same} == {label_key(label)}
    for label, others in OTHERS.items():
        assert label_key(label) not in {label_key(text) for text in others}


def test_labels_of_the_form_stay_apart() -> None:
    for chart in charts(form()):
        for block in chart.blocks:
            assert len(block.items) == len({*block.items.values()})
    assert sum(len(chart.indexes) for chart in charts(form())) == len(form().items)


TREE = frozenset({("a",), ("a", "x"), ("a", "y"), ("b",), ("b", "x"), ("c",)})
WALKS: dict[str, tuple[str, list[str]]] = {
    # lines of labels, a column for each position, "." for a blank; the path proven for each line
    "merged labels": ("a x|. y|b x|c .", ["a/x", "a/y", "b/x", "c"]),
    "all in one column": ("a|x|y|b|x|c", ["a", "a/x", "a/y", "b", "b/x", "c"]),
    "unknown group": ("a x|? x|. y|b x", ["a/x", "-", "-", "b/x"]),
    "unknown line": ("a x|. ?|. y|c .", ["a/x", "-", "a/y", "c"]),
    "group lost": ("a x|. y|. x", ["a/x", "a/y", "a/x"]),
    "line under the wrong group": ("c .|. x", ["c", "-"]),
    "no group at all": (". x|. y", ["-", "-"]),
    "known label out of place": ("a x|. a|. y", ["a/x", "-", "a/y"]),
}


@pytest.mark.parametrize("name", WALKS)
def test_walk(name: str) -> None:
    lines, wanted = WALKS[name]
    walk = Walk(TREE, frozenset("abcxy"))
    found = []
    for line in lines.split("|"):
        path = None
        for position, label in enumerate(line.split()):
            if label != ".":
                path = walk.meet(label, position)
        found.append("/".join(path) if path else "-")
    assert found == wanted


def table(text: str) -> list[list[object]]:
    """A sheet written as a small table: cells between |, whole numbers as figures."""
    return [
        [float(cell) if cell.strip().isdigit() else cell.strip() for cell in line.split("|")]
        for line in text.strip().splitlines()
    ]


RETYPED: dict[str, tuple[str, dict[str, int], int]] = {
    "表二, its third band": (
        "第二十条第（六）项|\n信息内容|本年处理决定数量\n行政处罚|5\n行政强制|6",
        {"t2.penalty.decisions": 5, "t2.coercion.decisions": 6},
        0,
    ),
    "two bands under one heading": (
        "第二十条第（五）项|\n信息内容|本年处理决定数量\n行政许可|4\n第二十条第（六）项|\n行政处罚|5",
        {"t2.permit.decisions": 4, "t2.penalty.decisions": 5},
        0,
    ),
    "a row of another band": ("第二十条第（五）项|\n信息内容|本年处理决定数量\n行政处罚|5", {}, 0),
    "no band": ("信息内容|本年处理决定数量\n行政许可|5", {}, 0),
    "a subtotal of their own": (
        "第二十条第（六）项|\n信息内容|本年处理决定数量\n行政处罚|5\n小计|9\n行政强制|6",
        {"t2.penalty.decisions": 5, "t2.coercion.decisions": 6},
        0,
    ),
    "a figure without a row": (
        "第二十条第（六）项|\n信息内容|本年处理决定数量\n行政处罚|5\n|9\n行政强制|6",
        {"t2.penalty.decisions": 5, "t2.coercion.decisions": 6},
        1,
    ),
    "a remark beside the label": ("第二十条第（六）项||\n信息内容||本年处理决定数量\n行政处罚|含简易|5\n行政强制||6",
                                  {"t2.coercion.decisions": 6}, 0),
    "two columns alike": ("第二十条第（五）项||\n信息内容|本年处理决定数量|本年处理决定数量\n行政许可|5|6", {}, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", RETYPED)
def test_a_table_typed_again(name: str) -> None:
    text, wanted, strays = RETYPED[name]
    rows, chart, seen = table(text), charts(form())[0], Sightings()
    sight("x", rows, labels_of(rows), chart, seen)
    assert {form().items[s.index].code: rows[s.place.row][s.place.col] for s in seen.found} == wanted
    assert len(seen.stray) == strays


def test_mutations_are_named_after_what_they_do() -> None:
    every: dict[str, Callable[[w.Book], None]] = {**HARMLESS, **HARMFUL}
    assert len(every) == len(HARMLESS) + len(HARMFUL) >= 60


def test_a_row_label_that_occurs_twice_proves_nothing(tmp_path: Path) -> None:
    """A second row called 3.其他, with figures of its own: neither can be told from the other by its label alone."""

    def second(book: w.Book) -> None:
        sheet = book["表三"]
        place = w.layout().places["t3.other.other.natural"]
        target = w.layout().places["t3.other.no_payment.natural"]
        for col in range(1, place.col + 1):
            if (value := sheet.cell(place.row + 1, col).value) is not None and sheet.cell(target.row + 1, col).value:
                sheet.cell(target.row + 1, col).value = value

    result = w.read(tmp_path, mutated(filled(), second))
    assert isinstance(result, Submission)
    values = w.values(result)
    assert values["t3.other.other.natural"] in (None, w.truth()["t3.other.other.natural"])
    assert values["t3.other.no_payment.natural"] is None
    assert "S1" in w.codes(result)
