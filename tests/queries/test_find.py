"""Which figure is meant: by code, by label, by cell; the cells are those of the county's workbook as it is published."""

from __future__ import annotations

import io

import pytest
from python_calamine import CalamineWorkbook

from pipeline.errors import AskedError
from pipeline.form import Form
from pipeline.layout import county_cells
from pipeline.queries.find import find_item
from tests.workspaces import Office


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("t3.received.natural", "t3.received.natural"),
        (" t3.received.natural ", "t3.received.natural"),
        ("本年新收 自然人", "t3.received.natural"),
        ("自然人　本年新收", "t3.received.natural"),
        ("予以公开·自然人", "t3.granted.natural"),
        ("（一）予以公开·自然人", "t3.granted.natural"),
        ("(一)予以公开/自然人", "t3.granted.natural"),
        ("其他 自然人", "t3.other.other.natural"),
        ("其他 其他", "t3.other.other.other"),
        ("总计 总计", "t3.total.total"),
        ("规章 制发", "t2.rules.issued"),
        ("行政复议 维持", "t4.review.upheld"),
        ("培训场次", "info.trainings"),
        ("表三!D6", "t3.received.natural"),
        ("表三D6", "t3.received.natural"),
        ("'表三'!$d$6", "t3.received.natural"),
        ("表三！Ｄ６", "t3.received.natural"),
        ("表二!D12", "t2.penalty.decisions"),
        ("基本情况!B12", "info.site_items"),
    ],
)
def test_one_item_is_meant(form: Form, asked: str, code: str) -> None:
    assert find_item(form, asked).code == code


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("自然人", ["“自然人”可以是 25 个指标", "  t3.received.natural　表三　一、本年新收", "……还有 10 个"]),
        ("表四 总计", ["可以是 3 个指标", "t4.review.total", "t4.direct.total", "t4.after_review.total"]),
        ("表三!A6", ["表三!A6 不是一个数"]),
        ("没有这个", ["没有“没有这个”这个指标", "t3.received.natural"]),
        ("t3.received.nobody", ["没有“t3.received.nobody”这个指标"]),
        ("", ["没有“”这个指标"]),
    ],
)
def test_none_or_several(form: Form, asked: str, told: list[str]) -> None:
    with pytest.raises(AskedError) as caught:
        find_item(form, asked)
    assert all(text in str(caught.value) for text in told), str(caught.value)


def test_the_cells_are_those_of_the_published_workbook(form: Form, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every figure of the county is another number, so that no cell can be taken for its neighbour."""
    office = Office(tmp_path_factory.mktemp("cells"), units=1)
    office.returns("u01")
    adjusted = [item for item in form.items if item.numeric and item.aggregation == "sum"]
    rows = [(item.code, str(n), "编号", "甲") for n, item in enumerate(adjusted, 1001)]
    office.write_control({"差额调整": rows})
    figures = office.run().county.figures
    book = CalamineWorkbook.from_filelike(io.BytesIO((office.outputs / "county.xlsx").read_bytes()))
    sheets = {name: book.get_sheet_by_name(name).to_python() for name in {place.sheet for place in county_cells(form)}}
    seen = set()
    for place, code in county_cells(form).items():
        shown = sheets[place.sheet][place.row][place.col]
        if shown != "" and code not in seen:
            seen.add(code)
            assert shown == figures[code], (place, code)
    assert seen == {code for code, value in figures.items() if value is not None}
