"""One mistake is one finding at the cell to mend, with a remedy its reader can follow; a letter fits on a page."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipeline.form import Form, Value
from pipeline.layout import Layout, Place
from pipeline.model.finding import Finding
from pipeline.model.outcome import Outcome
from pipeline.road.publish.marking import COLOURS
from pipeline.workbook.opinions import SHEET
from pipeline.workbook.patch import patch_workbook
from tests.road.publish.test_corrections import corrected, filled_cells
from tests.workspaces import NOW, PROFILE, Office, zeros

RED = COLOURS["error"]
PAGE = 45
"""Lines a letter may have."""


def entries(form: Form, *tables: str) -> list[str]:
    return [i.code for i in form.items if i.table in tables and i.mode == "entered" and i.numeric]


def typed(office: Office, values: Mapping[str, Any], filled: Mapping[str, Value] = {}) -> bytes:
    """A filled workbook with cells typed over; totals keep what they showed before."""
    places = {office.layout.places[code]: value for code, value in values.items()}
    return patch_workbook(office.filled("u01", filled), places)


def everything(text: object, *tables: str) -> Callable[[Office], bytes]:
    return lambda office: typed(office, dict.fromkeys(entries(office.form, *tables), text))


def signed_blank(office: Office) -> bytes:
    places: dict[Place, Any] = {office.layout.places[f"meta.{key}"]: key for key in ("preparer", "reviewer")}
    return patch_workbook(office.issued("u01"), places)


MISTAKES: Mapping[str, tuple[Callable[[Office], bytes], list[tuple[str, str, str]]]] = {
    # what went wrong, and every finding: code, sheet, cell
    "two figures with 件": (
        lambda office: typed(office, {"t3.received.natural": "2件", "t3.granted.natural": "2件"}),
        [("V7", "表三", "D6"), ("V7", "表三", "D8")],
    ),
    "a figure with 件 in 表四": (lambda o: typed(o, {"t4.review.upheld": "3 件"}), [("V7", "表四", "A6")]),
    "full-width digits in a row": (
        lambda o: typed(o, {f"t4.review.{c}": "２" for c in ("upheld", "corrected", "other", "pending")}),
        [("V7", "表四", "A6:D6")],
    ),
    "表四 left blank": (everything(None, "t4"), [("S2", "表四", "A6:N6")]),
    "表三 left blank": (everything(None, "t3"), [("S2", "表三", "D6:I30")]),
    "无 in all of 表三": (everything("无", "t3"), [("S3", "表三", "D6:I30")]),
    "/ in all of 表四": (everything("/", "t4"), [("S3", "表四", "A6:N6")]),
    "a negative figure": (lambda office: office.filled("u01", {"t3.received.natural": -1}), [("S3", "表三", "D6")]),
    "a decimal": (lambda office: office.filled("u01", {"t3.received.natural": 1.5}), [("S3", "表三", "D6")]),
    "one cell left blank": (lambda office: office.filled("u01", {"t3.granted.natural": None}), [("S2", "表三", "D8")]),
    "a total typed over": (lambda office: typed(office, {"t3.received.total": 5}), [("R1", "表三", "J6")]),
    "a column that does not balance": (
        lambda office: office.filled("u01", {"t3.received.natural": 1}),
        [("R3", "表三", "D6")],
    ),
    "two blanks apart": (
        lambda office: office.filled("u01", {"t3.granted.natural": None, "t3.partial.legal": None}),
        [("S2", "表三", "D8"), ("S2", "表三", "H9")],
    ),
    "a row left blank but for one": (
        lambda o: o.filled("u01", {f"t3.granted.{c}": None for c in ("natural", "business", "welfare", "legal")}),
        [("S2", "表三", "D8:E8"), ("S2", "表三", "G8:H8")],
    ),
}


@pytest.mark.parametrize(("make", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_finding(
    make: Callable[[Office], bytes], expected: list[tuple[str, str, str]], tmp_path: Path
) -> None:
    office = Office(tmp_path, units=1)
    office.drop("u01.xlsx", make(office))
    outcome = office.run()
    found = [f for f in outcome.findings if f.unit == "u01" and f.severity == "error"]
    assert [(f.code, f.sheet, f.cell) for f in found] == expected
    (path,) = (office.outputs / "corrections").glob("u01_*_退改说明.txt")
    assert path.read_text(encoding="utf-8").count("\n") <= PAGE
    marked = {at: colour for at, colour in filled_cells(corrected(office)).items() if colour == RED}
    told = [place for f in found for place in cells_of(f, office.layout)]
    assert marked == {(place.sheet, place.cell): RED for place in told}


def cells_of(finding: Finding, layout: Layout) -> list[Place]:
    """The cells of a finding, of which no total is one."""
    return [layout.places[code] for code in finding.items or (finding.item,)]


def told(office: Office, outcome: Outcome) -> str:
    (path,) = (office.outputs / "corrections").glob("u01_*_退改说明.txt")
    return path.read_text(encoding="utf-8")


def test_a_blank_return(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    office.drop("u01.xlsx", signed_blank(office))
    outcome = office.run()
    found = [f for f in outcome.findings if f.unit == "u01"]
    assert [(f.code, f.sheet, f.cell, len(f.items)) for f in found if f.sheet != "基本情况"] == [
        ("S2", "表二", "B5:D13", 9), ("S2", "表二", "B16", 0), ("S2", "表三", "D6:I30", 144), ("S2", "表四", "A6:N6", 12),
    ]  # fmt: skip
    assert "“D6:I30 共 144 格”没有填写。空白不等于 0。" in [f.message for f in found]
    text = told(office, outcome)
    assert text.count("\n") <= PAGE
    assert len(filled_cells(corrected(office))) == sum(len(f.items) or 1 for f in found)


def test_what_a_letter_does_not_tell_is_in_the_workbook(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    every = entries(office.form, "t3")
    scattered = [code for n, code in enumerate(every) if (n + n // 6) % 2]
    unbalanced: dict[str, Value] = {f"t4.{column}.upheld": None for column in ("review", "direct", "after_review")}
    wrong: dict[str, Value] = {"t2.rules.issued": 4, "t2.normative.issued": None, "t2.penalty.decisions": "若干"}
    office.returns("u01", dict.fromkeys(scattered, None) | unbalanced | wrong)
    outcome = office.run()
    found = [f for f in outcome.findings if f.unit == "u01" and f.sheet == "表三"]
    assert [(f.code, f.cell, len(f.items)) for f in found] == [("S2", "E6", 72)]
    assert "“E6、G6、I6等 共 72 格”没有填写" in found[0].message
    assert told(office, outcome).count("\n") <= PAGE
    sheet = openpyxl.load_workbook(io.BytesIO(corrected(office)))[SHEET]
    listed = [row[2].value for row in sheet.iter_rows(min_row=5) if row[2].value]
    assert len(listed) == len([f for f in outcome.findings if f.unit == "u01"])


def test_a_correction_corrected_again_takes_every_mark_off(tmp_path: Path) -> None:
    """The marked file comes back with one cell still blank: only that one is red then."""
    office = Office(tmp_path, units=1)
    blank = dict.fromkeys(entries(office.form, "t3"), None)
    office.returns("u01", blank)
    office.run()
    back = corrected(office)
    assert len(filled_cells(back)) == 144
    values = {office.layout.places[code]: 0 for code in blank if code != "t3.granted.natural"}
    office.drop("改好.xlsx", patch_workbook(back, values), hour=20)
    outcome = office.run(now=NOW.replace(day=21))
    assert [(f.code, f.cell) for f in outcome.findings if f.unit == "u01" and f.severity == "error"] == [("S2", "D8")]
    assert filled_cells(corrected(office)) == {("表三", "D8"): RED}


def test_what_only_the_office_can_do_is_not_told_to_the_unit(tmp_path: Path) -> None:
    profile = [*PROFILE, ("报送期限", "2025-01-10")]
    office = Office(tmp_path, units=1, profile=profile)
    values = zeros(office.form) | {"t3.granted.natural": None, "meta.reviewer": None, "t2.fees.amount": "2500元"}
    office.returns("u01", values)
    outcome = office.run()
    late = next(f for f in outcome.findings if "比期限晚" in f.message)
    assert late.remedy == (
        "需要的，由汇总单位在台账“认可”登记理由（单位代码写该单位的，规则写 M1）；数字照常核对、计入。"
    )
    text = told(office, outcome)
    assert "比期限晚" not in text
    assert "请填报人和审核人各自署名，数字照常核对、计入。" in text
    assert "请核对换算后的数：不对的请改正后重报；对的请告诉汇总单位，由它认可。" in text
    assert "请单位" not in text


def test_last_years_figure_is_not_what_should_stand_there(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    form = office.form
    rule = form.rule("Y4")
    assert "{last}" in rule.message
    from pipeline.model.control import Unit
    from pipeline.model.past import Past
    from pipeline.road.check.case import Case
    from pipeline.road.check.history import swing

    past = Past(
        unit="u01", year=2023, form=form.id, source="年报", file="", sha256="", values={"t3.received.total": 100}
    )
    case = Case(
        form=form, unit=Unit(code="u01", name="甲镇"), year=2024, values={"t3.received.total": 10}, last=past.values,
        sha256="", place="",
    )  # fmt: skip
    (hit,) = swing(rule, case) or ()
    assert (hit.words["found"], hit.words["last"], "expected" in hit.words) == ("10", "100", False)
