"""本地指标 and 本地规则: every wrong cell is a finding at its address, and only its row is left out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from pipeline.control import build_control, read_control
from pipeline.form import Form
from pipeline.model.control import COLUMNS, INDICATORS, RULES, Control
from tests.control.test_read import GOOD, PROFILE

COUNT = ("trainings_online", "网上培训场次", "件数", "", "场", "相加", "", "", "只计本单位主办的。")
MONEY = ("local.print_fee", "印刷费", "金额", "2", "万元", "取自来源单位", "u1", "", "")
TEXT = ("notes", "特色做法", "文字", "", "", "", "", "乡镇、街道", "")
LIMIT = (
    "B1",
    "网上培训不多于全部培训",
    "强制性",
    "local.trainings_online ≤ info.trainings",
    "",
    "",
    "比 {右边} 多",
    "核对",
    "",
)
FEE = (
    "b2",
    "印刷费有数",
    "核实性",
    "print_fee>=1",
    "trainings_online = 2",
    "部门；乡镇",
    "{各项}。",
    "请核对。",
    "通知",
)


def control(tmp_path: Path, form: Form, indicators: Sequence[Sequence[str]], rules: Sequence[Sequence[str]]) -> Control:
    path = tmp_path / "台账.xlsx"
    build_control(form, path, {"单位名录": [GOOD], "年报信息": PROFILE, INDICATORS: indicators, RULES: rules})
    return read_control(path, form, year=2024)


def told(found: Control) -> list[tuple[str, str, str]]:
    return [(finding.code, finding.sheet, finding.cell) for finding in found.findings]


def changed(row: Sequence[str], sheet: str, column: str, text: str) -> tuple[str, ...]:
    at = COLUMNS[sheet].index(column)
    return (*row[:at], text, *row[at + 1 :])


def test_good_rows(tmp_path: Path, form: Form) -> None:
    found = control(tmp_path, form, [COUNT, MONEY, TEXT], [LIMIT, FEE])
    assert told(found) == []
    count, money, text = found.indicators
    assert (count.code, count.kind, count.unit, count.aggregation, count.required) == (
        "local.trainings_online", "count", "场", "sum", True,
    )  # fmt: skip
    assert (money.code, money.kind, money.scale, money.unit, money.source, money.required) == (
        "local.print_fee", "money", 2, "万元", "u1", False,
    )  # fmt: skip
    assert (text.aggregation, text.unit_types, text.required) == ("collect", ("乡镇", "街道"), False)
    assert found.profile.sources["u1"] == "u1"
    limit, fee = found.rules
    assert (limit.id, limit.severity, limit.message, limit.remedy) == ("B1", "error", "比 {right} 多。", "核对。")
    assert limit.checks == ("local.trainings_online <= info.trainings",)
    assert (fee.id, fee.needs_reason, fee.unit_types, fee.clause) == ("B2", True, ("乡镇", "部门"), "通知")
    assert fee.checks == ("print_fee>=1（trainings_online == 2 时）",)
    in_force = found.in_force(form)
    assert in_force.items[: len(form.items)] == form.items
    assert [item.code for item in in_force.items[len(form.items) :]] == [item.code for item in found.indicators]
    assert (in_force.id, in_force.digest) == (form.id, form.digest)


@pytest.mark.parametrize(
    ("column", "text", "cell"),
    [
        ("指标代码", "", "A4"),
        ("指标代码", "Trees", "A4"),
        ("指标代码", "植树", "A4"),
        ("指标代码", "items", "A4"),
        ("指标代码", "a.b", "A4"),
        ("指标代码", "local.trainings_online", "A4"),
        ("指标名称", "", "B4"),
        ("指标名称", "、、", "B4"),
        ("指标名称", "名" * 41, "B4"),
        ("指标名称", "网上 培训场次", "B4"),
        ("指标名称", "填报单位", "B4"),
        ("指标名称", "政务公开培训场次", "B4"),
        ("种类", "", "C4"),
        ("种类", "日期", "C4"),
        ("小数位", "七", "D4"),
        ("小数位", "0", "D4"),
        ("小数位", "9", "D4"),
        ("计量单位", "", "E4"),
        ("计量单位", "一二三四五六七八九", "E4"),
        ("汇总方式", "", "F4"),
        ("汇总方式", "平均", "F4"),
        ("汇总方式", "相加", "G4"),
        ("来源单位", "u9", "G4"),
        ("来源单位", "", "G4"),
        ("适用类型", "乡镇", "H4"),
        ("适用类型", "村", "H4"),
        ("填报说明", "说" * 255, "I4"),
    ],
)
def test_a_bad_indicator(tmp_path: Path, form: Form, column: str, text: str, cell: str) -> None:
    bad = changed(changed(MONEY, INDICATORS, "指标代码", "x"), INDICATORS, column, text)
    found = control(tmp_path, form, [COUNT, bad, TEXT], [LIMIT])
    assert told(found) == [("T20", INDICATORS, cell)]
    assert [item.code for item in found.indicators] == ["local.trainings_online", "local.notes"]
    assert [rule.id for rule in found.rules] == ["B1"]


@pytest.mark.parametrize(
    ("row", "cell"),
    [
        (("n", "做法", "文字", "", "", "相加", "", "", ""), "F3"),
        (("n", "做法", "文字", "2", "", "", "", "", ""), "D3"),
        (("n", "件", "件数", "1", "", "相加", "", "", ""), "D3"),
        (("n", "件", "件数", "", "", "相加", "u1", "", ""), "G3"),
    ],
)
def test_what_does_not_go_together(tmp_path: Path, form: Form, row: tuple[str, ...], cell: str) -> None:
    found = control(tmp_path, form, [row], [])
    assert told(found) == [("T20", INDICATORS, cell)]
    assert not found.indicators


@pytest.mark.parametrize(
    ("column", "text", "cell", "reason"),
    [
        ("规则编号", "", "A4", "不是可用的编号"),
        ("规则编号", "R9", "A4", "不是可用的编号"),
        ("规则编号", "B01", "A4", "不是可用的编号"),
        ("规则编号", "b1", "A4", "与别的规则重复"),
        ("规则名称", "", "B4", "没有填"),
        ("级别", "提示", "C4", "不是可选的内容"),
        ("算式", "", "D4", "恰好有一个"),
        ("算式", "print_fee + 1", "D4", "恰好有一个"),
        ("算式", "print_fee < 1", "D4", "看不懂"),
        ("算式", "print_fee >= 1 >= 0", "D4", "恰好有一个"),
        ("算式", "trees >= 1", "D4", "“trees”不是已定义的代码"),
        ("算式", "t3.nothing >= 1", "D4", "不是已定义的代码"),
        ("算式", "notes >= 1", "D4", "不是已定义的代码"),
        ("算式", "2 * print_fee * 2 >= 1", "D4", "两项之间"),
        ("算式", "1 >= 0", "D4", "没有指标"),
        ("算式", "1 <= print_fee", "D4", "左边第一项"),
        ("算式", f"print_fee >= {10**20}", "D4", "算不准"),
        ("算式", f"{10**18} * print_fee >= 1", "D4", "算不准"),
        ("算式", "print_fee >= " + "9" * 5000, "D4", "数字太大"),
        ("算式", "t3.* >= 1", "D4", "最多 100 个"),
        ("条件", "trainings_online", "E4", "恰好有一个"),
        ("条件", "trees >= 1", "E4", "不是已定义的代码"),
        ("适用类型", "村", "F4", "没有“村”这一类"),
        ("问题", "", "G4", "没有填"),
        ("问题", "{合计}", "G4", "不是可用的词"),
        ("问题", "{left", "G4", "花括号不成对"),
        ("问题", "{left!r}", "G4", "不是可用的词"),
        ("问题", "{left:>9}", "G4", "不是可用的词"),
        ("问题", "{}", "G4", "不是可用的词"),
        ("怎么办", "{reason}", "H4", "不是可用的词"),
    ],
)
def test_a_bad_rule(tmp_path: Path, form: Form, column: str, text: str, cell: str, reason: str) -> None:
    found = control(tmp_path, form, [COUNT, MONEY, TEXT], [LIMIT, changed(FEE, RULES, column, text)])
    assert told(found) == [("T20", RULES, cell)]
    assert reason in found.findings[0].message
    assert [rule.id for rule in found.rules] == ["B1"]


def test_a_rule_is_asked_of_those_who_have_its_indicators(tmp_path: Path, form: Form) -> None:
    town = (*COUNT[:7], "乡镇、街道", "")
    office = ("b", "乙", "件数", "", "", "相加", "", "部门、街道", "")
    rule = ("B1", "甲乙", "强制性", "trainings_online == b", "", "", "不等。", "核对。", "")
    found = control(tmp_path, form, [town, office], [rule])
    assert found.rules[0].unit_types == ("街道",)
    found = control(tmp_path, form, [town, office], [changed(rule, RULES, "适用类型", "乡镇")])
    assert told(found) == [("T20", RULES, "F3")]


def test_decisions_may_be_about_local_rows(tmp_path: Path, form: Form) -> None:
    path = tmp_path / "台账.xlsx"
    rows = {"单位名录": [GOOD], "年报信息": PROFILE, INDICATORS: [COUNT, TEXT], RULES: [LIMIT]}
    rows |= {"差额调整": [("local.trainings_online", "-1", "重复", "李四")], "认可": [("u1", "B1", "核实", "李四")]}
    build_control(form, path, rows | {"报告文字": [("特色做法", "第一段")]})
    found = read_control(path, form, year=2024)
    assert found.findings == ()
    assert [(each.subject, each.amount) for each in found.adjustments] == [("local.trainings_online", -1)]
    assert found.acceptances[0].rule == "B1"
    assert found.texts == {"local.notes": ("第一段",)}


def test_a_control_workbook_of_before_has_neither(tmp_path: Path, form: Form) -> None:
    path = tmp_path / "台账.xlsx"
    build_control(form, path, {"单位名录": [GOOD], "年报信息": PROFILE})
    book = openpyxl.load_workbook(path)
    del book[INDICATORS]
    del book[RULES]
    book.save(path)
    found = read_control(path, form, year=2024)
    assert found.findings == ()
    assert found.in_force(form) is form
