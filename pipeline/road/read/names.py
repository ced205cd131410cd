"""The names of the roster, as clerks write them: with or without the county in front and the suffix behind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from rapidfuzz import fuzz, process

from pipeline.layout import plain
from pipeline.model.control import Control
from pipeline.workbook.cells import label_key

_TAILS = ("街道", "镇", "乡", "县", "区", "市")
_LEVELS = frozenset("县区市旗州盟")
_SHORTEST = 3
"""Shorter names are not looked for in file names: 财政 would be found in every 财政所."""

_LIKENESS = 60.0
"""Below this rapidfuzz ratio a name is not worth suggesting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """``exact`` and ``keys`` map normalised names to unit codes; ``beginnings`` are the names to
    look for in a path, by their first letters, the longest of each first.
    """

    county: str
    exact: Mapping[str, frozenset[str]]
    keys: Mapping[str, frozenset[str]]
    codes: frozenset[str]
    names: Mapping[str, str]
    beginnings: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, control: Control) -> Roster:
        """The roster of a year's 台账."""
        county = _county(control.profile.root)
        exact: dict[str, set[str]] = {}
        keys: dict[str, set[str]] = {}
        names: dict[str, str] = {}
        for unit in control.units:
            for name in (unit.name, *unit.aliases):
                names.setdefault(plain(name), unit.code)
                exact.setdefault(plain(name), set()).add(unit.code)
                key = folded_name(name, county)
                for form in (key, _without_tail(key)):
                    keys.setdefault(form, set()).add(unit.code)
        beginnings: dict[str, list[str]] = {}
        for word in sorted((w for w in exact.keys() | keys.keys() if len(w) >= _SHORTEST), key=len, reverse=True):
            beginnings.setdefault(word[:_SHORTEST], []).append(word)
        return cls(
            county=county,
            exact={name: frozenset(codes) for name, codes in exact.items()},
            keys={key: frozenset(codes) for key, codes in keys.items()},
            codes=frozenset(unit.code for unit in control.units),
            names=names,
            beginnings=beginnings,
        )

    def resolve(self, name: str) -> frozenset[str]:
        """Return the units a declared name can mean: by its exact letters, else without county and suffix."""
        return self.exact.get(plain(name)) or self.keys.get(folded_name(name, self.county)) or frozenset()

    def agrees(self, name: str, code: str) -> bool:
        """Whether a declared name can be the unit's."""
        return code in self.resolve(name)

    def find_mentioned(self, path: str) -> frozenset[str]:
        """Return the units a file name mentions, or else the nearest folder that mentions one."""
        for part in reversed(PurePosixPath(path).parts):
            stem = plain(part.rpartition(".")[0] or part)
            codes = set(self._by_name(stem))
            if (head := re.match(r"([0-9A-Za-z-]+)[_＿ ]", part)) and head[1] in self.codes:
                codes.add(head[1])
            if codes:
                return frozenset(codes)
        return frozenset()

    def _by_name(self, stem: str) -> Iterable[str]:
        at = 0
        while at + _SHORTEST <= len(stem):
            words = self.beginnings.get(stem[at : at + _SHORTEST], ())
            word = next((word for word in words if stem.startswith(word, at)), "")
            if word:
                yield from self.exact.get(word) or self.keys[word]
            at += len(word) or 1

    def similar(self, texts: Iterable[str]) -> list[str]:
        """Return units with a name like one of the texts, the most similar first; a suggestion, never a decision."""
        scored: dict[str, float] = {}
        for text in texts:
            for name, score, _ in process.extract(
                plain(text), list(self.names), scorer=fuzz.partial_ratio, score_cutoff=_LIKENESS, limit=3
            ):
                code = self.names[name]
                scored[code] = max(scored.get(code, 0.0), score)
        return sorted(scored, key=lambda code: (-scored[code], code))


def folded_name(name: str, county: str) -> str:
    """Return a name without its county and without 人民政府 at its end.

    >>> folded_name("方正县 城关镇人民政府", "方正县"), folded_name("县财政局", "方正县")
    ('城关镇', '财政局')
    """
    key = label_key(name).replace("人民政府", "政府").replace("街道办事处", "街道")
    for front in (county, county[-1:] if county[-1:] in _LEVELS else ""):
        if front and key.startswith(front) and len(key) > len(front) + 1:
            key = key.removeprefix(front)
            break
    short = key.removesuffix("政府")
    return short if len(short) > 1 else key


def _without_tail(key: str) -> str:
    tail = next((tail for tail in _TAILS if key.endswith(tail) and len(key) - len(tail) >= 2), "")
    return key.removesuffix(tail)


def _county(root: str) -> str:
    return label_key(root).removesuffix("政府").removesuffix("人民")
