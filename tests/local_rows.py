"""An office with local indicators and rules, and clerks who fill them in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.control import read_control
from pipeline.form import Form, Value
from pipeline.layout import Layout, defined_names
from pipeline.model.control import Control
from pipeline.workbook.fill import fill
from tests.workspaces import PROFILE, YEAR, Office, zeros

INDICATORS: Sequence[Sequence[str]] = (
    ("trainings_online", "网上培训场次", "件数", "", "场", "相加", "", "", "只计本单位主办的网上培训。"),
    ("print_fee", "印刷费", "金额", "2", "万元", "相加", "", "乡镇", "宣传册等印刷支出。"),
    ("notes", "特色做法", "文字", "", "", "", "", "", "一两句话即可。"),
    ("hotline", "热线来电数", "件数", "", "个", "取自来源单位", "u02", "", ""),
    ("staff", "专职人员数", "件数", "", "名", "只收集", "", "部门", ""),
)
RULES: Sequence[Sequence[str]] = (
    ("B1", "网上培训不多于全部培训", "强制性", "local.trainings_online <= info.trainings", "", "",
     "网上培训 {左边} 场，比全部培训 {右边} 场多 {差额} 场。", "请核对两处场次。", "本地通知"),
    ("B2", "印刷费不超过五万元", "核实性", "print_fee <= 5", "trainings_online >= 1", "", "印刷费填了 {左边} 万元。", "请核对单位。", ""),
    ("B3", "热线来电不比上年少", "核实性", "hotline >= last.local.hotline", "", "", "来电 {左边} 个，上年 {右边} 个。", "请核对。", ""),
)  # fmt: skip
TYPES = ("乡镇", "部门", "乡镇")


def local_office(
    root: Path, *, indicators: Sequence[Sequence[str]] = INDICATORS, rules: Sequence[Sequence[str]] = RULES
) -> Office:
    """Two towns and, between them, a department, which is where the hotline's figure comes from."""
    roster = [
        (f"u{n:02d}", "", f"第{n}镇人民政府", f"第{n}镇", kind, "是", "", "", "", "") for n, kind in enumerate(TYPES, 1)
    ]
    sheets = {"单位名录": roster, "年报信息": PROFILE, "本地指标": indicators, "本地规则": rules}
    return Office(root, units=len(TYPES), control=sheets)


def control_of(office: Office) -> Control:
    return read_control(office.workspace.control(YEAR), office.form, year=YEAR)


def form_of(office: Office) -> Form:
    return control_of(office).in_force(office.form)


def layout_of(form: Form, workbook: bytes) -> Layout:
    """Where an issued workbook says its cells are."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        names = defined_names(archive.read("xl/workbook.xml"))
    places = {item.code: names[item.name] for item in form.items if item.name in names}
    return Layout(places=places, anchors=(), named=names, sheets=())


def filled(
    office: Office, workbook: bytes, values: Mapping[str, Value], reasons: Mapping[str, str] | None = None
) -> bytes:
    """``workbook`` with zeros in every figure but those of ``values``."""
    form = form_of(office)
    return fill(workbook, form, layout_of(form, workbook), zeros(form) | dict(values), reasons)
