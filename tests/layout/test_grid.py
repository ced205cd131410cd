"""The merged grids against the official layout, written by hand."""

from __future__ import annotations

import pytest

from pipeline.form import Form
from pipeline.layout import Layout, design_layout, plain, table_grid
from pipeline.layout.formulas import broken_formula, references, side_formula, verdict_formula

OFFICIAL_LABELS = {
    # (row, column): (text, rows, columns), counted from 0 at the table's corner
    "t2": {
        (0, 0): ("第二十条第（一）项", 1, 4),
        (1, 0): ("信息内容", 1, 1),
        (1, 1): ("本年制发件数", 1, 1),
        (1, 3): ("现行有效件数", 1, 1),
        (3, 0): ("行政规范性文件", 1, 1),
        (4, 0): ("第二十条第（五）项", 1, 4),
        (5, 1): ("本年处理决定数量", 1, 3),
        (9, 0): ("行政处罚", 1, 1),
        (10, 0): ("行政强制", 1, 1),
        (12, 1): ("本年收费金额（单位：万元）", 1, 3),
        (13, 0): ("行政事业性收费", 1, 1),
    },
    "t3": {
        (0, 0): ("（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）", 3, 3),
        (0, 3): ("申请人情况", 1, 7),
        (1, 3): ("自然人", 2, 1),
        (1, 4): ("法人或其他组织", 1, 5),
        (1, 9): ("总计", 2, 1),
        (2, 4): ("商业企业", 1, 1),
        (2, 8): ("其他", 1, 1),
        (3, 0): ("一、本年新收政府信息公开申请数量", 1, 3),
        (4, 0): ("二、上年结转政府信息公开申请数量", 1, 3),
        (5, 0): ("三、本年度办理结果", 22, 1),
        (5, 1): ("（一）予以公开", 1, 2),
        (7, 1): ("（三）不予公开", 8, 1),
        (7, 2): ("1.属于国家秘密", 1, 1),
        (15, 1): ("（四）无法提供", 3, 1),
        (18, 1): ("（五）不予处理", 5, 1),
        (23, 1): ("（六）其他处理", 3, 1),
        (26, 1): ("（七）总计", 1, 2),
        (27, 0): ("四、结转下年度继续办理", 1, 3),
    },
    "t4": {
        (0, 0): ("行政复议", 1, 5),
        (0, 5): ("行政诉讼", 1, 10),
        (1, 0): ("结果维持", 2, 1),
        (1, 4): ("总计", 2, 1),
        (1, 5): ("未经复议直接起诉", 1, 5),
        (1, 10): ("复议后起诉", 1, 5),
        (2, 5): ("结果维持", 1, 1),
        (2, 14): ("总计", 1, 1),
    },
}
SIZES = {"t2": (14, 4), "t3": (28, 10), "t4": (4, 15)}


@pytest.mark.parametrize("code", ["t2", "t3", "t4"])
def test_labels_stand_as_in_the_official_layout(form: Form, code: str) -> None:
    grid = table_grid(next(table for table in form.tables if table.code == code))
    found = {(cell.row, cell.col): (cell.text, cell.rows, cell.cols) for cell in grid.cells if not cell.code}
    assert found.items() >= OFFICIAL_LABELS[code].items()
    assert (grid.height, grid.width) == SIZES[code]


@pytest.mark.parametrize("code", ["t2", "t3", "t4"])
def test_the_cells_tile_the_table(form: Form, code: str) -> None:
    grid = table_grid(next(table for table in form.tables if table.code == code))
    covered = [
        (row, col)
        for cell in grid.cells
        for row in range(cell.row, cell.row + cell.rows)
        for col in range(cell.col, cell.col + cell.cols)
    ]
    assert sorted(covered) == [(row, col) for row in range(grid.height) for col in range(grid.width)]


def test_the_committed_template_has_the_designed_layout(form: Form, layout: Layout) -> None:
    designed = design_layout(form)
    assert layout.places == designed.places
    assert layout.named == designed.named
    assert layout.sheets == ("填报说明", "基本情况", "表二", "表三", "表四", "文字材料", "校验", "_xxgk")
    assert {(anchor.place, anchor.text) for anchor in layout.anchors} == {
        (anchor.place, anchor.text) for anchor in designed.anchors
    }
    assert layout.places["t3.granted.natural"].cell == "D8"
    assert layout.places["t4.after_review.total"].cell == "O6"


def test_formulas_join_neighbours_to_ranges(form: Form, layout: Layout) -> None:
    total = form.formulas["t3.granted.total"]
    assert side_formula(total.right, layout.places, on="表三") == "SUM($D$8:$I$8)"
    column = form.formulas["t3.total.natural"]
    assert side_formula(column.right, layout.places, on="表三") == "SUM($D$8:$D$28)"
    balance = next(e for r, e in form.linear(level="县级", year=2024) if e.key == "R3.natural")
    assert references(balance.codes, layout.places) == "'表三'!$D$6:$D$7,'表三'!$D$29:$D$30"
    assert broken_formula(form, balance, layout.places, on="表三") == (
        "AND(COUNT($D$6:$D$7,$D$29:$D$30,$D$8:$D$28)=25,SUM($D$6:$D$7)<>SUM($D$29:$D$30))"
    )
    last = next(e for r, e in form.linear(level="县级", year=2024) if e.key == "Y1.natural")
    assert broken_formula(form, last, layout.places, on="表三") == (
        "AND(COUNT($D$7,last_t3_carried_out_natural)=2,SUM($D$7)<>SUM(last_t3_carried_out_natural))"
    )
    assert verdict_formula(form, last, layout.places, "C1", "D1") == (
        "IF(COUNT(last_t3_carried_out_natural)=1,IF(COUNT('表三'!$D$7,last_t3_carried_out_natural)=2,"
        'IF(C1=D1,"✓","✗"),"待填"),"无上年数")'
    )


@pytest.mark.parametrize(
    ("text", "same"), [("商业\n企业", "商业企业"), (" （一） ", "(一)"), ("１．甲", "1.甲"), ("\u3000总　计", "总计")]
)
def test_plain_forgets_what_does_not_matter(text: str, same: str) -> None:
    assert plain(text) == same
