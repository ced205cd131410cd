"""Digests of everything a reading, a check or a night depends on: with the same digest the result is the same.

A reading depends on the file, its names, the program with its libraries, the form's items, the template, the secret and
what the 台账 says of units; a check depends on the reading, the rules and the unit's year before. So a changed rule is
checked without reading again, and a signed acceptance needs neither.
"""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import pipeline
from pipeline.form import KINDS, Form, Rule, Vector
from pipeline.layout.design import later_rows
from pipeline.model.control import Control, Unit
from pipeline.model.submission import Arrival

_LENGTH = 32
_SOURCES = (".py", ".toml")


def digest(*parts: object) -> str:
    """One digest over the parts, each as Python writes it."""
    return hashlib.sha256("\x1f".join(map(repr, parts)).encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]


@cache
def program() -> str:
    """Return the digest of the program and its libraries, since another version may read and judge differently."""
    root = Path(pipeline.__file__).parent
    sources = tree(path for path in root.rglob("*") if path.suffix in _SOURCES)
    return digest(sources, platform.python_version(), sorted(_libraries()))


def _libraries() -> Iterator[tuple[str, str]]:
    """The libraries the program needs, each with its version; none where it runs without having been installed."""
    try:
        needed = requires("xxgk") or ()
    except PackageNotFoundError:
        return
    for part in needed:
        if "extra ==" not in part and (name := re.match(r"[\w.-]+", part)):
            yield name[0], version(name[0])


def tree(paths: Iterable[Path]) -> str:
    """The content of files, in the order of their paths."""
    sums = hashlib.sha256()
    for path in sorted(paths):
        sums.update(f"{path.parent.name}/{path.name}".encode("utf-8", "surrogatepass"))
        sums.update(hashlib.sha256(path.read_bytes()).digest())
    return sums.hexdigest()[:_LENGTH]


def reading_context(form: Form, control: Control, template: bytes, secret: bytes) -> str:
    """Return the digest of everything a reading depends on besides the file."""
    sentences = [_sentences(rule) for rule in form.rules if KINDS[rule.kind].station == "read"]
    ranges = [(e.rule, e.key, e.over_label) for rule in form.rules for e in rule.equations]
    whole = [rule.id for _, rule in later_rows(form)]
    units = [(unit.code, unit.name, unit.aliases, unit.credit_code, unit.type) for unit in control.units]
    profile = control.profile
    settings = (profile.year, profile.root, profile.blanks, sorted(profile.sources.items()))
    seals = hashlib.sha256(template).digest(), hashlib.sha256(secret).digest()
    parts = (form.id, form.tables, form.items, sentences, ranges, whole)
    return digest(program(), parts, units, settings, seals)


def reading_key(context: str, arrival: Arrival, control: Control) -> str:
    """The key of what is read from an arrival: its names and senders are evidence of whose it is, and the office's word
    on it.
    """
    word = [claim for claim in control.claims if claim.certainty(arrival.sha256, arrival.names)]
    post = arrival.senders, sorted(control.mailed_by(arrival.senders))
    remarks = [(finding.code, finding.message) for finding in arrival.findings]
    return digest(context, arrival.sha256, arrival.names, remarks, word, post)


def checking_context(form: Form, control: Control) -> str:
    """Return the digest of everything a check depends on besides the reading and the unit."""
    profile = control.profile
    thresholds = sorted(profile.thresholds.items())
    rules = [(_sentences(rule), rule.equations) for rule in form.rules]
    return digest(program(), form.digest, form.items, rules, thresholds, profile.level, profile.year, profile.root)


def check_key(context: str, reading: str, unit: Unit, last: Vector) -> str:
    """The key of what the rules say of a reading."""
    former = hashlib.sha256(last.packed).hexdigest()
    return digest(context, reading, (unit.code, unit.name, unit.aliases, unit.type), former, last.texts)


def night_key(files: Sequence[Path], came: Iterable[object], *more: object) -> str:
    """Everything a night depends on: the program, the office's files, what ``came``, and ``more``."""
    sums = hashlib.sha256()
    for mark in came:
        sums.update(repr(mark).encode("utf-8", "surrogatepass"))
    return digest(program(), tree(files), sums.hexdigest(), more)


def _sentences(rule: Rule) -> tuple[object, ...]:
    return rule.id, rule.kind, rule.severity, rule.title, rule.message, rule.remedy, rule.needs_reason, rule.unit_types
