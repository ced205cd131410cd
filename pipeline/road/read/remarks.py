"""Remarks about single cells; the same mistake in many cells becomes one finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.form import Item, Rule
from pipeline.layout import Place, areas_of, print_area
from pipeline.model.finding import Finding, digest, notice, violation

_MOST_AREAS = 4
"""Into how many areas of a sheet one mistake may fall before it is told as one scattered over the sheet."""
_MOST_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One remark about one cell. ``says`` is the rule or the code of the notice, ``words`` fill its sentence. A remark
    ``apart`` always has its own finding.
    """

    says: Rule | str
    item: Item
    place: Place
    words: Mapping[str, str] = field(default_factory=dict)
    apart: bool = False

    @property
    def kind(self) -> tuple[str, ...]:
        """The key by which remarks are joined to one finding."""
        code = self.says if isinstance(self.says, str) else self.says.id
        own = (self.place.cell,) if self.apart else ()
        return (code, self.place.sheet, self.words.get("reason", ""), self.words.get("expected", ""), *own)


def tell(remarks: Sequence[Remark], entries: Iterable[Place]) -> Iterator[Finding]:
    """Turn remarks into findings, in their order; ``entries`` are all entry cells."""
    alike: dict[tuple[str, ...], list[Remark]] = {}
    for remark in remarks:
        alike.setdefault(remark.kind, []).append(remark)
    several = {kind for kind, group in alike.items() if len(group) > 1}
    cells: dict[str, set[tuple[int, int]]] = {}
    for place in entries if several else ():
        cells.setdefault(place.sheet, set()).add((place.row, place.col))
    for kind, group in alike.items():
        if kind not in several:
            yield _single(group[0])
            continue
        by_cell = {(remark.place.row, remark.place.col): remark for remark in group}
        areas = areas_of(by_cell, cells.get(group[0].place.sheet, set()) - by_cell.keys())
        named = [print_area(area) for area in areas]
        if len(areas) > _MOST_AREAS:
            more = "等" if len(areas) > _MOST_SHOWN else ""
            yield _several(group, "、".join(named[:_MOST_SHOWN]) + more, named[0])
            continue
        for ((top, left), (bottom, right)), name in zip(areas, named, strict=True):
            inside = [r for (row, col), r in by_cell.items() if top <= row <= bottom and left <= col <= right]
            yield _several(inside, name, name) if len(inside) > 1 else _single(inside[0])


def _single(remark: Remark) -> Finding:
    where = {"sheet": remark.place.sheet, "cell": remark.place.cell, "item": remark.item.code}
    return _single_finding(remark, where, {"label": remark.item.label, **remark.words})


def _several(group: Sequence[Remark], named: str, cell: str) -> Finding:
    """One finding about several cells; ``named`` is their area in the sentence, ``cell`` as an address."""
    first = group[0]
    where: dict[str, object] = {"sheet": first.place.sheet, "cell": cell, "item": first.item.code}
    where["items"] = tuple(remark.item.code for remark in group)
    where["operands"] = digest((remark.item.code, remark.words.get("found", "")) for remark in group)
    words: dict[str, str] = {"label": f"{named} 共 {len(group)} 格"}
    for key in first.words:
        different = list(dict.fromkeys(remark.words[key] for remark in group))
        more = "等" if len(different) > _MOST_SHOWN else ""
        words[key] = (
            "”“".join(different[:_MOST_SHOWN]) + more if key == "found" else "、".join(different[:_MOST_SHOWN]) + more
        )
    return _single_finding(first, where, words)


def _single_finding(remark: Remark, where: Mapping[str, object], words: Mapping[str, str]) -> Finding:
    if isinstance(remark.says, str):
        return notice(remark.says, where=where, **words)
    return violation(remark.says, where=where, **words)
