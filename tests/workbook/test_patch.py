"""The patcher writes the cells it is told to and leaves every other part as it was."""

from __future__ import annotations

import io
import re
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from pipeline.layout import Place
from pipeline.workbook.patch import (
    Book,
    Notes,
    Package,
    Styles,
    UnpatchableError,
    Validations,
    canonical,
    element_of,
    parse,
    patch_workbook,
    solid,
)

EMPTY_SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData/></worksheet>'


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def test_values_styles_and_other_parts(form_folder: Path) -> None:
    before = (form_folder / "return.xlsx").read_bytes()
    values = {
        Place("表三", 5, 3): 12,
        Place("表二", 15, 1): Decimal("59237.2449"),
        Place("基本情况", 4, 1): "A&B ‹甲> \x01末",
        Place("表三", 200, 30): "远",
        Place("表三", 5, 9): 12,
    }
    after = patch_workbook(before, values)
    old, new = members(before), members(after)
    assert list(old) == list(new)
    changed = {name for name in old if old[name] != new[name]}
    assert len(changed) == 3
    assert all(name.startswith("xl/worksheets/sheet") for name in changed)
    book = openpyxl.load_workbook(io.BytesIO(after))
    assert book["表三"]["D6"].value == 12
    assert book["表三"]["D6"].protection.locked is False
    assert book["基本情况"]["B5"].value == "A&B ‹甲> 末"
    assert book["表三"]["AE201"].value == "远"
    assert book["表三"]["J6"].value == "=SUM($D$6:$I$6)"
    cached = openpyxl.load_workbook(io.BytesIO(after), data_only=True)
    assert cached["表三"]["J6"].value == 12
    assert cached["表二"]["B16"].value == 59237.2449


def test_same_input_same_bytes_and_empty_means_blank(form_folder: Path) -> None:
    before = (form_folder / "return.xlsx").read_bytes()
    filled = patch_workbook(before, {Place("表三", 5, 3): 7})
    assert filled == patch_workbook(before, {Place("表三", 5, 3): 7})
    emptied = openpyxl.load_workbook(io.BytesIO(patch_workbook(filled, {Place("表三", 5, 3): None})))
    assert emptied["表三"]["D6"].value is None


def test_an_unknown_sheet_is_an_error(form_folder: Path) -> None:
    with pytest.raises(KeyError):
        patch_workbook((form_folder / "return.xlsx").read_bytes(), {Place("没有", 0, 0): 1})


