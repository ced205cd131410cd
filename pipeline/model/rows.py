"""Readings as rows of plain values, and back: the form in which they leave a worker and are stored. A row holds
everything about an arrival except its file: unit, values, places, reasons and findings. It is made in the worker, so
that nothing of the workbook itself travels further. Texts that come back are shared (interned): a unit that sends its
return ten times changes a few figures and repeats its words, and findings repeat their remedies.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from sys import intern
from typing import Any

from pipeline.form import Form, Value, Vector
from pipeline.layout import Layout, Place
from pipeline.model.finding import Finding
from pipeline.model.submission import Arrival, Obstacle, Reason, Repair, Submission, Unclaimed

_OLD_REPAIRS: Mapping[str, Repair] = {
    "V1": Repair.RETYPED,
    "V2": Repair.ZEROED,
    "V3": Repair.CONVERTED,
    "V4": Repair.NOTE,
}
"""How rows of ledgers before revision 0004 tell what was repaired: by the code of the finding."""
_NONE, _EMPTY = "{}", "[]"
"""No texts or reasons, and no findings: nearly every row says so, and nothing is parsed."""
_DEFAULTS: Mapping[str, object] = {
    field.name: field.default for field in fields(Finding) if isinstance(field.default, str | bool | tuple)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One reading. ``unit`` is empty when the return is unclaimed; ``places`` is empty when all items are at their
    issued places. ``remarks`` are the repairs of a submission, or the obstacle of an unclaimed arrival.

    ``shape`` is the key of the `Shape` its figures, texts and places are ordered by.
    """

    sha256: str
    shape: str
    unit: str = ""
    figures: bytes = b""
    texts: str = _NONE
    places: str = ""
    reasons: str = _NONE
    findings: str = _EMPTY
    remarks: str = ""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The items packed values are ordered by: of each its code, its decimals, and where it was issued.

    It is kept beside the readings, so that one of a former year can be read when the form or the template is another.
    """

    form: str
    items: tuple[tuple[str, int, str, int, int], ...]

    @classmethod
    def of(cls, form: Form, layout: Layout) -> Shape:
        """The shape of a form as its template lays it out."""
        nowhere = Place("", 0, 0)
        places = (layout.places.get(item.code, nowhere) for item in form.items)
        return cls(
            form=form.id,
            items=tuple(
                (item.code, scale, place.sheet, place.row, place.col)
                for item, scale, place in zip(form.items, form.scales, places, strict=True)
            ),
        )

    @classmethod
    def load(cls, form: str, items: str) -> Shape:
        """The shape that was `packed`."""
        return cls(form=form, items=tuple((code, *rest) for code, *rest in json.loads(items)))

    @property
    def packed(self) -> str:
        """The items as JSON."""
        return _json(self.items)

    @property
    def key(self) -> str:
        """The digest of the whole."""
        return hashlib.sha256(f"{self.form}\0{self.packed}".encode()).hexdigest()[:32]

    @cached_property
    def _scales(self) -> tuple[int, ...]:
        return tuple(scale for _, scale, *_ in self.items)

    def values(self, row: Row) -> Vector:
        """The values of a reading."""
        texts = {int(at): intern(text) for at, text in json.loads(row.texts).items()}
        return Vector.load(self._scales, row.figures, texts)

    def by_code(self, row: Row) -> dict[str, Value]:
        """The values of a reading by item code."""
        return dict(zip((code for code, *_ in self.items), self.values(row), strict=True))

    def places(self, row: Row) -> dict[str, Place]:
        """Where they stood, by item code."""
        found = {code: Place(sheet, r, c) for code, _, sheet, r, c in self.items if sheet}
        if row.places:
            packed_fields = json.loads(row.places)
            found |= {self.items[at][0]: Place(*place) for at, *place in packed_fields["elsewhere"]}
            for at in packed_fields["nowhere"]:
                del found[self.items[at][0]]
        return found


@dataclass(frozen=True, kw_only=True)
class Packing:
    """Packs and unpacks the readings of one year's form and layout."""

    form: Form
    layout: Layout

    @cached_property
    def shape(self) -> Shape:
        """How the values are ordered."""
        return Shape.of(self.form, self.layout)

    @cached_property
    def _key(self) -> str:
        return self.shape.key

    def pack(self, result: Submission | Unclaimed) -> Row:
        """The row of a reading."""
        if isinstance(result, Unclaimed):
            findings = packed_findings(result.findings)
            remarks = _json([result.obstacle.reason, result.obstacle.words])
            return Row(sha256=result.arrival.sha256, shape=self._key, findings=findings, remarks=remarks)
        return Row(
            sha256=result.arrival.sha256,
            shape=self._key,
            unit=result.unit,
            figures=result.values.packed,
            texts=_json({str(at): text for at, text in result.values.texts.items()}),
            places=self._packed_places(result.places),
            reasons=_json(dict(result.reasons)),
            findings=packed_findings(result.findings),
            remarks=_json([dict(result.repairs), result.saved.isoformat() if result.saved else "", result.lacking]),
        )

    def _packed_places(self, places: Mapping[str, Place]) -> str:
        """Pack the places of items that were moved or lost; empty if all are where they were issued."""
        issued = self.layout.places
        if places is issued or places == issued:
            return ""
        at = self.form.position
        elsewhere = [(at[c], p.sheet, p.row, p.col) for c, p in places.items() if issued.get(c) != p]
        return _json({"elsewhere": elsewhere, "nowhere": [at[code] for code in issued if code not in places]})

    def unpack(self, row: Row, arrival: Arrival) -> Submission | Unclaimed:
        """The reading again, of the same arrival."""
        findings = unpacked_findings(row.findings)
        remarks: list[Any] = json.loads(row.remarks) if row.remarks else [None, "", ""]
        if not row.unit:
            reason, words = remarks
            obstacle = Obstacle(reason=Reason(reason), words=words)
            return Unclaimed(arrival=arrival, obstacle=obstacle, findings=findings)
        return Submission(
            arrival=arrival,
            unit=intern(row.unit),
            values=self.shape.values(row),
            places=self.shape.places(row) if row.places else self.layout.places,
            reasons=json.loads(row.reasons) if row.reasons != _NONE else {},
            repairs=unpacked_repairs(row) if remarks[0] is None else _load_repairs(remarks[0]),
            saved=dt.datetime.fromisoformat(remarks[1]) if remarks[1] else None,
            lacking=remarks[2],
            findings=findings,
        )


