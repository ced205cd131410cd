"""The unit of a return: the evidence is weighed, and a conflict goes to the office; nothing is guessed.

Strong: the hidden sheet whose HMAC this office made, and the name and year the sheets declare (填报单位, the line under
each title). Weak: file name and folder; weakest the address that mailed it, which anybody can write and which one clerk
may lend another: it is only told. The hidden sheet must be genuine, for this year and form, for a unit of the
roster; no declared name or year and no file name may say another. Everything else waits in 待认领 with the likely units,
until the office claims it in the 台账 by file name or hash; its signed row then outweighs all evidence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from pipeline.form import Form
from pipeline.layout import IDENTITY_SHEET, Layout, Place
from pipeline.model.control import Control
from pipeline.model.decisions import Claim
from pipeline.model.finding import Finding, notice
from pipeline.model.seal import Seal
from pipeline.model.submission import Arrival
from pipeline.road.read.names import Roster
from pipeline.workbook.cells import Rows, label_key, value_at
from pipeline.workbook.cells.normalise import as_shown

_BANNER = re.compile(
    r"填报单位[:：]\s*(?P<unit>.*?)[\s　]*(?:(?:报告年度[:：]\s*(?P<year>\d{4})年?|报送期限[:：]|咨询电话[:：]).*)?",
    re.S,
)
"""What is printed there; a name may hold blanks, as 财　政　局 does."""
_BY_HASH = 3
Words = dict[str, Any]
"""What fills the sentence of a finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What one cell declares about unit and year; blank when it declares nothing."""

    unit: str
    year: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """The unit of a return; ``findings`` say why when a claim of the office decided."""

    unit: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Why the unit is uncertain: the finding, and the reason in words for a claim that overrides it."""

    finding: Finding
    because: str


