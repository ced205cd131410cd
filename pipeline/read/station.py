"""One arrival through reading: open, establish whose it is, prove the labels, take the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal

from pipeline.control import Control
from pipeline.findings import Finding, notice, violation
from pipeline.form import Form, Item, Value
from pipeline.layout import IDENTITY_SHEET, Layout, plain
from pipeline.read.normalise import Reading, read_number, read_text
from pipeline.read.workbook import UnreadableError, read_sheets
from pipeline.returns import Arrival, Sheet, Submission, Unclaimed
from pipeline.seal import Seal

_ZERO: Mapping[str, Value] = {"count": 0, "money": Decimal(0)}
_EXPECTED = {"count": "不小于 0 的整数", "money": "不小于 0 的数字，最多四位小数"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads the returns of one year; everything it needs is fixed before the first file."""

    form: Form
    layout: Layout
    control: Control
    secret: bytes

    def read(self, arrival: Arrival) -> Submission | Unclaimed:
        """The submission in an arrival, or why nobody can be held to it."""
        if arrival.findings:
            return Unclaimed(arrival=arrival, findings=arrival.findings)
        try:
            sheets = read_sheets(arrival.path)
        except UnreadableError as error:
            return self._unclaimed(arrival, notice("I1", name=arrival.name, reason=error))
        unit = self._unit(arrival, sheets)
        if isinstance(unit, Finding):
            return self._unclaimed(arrival, unit)
        moved = self._moved(sheets)
        if moved:
            empty: tuple[Value, ...] = (None,) * len(self.form.items)
            return self._submission(arrival, unit, empty, moved, {})
        values, findings = self._values(sheets, unit)
        return self._submission(arrival, unit, values, findings, self._reasons(sheets))

    def _unclaimed(self, arrival: Arrival, finding: Finding) -> Unclaimed:
        return Unclaimed(arrival=arrival, findings=(finding.at(file=arrival.name),))

    def _submission(
        self,
        arrival: Arrival,
        unit: str,
        values: tuple[Value, ...],
        findings: list[Finding],
        reasons: Mapping[str, str],
    ) -> Submission:
        return Submission(
            arrival=arrival,
            unit=unit,
            values=values,
            places=self.layout.places,
            reasons=reasons,
            findings=tuple(finding.at(unit=unit, file=arrival.name) for finding in findings),
        )

    def _unit(self, arrival: Arrival, sheets: Mapping[str, Sheet]) -> str | Finding:
        """The code of the unit the return is from, or the finding that says why that is not certain."""
        claim = next(
            (claim for claim in self.control.claims if claim.subject in (arrival.sha256, *arrival.names)), None
        )
        seal = self._seal(sheets)
        if seal is None:
            return claim.unit if claim else notice("I2", name=arrival.name)
        year = self.control.profile.year
        if seal.year != str(year):
            return notice("U2", name=arrival.name, found=seal.year, year=year)
        if seal.form != self.form.id:
            return notice("U3", name=arrival.name, found=seal.form, year=year, form=self.form.id)
        if claim:
            return claim.unit
        if not seal.genuine(self.secret):
            return notice("U1", name=arrival.name, found=seal.unit)
        unit = self.control.by_code.get(seal.unit)
        if unit is None:
            return notice("U4", name=arrival.name, found=seal.unit)
        declared = plain(self._raw(sheets, "meta.unit"))
        if declared and declared not in {plain(name) for name in (unit.name, *unit.aliases)}:
            return notice("U5", name=arrival.name, found=unit.name, declared=declared)
        return unit.code

    def _seal(self, sheets: Mapping[str, Sheet]) -> Seal | None:
        if IDENTITY_SHEET not in sheets:
            return None
        places = {field.name: self.layout.named.get(f"xxgk_{field.name}") for field in fields(Seal)}
        texts = {
            key: str(sheets[IDENTITY_SHEET].at(place.row, place.col)).strip() for key, place in places.items() if place
        }
        return Seal(**texts) if len(texts) == len(places) and texts["unit"] else None

    def _raw(self, sheets: Mapping[str, Sheet], code: str) -> object:
        place = self.layout.places.get(code)
        return sheets[place.sheet].at(place.row, place.col) if place and place.sheet in sheets else ""

    def _moved(self, sheets: Mapping[str, Sheet]) -> list[Finding]:
        """Every label that does not stand where it was issued; with one of them no value can be believed."""
        rule, findings = self.form.rule("S1"), []
        missing = {anchor.place.sheet for anchor in self.layout.anchors} - sheets.keys()
        for sheet in sorted(missing):
            detail = f"缺少工作表“{sheet}”"
            findings.append(violation(rule, detail=detail, found="没有", expected=sheet, where={"sheet": sheet}))
        for anchor in self.layout.anchors:
            place = anchor.place
            if place.sheet in missing:
                continue
            found = sheets[place.sheet].at(place.row, place.col)
            if found != anchor.text and plain(found) != plain(anchor.text):
                shown = str(found).strip() or "空白"
                detail = f"“{place.sheet}”{place.cell} 应为“{anchor.text}”，现在是“{shown}”"
                where = {"sheet": place.sheet, "cell": place.cell}
                findings.append(violation(rule, detail=detail, found=shown, expected=anchor.text, where=where))
        return findings

    def _values(self, sheets: Mapping[str, Sheet], unit: str) -> tuple[tuple[Value, ...], list[Finding]]:
        values: list[Value] = []
        findings: list[Finding] = []
        for item in self.form.items:
            raw = self._raw(sheets, item.code)
            reading = read_number(raw, item) if item.numeric else read_text(raw)
            value = reading.value
            if item.numeric and (finding := self._remark(item, reading, unit)):
                place = self.layout.places[item.code]
                findings.append(finding.at(sheet=place.sheet, cell=place.cell, item=item.code))
                value = _ZERO[item.kind] if finding.code == "V2" else value
            values.append(value)
        return tuple(values), findings

    def _remark(self, item: Item, reading: Reading, unit: str) -> Finding | None:
        """What must be said about a figure's cell, if anything."""
        expected = _EXPECTED[item.kind]
        if reading.reason:
            rule, found = self.form.rule("S3"), reading.shown
            return violation(rule, label=item.label, found=found, reason=reading.reason, expected=expected)
        if reading.repaired:
            return notice("V1", label=item.label, found=reading.shown, value=reading.value)
        source = item.source and self.control.profile.sources.get(item.source) == unit
        if reading.value is not None or not (item.required or source) or item.mode != "entered":
            return None
        if self.control.profile.blanks == "zero":
            return notice("V2", label=item.label, found="空白")
        return violation(self.form.rule("S2"), label=item.label, found="空白", expected=expected)

    def _reasons(self, sheets: Mapping[str, Sheet]) -> dict[str, str]:
        """What the unit wrote under 出错说明, by the key of the equation."""
        found = {}
        for rule in self.form.rules:
            for equation in rule.equations:
                place = self.layout.named.get("explain_" + equation.key.replace(".", "_"))
                if place and place.sheet in sheets:
                    text = str(sheets[place.sheet].at(place.row, place.col)).strip()
                    if text:
                        found[equation.key] = text
        return found
