"""Stamp the template for one unit: its name and year on every sheet, the seal on the hidden one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal

from pipeline.control import Control, Unit
from pipeline.form import Form
from pipeline.issue.local_sheet import with_page
from pipeline.layout import Layout, Place, local_page, switches, with_local
from pipeline.patch import patch_workbook
from pipeline.seal import Seal, sealed


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """Everything that is the same for all units of one issue. ``form`` is the one in force, local rows and all."""

    form: Form
    layout: Layout
    template: bytes
    secret: bytes
    control: Control
    _extended: dict[tuple[str, ...], bytes] = field(default_factory=dict, init=False, repr=False)

    def material(self, unit: Unit) -> tuple[bytes, Layout]:
        """The template as this unit gets it, with the local indicators and rules it is asked, and its layout."""
        page = local_page(self.form, self.layout.places, unit=unit.code, unit_type=unit.type)
        layout = with_local(self.layout, page)
        if not page:
            return self.template, layout
        if page.asked not in self._extended:
            self._extended[page.asked] = with_page(self.template, layout, page)
        return self._extended[page.asked], layout


def stamp(issue: Stamp, unit: Unit) -> bytes:
    """The workbook of one unit; the same 台账, template and secret give the same bytes."""
    profile = issue.control.profile
    template, layout = issue.material(unit)
    seal = sealed(issue.secret, form=issue.form.id, form_digest=issue.form.digest, unit=unit.code, year=profile.year)
    values: dict[Place, str | int | Decimal | None] = dict(_seal_cells(layout, seal))
    for name, place in layout.named.items():
        if name.startswith("banner_"):
            values[place] = banner(issue.control, unit)
    for code, value in (("meta.unit", unit.name), ("meta.year", profile.year)):
        if code in layout.places:
            values[layout.places[code]] = value
    form = issue.form.set(profile.thresholds)
    for name, number in switches(form, level=profile.level, year=profile.year, unit_type=unit.type).items():
        if name in layout.named:
            values[layout.named[name]] = number
    return patch_workbook(template, values)


def banner(control: Control, unit: Unit) -> str:
    """The second line of every sheet: whose workbook, for which year, due when, and whom to ask."""
    profile = control.profile
    due: dt.date | None = unit.due or profile.due
    parts = [f"填报单位：{unit.name}", f"报告年度：{profile.year}年"]
    if due:
        parts.append(f"报送期限：{due.year}年{due.month}月{due.day}日")
    if profile.phone:
        parts.append(f"咨询电话：{profile.phone}")
    return "　".join(parts)


def file_name(unit: Unit) -> str:
    """``<code>_<name>.xlsx``."""
    return f"{unit.file_stem}.xlsx"


def _seal_cells(layout: Layout, seal: Seal) -> Mapping[Place, str]:
    return {layout.named[f"xxgk_{key}"]: value for key, value in asdict(seal).items() if f"xxgk_{key}" in layout.named}