@dataclass(frozen=True, kw_only=True)
class Registrar:
    """Weighs the evidence of one return against roster, claims and secret of the year."""

    form: Form
    layout: Layout
    control: Control
    secret: bytes
    roster: Roster = field(init=False)
    _banners: tuple[Place, ...] = field(init=False)
    _sheets: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        banners = tuple(place for name, place in self.layout.named.items() if name.startswith("banner_"))
        object.__setattr__(self, "roster", Roster.of(self.control))
        object.__setattr__(self, "_banners", banners)
        object.__setattr__(self, "_sheets", frozenset(self.layout.sheets))

    def identify(self, arrival: Arrival, book: Mapping[str, Rows]) -> Identified | Finding:
        """Return the unit, or the doubt under which the return waits in 待认领."""
        seals = seals_of(book)
        verdict = self._weigh(arrival, seals, book)
        claims = self._claims(arrival)
        units = sorted({claim.unit for claim in claims})
        if len(units) > 1:
            return notice("U9", name=arrival.name, found="、".join(self._name_of(unit) for unit in units))
        if not units:
            return verdict.finding if isinstance(verdict, Doubt) else verdict
        if isinstance(verdict, Identified) and verdict.unit == units[0]:
            return verdict
        if owner := self._owner(arrival, claims, units[0], book):
            return owner
        because = verdict.because if isinstance(verdict, Doubt) else f"签发给“{self._name_of(verdict.unit)}”"
        words: Words = {
            "name": arrival.name,
            "unit": self._name_of(units[0]),
            "cell": claims[0].cell,
            "because": because,
        }
        return Identified(unit=units[0], findings=(notice("U10", **words),))

    def _weigh(self, arrival: Arrival, seals: list[Seal], book: Mapping[str, Rows]) -> Identified | Doubt:
        year = str(self.control.profile.year)
        declared = list(self._read_declarations(book))
        words: Words = {"name": arrival.name, "year": year, "form": self.form.id}
        if not seals:
            likely = self._likely(arrival, declared)
            return Doubt(finding=notice("U6", found="没有签发页", likely=likely, **words), because="没有签发页")
        seal = seals[0]
        other = next((s for s in seals if s.year != year), None)
        if other:
            return Doubt(finding=notice("U2", found=other.year or "空白", **words), because="签发年度不同")
        if seal.form != self.form.id:
            return Doubt(finding=notice("U3", found=seal.form, **words), because="表式不同")
        if not all(s.genuine(self.secret) for s in seals) or len({s.unit for s in seals}) > 1:
            likely = self._likely(arrival, declared, seal.unit)
            return Doubt(finding=notice("U1", found=seal.unit, likely=likely, **words), because="签发信息不能核实")
        if seal.unit not in self.control.by_code:
            likely = self._likely(arrival, declared)
            return Doubt(finding=notice("U4", found=seal.unit, likely=likely, **words), because="签发给名录之外的单位")
        return self._contradiction(arrival, seal.unit, declared, words) or Identified(unit=seal.unit)

    def _contradiction(self, arrival: Arrival, unit: str, declared: list[Declaration], words: Words) -> Doubt | None:
        """Return the first evidence in the return or its names for another unit or year."""
        agreed = ""
        for declaration in declared:
            where = {"sheet": declaration.place.sheet, "cell": declaration.place.cell}
            if declaration.unit and declaration.unit != agreed and not self.roster.agrees(declaration.unit, unit):
                likely = self._likely(arrival, [declaration], unit)
                named = self._name_of(unit)
                finding = notice("U5", where=where, found=named, declared=declaration.unit, likely=likely, **words)
                return Doubt(finding=finding, because="表上写的单位不同")
            if declaration.year and declaration.year != words["year"]:
                return Doubt(
                    finding=notice("U8", where=where, found=declaration.year, **words), because="表上写的年度不同"
                )
            agreed = declaration.unit or agreed
        for name in arrival.names:
            mentioned = self.roster.find_mentioned(name)
            if not mentioned or unit in mentioned:
                return None
        others = "、".join(self._name_of(code) for code in sorted(self.roster.find_mentioned(arrival.name)))
        likely = self._likely(arrival, declared, unit)
        finding = notice("U7", found=self._name_of(unit), declared=others, likely=likely, **words)
        return Doubt(finding=finding, because="文件名写的单位不同")

    def _owner(self, arrival: Arrival, claims: Sequence[Claim], unit: str, book: Mapping[str, Rows]) -> Finding | None:
        """Weigh a sheet's declared unit against claims: it outweighs a claim by file name, while a claim by hash is
        certain.
        """
        if any(claim.certainty(arrival.sha256, arrival.names) == _BY_HASH for claim in claims):
            return None
        for declared in self._read_declarations(book):
            others = self.roster.resolve(declared.unit) if declared.unit else frozenset()
            if others and unit not in others:
                where = {"sheet": declared.place.sheet, "cell": declared.place.cell}
                words: Words = {"name": arrival.name, "unit": self._name_of(unit), "row": arrival.sha256[:8]}
                return notice("U11", where=where, found=declared.unit, expected=self._name_of(unit), **words)
        return None

    def namesakes(self, arrival: Arrival, unit: str) -> Iterator[Finding]:
        """Yield a finding when the same bytes have the name of another unit too: one of them has not sent its own
        return.
        """
        if not any(unit in self.roster.find_mentioned(name) for name in arrival.names):
            return
        for name in arrival.names:
            others = self.roster.find_mentioned(name) - {unit}
            if others and unit not in self.roster.find_mentioned(name):
                named = "、".join(self._name_of(code) for code in sorted(others))
                yield notice("U12", name=name, unit=self._name_of(unit), found=named, expected=self._name_of(unit))

    def senders(self, arrival: Arrival, unit: str) -> Iterator[Finding]:
        """Yield a finding when the address that mailed the return is another unit's, and none is its own."""
        owners = self.control.mailed_by(arrival.senders)
        if owners and unit not in owners:
            owner = "、".join(self._name_of(code) for code in sorted(owners))
            words: Words = {"name": arrival.name, "unit": self._name_of(unit), "sender": "、".join(arrival.senders)}
            yield notice("U13", found=owner, expected=self._name_of(unit), **words)

    def _claims(self, arrival: Arrival) -> list[Claim]:
        """Return the most certain claims: by hash, else by path, else by base name."""
        rows = [claim for claim in self.control.claims if claim.unit]
        ranked = [(claim.certainty(arrival.sha256, arrival.names), claim) for claim in rows]
        best = max((certainty for certainty, _ in ranked), default=0)
        return [claim for certainty, claim in ranked if best and certainty == best]

    def _read_declarations(self, book: Mapping[str, Rows]) -> Iterator[Declaration]:
        """Yield the declared unit and year: in an issued workbook at their known cells, else anywhere on the sheets."""
        home = self.layout.places.get("meta.unit")
        known: object = ""
        for place in self._banners:
            text = value_at(book.get(place.sheet, ()), place.row, place.col)
            if text != known and isinstance(text, str) and (match := _BANNER.fullmatch(text)):
                known = text
                yield Declaration(unit=_clean_name(match["unit"]), year=match["year"] or "", place=place)
        if not known or home is None or home.sheet not in book or book.keys() - self._sheets:
            yield from search_declarations(book)
            return
        label = value_at(book[home.sheet], home.row, 0) if home.col else ""
        if label_key(str(label)) != "填报单位":
            yield from search_declarations(book)
            return
        yield Declaration(unit=as_shown(value_at(book[home.sheet], home.row, home.col)).strip(), year="", place=home)
        year = self.layout.places.get("meta.year")
        if year and label_key(str(value_at(book[year.sheet], year.row, 0))) == "报告年度":
            yield Declaration(unit="", year=_year(value_at(book[year.sheet], year.row, year.col)), place=year)

    def _likely(self, arrival: Arrival, declared: list[Declaration], sealed: str = "") -> str:
        """Return up to three candidate units with reasons, for the office to choose from."""
        texts = dict.fromkeys(declaration.unit for declaration in declared if declaration.unit)
        reasons: dict[str, str] = {}
        for text in texts:
            for code in sorted(self.roster.resolve(text)):
                reasons.setdefault(code, "表上写明")
        if sealed in self.control.by_code:
            reasons.setdefault(sealed, "签发信息")
        for name in arrival.names:
            for code in sorted(self.roster.find_mentioned(name)):
                reasons.setdefault(code, "文件名")
        for code in sorted(self.control.mailed_by(arrival.senders)):
            reasons.setdefault(code, "发件邮箱")
        for code in self.roster.similar([*texts, *(name.rpartition("/")[2] for name in arrival.names)]):
            reasons.setdefault(code, "名称相近")
        listed = [f"{self._name_of(code)}（{why}）" for code, why in list(reasons.items())[:3]]
        return "可能是：" + "、".join(listed) if listed else "名录里没有名称相近的单位"

    def _name_of(self, code: str) -> str:
        unit = self.control.by_code.get(code)
        return f"{code} {unit.name}" if unit else code


