"""Stamp the template for one unit: its name and year on every sheet, last year's figures, the seal on the hidden one."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from functools import cached_property

from python_calamine import CalamineWorkbook

from pipeline.form import Form
from pipeline.layout import Layout, Place, local_page, switches, with_local
from pipeline.model.control import Control, Unit
from pipeline.model.past import NONE, History
from pipeline.model.seal import Seal, sealed
from pipeline.road.issue.carry_over import carried, lock_carried, remind
from pipeline.road.issue.local_sheet import with_page
from pipeline.workbook.fill import results
from pipeline.workbook.patch import Package, write_cells


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """Everything that is the same for all units of one issue.

    ``form`` is the one in force, local rows and all; ``history`` is what the units reported a year before.
    """

    form: Form
    layout: Layout
    template: bytes
    secret: bytes
    control: Control
    history: History = NONE
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

    @cached_property
    def asked(self) -> Form:
        """The form with the office's own thresholds."""
        return self.form.set(self.control.profile.thresholds)

    @cached_property
    def shown(self) -> Mapping[Place, object]:
        """What the cells of the template show."""
        book = CalamineWorkbook.from_filelike(io.BytesIO(self.template))
        return {
            Place(name, row, col): value
            for name in book.sheet_names
            for row, line in enumerate(book.get_sheet_by_name(name).to_python(skip_empty_area=False))
            for col, value in enumerate(line)
        }


def stamp(issue: Stamp, unit: Unit) -> bytes:
    """The workbook of one unit; the same 台账, template, secret and history give the same bytes."""
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
    form, last = issue.asked, issue.history.of(unit.code)
    hidden = switches(form, level=profile.level, year=profile.year, unit_type=unit.type, last=last)
    values |= {layout.named[name]: number for name, number in hidden.items() if name in layout.named}
    figures = carried(form, layout, last)
    values |= {layout.places[code]: figure for code, figure in figures.items()}
    values |= results(form, layout, figures, hidden)
    package = Package(template)
    write_cells(
        package,
        {
            place: value
            for place, value in values.items()
            if issue.shown.get(place, "") != ("" if value is None else value)
        },
    )
    lock_carried(package, form, layout, figures)
    remind(package, form, layout, last)
    return package.save()


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
