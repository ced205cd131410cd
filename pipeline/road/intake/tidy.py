"""Sound containers that other programs write in unusual ways, brought into the usual shape.

A part in UTF-16, a workbook part that lies elsewhere, relations to formats and texts that are not there, line breaks between
the elements of an ods, a document type without content. Nothing here changes a value. Source: ECMA-376 part 2, 6.5 (parts
and relationships), ODF 1.3 part 2 (packages).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from xml.sax.saxutils import quoteattr

from pipeline.files.containers.bounds import RefusedError

_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s([^>]*?)/?>(?:\s*</(?:\w+:)?Relationship>)?")
_ATTRIBUTE = re.compile(rb"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_MAIN = b"/officeDocument"
_OPTIONAL = (b"/styles", b"/sharedStrings", b"/theme", b"/calcChain", b"/metadata")
_DECLARATION = re.compile(r"<\?xml[^>]*\?>")
_PLAIN_DOCTYPE = re.compile(rb"<!DOCTYPE[^>\[]*>")
_BETWEEN = re.compile(rb">[ \t]*[\r\n]\s*<")
_SHARED = re.compile(rb"""<(?:\w+:)?c\b[^>]*\bt=["']s["']""")
_BEYOND = "xl/beyond/"
"""Where parts go that do not lie beside the workbook part."""


def as_utf8(part: bytes) -> bytes:
    """A part in UTF-16 as UTF-8; any other as it is. Raises `RefusedError` for one with a document type."""
    if not part.startswith((b"\xff\xfe", b"\xfe\xff")):
        return part
    try:
        text = part.decode("utf-16")
    except UnicodeDecodeError as error:
        raise RefusedError("I7", detail="有一个部件的文字编码不完整") from error
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise RefusedError("I8", detail="文档类型声明（DTD）")
    return _DECLARATION.sub('<?xml version="1.0" encoding="UTF-8"?>', text, count=1).encode()


def tidy_ods(name: str, part: bytes) -> bytes:
    """A part of an ods without an empty document type, and without line breaks between its elements."""
    if b"<!DOCTYPE" in part[:2000]:
        part = _PLAIN_DOCTYPE.sub(b"", part, count=1)
    return _BETWEEN.sub(b"><", part) if name == "content.xml" else part


def main_part(roots: bytes) -> str:
    """The path of the workbook part, from the package's own relations; empty where they name none."""
    for match in _RELATION.finditer(roots):
        attributes = _attributes(match[1])
        if attributes.get(b"Type", b"").endswith(_MAIN):
            return attributes.get(b"Target", b"").decode("utf-8", "replace").lstrip("/")
    return ""


def at_home(parts: Mapping[str, bytes], main: str) -> dict[str, bytes]:
    """The parts with the workbook at ``xl/workbook.xml`` and all that it relates to below ``xl/``."""
    folder = posixpath.dirname(main)
    rels = posixpath.join(folder, "_rels", posixpath.basename(main) + ".rels")
    named = {name.lower(): name for name in parts}
    moved: dict[str, str] = {named.get(main.lower(), main): "xl/workbook.xml"}
    relations = parts.get(named.get(rels.lower(), rels), b"")
    lines: list[str] = []
    for match in _RELATION.finditer(relations):
        attributes = {key.decode(): value.decode("utf-8", "replace") for key, value in _attributes(match[1]).items()}
        target = attributes.get("Target", "")
        if attributes.get("TargetMode") != "External":
            path = posixpath.normpath(posixpath.join("/" + folder, target)).lstrip("/")
            source = named.get(path.lower(), path)
            inside = f"{folder}/" if folder else ""
            if inside and source.startswith(inside):
                moved[source] = "xl/" + source.removeprefix(inside)
            else:
                moved[source] = _BEYOND + source
            attributes["Target"] = moved[source].removeprefix("xl/")
        lines.append("<Relationship " + " ".join(f"{key}={quoteattr(text)}" for key, text in attributes.items()) + "/>")
    home = {moved.get(name, name): part for name, part in parts.items() if name.lower() != rels.lower()}
    for name, prefix in (("[Content_Types].xml", "/"), ("_rels/.rels", "")):
        for source, target in moved.items():
            if name in home:
                home[name] = home[name].replace(f'"{prefix}{source}"'.encode(), f'"{prefix}{target}"'.encode())
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    home["xl/_rels/workbook.xml.rels"] = (
        f'<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="{space}">{"".join(lines)}</Relationships>'
    ).encode()
    return home


def without_lost(parts: Mapping[str, bytes], names: Collection[str], rels: str) -> dict[str, bytes]:
    """The parts without relations to formats and texts that are not in the file, where no cell needs them."""
    key = next((name for name in parts if name.lower() == rels), "")
    if not key or all(path in names for path in _optional_parts(parts[key])):
        return dict(parts)

    def keep(match: re.Match[bytes]) -> bytes:
        attributes = _attributes(match[1])
        kind = attributes.get(b"Type", b"")
        lost = kind.endswith(_OPTIONAL) and attributes.get(b"TargetMode") != b"External"
        lost = lost and _target(attributes) not in names
        if lost and kind.endswith(b"/sharedStrings"):
            lost = not any(_SHARED.search(part) for name, part in parts.items() if "worksheets/" in name.lower())
        return b"" if lost else match[0]

    return {**parts, key: _RELATION.sub(keep, parts[key])}


@lru_cache(maxsize=64)
def _optional_parts(rels: bytes) -> tuple[str, ...]:
    """Return the parts a workbook may be without; cached, because all returns of a template have the same relations."""
    relations = (_attributes(match[1]) for match in _RELATION.finditer(rels))
    return tuple(
        _target(attributes)
        for attributes in relations
        if attributes.get(b"Type", b"").endswith(_OPTIONAL) and attributes.get(b"TargetMode") != b"External"
    )


def _target(attributes: Mapping[bytes, bytes]) -> str:
    """Return the path that a relation of the workbook leads to, in lower case."""
    target = attributes.get(b"Target", b"").decode("utf-8", "replace")
    return posixpath.normpath(posixpath.join("/xl", target)).lstrip("/").lower()


def _attributes(text: bytes) -> dict[bytes, bytes]:
    return {key: double or single for key, double, single in _ATTRIBUTE.findall(text)}