def seals_of(book: Mapping[str, Rows]) -> list[Seal]:
    """Return the seal of every hidden sheet; two of them mean that two workbooks were merged."""
    seals = []
    for name, rows in book.items():
        if name.startswith(IDENTITY_SHEET):
            declaration = {str(row[0]).strip(): row[1] for row in rows if len(row) > 1}
            seal = Seal(**{entry.name: as_shown(declaration.get(entry.name, "")).strip() for entry in fields(Seal)})
            if seal.unit:
                seals.append(seal)
    return seals


def find_identity(book: Mapping[str, Rows]) -> tuple[Seal | None, str]:
    """Return the seal of an issued workbook and the name it declares most often; no seal when there is none or several."""
    seals = seals_of(book)
    names = Counter(found.unit for found in search_declarations(book) if found.unit)
    return (seals[0] if len(seals) == 1 else None), next((name for name, _ in names.most_common(1)), "")


def search_declarations(book: Mapping[str, Rows]) -> Iterator[Declaration]:
    """``填报单位：…`` in one cell, or 填报单位 with the name in the next filled cell, on any sheet."""
    for sheet, rows in book.items():
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                if not isinstance(cell, str) or len(cell) > 200:
                    continue
                text = cell.strip()
                if text.startswith("填报单位") and (match := _BANNER.fullmatch(text)) and _clean_name(match["unit"]):
                    yield Declaration(
                        unit=_clean_name(match["unit"]), year=match["year"] or "", place=Place(sheet, r, c)
                    )
                elif label_key(text) in ("填报单位", "报告年度"):
                    beside = next((n for n in range(c + 1, len(row)) if str(row[n]).strip()), None)
                    if beside is None:
                        continue
                    declaration = as_shown(row[beside]).strip()
                    is_unit = label_key(text) == "填报单位"
                    yield Declaration(
                        unit=declaration if is_unit and len(declaration) <= 60 else "",
                        year="" if is_unit else _year(row[beside]),
                        place=Place(sheet, r, beside),
                    )


def _clean_name(unit: str) -> str:
    """Return a declared name; the prompt of the blank form is none."""
    return "" if unit.startswith(("（", "(")) else unit


def _year(cell: object) -> str:
    match = re.fullmatch(r"(\d{4})年?(?:度)?", as_shown(cell).strip())
    return match[1] if match else ""
