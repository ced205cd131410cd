"""An office's own list of units: headings as offices write them, codes assigned, everything told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipeline.control import read_control, read_unit_list
from pipeline.errors import WorkspaceError
from pipeline.form import Form
from pipeline.setup import create_workspace
from tests.test_cli import xxgk


def listed(tmp_path: Path, *rows: Sequence[Any], sheet: str = "名单") -> Path:
    book = openpyxl.Workbook()
    book.active.title = sheet  # type: ignore[union-attr]
    for row in rows:
        book.active.append(list(row))  # type: ignore[union-attr]
    path = tmp_path / "名单.xlsx"
    book.save(path)
    return path


def short(path: Path) -> list[tuple[str, str, str]]:
    return [(row[0], row[2], row[4]) for row in read_unit_list(path).rows]


def test_a_list_with_a_title_and_serial_numbers(tmp_path: Path) -> None:
    found = read_unit_list(
        listed(
            tmp_path,
            ["某县政务公开联络员名单"],
            ["序号", "单位", "联络员", "联系电话", "备注"],
            [1, "县 财政局", "张三", 13812345678, "新"],
            [2, "城关镇人民政府", "李四", "0451-1", ""],
            [3, "和平街道办事处", "", "", ""],
            [],
            [4, "县财政局 ", "", "", "重复？"],
            ["合计", "合计", "", "", ""],
        )
    )
    assert [(row[0], row[2], row[4], row[6], row[7]) for row in found.rows] == [
        ("B01", "县 财政局", "部门", "张三", "13812345678"),
        ("X01", "城关镇人民政府", "乡镇", "李四", "0451-1"),
        ("J01", "和平街道办事处", "街道", "", ""),
    ]
    assert "工作表“名单”第 2 行是列标题" in found.understood
    assert "“联络员”一列读作“联系人”" in found.understood
    assert "没有用到的列：序号、备注" in found.understood
    assert found.left_out == (
        "第 7 行“县财政局”与第 3 行重复，没有再加一次",
        "第 8 行没有当作单位：合计、合计",
    )


def test_codes_that_are_there_stay_and_the_rest_is_filled_up(tmp_path: Path) -> None:
    path = listed(
        tmp_path,
        ["单位编码", "单位全称", "类别"],
        ["B01", "甲局", "部门"],
        ["", "乙局", ""],
        ["a b", "丙局", "执法部门"],
        ["Z9", "丁局", ""],
        ["Z9", "戊局", ""],
    )
    assert short(path) == [
        ("B01", "甲局", "部门"),
        ("B02", "乙局", "部门"),
        ("B03", "丙局", "执法部门"),
        ("B04", "丁局", "部门"),
        ("B05", "戊局", "部门"),
    ]


@pytest.mark.parametrize("heading", ["单位", "单位名称", "部门名称", "单 位 名 称", "填报单位", "乡镇部门", "全称"])
def test_what_offices_call_the_names(heading: str, tmp_path: Path) -> None:
    assert short(listed(tmp_path, [heading, "手机"], ["甲局", "1"])) == [("B01", "甲局", "部门")]


def test_a_file_without_units(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="没有找到“单位名称”一列"):
        read_unit_list(listed(tmp_path, ["甲", "乙"], ["财政局", "1"]))
    with pytest.raises(WorkspaceError, match="下面没有一个单位"):
        read_unit_list(listed(tmp_path, ["单位名称"], ["合计"]))
    (tmp_path / "坏.xlsx").write_bytes(b"no workbook")
    with pytest.raises(WorkspaceError, match="打不开"):
        read_unit_list(tmp_path / "坏.xlsx")


def test_the_roster_is_a_good_one(tmp_path: Path, form: Form) -> None:
    rows = [["单位名称", "邮箱"], *([f"第{n}局", f"u{n}@example.com"] for n in range(1, 121))]
    found = read_unit_list(listed(tmp_path, *rows))
    workspace = create_workspace(tmp_path / "县", 2024, roster=found.rows)
    control = read_control(workspace.control(2024), form, year=2024)
    assert [(u.code, u.name, u.email) for u in control.units][119] == ("B120", "第120局", "u120@example.com")
    assert [f for f in control.findings if f.sheet == "单位名录"] == []


def test_the_command(tmp_path: Path) -> None:
    path = listed(tmp_path, ["单位", "电话"], ["甲局", "1"], ["乙镇", "2"])
    code, out, _ = xxgk("init", str(tmp_path / "县"), "--year", "2024", "--units", str(path))
    assert code == 0
    assert "“单位”一列读作“单位名称”" in out
    assert "单位名录：2 个单位" in out
    assert "X01" in out
    code, _, err = xxgk("init", str(tmp_path / "乙县"), "--year", "2024", "--units", str(tmp_path / "无.xlsx"))
    assert (code, "没有找到名单" in err) == (2, True)
    assert not (tmp_path / "乙县").exists()
