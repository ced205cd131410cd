"""Stamped from a plate: the same workbook, part by part and byte by byte, as one that is stamped by itself."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace

import pytest
from python_calamine import CalamineWorkbook

from pipeline.files.archive import deflate, write_zip
from pipeline.form import Form
from pipeline.layout import Layout
from pipeline.model.control import Unit
from pipeline.model.past import History
from pipeline.road.issue import Stamper
from pipeline.workbook.patch import Package, patch_workbook
from tests.conftest import FORM_FOLDER
from tests.counties import control
from tests.workspaces import basis_of

UNITS = [
    Unit(code="u01", name="会发镇人民政府", type="乡镇"),
    Unit(code="u02", name="教育局（甲 & 乙）<直属>", type="部门"),
    Unit(code="u03", name="X" * 300, type="乡镇", due=dt.date(2025, 1, 9)),
    Unit(code="u04", name="\ue000banner\ue000", type="部门"),
]


def stamper(
    form: Form, layout: Layout, *, template: bytes = b"", history: Mapping[str, Mapping[str, int]] = {}
) -> Stamper:
    content = template or (FORM_FOLDER / "return.xlsx").read_bytes()
    return Stamper(basis_of(form, layout, content, control(UNITS), history=History(values=history)))


def parts(data: bytes) -> Mapping[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {info.filename: archive.read(info) for info in archive.infolist()}


def by_itself(stamper: Stamper, unit: Unit) -> bytes:
    template, layout = stamper._material(unit)
    return stamper._stamped(unit, template, layout, stamper._own_texts(unit)).save()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.code)
def test_a_plate_gives_the_same_bytes(form: Form, layout: Layout, unit: Unit) -> None:
    many = stamper(form, layout)
    stamped = {each.code: many.stamp(each) for each in (*UNITS, *reversed(UNITS))}
    assert len(many._plates) == 2
    alone = by_itself(stamper(form, layout), unit)
    assert parts(stamped[unit.code]) == parts(alone)
    assert stamped[unit.code] == alone
    assert list(parts(alone)) == list(parts((FORM_FOLDER / "return.xlsx").read_bytes()))
    book = CalamineWorkbook.from_filelike(io.BytesIO(stamped[unit.code]))
    for sheet in ("基本情况", "表三", "校验"):
        assert str(book.get_sheet_by_name(sheet).to_python()[1][0]).startswith(f"填报单位：{unit.name}　报告年度：")


def test_a_unit_with_a_year_before_is_stamped_by_itself(form: Form, layout: Layout) -> None:
    known = {"u01": {"t3.carried_out.natural": 7}}
    with_past, without = stamper(form, layout, history=known), stamper(form, layout)
    assert parts(with_past.stamp(UNITS[0])) != parts(without.stamp(UNITS[0]))
    assert with_past.stamp(UNITS[1]) == without.stamp(UNITS[1])
    assert with_past._plates.keys() == {("部门", with_past.basis.template)}


def test_a_template_that_holds_what_looks_like_a_mark(form: Form, layout: Layout) -> None:
    """It is kept as it stands, and nothing is replaced in it."""
    template = patch_workbook(
        (FORM_FOLDER / "return.xlsx").read_bytes(),
        {replace(layout.places["t2.rules.issued"], row=40): "\ue000unit\ue000"},
    )
    marked = stamper(form, layout, template=template)
    stamped = marked.stamp(UNITS[0])
    assert stamped == by_itself(marked, UNITS[0])
    assert any("\ue000unit\ue000".encode() in content for content in Package(stamped).contents().values())


def test_members_that_are_deflated_already_give_the_same_archive() -> None:
    members = {"[Content_Types].xml": b"<a/>" * 900, "空.xml": b"", "图/1.png": bytes(range(256)) * 40}
    plain = write_zip(members)
    assert write_zip({name: deflate(content) for name, content in members.items()}) == plain
    first, *rest = members
    assert write_zip({first: deflate(members[first]), **{name: members[name] for name in rest}}) == plain
    assert write_zip({first: members[first], **{name: deflate(members[name]) for name in rest}}) == plain
    assert parts(plain) == members
