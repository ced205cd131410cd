"""A workbook as its zip parts: each is parsed on first use, and only edited ones are written anew.

Part names, relations and content types follow ECMA-376 part 2 (Open Packaging Conventions).
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from pipeline.files.archive import write_zip

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_RELATION = f"{{{_PACKAGE}/relationships}}Relationship"
_TYPES, _TYPE = "[Content_Types].xml", f"{{{_PACKAGE}/content-types}}"


class UnpatchableError(Exception):
    """The bytes are not a workbook that can be changed part by part; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A relation of one part to another; ``kind`` is the last word of its type, ``target`` a part name."""

    id: str
    kind: str
    target: str


def main(name: str) -> str:
    """An element name in the namespace of spreadsheets."""
    return f"{{{MAIN}}}{name}"


def parse(xml: bytes) -> etree._Element:
    """The root of a part, without entities or network; raises `UnpatchableError`."""
    try:
        return etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise UnpatchableError(f"XML: {error}") from error


class Package:
    """The parts of one workbook. Reading a missing part raises `UnpatchableError`."""

    def __init__(self, data: bytes) -> None:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                self._parts = {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise UnpatchableError(f"zip: {error}") from error
        self._trees: dict[str, etree._Element] = {}
        self._changed: set[str] = set()

    def __contains__(self, part: str) -> bool:
        return part in self._parts

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._parts))

    def look(self, part: str) -> etree._Element:
        """The root of a part, to read."""
        if part not in self._trees:
            if part not in self._parts:
                raise UnpatchableError(f"no part {part}")
            self._trees[part] = parse(self._parts[part])
        return self._trees[part]

    def edit(self, part: str) -> etree._Element:
        """The root of a part, to change."""
        root = self.look(part)
        self._changed.add(part)
        return root

    def save(self) -> bytes:
        """The workbook: parts in their old order, new ones at the end, those not edited byte for byte."""
        return write_zip(self.contents())

    def contents(self) -> dict[str, bytes]:
        """The parts of the workbook as they are saved."""
        for part in self._changed & self._parts.keys():
            root = self._trees[part]
            self._parts[part] = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
        self._changed.clear()
        return dict(self._parts)

    # ---------------------------------------------------------------- adding and removing parts
    def free_name(self, pattern: str) -> str:
        """The first part name of ``pattern`` (``xl/comments{}.xml``) that is not taken, whatever its case."""
        taken = {part.lower() for part in self._parts}
        return next(name for n in range(1, len(taken) + 2) if (name := pattern.format(n)).lower() not in taken)

    def add(self, part: str, content: bytes, content_type: str) -> None:
        """A new part, declared by its name; ``.vml`` by its extension, as office programs expect."""
        self._parts[part] = content
        types = self.edit(_TYPES)
        extension = part.rpartition(".")[2]
        if extension == "vml":
            if not any(node.get("Extension", "").lower() == extension for node in types.iter(f"{_TYPE}Default")):
                types.insert(0, etree.Element(f"{_TYPE}Default", Extension=extension, ContentType=content_type))
        else:
            etree.SubElement(types, f"{_TYPE}Override", PartName=f"/{part}", ContentType=content_type)

    def remove(self, part: str) -> None:
        """Remove a part and the parts that only it is related to."""
        targets = {relation.target for relation in self.relations(part)}
        for gone in (part, relations_part(part)):
            self._parts.pop(gone, None)
            self._trees.pop(gone, None)
            self._changed.discard(gone)
        types = self.look(_TYPES)
        for node in [n for n in types.iter(f"{_TYPE}Override") if n.get("PartName") == f"/{part}"]:
            self.edit(_TYPES).remove(node)
        needed = {relation.target for owner in self._owners() for relation in self.relations(owner)}
        for target in sorted(targets - needed):
            if target in self._parts:
                self.remove(target)

    def content_type(self, part: str) -> str:
        """What a part is declared to be; empty when it is not declared by name."""
        nodes = self.look(_TYPES).iter(f"{_TYPE}Override")
        return next((node.get("ContentType", "") for node in nodes if node.get("PartName") == f"/{part}"), "")

    # ---------------------------------------------------------------- relations
    def relations(self, part: str) -> list[Relation]:
        """The relations of a part to other parts of the package."""
        rels = relations_part(part)
        if rels not in self._parts:
            return []
        return [
            Relation(
                id=node.get("Id", ""),
                kind=node.get("Type", "").rpartition("/")[2],
                target=_member(part, node.get("Target", "")),
            )
            for node in self.look(rels).iter(_RELATION)
            if node.get("TargetMode") != "External"
        ]

    def find_related(self, part: str, kind: str) -> str:
        """The first part of ``kind`` that ``part`` is related to; empty when there is none."""
        return next((relation.target for relation in self.relations(part) if relation.kind == kind), "")

    def relate(self, part: str, kind: str, target: str) -> str:
        """A new relation from ``part`` to ``target``; returns its id."""
        rels = relations_part(part)
        if rels not in self._parts:
            self._parts[rels] = f'<Relationships xmlns="{_PACKAGE}/relationships"/>'.encode()
        root = self.edit(rels)
        taken = {node.get("Id") for node in root.iter(_RELATION)}
        new = next(f"rId{n}" for n in range(1, len(taken) + 2) if f"rId{n}" not in taken)
        path = posixpath.relpath(target, posixpath.dirname(part))
        etree.SubElement(root, _RELATION, Id=new, Type=f"{REL}/{kind}", Target=path)
        return new

    def unrelate(self, part: str, target: str) -> None:
        """Take out the relations from ``part`` to ``target``."""
        gone = {relation.id for relation in self.relations(part) if relation.target == target}
        root = self.edit(relations_part(part))
        for node in [n for n in root.iter(_RELATION) if n.get("Id") in gone]:
            root.remove(node)

    def _owners(self) -> Iterator[str]:
        """Every part that has relations of its own."""
        for name in self._parts:
            folder, _, file = name.rpartition("/")
            if folder.endswith("_rels") and file.endswith(".rels"):
                yield posixpath.join(folder.removesuffix("_rels"), file.removesuffix(".rels"))


def relations_part(part: str) -> str:
    """The part that lists the relations of ``part``: ``xl/_rels/workbook.xml.rels``."""
    folder, file = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{file}.rels")


def _member(part: str, target: str) -> str:
    if target.startswith("/"):
        return target.lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(part), target))
