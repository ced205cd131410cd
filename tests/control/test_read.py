"""The 台账: every bad cell is a finding at its address, and nothing good is lost for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from pipeline.control import build_control, read_control
from pipeline.control.read import credit_check_character
from pipeline.errors import WorkspaceError
from pipeline.form import Form
from pipeline.model.control import Control

GOOD = ("u1", "", "方正镇人民政府", "方正镇；方正", "乡镇", "是", "张三", "0451", "a@example.com", "2025-01-20")
PROFILE = [
    ("汇总单位", "方正县人民政府"), ("级别", "县级"), ("编制单位", "方正县人民政府办公室"), ("年度", "2024"),
    ("网站数据单位", "u1"), ("公报编发单位", "u1"),
]  # fmt: skip


def control(tmp_path: Path, form: Form, **sheets: Sequence[Sequence[str]]) -> Control:
    path = tmp_path / "台账.xlsx"
    build_control(form, path, {"单位名录": [GOOD], "年报信息": PROFILE, **sheets})
    return read_control(path, form, year=2024)


def row(**changes: str) -> tuple[str, ...]:
    columns = ("code", "credit", "name", "alias", "type", "counted", "contact", "phone", "email", "due")
    values = dict(zip(columns, GOOD, strict=True)) | {"code": "u2", "name": "乙局", "alias": ""} | changes
    return tuple(values[column] for column in columns)


def test_a_good_control_has_no_findings(tmp_path: Path, form: Form) -> None:
    found = control(
        tmp_path,
        form,
        免报=[("u1", "撤并", "李四")],
        差额调整=[("t3.received.natural", "-2", "重复", "李四"), ("t2.fees.amount", "0.5", "补", "李四")],
        认可=[("u1", "R3", "核实", "李四")],
        来件认领=[("a.xlsx", "u1", "电话确认", "李四")],
        上年更正=[
            ("u1", "t3.carried_out.natural", "3", "漏登一件", "李四"),
            ("u1", "t2.fees.amount", "0", "误报", "李四"),
        ],
        报告文字=[("（一）主动公开", "第一段\n第二段")],
        上报说明=[("Y4", "机构合并"), ("P4.other", "申请人撤回")],
        年报信息=[*PROFILE, ("填报人", "张三"), ("审核人", "李四"), ("填报日期", "2025年3月1日")],
    )
    assert found.findings == ()
    (unit,) = found.units
    assert (unit.aliases, unit.type, unit.counted, unit.due) == (("方正镇", "方正"), "乡镇", True, dt.date(2025, 1, 20))
    assert found.profile.sources == {"网站数据单位": "u1", "公报编发单位": "u1"}
    assert [(a.subject, a.amount) for a in found.adjustments] == [
        ("t3.received.natural", -2),
        ("t2.fees.amount", Decimal("0.5")),
    ]
    assert [(c.subject, c.item, c.amount, c.cell) for c in found.corrections] == [
        ("u1", "t3.carried_out.natural", 3, "A3"),
        ("u1", "t2.fees.amount", Decimal(0), "A4"),
    ]
    assert (found.claims[0].subject, found.claims[0].unit) == ("a.xlsx", "u1")
    assert found.texts == {"text.disclosure": ("第一段", "第二段")}
    assert found.explanations == {"Y4": "机构合并", "P4.other": "申请人撤回"}
    profile = found.profile
    assert (profile.preparer, profile.reviewer, profile.signed_on) == ("张三", "李四", dt.date(2025, 3, 1))


@pytest.mark.parametrize(
    ("changes", "code", "cell", "kept"),
    [
        ({"code": ""}, "T3", "A4", False),
        ({"code": "u 2"}, "T3", "A4", False),
        ({"code": "u1"}, "T4", "A4", False),
        ({"name": ""}, "T3", "C4", False),
        ({"name": "方正镇"}, "T4", "C4", True),
        ({"type": "乡"}, "T3", "E4", True),
        ({"counted": "对"}, "T3", "F4", True),
        ({"email": "x"}, "T3", "I4", True),
        ({"due": "2025-02-30"}, "T3", "J4", True),
        ({"due": "下周"}, "T3", "J4", True),
        ({"credit": "91350100M000100Y44"}, "T3", "B4", True),
    ],
)
def test_a_bad_roster_row(
    tmp_path: Path, form: Form, changes: dict[str, str], code: str, cell: str, kept: bool
) -> None:
    found = control(tmp_path, form, 单位名录=[GOOD, row(**changes)])
    assert [(f.code, f.file, f.sheet, f.cell) for f in found.findings] == [(code, "台账.xlsx", "单位名录", cell)]
    assert [unit.readable for unit in found.units] == [True, kept]


def test_what_an_office_need_not_fill_in(tmp_path: Path, form: Form) -> None:
    """计入汇总 left blank is 是, the year is that of the folder, and a missing code is proposed."""
    profile = [each for each in PROFILE if each[0] != "年度"]
    found = control(tmp_path, form, 单位名录=[GOOD, row(counted="")], 年报信息=profile)
    assert (found.findings, [unit.counted for unit in found.units]) == ((), [True, True])
    assert found.profile.year == 2024
    found = control(tmp_path, form, 单位名录=[GOOD, row(code=""), row(code="", name="丙镇")], 年报信息=profile)
    assert [f.remedy.rpartition("，")[2] for f in found.findings] == ["例如 u2。", "例如 u3。"]


@pytest.mark.parametrize("due", ["2025-1-20", "2025.01.20", "2025/1/20", "2025年1月20日", "２０２５-１-２０"])
def test_dates_as_clerks_write_them(tmp_path: Path, form: Form, due: str) -> None:
    found = control(
        tmp_path, form, 单位名录=[row(due=due)], 年报信息=[*PROFILE[:4], ("网站数据单位", "u2"), ("公报编发单位", "u2")]
    )
    assert found.findings == ()
    assert found.units[0].due == dt.date(2025, 1, 20)


@pytest.mark.parametrize(
    ("sheet", "cells", "code", "cell"),
    [
        ("免报", ("u1", "", "李四"), "T5", "B3"),
        ("免报", ("u1", "撤并", ""), "T5", "C3"),
        ("免报", ("u9", "撤并", "李四"), "T6", "A3"),
        ("差额调整", ("t3.received.total", "1", "补", "李四"), "T6", "A3"),
        ("差额调整", ("t9", "1", "补", "李四"), "T6", "A3"),
        ("差额调整", ("t3.received.natural", "一", "补", "李四"), "T3", "B3"),
        ("差额调整", ("t3.received.natural", "0.5", "补", "李四"), "T3", "B3"),
        ("差额调整", ("t2.fees.amount", "0.1234567", "补", "李四"), "T3", "B3"),
        ("差额调整", ("t3.received.natural", "", "补", "李四"), "T3", "B3"),
        ("差额调整", ("t3.received.natural", "1000000000", "补", "李四"), "T3", "B3"),
        ("差额调整", ("t3.received.natural", "-5000000000000000000", "补", "李四"), "T3", "B3"),
        ("差额调整", ("t2.fees.amount", "1e30", "补", "李四"), "T3", "B3"),
        ("认可", ("u1", "R99", "核实", "李四"), "T6", "B3"),
        ("来件认领", ("a.xlsx", "u9", "电话", "李四"), "T6", "B3"),
        ("上年更正", ("u1", "t3.carried_out.natural", "3", "", "李四"), "T5", "D3"),
        ("上年更正", ("u1", "t3.carried_out.natural", "3", "漏登", ""), "T5", "E3"),
        ("上年更正", ("u9", "t3.carried_out.natural", "3", "漏登", "李四"), "T6", "A3"),
        ("上年更正", ("u1", "", "3", "漏登", "李四"), "T6", "B3"),
        ("上年更正", ("u1", "t3.carried_out.total", "3", "漏登", "李四"), "T6", "B3"),
        ("上年更正", ("u1", "t3.carried_out.natural", "", "漏登", "李四"), "T3", "C3"),
        ("上年更正", ("u1", "t3.carried_out.natural", "三", "漏登", "李四"), "T3", "C3"),
        ("上年更正", ("u1", "t3.carried_out.natural", "-1", "漏登", "李四"), "T3", "C3"),
        ("报告文字", ("第七部分", "文"), "T6", "A3"),
        ("上报说明", ("R3", "强制性的不能说明"), "T6", "A3"),
        ("上报说明", ("P4.nothing", "没有这一条"), "T6", "A3"),
        ("上报说明", ("Y4", ""), "T3", "B3"),
    ],
)
def test_a_decision_that_is_not_signed_or_not_known_is_refused(
    tmp_path: Path, form: Form, sheet: str, cells: tuple[str, ...], code: str, cell: str
) -> None:
    found = control(tmp_path, form, **{sheet: [cells]})
    assert [(f.code, f.sheet, f.cell) for f in found.findings] == [(code, sheet, cell)]
    assert not (found.waivers)
    assert not (found.adjustments)
    assert not (found.acceptances)
    assert not (found.claims)
    assert not (found.corrections)
    assert not (found.texts)
    assert not (found.explanations)


def test_a_second_correction_of_the_same_figure_is_refused(tmp_path: Path, form: Form) -> None:
    rows = [("u1", "t3.carried_out.natural", amount, "漏登", "李四") for amount in ("3", "4")]
    found = control(tmp_path, form, 上年更正=rows)
    assert [(f.code, f.cell, f.found) for f in found.findings] == [("T3", "B4", "t3.carried_out.natural")]
    assert [correction.amount for correction in found.corrections] == [3]


def test_an_older_control_has_no_corrections_and_nothing_is_wrong(tmp_path: Path, form: Form) -> None:
    path = tmp_path / "台账.xlsx"
    build_control(form, path, {"单位名录": [GOOD], "年报信息": PROFILE})
    book = openpyxl.load_workbook(path)
    del book["上年更正"]
    book.save(path)
    found = read_control(path, form, year=2024)
    assert (found.corrections, found.findings) == ((), ())


@pytest.mark.parametrize(
    ("profile", "codes"),
    [
        ([*PROFILE, ("口号", "x")], ["T7"]),
        (PROFILE[1:], ["T8"]),
        (PROFILE[:5], ["T9"]),
        ([*PROFILE, ("空白处理", "随便")], ["T3"]),
        ([*PROFILE[:3], ("年度", "2023"), *PROFILE[4:]], ["T3"]),
        ([*PROFILE[:5], ("公报编发单位", "u7")], ["T6"]),
    ],
)
def test_the_profile(tmp_path: Path, form: Form, profile: list[tuple[str, str]], codes: list[str]) -> None:
    assert [finding.code for finding in control(tmp_path, form, 年报信息=profile).findings] == codes


def test_columns_may_move_and_headings_may_be_restyled(tmp_path: Path, form: Form) -> None:
    path = tmp_path / "台账.xlsx"
    build_control(form, path, {"单位名录": [GOOD], "年报信息": PROFILE})
    book = openpyxl.load_workbook(path)
    sheet = book["单位名录"]
    sheet.insert_cols(1)
    sheet.insert_rows(1)
    sheet["D3"] = "单位 名称"
    book.save(path)
    assert read_control(path, form, year=2024).units[0].name == "方正镇人民政府"


def test_a_sheet_that_lost_a_column_or_is_gone(tmp_path: Path, form: Form) -> None:
    path = tmp_path / "台账.xlsx"
    build_control(form, path, {"单位名录": [GOOD], "年报信息": PROFILE})
    book = openpyxl.load_workbook(path)
    book["单位名录"].delete_cols(5)
    del book["免报"]
    book["认可"]["A2"] = "单位"
    book.save(path)
    found = read_control(path, form, year=2024)
    assert sorted((f.code, f.sheet) for f in found.findings) == [
        ("T1", "免报"), ("T2", "单位名录"), ("T2", "认可"), ("T3", "单位名录"),
    ]  # fmt: skip
    assert found.units[0].type == "其他"


def test_numbers_typed_as_numbers_stay_what_they_look_like(tmp_path: Path, form: Form) -> None:
    path = tmp_path / "台账.xlsx"
    build_control(form, path, {"单位名录": [GOOD], "年报信息": PROFILE})
    book = openpyxl.load_workbook(path)
    book["单位名录"]["A3"], book["单位名录"]["H3"] = 101, 45157116077
    book["单位名录"]["J3"] = dt.datetime(2025, 1, 20)
    book.save(path)
    (unit,) = read_control(path, form, year=2024).units
    assert (unit.code, unit.phone, unit.due) == ("101", "45157116077", dt.date(2025, 1, 20))


def test_no_unit_at_all(tmp_path: Path, form: Form) -> None:
    with pytest.raises(WorkspaceError, match="没有一个单位"):
        control(tmp_path, form, 单位名录=[])


@pytest.mark.parametrize(("body", "check"), [("91350100M000100Y4", "3"), ("11230124001", None)])
def test_credit_code_check_character(body: str, check: str | None) -> None:
    assert check is None or credit_check_character(body) == check
