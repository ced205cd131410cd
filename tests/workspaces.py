"""Workspaces for tests: a roster, the issued workbooks, and clerks who fill them in."""

from __future__ import annotations

import copy
import datetime as dt
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.control import build_control
from pipeline.form import Form, Value
from pipeline.layout import Layout, read_layout
from pipeline.model.basis import Basis
from pipeline.model.control import Control, Unit
from pipeline.model.outcome import Outcome
from pipeline.model.past import NONE, History
from pipeline.night.issue import issue_workbooks
from pipeline.night.run import Effort, run_night
from pipeline.road.issue import file_name
from pipeline.workbook.fill import fill
from pipeline.workspace import Workspace

YEAR = 2024
NOW = dt.datetime(2025, 1, 20, 22, 0, tzinfo=dt.UTC)
SECRET = b"The secret of an office in tests"
PROFILE: tuple[tuple[str, str], ...] = (
    ("汇总单位", "方正县人民政府"),
    ("级别", "县级"),
    ("编制单位", "方正县人民政府办公室"),
    ("年度", "2024"),
    ("空白处理", "退回"),
    ("网站数据单位", "u01"),
    ("公报编发单位", "u01"),
)


TEXTS: tuple[tuple[str, str], ...] = tuple(
    (part, f"{words}。")
    for part, words in (
        ("（一）主动公开", "及时公开各类信息"),
        ("（二）依申请公开", "依法办理申请"),
        ("（三）政府信息管理", "规范文件管理"),
        ("（四）政府信息公开平台建设", "做好平台维护"),
        ("（五）监督保障", "加强督促检查"),
        ("（一）存在的主要问题", "公开的主动性还不够"),
        ("（二）改进情况", "加强了培训"),
        ("其他需要报告的事项", "无"),
    )
)
"""What the office writes in its report, without which no year can be closed."""


def basis_of(
    form: Form, layout: Layout, template: bytes, control: Control, *, secret: bytes = SECRET, history: History = NONE
) -> Basis:
    """The basis of a year that lies in no workspace; its Word template is not there."""
    return Basis(
        statutory=form, form=form, layout=layout, template=template, word=Path("report.docx"), secret=secret,
        control=control, history=history,
    )  # fmt: skip


def zeros(form: Form) -> dict[str, Value]:
    """Every figure reported as nothing, signed by two people."""
    signed: dict[str, Value] = {"meta.preparer": "甲", "meta.reviewer": "乙"}
    return {item.code: 0 for item in form.items if item.numeric and item.mode == "entered"} | signed


class Office:
    """A workspace with its issued workbooks, ready for returns."""

    def __init__(
        self,
        root: Path,
        *,
        units: int = 3,
        profile: Sequence[tuple[str, str]] = PROFILE,
        control: Mapping[str, Sequence[Sequence[str]]] | None = None,
        not_counted: Sequence[str] = (),
        year: int = YEAR,
        address: str = "",
        secret: bytes = SECRET,
    ) -> None:
        """``address`` is that of a PostgreSQL for the ledger."""
        self.workspace, self.year = Workspace(root), year
        self.form, self.folder = self.workspace.form(year)
        self.layout: Layout = read_layout(self.form, self.folder / "return.xlsx")
        self.units = [Unit(code=f"u{n:02d}", name=f"第{n}镇人民政府") for n in range(1, units + 1)]
        self.inputs = self.workspace.year_inputs(self.year)
        self.inputs.mkdir(parents=True)
        self.workspace.secret.write_text(secret.hex() + "\n", encoding="ascii")
        if address:
            (root / "xxgk.toml").write_text(f'[ledger]\naddress = "{address}"\n', encoding="utf-8")
        roster = [
            (unit.code, "", unit.name, f"第{n}镇", "乡镇", "否" if unit.code in not_counted else "是", "", "", "", "")
            for n, unit in enumerate(self.units, 1)
        ]
        face = [(key, str(year) if (key, text) == ("年度", str(YEAR)) else text) for key, text in profile]
        self.write_control({"单位名录": roster, "年报信息": face, "报告文字": TEXTS, **(control or {})})
        issue_workbooks(self.workspace, self.year, now=NOW)

    @property
    def outputs(self) -> Path:
        return self.workspace.year_outputs(self.year)

    def write_control(self, sheets: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self.control_sheets = dict(getattr(self, "control_sheets", {})) | dict(sheets)
        build_control(self.form, self.workspace.control(self.year), self.control_sheets)

    def issued(self, unit: str) -> bytes:
        name = file_name(next(each for each in self.units if each.code == unit))
        return (self.outputs / "issued" / name).read_bytes()

    def filled(self, unit: str, values: Mapping[str, Value] | None = None) -> bytes:
        return fill(self.issued(unit), self.form, self.layout, zeros(self.form) | dict(values or {}))

    def returns(self, unit: str, values: Mapping[str, Value] | None = None, *, name: str = "", hour: int = 9) -> Path:
        """A filled workbook dropped into inputs at an hour of the day."""
        return self.drop(name or f"{unit}.xlsx", self.filled(unit, values), hour=hour)

    def drop(self, name: str, content: bytes, *, hour: int = 9) -> Path:
        path = self.inputs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        when = NOW.replace(hour=hour).timestamp()
        os.utime(path, (when, when))
        return path

    def run(self, *, now: dt.datetime = NOW, workers: int = 0, anew: bool = False) -> Outcome:
        """A night; one in which nothing changed came to what the night before it did."""
        outcome = run_night(self.workspace, self.year, now=now, effort=Effort(workers=workers, anew=anew))
        if outcome is not None:
            self._outcome = outcome
        return self._outcome

    def copied(self, root: Path) -> Office:
        """The same office with a workspace of its own, as it stands."""
        shutil.copytree(self.workspace.root, root)
        other = copy.copy(self)
        other.workspace, other.inputs = Workspace(root), Workspace(root).year_inputs(YEAR)
        return other

    def states(self, outcome: Outcome) -> dict[str, str]:
        return {standing.unit.code: standing.state.value for standing in outcome.standings}


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