def test_a_new_cell_takes_the_style_of_its_column_or_row(form_folder: Path) -> None:
    parts = members((form_folder / "return.xlsx").read_bytes())
    sheet = "xl/worksheets/sheet4.xml"
    parts[sheet] = parts[sheet].replace(b"</cols>", b'<col min="11" max="12" width="9" style="7"/></cols>')
    parts[sheet] = parts[sheet].replace(b"</sheetData>", b'<row r="40" s="5" customFormat="1"/></sheetData>')
    patched = patch_workbook(
        zipped(parts), {Place("表三", 5, 11): 1, Place("表三", 39, 11): 2, Place("表三", 5, 12): 3}
    )
    xml = members(patched)[sheet].decode()
    assert '<c r="L6" s="7"><v>1</v></c><c r="M6"><v>3</v></c>' in xml
    assert '<c r="L40" s="5"><v>2</v></c>' in xml


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def local_names(data: bytes) -> dict[str, list[str]]:
    """Names of their own, by sheet."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    return {sheet.title: [str(sheet.print_title_rows), *sheet.defined_names] for sheet in book.worksheets}


def test_a_sheet_in_front_and_out_again(form_folder: Path) -> None:
    before = (form_folder / "return.xlsx").read_bytes()
    package = Package(before)
    Book(package).insert_first("首页", parse(EMPTY_SHEET))
    Book(package).define("mine", "'首页'!$A$1")
    with_sheet = package.save()
    book = openpyxl.load_workbook(io.BytesIO(with_sheet))
    assert book.sheetnames[0] == "首页"
    assert {k: v for k, v in local_names(with_sheet).items() if k != "首页"} == local_names(before)
    package = Package(with_sheet)
    Book(package).drop("首页")
    Book(package).forget(re.compile("mine"))
    after = package.save()
    assert local_names(after) == local_names(before)
    assert members(after).keys() == members(before).keys()
    assert openpyxl.load_workbook(io.BytesIO(after)).defined_names.keys() == (
        openpyxl.load_workbook(io.BytesIO(before)).defined_names.keys()
    )


def test_what_a_sheet_brought_with_it_goes_with_it(form_folder: Path) -> None:
    package = Package((form_folder / "return.xlsx").read_bytes())
    before = set(package)
    Book(package).insert_first("首页", parse(EMPTY_SHEET))
    part = Book(package).parts["首页"]
    Notes(package, part).write(0, 0, "注", author="我")
    assert set(package) - before == {
        part, "xl/comments1.xml", "xl/drawings/vmlDrawing1.vml", "xl/worksheets/_rels/sheet9.xml.rels",
    }  # fmt: skip
    Book(package).drop("首页")
    assert set(package) == before


def test_styles_are_added_once(form_folder: Path) -> None:
    data = (form_folder / "return.xlsx").read_bytes()
    package = Package(data)
    styles = Styles(package)
    found = re.search(rb'<c r="D6" s="(\d+)"', members(data)["xl/worksheets/sheet4.xml"])
    assert found is not None
    entry = int(found[1])
    red = styles.with_fill(entry, solid("FFFF0000"))
    assert styles.with_fill(entry, solid("FFFF0000")) == red
    assert canonical(styles.fill(red)) == canonical(solid("FFFF0000"))
    assert Styles(package).with_fill(red, styles.fill(entry)) == entry  # back to the style it came from
    prefixed = parse(b'<a:fill xmlns:a="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>')
    assert canonical(prefixed) == canonical(element_of("<fill/>")) == "<fill></fill>"


def test_notes_are_cut_where_they_are_ours(form_folder: Path) -> None:
    package = Package((form_folder / "return.xlsx").read_bytes())
    part = Book(package).parts["表三"]
    for text in ("单位写的", "【我们】\n一\n（完）"):
        Notes(package, part).write(5, 3, text, author="甲")
    Notes(package, part).write(6, 3, "【我们】\n二\n（完）", author="乙")
    Notes(package, part).strip(re.compile(r"\n?【我们】.*?（完）", re.DOTALL))
    data = package.save()
    sheet = openpyxl.load_workbook(io.BytesIO(data))["表三"]
    assert sheet["D6"].comment is not None
    assert sheet["D6"].comment.text == "单位写的"
    assert sheet["D7"].comment is None
    assert members(data)["xl/drawings/vmlDrawing1.vml"].count(b"<v:shape ") == 1


@pytest.mark.parametrize(
    "data",
    [
        b"no zip",
        zipped({"a.txt": b""}),
        zipped({"xl/workbook.xml": b"<workbook/>"}),
        zipped({"xl/workbook.xml": b"<workbook"}),
    ],
)
def test_what_cannot_be_changed_says_so(data: bytes) -> None:
    with pytest.raises(UnpatchableError):
        patch_workbook(data, {Place("表三", 5, 3): 1})


def test_a_style_gets_or_loses_its_lock(form_folder: Path) -> None:
    package = Package((form_folder / "return.xlsx").read_bytes())
    styles = Styles(package)
    cell = next(c for c in package.look("xl/worksheets/sheet4.xml").iter() if c.get("r") == "D7")
    entry = int(cell.get("s", "0"))
    grey = styles.with_fill(entry, solid("FFECECEC"), locked=True)
    assert styles.with_fill(grey, styles.fill(entry)) != entry
    assert styles.with_fill(grey, styles.fill(entry), locked=False) == entry
    assert styles.with_fill(entry, styles.fill(grey), locked=True) == grey


@pytest.mark.parametrize(
    ("validations", "row", "col", "found"),
    [
        ("", 6, 4, [("E7", "", "标题", "新")]),
        ('<dataValidation type="whole" sqref="D7:I7" promptTitle="件" prompt="旧"/>', 6, 4,
         [("D7 F7:I7", "whole", "件", "旧"), ("E7", "whole", "件", "旧新")]),
        ('<dataValidation type="whole" sqref="E7" prompt="旧"/>', 6, 4, [("E7", "whole", "标题", "旧新")]),
        ('<dataValidation type="whole" sqref="$D$6:$F$8 Z1" prompt="旧"/>', 6, 4,
         [("D6:F6 D7 F7 D8:F8 Z1", "whole", None, "旧"), ("E7", "whole", "标题", "旧新")]),
        ('<dataValidation type="decimal" sqref="A1:B9"/>', 6, 4,
         [("A1:B9", "decimal", None, None), ("E7", "", "标题", "新")]),
    ],
)  # fmt: skip
def test_one_cell_says_something_else(
    validations: str, row: int, col: int, found: list[tuple[str | None, ...]]
) -> None:
    held = f"<dataValidations>{validations}</dataValidations>" if validations else ""
    tail = "<sheetProtection/><conditionalFormatting/><conditionalFormatting/>"
    root = parse(EMPTY_SHEET.replace(b"<sheetData/>", f"<sheetData/>{tail}{held}<pageMargins/>".encode()))
    Validations(root).say(row, col, lambda old: old + "新", title="标题")
    names = [node.tag.rpartition("}")[2] for node in root]
    assert names == ["sheetData", "sheetProtection", *2 * ["conditionalFormatting"], "dataValidations", "pageMargins"]
    nodes = [node for node in root.iter() if node.tag.endswith("}dataValidation")]
    assert [(n.get("sqref"), n.get("type", ""), n.get("promptTitle"), n.get("prompt")) for n in nodes] == found
    assert nodes[-1].getparent().get("count") == str(len(nodes))  # type: ignore[union-attr]
    assert nodes[-1].get("showInputMessage") == "1"


def test_a_validation_that_makes_no_sense_is_not_patched() -> None:
    root = parse(
        EMPTY_SHEET.replace(
            b"<sheetData/>", b'<sheetData/><dataValidations><dataValidation sqref="A:A"/></dataValidations>'
        )
    )
    with pytest.raises(UnpatchableError, match="sqref A:A"):
        Validations(root).say(0, 0, str, title="")