def unpacked_repairs(row: Row) -> dict[str, tuple[Repair, ...]]:
    """What was repaired in a reading of a unit, by item code."""
    if row.remarks:
        return _load_repairs(json.loads(row.remarks)[0])
    repairs: dict[str, tuple[Repair, ...]] = {}
    for finding in unpacked_findings(row.findings):
        if finding.code in _OLD_REPAIRS and finding.item:
            repairs[finding.item] = (*repairs.get(finding.item, ()), _OLD_REPAIRS[finding.code])
    return repairs


def _load_repairs(packed: Mapping[str, Iterable[str]]) -> dict[str, tuple[Repair, ...]]:
    return {code: tuple(map(Repair, repairs)) for code, repairs in packed.items()}


def packed_findings(findings: Iterable[Finding]) -> str:
    """Return findings as JSON without default values."""
    return _json([_pack_finding(finding) for finding in findings])


def pack_each(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return every finding as JSON of its own."""
    return tuple(_json(_pack_finding(finding)) for finding in findings)


def unpacked_findings(packed: str) -> tuple[Finding, ...]:
    """Restore findings from JSON."""
    if packed == _EMPTY:
        return ()
    return tuple(Finding(**_with_tuples(packed_fields)) for packed_fields in json.loads(packed))


def _with_tuples(packed_fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a finding as they were: JSON knows lists alone."""
    return {name: _restored(value) for name, value in packed_fields.items()}


def _restored(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(intern, value))
    return intern(value) if isinstance(value, str) else value


def unpacked_rules(packed: str) -> tuple[str, ...]:
    """Restore ids of rules from JSON."""
    return tuple(map(intern, json.loads(packed)))


def _pack_finding(finding: Finding) -> dict[str, Any]:
    packed_fields = {name: getattr(finding, name) for name in Finding.__slots__}
    return {name: value for name, value in packed_fields.items() if name not in _DEFAULTS or value != _DEFAULTS[name]}


def _json(value: object) -> str:
    return _encoder.encode(value)


_encoder = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))
