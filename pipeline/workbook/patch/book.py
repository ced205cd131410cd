"""The sheets and names of a workbook: which part holds which sheet, a sheet put first, a sheet taken out."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from lxml import etree

from pipeline.workbook.patch.package import REL, Package, UnpatchableError, main

BOOK = "xl/workbook.xml"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_PLAIN_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_NAMES_AFTER = ("sheets", "functionGroups", "externalReferences")


class Book:
    """``xl/workbook.xml`` of a package. ``parts`` gives the part of every sheet by its name, in order."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._root = package.look(BOOK)
        self._sheets = self._root.find(main("sheets"))
        if self._sheets is None:
            raise UnpatchableError("no sheets in the namespace we know")  # Strict OOXML has another

    @property
    def plain(self) -> bool:
        """Whether this is an ordinary .xlsx, neither a template nor one with macros."""
        return self._package.content_type(BOOK) == _PLAIN_TYPE

    @property
    def parts(self) -> Mapping[str, str]:
        """Sheet name to part name."""
        targets = {relation.id: relation.target for relation in self._package.relations(BOOK)}
        return {str(node.get("name")): targets.get(node.get(f"{{{REL}}}id", ""), "") for node in self._nodes()}

    @property
    def visible(self) -> set[str]:
        """The sheets a person sees."""
        return {str(node.get("name")) for node in self._nodes() if node.get("state", "visible") == "visible"}

    def names(self) -> Mapping[str, str]:
        """Workbook-wide defined names and what they stand for."""
        nodes = self._root.iter(main("definedName"))
        return {n.get("name", ""): n.text or "" for n in nodes if n.get("localSheetId") is None}

    def drop(self, sheet: str) -> None:
        """Remove a sheet with its part and its names; sheet numbers in the other local names are adjusted."""
        at, node = next((n, node) for n, node in enumerate(self._nodes()) if node.get("name") == sheet)
        part = self.parts[sheet]
        self._package.edit(BOOK)
        self._container().remove(node)
        self._package.unrelate(BOOK, part)
        self._package.remove(part)
        for name in list(self._root.iter(main("definedName"))):
            if name.get("localSheetId") == str(at):
                _remove(name)
        self._renumber(at + 1, -1)

    def insert_first(self, sheet: str, root: etree._Element) -> None:
        """A new sheet before all others, the one the workbook opens with."""
        self.insert(0, sheet, root)
        self._open_first()

    def insert(self, at: int, sheet: str, root: etree._Element) -> str:
        """A new sheet at place ``at``, counted from 0; returns its part."""
        package = self._package
        package.edit(BOOK)
        folder = posixpath.dirname(next(iter(self.parts.values()), "")) or "xl/worksheets"
        part = package.free_name(f"{folder}/sheet{{}}.xml")
        package.add(part, etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True), _SHEET_TYPE)
        number = 1 + max((int(node.get("sheetId", "0")) for node in self._nodes()), default=0)
        node = etree.Element(main("sheet"), name=sheet, sheetId=str(number))
        node.set(f"{{{REL}}}id", package.relate(BOOK, "worksheet", part))
        nodes = self._nodes()
        if at < len(nodes):
            nodes[at].addprevious(node)
        else:
            self._container().append(node)
        self._renumber(at, 1)
        for view in self._root.iter(main("workbookView")):
            for attribute in ("activeTab", "firstSheet"):
                if int(view.get(attribute, "0")) >= max(at, 1):
                    view.set(attribute, str(int(view.get(attribute, "0")) + 1))
        return part

    def define(self, name: str, reference: str, *, local: int | None = None) -> None:
        """A defined name; ``local`` is the place of the sheet it belongs to, counted from 0."""
        self._package.edit(BOOK)
        names = self._root.find(main("definedNames"))
        if names is None:
            names = etree.Element(main("definedNames"))
            before = [node for tag in _NAMES_AFTER for node in self._root.iterchildren(main(tag))]
            before[-1].addnext(names)
        node = etree.SubElement(names, main("definedName"), name=name)
        if local is not None:
            node.set("localSheetId", str(local))
        node.text = reference

    def forget(self, pattern: re.Pattern[str]) -> None:
        """Remove the workbook-wide names that match ``pattern`` completely."""
        for node in list(self._root.iter(main("definedName"))):
            if node.get("localSheetId") is None and pattern.fullmatch(node.get("name", "")):
                self._package.edit(BOOK)
                _remove(node)

    def _container(self) -> etree._Element:
        assert self._sheets is not None
        return self._sheets

    def _nodes(self) -> list[etree._Element]:
        return list(self._container().iterchildren(main("sheet")))

    def _renumber(self, first: int, by: int) -> None:
        """Shift the sheet numbers of local names from ``first`` on by ``by``."""
        for node in self._root.iter(main("definedName")):
            at = node.get("localSheetId")
            if at is not None and int(at) >= first:
                node.set("localSheetId", str(int(at) + by))

    def _open_first(self) -> None:
        """Select the first sheet alone, because typing goes into all selected sheets."""
        for view in self._root.iter(main("workbookView")):
            for attribute in ("activeTab", "firstSheet"):
                view.attrib.pop(attribute, "")
        for part in list(self.parts.values())[1:]:
            if part in self._package:
                views = [v for v in self._package.look(part).iter(main("sheetView")) if "tabSelected" in v.attrib]
                for view in views:
                    if view.get("tabSelected") in ("1", "true"):
                        self._package.edit(part)
                        del view.attrib["tabSelected"]


def _remove(node: etree._Element) -> None:
    parent = node.getparent()
    assert parent is not None
    parent.remove(node)
    if len(parent) == 0:  # an empty definedNames is not valid
        above = parent.getparent()
        assert above is not None
        above.remove(parent)
