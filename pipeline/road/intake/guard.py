"""The container guard: refuse what no parser may see, and remark what a clerk should know.

Behind it every part is inflated, bounded, true to its checksum (calamine checks none, so a flipped bit would be a
different figure), and free of a document type. The table of cases is in docs/intake.md.
"""

from __future__ import annotations

import csv
import hashlib
import io
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from pipeline.errors import explain_fault
from pipeline.files.containers import ole, sniff
from pipeline.files.containers.bounds import Bounds, RefusedError, damaged_error, irregular_error
from pipeline.files.containers.parts import measure, names_of, prolog
from pipeline.files.containers.unzip import Member, directory, inflate
from pipeline.model.finding import clause, notice
from pipeline.model.submission import Arrival, Obstacle, Opened, Reason
from pipeline.road.intake.biff import holds_binary_error, read_biff
from pipeline.road.intake.tidy import as_utf8, at_home, main_part, tidy_ods, without_lost

_XML = (".xml", ".rels")
_BINARY_BOOK = re.compile(r"xl/(workbook|styles|sharedstrings|worksheets/[^/]*)\.bin")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s([^>]*)>")
_ATTRIBUTE = re.compile(rb"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_NEEDED = (b"/worksheet", b"/sharedStrings", b"/styles")
_ACTIVE: tuple[tuple[str, str], ...] = (
    ("xl/vbaproject.bin", "宏"),
    ("xl/macrosheets/", "宏表"),
    ("xl/externallinks/", "外部链接"),
    ("xl/embeddings/", "嵌入对象"),
    ("xl/activex/", "控件"),
    ("xl/connections.", "数据连接"),
    ("basic/", "宏"),
    ("object ", "嵌入对象"),
)
_ACTIVE_MARKS = tuple(mark for mark, _ in _ACTIVE)
_ODS_PARTS = frozenset({"content.xml", "styles.xml", "meta.xml", "settings.xml", "meta-inf/manifest.xml", "mimetype"})
"""What of an ods is looked at; macros, dialogs and pictures are not."""
_OLD = {"xls": "旧版 .xls（或 .et）", "xlsb": "二进制 .xlsb", "ods": ".ods", "csv": ".csv"}


def open_arrival(arrival: Arrival, bounds: Bounds | None = None) -> Opened:
    """Read an arrival's bytes and return what a parser may see. Every fault becomes a finding."""
    if not arrival.usable:
        return Opened(arrival=arrival)
    try:
        with open(arrival.path, "rb", buffering=0) as file:  # noqa: PTH123 - a Path for each file costs more than its hash
            content = file.read()
        if arrival.sha256 and hashlib.sha256(content).hexdigest() != arrival.sha256:
            changed = RefusedError("I13", detail="内容与收件时不同")
            return Opened(arrival=refuse_arrival(arrival, changed, Reason.UNREACHABLE))
        return inspect(arrival, content, bounds or Bounds())
    except OSError as error:
        return Opened(arrival=refuse_arrival(arrival, unreachable(error), Reason.UNREACHABLE))


def inspect(arrival: Arrival, content: bytes, bounds: Bounds) -> Opened:
    """`open_arrival` for bytes already at hand."""
    try:
        kind = sniff.sniff(content)
        if kind == sniff.ZIP:
            return _zip(arrival, content, bounds)
        if kind == sniff.OLE:
            return _ole(arrival, content)
        if kind != sniff.CSV:
            raise foreign(kind)
        return _open_container(arrival, "csv", content=_csv(content))
    except RefusedError as refusal:
        return Opened(arrival=refuse_arrival(arrival, refusal))


def foreign(kind: str) -> RefusedError:
    """Refuse what is no workbook; archives that we cannot open have their own message, because the clerk can open them."""
    if kind == sniff.EMPTY:
        return RefusedError("I15")
    if kind == sniff.MAIL:
        return RefusedError("I18")
    return RefusedError("I4" if kind in sniff.ARCHIVES else "I3", kind=kind)


def unreachable(error: OSError) -> RefusedError:
    """A file that could not be opened today, and may be tomorrow."""
    return RefusedError("I13", detail=explain_fault(error))


def refuse_arrival(arrival: Arrival, refusal: RefusedError, reason: Reason = Reason.UNREADABLE) -> Arrival:
    """Return the arrival with its obstacle and one sentence for the clerk."""
    finding = notice(refusal.code, where={"file": arrival.name}, name=arrival.name, **refusal.words)
    obstacle = Obstacle(reason=reason, words=clause(refusal.code, name=arrival.name, **refusal.words))
    return replace(arrival, obstacle=obstacle, findings=(*arrival.findings, finding))


def _open_container(
    arrival: Arrival, kind: str, *, content: bytes = b"", parts: Mapping[str, bytes] | None = None, active: str = ""
) -> Opened:
    remarks = []
    if kind in _OLD:
        remarks.append(notice("I11", where={"file": arrival.name}, name=arrival.name, kind=_OLD[kind]))
    if active:
        remarks.append(notice("I10", where={"file": arrival.name}, name=arrival.name, kinds=active))
    if remarks:
        arrival = replace(arrival, findings=(*arrival.findings, *remarks))
    return Opened(arrival=arrival, format=kind, content=content, parts=parts or {})


def _ole(arrival: Arrival, content: bytes) -> Opened:
    found = ole.open_ole(content)
    if "EncryptedPackage" in found.names:
        raise RefusedError("I5")
    kind = sniff.ole_kind(found.names)
    if kind != "xls":
        raise foreign(kind)
    book = read_biff(found.book)
    if book.locked:
        raise RefusedError("I5")
    kinds = [word for word, there in (("宏", "_VBA_PROJECT_CUR" in found.names), ("宏表", book.macro_sheet)) if there]
    content = ole.with_usual_name(content, found.names)
    return replace(_open_container(arrival, kind, content=content, active="、".join(kinds)), errors=book.errors)


def _csv(content: bytes) -> bytes:
    """The same table in UTF-8 with commas, so that its reader has nothing to guess."""
    text = sniff.decode_text(content)
    if text is None:
        raise foreign(sniff.UNKNOWN)
    out = io.StringIO()
    try:
        csv.writer(out).writerows(csv.reader(io.StringIO(text, newline=""), delimiter=sniff.delimiter(text) or ","))
    except csv.Error as error:
        raise damaged_error("文本表格的引号不成对") from error
    return out.getvalue().encode()


def _zip(arrival: Arrival, content: bytes, bounds: Bounds) -> Opened:
    members = directory(content, bounds)
    names = names_of(members)
    kind = sniff.zip_kind(names)
    elsewhere = ""
    if kind == sniff.UNKNOWN and "_rels/.rels" in names:
        # some programs keep the workbook elsewhere; the package's own relations name it
        roots = next(member for member in members if member.name.lower() == "_rels/.rels")
        measure([roots], bounds)
        elsewhere = main_part(as_utf8(inflate(content, roots)))
        kind = "xlsx" if elsewhere.lower() in names and elsewhere.lower().endswith(".xml") else kind
    if kind not in ("xlsx", "xlsm", "xlsb", "ods"):
        raise foreign("压缩包" if kind == sniff.ZIP else kind)
    measure(members, bounds, kind)
    if kind == "ods":
        _refuse_locked(content, members)
    parts = {}
    for member in members:
        name = member.name.lower()
        # pictures and settings are neither inflated nor passed on
        if kind == "ods" and name not in _ODS_PARTS:
            continue
        if name.endswith(_XML):
            part = as_utf8(inflate(content, member))
            parts[member.name] = part = tidy_ods(name, part) if kind == "ods" else part
            prolog(member.name, part)
        elif name == "mimetype" or (kind == "xlsb" and _BINARY_BOOK.fullmatch(name)):
            parts[member.name] = part = inflate(content, member)
            if "worksheets/" in name and holds_binary_error(part):
                raise irregular_error("有公式错误，在 .xlsb 里无法定位")
    if elsewhere:
        parts = at_home(parts, elsewhere)
        names = frozenset(name.lower() for name in parts)
    if kind != "ods":
        rels = "xl/_rels/workbook.bin.rels" if kind == "xlsb" else "xl/_rels/workbook.xml.rels"
        parts = without_lost(parts, names, rels)
        _relations(parts, names, rels)
    # macros and external links are never run; the clerk is told that they were ignored
    marked = [name for name in names if name.startswith(_ACTIVE_MARKS)]
    active = dict.fromkeys(word for mark, word in _ACTIVE if any(name.startswith(mark) for name in marked))
    return _open_container(arrival, kind, parts=parts, active="、".join(active))


def _refuse_locked(content: bytes, members: Sequence[Member]) -> None:
    """Raise `RefusedError` when the list of an ods says that its parts are encrypted."""
    listed = next((member for member in members if member.name.lower() == "meta-inf/manifest.xml"), None)
    if listed is not None and b"encryption-data" in inflate(content, listed):
        raise RefusedError("I5")


def _relations(parts: Mapping[str, bytes], names: frozenset[str], rels: str) -> None:
    """Raise `RefusedError` when a part that the figures depend on is not in the file."""
    source = next((part for name, part in parts.items() if name.lower() == rels), None)
    if source is None:
        raise damaged_error(f"缺少部件“{rels}”")
    for path in _needed_parts(source):
        if path.lower() not in names:
            raise damaged_error(f"缺少部件“{path}”")


@lru_cache(maxsize=64)
def _needed_parts(rels: bytes) -> tuple[str, ...]:
    """Return the parts that hold sheets, texts and formats; cached, because all returns of a template have the same
    relations.
    """
    needed = []
    for match in _RELATION.finditer(rels):
        attributes = {key: double or single for key, double, single in _ATTRIBUTE.findall(match[1])}
        if attributes.get(b"Type", b"").endswith(_NEEDED) and attributes.get(b"TargetMode") != b"External":
            target = attributes.get(b"Target", b"").decode("utf-8", "replace")
            needed.append(posixpath.normpath(posixpath.join("/xl", target)).lstrip("/"))
    return tuple(needed)
