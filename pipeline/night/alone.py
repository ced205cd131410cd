"""What an issued workbook says of itself, as the basis of its check where there is no workspace.

Its seal names form, unit and year, and its hidden sheet tells which rules concern the unit, their thresholds, and figures
of the year before. The secret of the office, its roster and its decisions are not known: what depends on them is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.form import LAST, Form, Rule, Value
from pipeline.layout import IDENTITY_SHEET, LOCAL_SHEET, areas_of, print_area, read_layout, switches
from pipeline.layout.switches import applies_name, last_name, setting_name
from pipeline.model.basis import Basis
from pipeline.model.control import LEVELS, UNIT_TYPES, Control, Profile, Unit
from pipeline.model.past import History
from pipeline.model.seal import Seal, make_seal
from pipeline.model.submission import Arrival, Sheet, Submission, Unclaimed
from pipeline.road.read import Reader
from pipeline.road.read.identity import find_identity, seals_of
from pipeline.road.read.locate import grid
from pipeline.workbook.cells.normalise import as_shown, read_number
from pipeline.workspace import Workspace, template_file

_SECRET = b"\0" * 32
_KINDS = ("其他", *(kind for kind in UNIT_TYPES if kind != "其他"))
_NEEDING = frozenset({"repeated", "swing", "unit_slip", "unit_words"})
"""Kinds of rules that need more of the year before, or of the county, than an issued workbook tells."""
Told = Mapping[str, object]
"""The hidden sheet: what is in its second column, by its first."""


@dataclass(frozen=True, kw_only=True)
class TrustingReader(Reader):
    """Reads a workbook whose seal nobody here can prove: it is taken as genuine, and all other evidence is weighed."""

    def read_cells(self, arrival: Arrival, sheets: Mapping[str, Sheet], **more: Any) -> Submission | Unclaimed:
        """Read the cells under a seal of our own."""
        return super().read_cells(arrival, {name: _sealed(name, sheet) for name, sheet in sheets.items()}, **more)


def basis_alone(sheets: Mapping[str, Sheet], year: int | None = None) -> Basis | None:
    """Return what a workbook says of itself as the basis of its check for a year, its own by default; ``None`` when it
    says nothing.
    """
    book = {title: grid(sheet) for title, sheet in sheets.items()}
    seal, name = find_identity(book)
    seal = seal or next(iter(seals_of(book)), None)
    if seal is None or not seal.year.isdecimal():
        return None
    bundled = Workspace(Path("/"))
    found = next(((form, folder) for form, folder in bundled.forms() if form.id == seal.form), None)
    if found is None:
        return None
    form, folder = found
    told = _told(sheets)
    level, kind = _kind(form, int(seal.year), told)
    profile = Profile(
        root="汇总单位",
        level=level,
        compiler="",
        year=year or int(seal.year),
        sources={},
        thresholds=_thresholds(form, told),
    )
    unit = Unit(code=seal.unit, name=name or seal.unit, type=kind)
    control = Control(
        profile=profile, units=(unit,), waivers=(), adjustments=(), acceptances=(), claims=(), texts={}, findings=()
    )
    template = template_file(folder, "return.xlsx")
    return Basis(
        statutory=form,
        form=form,
        layout=read_layout(form, template),
        template=template.read_bytes(),
        word=template_file(folder, "report.docx"),
        secret=_SECRET,
        control=control,
        history=History(values={unit.code: dict(_year_before(form, told))}),
    )


def rules_in_part(form: Form, submission: Submission) -> Iterator[Rule]:
    """Yield the rules that an issued workbook alone does not decide, although they were asked."""
    blank = any(_open_sources(form, submission))
    yield from (rule for rule in form.rules if rule.kind in _NEEDING or (rule.kind == "filled" and blank))


def unknown_alone(basis: Basis, submission: Submission, sheets: Sequence[str]) -> Iterator[str]:
    """Yield what was not checked for want of a workspace, and what was assumed, one sentence each."""
    unit = basis.control.units[0]
    yield (
        f"签发信息是不是汇总单位给 {unit.code} 的，没有密钥不能核实；单位、年度只和每张表上写的互相比对过。"
        "文件名写的是谁、台账里的名录、别名和认领都没有核对"
    )
    blank = frozenset(_open_sources(basis.form, submission))
    for sheet in dict.fromkeys(submission.places[code].sheet for code in blank):
        here = {(p.row, p.col): code in blank for code, p in submission.places.items() if p.sheet == sheet}
        areas = areas_of([at for at, is_blank in here.items() if is_blank], here.keys())
        named = f"{sheet} {'、'.join(map(print_area, areas))}"
        yield f"{named} 空着：汇总单位指定由本单位填报的，空着要退回，别的单位不用填"
    yield "空白是按“退回”核对的；汇总单位在台账里定了“按0计”的，空白不退回、按 0 算"
    if LOCAL_SHEET in sheets:
        yield f"“{LOCAL_SHEET}”这张表（本地指标和本地规则）没有核对"
    yield "上年的数只知道表上带着的；以前报过的报表和写过的出错说明、台账里的认可、报送期限都不知道"


def _sealed(name: str, sheet: Sheet) -> Sheet:
    """Return the identity sheet with the seal it would have here; any other sheet as it is."""
    if not name.startswith(IDENTITY_SHEET):
        return sheet
    for seal in seals_of({name: grid(sheet)}):
        if seal.year.isdecimal():
            code = _own(seal).hmac
            rows = [[row[0], code] if len(row) > 1 and str(row[0]).strip() == "hmac" else row for row in sheet.rows]
            return replace(sheet, rows=rows)
    return sheet


def _own(seal: Seal) -> Seal:
    return make_seal(_SECRET, form=seal.form, form_digest=seal.form_digest, unit=seal.unit, year=int(seal.year))


def _told(sheets: Mapping[str, Sheet]) -> Told:
    sheet = next((sheet for name, sheet in sheets.items() if name.startswith(IDENTITY_SHEET)), None)
    return {as_shown(row[0]).strip(): row[1] for row in grid(sheet) if len(row) > 1} if sheet else {}


def _kind(form: Form, year: int, told: Told) -> tuple[str, str]:
    """Return the first level and unit type whose rules are those that are switched on in the workbook."""
    names = {applies_name(equation) for rule in form.rules for equation in rule.equations} & told.keys()
    for level in LEVELS:
        for kind in _KINDS:
            asked = switches(form, level=level, year=year, unit_type=kind)
            if all(asked.get(name) == told[name] for name in names):
                return level, kind
    return LEVELS[0], _KINDS[0]


def _thresholds(form: Form, told: Told) -> Mapping[tuple[str, str], int]:
    """Return the office's own thresholds, as far as the live checks of the workbook need them."""
    terms = (
        (rule.id, term.threshold) for rule in form.rules for equation in rule.equations for term in equation.thresholds
    )
    values = ((term, told.get(setting_name(*term))) for term in terms)
    return {term: int(value) for term, value in values if isinstance(value, int | float)}


def _year_before(form: Form, told: Told) -> Iterator[tuple[str, Value]]:
    """Yield the figures of the year before that the workbook carries, by item code."""
    for code in form.remembered:
        item = form.item(code.removeprefix(LAST))
        if (value := read_number(told.get(last_name(code), ""), item).value) is not None:
            yield item.code, value


def _open_sources(form: Form, submission: Submission) -> Iterator[str]:
    """Yield the items only a named unit must fill, where this one left them blank."""
    for item, value in zip(form.items, submission.values, strict=True):
        if item.source and value is None and item.code in submission.places:
            yield item.code
