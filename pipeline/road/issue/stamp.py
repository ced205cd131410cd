"""Stamp the template for one unit: its name and year on every sheet, last year's figures, the seal on the hidden one."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from python_calamine import CalamineWorkbook

from pipeline.form import Figure, Form, Value
from pipeline.layout import IDENTITY_KEYS, Layout, Place, local_page, switches, with_local
from pipeline.model.basis import Basis
from pipeline.model.control import Control, Unit
from pipeline.model.seal import make_seal
from pipeline.road.issue.carry_over import find_carried, lock_carried, remind
from pipeline.road.issue.local_sheet import with_page
from pipeline.road.issue.plate import Plate, is_unmarked, mark
from pipeline.workbook.fill import results
from pipeline.workbook.patch import Package, write_cells

_OWN = ("unit", "issue_id", "hmac")
"""What differs in the seals of two units."""
Cells = dict[Place, str | int | Decimal | None]


@dataclass(frozen=True)
class Stamper:
    """Stamps the template of a year; parts that several units share are made once."""

    basis: Basis
    _extended: dict[tuple[str, ...], bytes] = field(default_factory=dict, init=False, repr=False)
    _plates: dict[tuple[str, bytes], Plate | None] = field(default_factory=dict, init=False, repr=False)

    def stamp(self, unit: Unit) -> bytes:
        """The workbook of one unit; the same basis gives the same bytes."""
        template, layout = self._material(unit)
        own = self._own_texts(unit)
        if self.basis.history.of(unit.code):
            return self._stamped(unit, template, layout, own).save()
        kind = (unit.type, template)
        if kind not in self._plates:
            marks = {name: mark(name) for name in own}
            usable = is_unmarked(Package(template))
            self._plates[kind] = Plate.of(self._stamped(unit, template, layout, marks)) if usable else None
        plate = self._plates[kind]
        return plate.press(own) if plate else self._stamped(unit, template, layout, own).save()

    def _stamped(self, unit: Unit, template: bytes, layout: Layout, own: Mapping[str, str]) -> Package:
        """Return the workbook of one unit, with ``own`` texts in the places of `_own_texts`."""
        form, last = self._form, self.basis.history.of(unit.code)
        figures = find_carried(form, layout, last)
        values = self._identity(layout, own) | {layout.places[code]: figure for code, figure in figures.items()}
        values |= self._formulas(unit, layout, figures, last)
        package = Package(template)
        blank = self._as_calamine_shows
        write_cells(
            package, {at: value for at, value in values.items() if blank.get(at, "") != _as_calamine_shows(value)}
        )
        lock_carried(package, form, layout, figures)
        remind(package, form, layout, last)
        return package

    def _material(self, unit: Unit) -> tuple[bytes, Layout]:
        """Return the template with the unit's local indicators and rules, and its layout."""
        basis = self.basis
        page = local_page(basis.form, basis.layout.places, unit=unit.code, unit_type=unit.type)
        layout = with_local(basis.layout, page)
        if not page:
            return basis.template, layout
        if page.asked not in self._extended:
            self._extended[page.asked] = with_page(basis.template, layout, page)
        return self._extended[page.asked], layout

    def _own_texts(self, unit: Unit) -> dict[str, str]:
        """The texts that no other unit has: its name, the second line of every sheet, and what its seal says of it."""
        basis = self.basis
        seal = make_seal(
            basis.secret, form=basis.form.id, form_digest=basis.form.digest, unit=unit.code, year=basis.year
        )
        return {"name": unit.name, "banner": banner(basis.control, unit), **{key: getattr(seal, key) for key in _OWN}}

    def _identity(self, layout: Layout, own: Mapping[str, str]) -> Cells:
        """Whose workbook it is and for which year: the seal on the hidden sheet, the name on the others."""
        basis = self.basis
        seal = {"form": basis.form.id, "form_digest": basis.form.digest, "year": str(basis.year)}
        seal |= {key: own[key] for key in _OWN}
        values: Cells = {layout.named[n]: seal[key] for key in IDENTITY_KEYS if (n := f"xxgk_{key}") in layout.named}
        banners = (place for name, place in layout.named.items() if name.startswith("banner_"))
        values |= dict.fromkeys(banners, own["banner"])
        facts = (("meta.unit", own["name"]), ("meta.year", basis.year))
        return values | {layout.places[code]: fact for code, fact in facts if code in layout.places}

    def _formulas(self, unit: Unit, layout: Layout, figures: Mapping[str, Figure], last: Mapping[str, Value]) -> Cells:
        """The hidden switches of the live rules, and what every formula shows."""
        profile = self.basis.control.profile
        hidden = switches(self._form, level=profile.level, year=profile.year, unit_type=unit.type, last=last)
        values: Cells = {layout.named[name]: number for name, number in hidden.items() if name in layout.named}
        return values | results(self._form, layout, figures, hidden)

    @cached_property
    def _form(self) -> Form:
        """The form with the office's own thresholds."""
        return self.basis.form.set(self.basis.control.profile.thresholds)

    @cached_property
    def _as_calamine_shows(self) -> Mapping[Place, object]:
        """What the cells of the template show."""
        book = CalamineWorkbook.from_filelike(io.BytesIO(self.basis.template))
        return {
            Place(name, row, col): value
            for name in book.sheet_names
            for row, line in enumerate(book.get_sheet_by_name(name).to_python(skip_empty_area=False))
            for col, value in enumerate(line)
        }


def banner(control: Control, unit: Unit) -> str:
    """Return the second line of every sheet: unit, year, deadline, and whom to ask."""
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


def _as_calamine_shows(value: object) -> object:
    """Return a written value as calamine shows it: an empty text for nothing."""
    return "" if value is None else value
