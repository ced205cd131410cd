"""The styles of a workbook. They are only added to, so that existing style numbers stay valid."""

from __future__ import annotations

from copy import deepcopy
from html import escape

from lxml import etree

from pipeline.workbook.patch.book import BOOK
from pipeline.workbook.patch.package import MAIN, Package, UnpatchableError, main, parse

TEXT, GENERAL = 49, 0
"""Number formats: what is typed stays text; what is typed may be a number."""

_ELEMENTS = {"fonts": "font", "fills": "fill", "borders": "border", "cellXfs": "xf"}
_NODES = {**_ELEMENTS, "dxfs": "dxf"}
_THIN = "".join(f'<{side} style="thin"><color rgb="FF999999"/></{side}>' for side in ("left", "right", "top", "bottom"))
_BORDER = f"<border>{_THIN}<diagonal/></border>"
_FONT = '<font>{bold}{line}<sz val="{size}"/><color rgb="FF{colour}"/><name val="{name}"/><family val="3"/></font>'
_ALIGN = '<alignment horizontal="{horizontal}" vertical="center" wrapText="1"/>'


class Styles:
    """The stylesheet of a package. A style is its number in ``cellXfs``, as cells write it in their ``s``."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._part = package.find_related(BOOK, "styles")
        self._root = package.look(self._part)
        self._lists = {name: self._root.find(main(name)) for name in _ELEMENTS}
        if None in self._lists.values():
            raise UnpatchableError("a stylesheet without styles")
        self._known: dict[str, dict[str, int]] = {}
        self._inks: dict[tuple[object, ...], int] = {}

    def with_fill(self, style: int, fill: etree._Element, *, locked: bool | None = None) -> int:
        """The style like ``style`` in all but its fill and, where ``locked`` says so, its lock."""
        made = deepcopy(self._entry("cellXfs", style))
        made.set("fillId", str(self._add("fills", deepcopy(fill))))
        made.set("applyFill", "1")
        if locked is not None:
            protection = made.find(main("protection"))
            if protection is None:
                protection = etree.Element(main("protection"))
                alignment = made.find(main("alignment"))
                made.insert(0 if alignment is None else 1, protection)
            protection.set("locked", "1" if locked else "0")
            made.set("applyProtection", "1")
        return self._add("cellXfs", made)

    def fill(self, style: int) -> etree._Element:
        """The fill of a style."""
        return self._entry("fills", int(self._entry("cellXfs", style).get("fillId", "0")))

    def ink(
        self, *, size: str = "10", name: str = "宋体", bold: bool = False, line: str = "", colour: str = "000000",
        horizontal: str = "left", fill: str = "", border: bool = True, locked: bool = True, number_format: int = TEXT,
    ) -> int:  # fmt: skip
        """A style of the sheets we draw ourselves; ``fill`` is a colour as ARGB, ``line`` an underline."""
        key = (size, name, bold, line, colour, horizontal, fill, border, locked, number_format)
        if key not in self._inks:
            colour_xml = f'<fgColor rgb="{fill}"/><bgColor indexed="64"/>'
            self._inks[key] = self.style(
                font=_FONT.format(bold="<b/>" if bold else "", line=line, size=size, colour=colour, name=name),
                fill=f'<fill><patternFill patternType="solid">{colour_xml}</patternFill></fill>' if fill else "",
                border=_BORDER if border else "",
                align=_ALIGN.format(horizontal=horizontal),
                locked=locked,
                number_format=number_format,
            )
        return self._inks[key]

    def conditional(self, *, colour: str, fill: str = "") -> int:
        """The number of a conditional format: a colour of the text and, unless empty, of the cell (ARGB)."""
        if "dxfs" not in self._lists:
            found = self._root.find(main("dxfs"))
            if found is None:
                found = etree.Element(main("dxfs"), count="0")
                before = self._root.find(main("cellStyles"))
                (self._list("cellXfs") if before is None else before).addnext(found)
            self._lists["dxfs"] = found
        area = f'<fill><patternFill><bgColor rgb="{fill}"/></patternFill></fill>' if fill else ""
        return self._add("dxfs", element_of(f'<dxf><font><color rgb="{colour}"/></font>{area}</dxf>'))

    def style(
        self, *, font: str, fill: str = "", border: str = "", align: str = "", locked: bool = True, number_format: int = TEXT
    ) -> int:  # fmt: skip
        """A style of our own from the XML of its pieces, written in the namespace of spreadsheets."""
        xf = etree.Element(
            main("xf"), numFmtId=str(number_format), xfId="0", applyNumberFormat="1", applyProtection="1"
        )
        for name, xml in (("fonts", font), ("fills", fill), ("borders", border)):
            element = _NODES[name]
            xf.set(f"{element}Id", str(self._add(name, element_of(xml)) if xml else 0))
            xf.set(f"apply{element.capitalize()}", "1")
        if align:
            xf.set("applyAlignment", "1")
            xf.append(element_of(align))
        etree.SubElement(xf, main("protection"), locked="1" if locked else "0")
        return self._add("cellXfs", xf)

    def _entry(self, name: str, number: int) -> etree._Element:
        entries = list(self._list(name).iterchildren(main(_NODES[name])))
        if not 0 <= number < len(entries):
            raise UnpatchableError(f"no {name} {number}")
        return entries[number]

    def _list(self, name: str) -> etree._Element:
        found = self._lists[name]
        assert found is not None
        return found

    def _add(self, name: str, entry: etree._Element) -> int:
        """Return the number of ``entry``, which is appended if the list has no equal one."""
        entries = self._list(name)
        if name not in self._known:
            self._known[name] = {}
            for n, old in enumerate(entries.iterchildren(main(_NODES[name]))):
                self._known[name].setdefault(canonical(old), n)
            self._known[name].setdefault("", len(list(entries.iterchildren(main(_NODES[name])))))
        known = self._known[name]
        key = canonical(entry)
        if key not in known:
            self._package.edit(self._part)
            entries.append(entry)
            known[key] = known[""]
            known[""] += 1
            entries.set("count", str(known[""]))
        return known[key]


def element_of(xml: str) -> etree._Element:
    """An element from XML written without its namespace: ``<fill>…</fill>``; raises `UnpatchableError`."""
    return parse(f'<x xmlns="{MAIN}">{xml}</x>'.encode())[0]


def solid(argb: str) -> etree._Element:
    """A fill of one colour."""
    colour = f'<fgColor rgb="{argb}"/><bgColor indexed="64"/>'
    return element_of(f'<fill><patternFill patternType="solid">{colour}</patternFill></fill>')


def canonical(node: etree._Element) -> str:
    """An element as XML without its namespace, equal for equals whatever prefix their writer used."""
    name = etree.QName(node)
    if name.namespace != MAIN:
        return etree.tostring(node, method="c14n", exclusive=True, with_tail=False).decode()
    values = sorted((str(key), str(value)) for key, value in node.attrib.items())
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in values)
    inner = "".join(canonical(child) for child in node.iterchildren("*"))
    return f"<{name.localname}{attributes}>{inner}</{name.localname}>"
