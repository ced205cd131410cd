"""Findings: what a person must look at, as data. Every sentence of a finding is in a catalogue: a rule's sentence in
rules.toml, all others in ``messages.toml`` under a stable code: ``I`` intake, ``T`` 台账, ``U`` unit and identity, ``L``
places, ``V`` values, ``H`` history, ``C`` consolidation, ``F`` what findings have in common, ``K`` templates.
"""

from __future__ import annotations

import hashlib
import re
import string
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from pipeline.form import Rule, Severity, Value

SEVERITY_LABELS: Mapping[Severity, str] = {"error": "强制性", "warning": "核实性", "info": "提示"}
_BOUND_DECIMALS = 4
_CORNER = re.compile(r"([A-Z]+)([0-9]+)")
_ORDER: Mapping[Severity, int] = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found, complete enough for a clerk to act on without asking.

    ``key`` is the rule and its line (``R3.natural``), ``operands`` a digest of the values it was evaluated on: a reason
    is bound to both. ``items`` are those of a finding about several cells; ``cell`` is an area then (``D6:I30``).
    ``asks``: the office must answer it before a year is closed. ``folds`` are keys of findings this one explains;
    ``answer`` is the reason a unit gave or the acceptance the office signed.
    """

    code: str
    severity: Severity
    message: str
    remedy: str
    unit: str = ""
    file: str = ""
    sheet: str = ""
    cell: str = ""
    item: str = ""
    items: tuple[str, ...] = ()
    found: str = ""
    expected: str = ""
    needs_reason: bool = False
    asks: bool = False
    key: str = ""
    operands: str = ""
    folds: tuple[str, ...] = ()
    answer: str = ""

    def at(self, **where: object) -> Finding:
        """Return the finding with more of its place filled in."""
        return replace(self, **where)  # type: ignore[arg-type]

    @property
    def subject(self) -> str:
        """The key of a reason in a correction: the rule and its line."""
        return self.key or self.code

    @property
    def matter(self) -> str:
        """The key of an acceptance: the rule, its line, and the item of its cell."""
        return f"{self.subject}@{self.item}"

    @property
    def figures(self) -> str:
        """Its figures as the office can write them down: ``5/4``, found and expected."""
        return f"{self.found}/{self.expected}" if self.expected else self.found

    @property
    def evidence(self) -> str:
        """The digest of these figures and of all operands."""
        return self.operands or hashlib.sha256(f"{self.figures}\n{self.message}".encode()).hexdigest()[:16]

    @property
    def unanswered(self) -> bool:
        """Whether it keeps a year from being closed: an error or a warning that needs a reason, and has neither reason
        nor acceptance.
        """
        return not self.answer and (
            self.severity == "error" or (self.severity == "warning" and (self.needs_reason or self.asks))
        )

    @property
    def open(self) -> bool:
        """Whether somebody still has to act on it."""
        return self.severity != "info" and not self.answer


def notice(code: str, /, *, where: Mapping[str, object] | None = None, **words: object) -> Finding:
    """A finding from ``messages.toml``; ``words`` fill its sentence, ``where`` are fields of `Finding`.

    Raises ``KeyError`` for an unknown code or a word the sentence asks for and does not get.
    """
    entry = _catalogue()[code]
    return Finding(
        code=code,
        severity=entry["severity"],
        message=_fill(entry["message"], words),
        remedy=_fill(entry["remedy"], words),
        found=str(words.get("found", "")),
        expected=_fill(entry["expected"], words) if "expected" in entry else str(words.get("expected", "")),
        needs_reason=entry.get("needs_reason", False),
        key=code if entry.get("needs_reason") else "",
        asks=entry.get("asks", False),
    ).at(**(where or {}))


def clause(code: str, /, **words: object) -> str:
    """Return a sentence of ``messages.toml`` without its file, as part of another sentence.

    >>> clause("I3", kind="PDF 文件")
    '是PDF 文件，不是工作簿，没有读取'
    """
    return _fill(_catalogue()[code]["message"].removeprefix("文件“{name}”").rstrip("。"), words)


def digest(operands: Iterable[tuple[str, Value]]) -> str:
    """Return the digest a reason is bound to: of the operands by name, in any order."""
    text = "\n".join(f"{name}={_as_bound(value)}" for name, value in sorted(operands, key=lambda pair: pair[0]))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _as_bound(value: Value) -> str:
    """Return a value as the first version wrote it into digests, when money had at most four decimals.

    >>> [_as_bound(Decimal(text)) for text in ("12.500000", "190.457379", "2.50")]
    ['12.5000', '190.457379', '2.50']
    """
    text = str(value)
    if isinstance(value, Decimal) and len(text.partition(".")[2]) > _BOUND_DECIMALS:
        whole, _, decimals = text.partition(".")
        return f"{whole}.{decimals[:_BOUND_DECIMALS]}{decimals[_BOUND_DECIMALS:].rstrip('0')}"
    return text


def violation(rule: Rule, /, *, where: Mapping[str, object] | None = None, **words: object) -> Finding:
    """A finding from a rule's own sentence."""
    return Finding(
        code=rule.id,
        severity=rule.severity,
        message=_fill(rule.message, words),
        remedy=_fill(rule.remedy, words),
        found=str(words.get("found", "")),
        expected=str(words.get("expected", "")),
        needs_reason=rule.needs_reason,
        key=rule.id,
    ).at(**(where or {}))


def sort_findings(findings: Iterable[Finding], sheets: Iterable[str] = (), units: Iterable[str] = ()) -> list[Finding]:
    """The most severe first, then in the order of the roster, of the files, and as they lie in the workbook.

    ``units`` are the codes of the roster; findings without a unit come first.
    """
    place = {sheet: n for n, sheet in enumerate(sheets)}
    roster = {unit: n for n, unit in enumerate(units, 1)} | {"": 0}

    def key(finding: Finding) -> tuple[Any, ...]:
        corner = _CORNER.match(finding.cell)
        column, row = corner.groups() if corner else (finding.cell, "")
        return (
            _ORDER[finding.severity],
            roster.get(finding.unit, len(roster)),
            finding.unit,
            finding.file,
            place.get(finding.sheet, len(place)),
            finding.sheet,
            int(row or 0),
            len(column),
            column,
            finding.code,
            finding.message,
        )

    return sorted(findings, key=key)


def messages() -> Mapping[str, Mapping[str, str]]:
    """The whole catalogue, for the documentation and the golden file."""
    return _catalogue()


@cache
def _catalogue() -> dict[str, Any]:
    text = resources.files("pipeline").joinpath("messages.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


class _Strict(string.Formatter):
    """A formatter that raises for a missing or unknown word, so that no sentence is half filled."""

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:  # noqa: ARG002
        if isinstance(key, int):
            raise KeyError(key)
        return kwargs[key]


def _fill(sentence: str, words: Mapping[str, object]) -> str:
    return _Strict().vformat(sentence, (), words)
