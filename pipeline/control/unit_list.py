"""An office's own list of units as the roster of a new 台账: headings are recognised, codes and types assigned.

The caller is told how every column was understood, which codes were assigned, and which rows were left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from pipeline.control.cells import as_text
from pipeline.errors import WorkspaceError, explain_fault
from pipeline.layout import plain
from pipeline.model.control import COLUMNS, ROSTER, UNIT_TYPES

_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "单位代码": ("单位代码", "单位编码", "单位编号", "代码", "编码"),
    "统一社会信用代码": ("统一社会信用代码", "社会信用代码", "信用代码", "机构代码"),
    "单位名称": (
        "单位名称", "单位全称", "机构名称", "部门名称", "单位", "名称", "全称", "部门", "填报单位", "报送单位", "责任单位",
        "乡镇部门", "部门单位", "预算单位", "成员单位",
    ),
    "别名": ("别名", "简称", "单位简称", "规范简称", "曾用名"),
    "类型": ("类型", "单位类型", "单位类别", "类别", "单位性质", "性质"),
    "计入汇总": ("计入汇总", "是否汇总", "是否计入"),
    "联系人": ("联系人", "经办人", "填报人", "负责人", "联络员", "信息员", "联系人姓名", "姓名"),
    "电话": ("电话", "联系电话", "办公电话", "手机", "手机号", "手机号码", "联系方式", "电话号码"),
    "邮箱": ("邮箱", "电子邮箱", "电子邮件", "邮件", "邮箱地址", "email", "e-mail"),
    "报送期限": ("报送期限", "截止日期", "期限"),
}  # fmt: skip
"""What offices call the columns of the roster."""
_KNOWN = {plain(word).lower(): column for column, words in _HEADINGS.items() for word in words}
_TYPES = (("街道", "街道"), ("镇", "乡镇"), ("乡", "乡镇"))
_PREFIXES = {"乡镇": "X", "街道": "J"}
_OTHERS = "B"
_CODE = re.compile(r"[0-9A-Za-z_-]{1,32}")
_HEADER_SEARCH, _MOST = 15, 20_000
_NO_NAME = re.compile(r"合计|总计|小计|共计|备注.*|说明.*|注[:：].*|制表.*|填表.*|\d+(\.\d+)?|单位数.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitList:
    """The roster made from a list: ``rows`` as the 台账 has them, and sentences on how the list was understood."""

    rows: Sequence[Sequence[str]]
    understood: Sequence[str] = field(default_factory=tuple)
    left_out: Sequence[str] = field(default_factory=tuple)


def read_unit_list(path: Path) -> UnitList:
    """The units of an office's own list, .xlsx, .xls or .ods.

    Raises `WorkspaceError` when the file cannot be opened or no unit is found in it.
    """
    if not path.is_file():
        raise WorkspaceError(f"没有找到名单 {path}。请核对文件名。")
    try:
        book = CalamineWorkbook.from_path(str(path))
        grids = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except (CalamineError, OSError) as error:
        raise WorkspaceError(
            f"名单 {path} 打不开（{explain_fault(error)}）。请用 Excel 或 WPS 另存为 .xlsx 再试。"
        ) from error
    best = max(
        ((name, *_header(grid)) for name, grid in grids.items()), key=lambda candidate: len(candidate[2]), default=None
    )
    if best is None or "单位名称" not in best[2]:
        raise WorkspaceError(
            f"名单 {path} 里没有找到“单位名称”一列。请在第一行写上列标题，如 单位名称、类型、联系人、电话、邮箱。"
        )
    name, top, columns = best
    grid = grids[name]
    understood = [f"工作表“{name}”第 {top + 1} 行是列标题"]
    understood += [f"“{as_text(grid[top][at])}”一列读作“{column}”" for column, at in columns.items()]
    ignored = [as_text(cell) for at, cell in enumerate(grid[top]) if as_text(cell) and at not in columns.values()]
    if ignored:
        understood.append(f"没有用到的列：{'、'.join(ignored)}")
    left_out: list[str] = []
    units = list(_units(grid[top + 1 : top + 1 + _MOST], top + 2, columns, left_out))
    if not units:
        raise WorkspaceError(f"名单 {path} 的“单位名称”一列下面没有一个单位。")
    return UnitList(rows=_with_codes(units), understood=tuple(understood), left_out=tuple(left_out))


def _header(grid: Sequence[Sequence[object]]) -> tuple[int, dict[str, int]]:
    """Return the row with the most known headings, and the column of every known heading."""
    best: tuple[int, dict[str, int]] = (0, {})
    for row, cells in enumerate(grid[:_HEADER_SEARCH]):
        found: dict[str, int] = {}
        for at, cell in enumerate(cells):
            column = _KNOWN.get(plain(as_text(cell)).lower())
            if column:
                found.setdefault(column, at)
        if len(found) > len(best[1]):
            best = row, found
    return best


def _units(
    grid: Sequence[Sequence[object]], first: int, columns: Mapping[str, int], left_out: list[str]
) -> Iterator[dict[str, str]]:
    seen: dict[str, int] = {}
    for line, cells in enumerate(grid, first):
        unit = {c: as_text(cells[at]) if at < len(cells) else "" for c, at in columns.items()}
        name = unit["单位名称"] = " ".join(unit["单位名称"].split())
        if not any(as_text(cell) for cell in cells):
            continue
        if not name or _NO_NAME.fullmatch(plain(name)):
            shown = "、".join(text for cell in cells if (text := as_text(cell)))[:40]
            left_out.append(f"第 {line} 行没有当作单位：{shown}")
            continue
        if plain(name) in seen:
            left_out.append(f"第 {line} 行“{name}”与第 {seen[plain(name)]} 行重复，没有再加一次")
            continue
        seen[plain(name)] = line
        yield unit | {"类型": unit_type(unit.get("类型", ""), name)}


def unit_type(stated: str, name: str) -> str:
    """The type of a unit: as the list states it, else by its name.

    >>> [unit_type("", name) for name in ("城关镇人民政府", "和平街道办事处", "财政局", "某县乡村振兴局")]
    ['乡镇', '街道', '部门', '部门']
    """
    if stated in UNIT_TYPES:
        return stated
    bare = re.sub(r"(?:人民政府|办事处|政府)$", "", name)
    return next((kind for ending, kind in _TYPES if bare.endswith(ending)), "部门")


def _with_codes(units: Sequence[dict[str, str]]) -> list[list[str]]:
    """The rows of the roster; a code that is missing, unusable or given twice is assigned by type: X01, J01, B01."""
    stated = Counter(unit.get("单位代码", "") for unit in units)
    good = {code for code, times in stated.items() if times == 1 and _CODE.fullmatch(code)}
    width = max(2, len(str(len(units))))
    free = {prefix: _free(prefix, width, good) for prefix in (*_PREFIXES.values(), _OTHERS)}
    rows = []
    for unit in units:
        code = unit.get("单位代码", "")
        unit["单位代码"] = code if code in good else next(free[_PREFIXES.get(unit["类型"], _OTHERS)])
        rows.append([unit.get(column, "") for column in COLUMNS[ROSTER]])
    return rows


def _free(prefix: str, width: int, taken: Collection[str]) -> Iterator[str]:
    return (code for n in count(1) if (code := f"{prefix}{n:0{width}d}") not in taken)
