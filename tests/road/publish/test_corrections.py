"""The unit's own workbook sent back: marked where it must be, everything else as it was sent."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from lxml import etree
from openpyxl.comments import Comment
from python_calamine import CalamineWorkbook
from xlsxwriter.utility import xl_cell_to_rowcol

from pipeline.form import Value
from pipeline.layout import Place
from pipeline.model.finding import Finding
from pipeline.model.outcome import Outcome
from pipeline.model.standing import State
from pipeline.road.publish import corrections
from pipeline.road.publish.marking import AUTHOR, COLOURS
from pipeline.workbook.fill import fill
from pipeline.workbook.opinions import SHEET, given_reasons, opinion_rows
from pipeline.workbook.patch import main, patch_workbook
from tests.libreoffice import ODS, XLSX, at_the_desk, convert, pages
from tests.workspaces import NOW, PROFILE, Office, tree, zeros

RED, AMBER = COLOURS["error"], COLOURS["warning"]
WRONG: Mapping[str, Value] = {
    "t3.received.natural": 2,
    "t3.granted.natural": 1,
    "t2.rules.issued": 4,
    "t3.partial.legal": "２",
    "t3.denied.state_secret.legal": "三件左右",
    "text.disclosure": "全年公开 3 次 A&B ‹甲>。",
}
RIGHT: Mapping[str, Value] = {
    "t3.granted.natural": 2,
    "t2.rules.issued": 0,
    "t3.partial.legal": 0,
    "t3.denied.state_secret.legal": 0,
}
MARKED = {("表二", "B5"), ("表三", "D6"), ("表三", "H9"), ("表三", "H10")}
TOUCHED = {
    "[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml",
    "xl/worksheets/sheet3.xml", "xl/worksheets/sheet4.xml",
}  # fmt: skip
"""What a correction changes of a workbook with marks on 表二 and 表三."""
ADDED = {
    "xl/comments1.xml", "xl/comments2.xml", "xl/drawings/vmlDrawing1.vml", "xl/drawings/vmlDrawing2.vml",
    "xl/worksheets/_rels/sheet3.xml.rels", "xl/worksheets/_rels/sheet4.xml.rels", "xl/worksheets/sheet9.xml",
}  # fmt: skip


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def edited(data: bytes, **changes: Callable[[bytes], bytes]) -> bytes:
    """The workbook with some parts changed; ``sheet4`` stands for ``xl/worksheets/sheet4.xml``."""
    parts = members(data)
    for short, change in changes.items():
        (name,) = [name for name in parts if name.endswith(f"/{short}.xml")]
        parts[name] = change(parts[name])
    return zipped(parts)


def corrected(office: Office, unit: str = "u01") -> bytes:
    (path,) = (office.outputs / "corrections").glob(f"{unit}_*_退改.xlsx")
    return path.read_bytes()


def letter(office: Office, unit: str = "u01") -> str:
    (path,) = (office.outputs / "corrections").glob(f"{unit}_*_退改说明.txt")
    return path.read_bytes().decode("utf-8")


def sent_back(tmp_path: Path, values: Mapping[str, Value] = WRONG) -> tuple[Office, bytes, bytes]:
    """An office that sent ``u01`` its workbook back: the office, what arrived, what went out."""
    office = Office(tmp_path / "office", units=1)
    sent = office.returns("u01", values).read_bytes()
    office.run()
    return office, sent, corrected(office)


def styled(data: bytes, sheet: str) -> dict[str, str]:
    """The style number of every cell of a sheet part."""
    cells = etree.fromstring(members(data)[f"xl/worksheets/{sheet}.xml"]).iter(main("c"))
    return {cell.get("r", ""): cell.get("s", "0") for cell in cells}


def filled_cells(data: bytes) -> dict[tuple[str, str], str]:
    """Every cell filled in one of our colours."""
    return {
        (sheet.title, cell.coordinate): cell.fill.fgColor.rgb
        for sheet in openpyxl.load_workbook(io.BytesIO(data)).worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.fill.fgColor.rgb in (RED, AMBER)
    }


def comments(data: bytes) -> dict[tuple[str, str], Comment]:
    return {
        (sheet.title, cell.coordinate): cell.comment
        for sheet in openpyxl.load_workbook(io.BytesIO(data)).worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment
    }


def read_values(data: bytes) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names if name != SHEET}


def skeleton(xml: bytes) -> bytes:
    """A worksheet without what a correction may change in it: style numbers, selection of the sheet, notes."""
    root = etree.fromstring(xml)
    for cell in root.iter(main("c")):
        cell.attrib.pop("s", "")
    for view in root.iter(main("sheetView")):
        view.attrib.pop("tabSelected", "")
    for node in root.findall(main("legacyDrawing")):
        root.remove(node)
    return etree.tostring(root, method="c14n")


# ------------------------------------------------------------------------------------------ what changes, what stays
def test_only_the_listed_parts_change(tmp_path: Path) -> None:
    _, sent, back = sent_back(tmp_path)
    old, new = members(sent), members(back)
    assert {name for name in old if old[name] != new.get(name)} == TOUCHED | {"xl/worksheets/sheet1.xml"}
    assert new.keys() - old.keys() == ADDED
    for sheet in ("sheet1", "sheet3", "sheet4"):
        part = f"xl/worksheets/{sheet}.xml"
        assert skeleton(old[part]) == skeleton(new[part])
    assert read_values(back) == read_values(sent)


def test_cells_are_filled_and_nothing_else_of_them_changes(tmp_path: Path) -> None:
    _, sent, back = sent_back(tmp_path)
    assert filled_cells(back) == dict.fromkeys(MARKED, RED)
    for sheet, part in (("表二", "sheet3"), ("表三", "sheet4")):
        old, new = styled(sent, part), styled(back, part)
        assert {(sheet, cell) for cell in old if old[cell] != new[cell]} == {p for p in MARKED if p[0] == sheet}
    before, after = openpyxl.load_workbook(io.BytesIO(sent)), openpyxl.load_workbook(io.BytesIO(back))
    for sheet, cell in MARKED:
        one, two = before[sheet][cell], after[sheet][cell]
        for aspect in ("number_format", "font", "border", "alignment", "protection"):
            assert repr(getattr(one, aspect)) == repr(getattr(two, aspect)), (cell, aspect)
    assert after["表三"]["D6"].protection.locked is False
    assert after["表三"]["J6"].protection.locked is True
    styles = members(back)["xl/styles.xml"]
    old_styles = members(sent)["xl/styles.xml"]
    for tag in ("fonts", "fills", "borders", "cellXfs"):
        lists = [next(iter(etree.fromstring(xml).iter(main(tag)))) for xml in (old_styles, styles)]
        texts = [[etree.tostring(node, method="c14n") for node in each] for each in lists]
        assert texts[1][: len(texts[0])] == texts[0], tag
        assert lists[1].get("count") == str(len(texts[1]))


def test_notes_say_what_was_found_and_what_to_do(tmp_path: Path) -> None:
    _, _, back = sent_back(tmp_path)
    notes = comments(back)
    assert notes.keys() == MARKED
    assert notes["表三", "D6"].text == (
        "【退改意见】\n"
        "强制性 R3：表三“自然人”一列：本年新收加上年结转为 2，办理结果总计加结转下年度为 1，相差 1。\n"
        "填报：合计 2；应为：合计 1\n"
        "怎么办：请核对本列：收到的每一件，要么在（一）至（六）中有一个结果，要么结转下年度。\n"
        "（以上为退改意见，改好后不必删除）"
    )
    assert {note.author for note in notes.values()} == {AUTHOR}
    vml = members(back)["xl/drawings/vmlDrawing2.vml"].decode()
    assert re.findall(r"<x:Row>(\d+)</x:Row><x:Column>(\d+)<", vml) == [("5", "3"), ("8", "7"), ("9", "7")]
    assert re.findall(r"width:(\d+)pt;height:(\d+)pt", vml)[0] == ("225", "126")
    assert re.findall(r"<x:Anchor>([^<]+)<", vml)[0] == "4, 12, 4, 32, 8, 56, 10, 0"
    ids = re.findall(r'id="_x0000_s(\d+)"', vml + members(back)["xl/drawings/vmlDrawing1.vml"].decode())
    assert len(set(ids)) == len(ids) == 4
    sheet = etree.fromstring(members(back)["xl/worksheets/sheet4.xml"])
    assert [etree.QName(node).localname for node in sheet][-2:] == ["headerFooter", "legacyDrawing"]


def test_the_first_sheet_lists_the_findings(tmp_path: Path) -> None:
    office, _, back = sent_back(tmp_path)
    book = openpyxl.load_workbook(io.BytesIO(back))
    assert book.sheetnames[:2] == [SHEET, "填报说明"]
    assert book.active is not None
    assert book.active.title == SHEET
    assert [sheet.title for sheet in book.worksheets if sheet.sheet_view.tabSelected] == [SHEET]
    sheet = book[SHEET]
    assert sheet["A1"].value == "退改意见：第1镇人民政府（2024年度）"
    assert "强制性问题 4 个" in str(sheet["A2"].value)
    rows = opinion_rows([[cell.value for cell in row] for row in sheet.iter_rows()])
    assert [(row["级别"], row["规则"], row["工作表"], row["单元格"], row["填报"], row["应为"]) for row in rows] == [
        ("强制性", "R5", "表二", "B5", "4", "0"),
        ("强制性", "R3", "表三", "D6", "合计 2", "合计 1"),
        ("强制性", "V7", "表三", "H9", "２", "数字 2"),
        ("强制性", "S3", "表三", "H10", "三件左右", "不小于 0 的整数"),
    ]
    assert [row["指标代码"] for row in rows][:2] == ["t2.rules.issued", "t3.received.natural"]
    assert sheet["E6"].hyperlink is not None
    assert sheet["E6"].hyperlink.location == "'表三'!D6"
    assert sheet.protection.sheet is True
    assert [cell.coordinate for row in sheet.iter_rows() for cell in row if not cell.protection.locked] == [
        f"J{row}" for row in range(5, 9)
    ]
    assert book.defined_names["reason_2"].attr_text == f"'{SHEET}'!$J$6"
    assert book.defined_names["marked_2"].attr_text == "'表三'!$D$6"
    assert all(sheet.column_dimensions[column].hidden for column in "K")
    assert book["_xxgk"].sheet_state == "veryHidden"
    assert office.layout.places["t3.received.natural"].cell == "D6"


def test_names_of_sheets_keep_their_sheet(tmp_path: Path) -> None:
    _, sent, back = sent_back(tmp_path)
    before, after = openpyxl.load_workbook(io.BytesIO(sent)), openpyxl.load_workbook(io.BytesIO(back))
    for sheet in before.sheetnames:
        assert after[sheet].print_title_rows == before[sheet].print_title_rows, sheet
        assert dict(after[sheet].defined_names) == dict(before[sheet].defined_names), sheet
    assert after["校验"].auto_filter.ref == before["校验"].auto_filter.ref
    assert {n: d.attr_text for n, d in before.defined_names.items()}.items() <= {
        n: d.attr_text for n, d in after.defined_names.items()
    }.items()


def test_the_letter(tmp_path: Path) -> None:
    profile = [*PROFILE, ("电话", "0451-57110000"), ("报送期限", "2025-01-20"), ("退改期限", "2025-01-24")]
    office = Office(tmp_path, units=2, profile=profile)
    office.returns("u01", WRONG)
    office.returns("u02")
    office.run()
    text = letter(office)
    assert text.startswith("\ufeff第1镇人民政府：\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert "2024年度政府信息公开工作年度报告统计表（文件“u01.xlsx”）已收到。经核对，有强制性问题 4 个，请改正后" in text
    assert "  2. 【表三 D6】强制性 R3：表三“自然人”一列" in text
    assert "填报：三件左右；应为：不小于 0 的整数" in text
    assert "请在2025年1月24日前发回。" in text
    assert "1月20日" not in text, "a deadline that may have passed is not repeated"
    assert "有疑问请联系：方正县人民政府办公室，电话 0451-57110000。" in text
    assert "它就是贵单位报来的文件，数字和版式没有改动" in text
    assert {path.name for path in (office.outputs / "corrections").iterdir()} == {
        "u01_第1镇人民政府_退改.xlsx",
        "u01_第1镇人民政府_退改说明.txt",
    }


# ------------------------------------------------------------------------------------------ what clerks' programs make
X14 = (
    '<extLst><ext uri="{78C0D931-6437-407d-A8EE-F0AAD7539E65}" xmlns:x14="http://schemas.microsoft.com/office/'
    'spreadsheetml/2009/9/main"><x14:conditionalFormattings><x14:conditionalFormatting xmlns:xm="http://schemas.'
    'microsoft.com/office/excel/2006/main"><x14:cfRule type="dataBar" id="{00000000-0000-0000-0000-000000000001}">'
    '<x14:dataBar minLength="0" maxLength="100"><x14:cfvo type="autoMin"/><x14:cfvo type="autoMax"/></x14:dataBar>'
    "</x14:cfRule><xm:sqref>D6:I6</xm:sqref></x14:conditionalFormatting></x14:conditionalFormattings></ext>"
    '<ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}" xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/'
    '2009/9/main"><x14:dataValidations count="1" xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main">'
    '<x14:dataValidation type="list" allowBlank="1"><x14:formula1><xm:f>填报说明!$A$3:$A$5</xm:f></x14:formula1>'
    "<xm:sqref>B4</xm:sqref></x14:dataValidation></x14:dataValidations></ext></extLst>"
)
RICH = "<si><r><rPr><b/></rPr><t>粗</t></r><r><t>细</t></r></si>"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def with_extras(data: bytes) -> bytes:
    """The workbook with newer conditional formats and drop-downs, rich text, a picture, an odd part on 表三."""
    parts = members(data)
    sheet = "xl/worksheets/sheet4.xml"
    parts[sheet] = parts[sheet].replace(b"</worksheet>", f'<drawing r:id="rId7"/>{X14}</worksheet>'.encode())
    rels = f'<Relationship Id="rId7" Type="{REL}/drawing" Target="/xl/drawings/drawing1.xml"/>'
    parts["xl/worksheets/_rels/sheet4.xml.rels"] = (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{rels}</Relationships>'
    ).encode()
    parts["xl/drawings/drawing1.xml"] = (
        b'<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"/>'
    )
    parts["xl/media/image1.png"] = b"\x89PNG not really"
    parts["xl/cellimages.xml"] = b"<etc:cellImages xmlns:etc='http://www.wps.cn/officeDocument/2017/etCustomData'/>"
    parts["xl/sharedStrings.xml"] = parts["xl/sharedStrings.xml"].replace(b"</sst>", f"{RICH}</sst>".encode())
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        b"</Types>",
        b'<Default Extension="png" ContentType="image/png"/><Override PartName="/xl/drawings/drawing1.xml" '
        b'ContentType="application/vnd.openxmlformats-officedocument.drawing+xml"/></Types>',
    )
    return zipped(parts)


def test_what_libraries_lose_survives(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    sent = with_extras(office.filled("u01", WRONG))
    office.drop("u01.xlsx", sent)
    office.run()
    old, new = members(sent), members(corrected(office))
    for name in ("xl/sharedStrings.xml", "xl/drawings/drawing1.xml", "xl/media/image1.png", "xl/cellimages.xml"):
        assert new[name] == old[name]
    sheet = etree.fromstring(new["xl/worksheets/sheet4.xml"])
    assert [etree.QName(node).localname for node in sheet][-3:] == ["drawing", "legacyDrawing", "extLst"]
    assert skeleton(new["xl/worksheets/sheet4.xml"]) == skeleton(old["xl/worksheets/sheet4.xml"])
    rels = new["xl/worksheets/_rels/sheet4.xml.rels"].decode()
    assert 'Id="rId7"' in rels
    assert rels.count("<Relationship ") == 3


def with_comments(office: Office, notes: Mapping[tuple[str, str], str]) -> bytes:
    """The workbook of ``u01`` filled in, with comments of its clerk; openpyxl would drop the totals if it saved last."""
    book = openpyxl.load_workbook(io.BytesIO(office.issued("u01")))
    for (sheet, cell), text in notes.items():
        book[sheet][cell].comment = Comment(text, "李四", height=50, width=120)
    out = io.BytesIO()
    book.save(out)
    return fill(out.getvalue(), office.form, office.layout, zeros(office.form) | dict(WRONG))


def test_the_clerks_own_comments_stay(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    own = {("表三", "D6"): "电话核过", ("表三", "E7"): "与去年一致", ("表四", "A6"): "无"}
    sent = with_comments(office, own)
    office.drop("u01.xlsx", sent)
    office.run()
    back = corrected(office)
    notes = comments(back)
    assert notes.keys() == MARKED | own.keys()
    assert notes["表三", "D6"].text.startswith("电话核过\n【退改意见】\n强制性 R3")
    assert notes["表三", "D6"].author == "李四"
    assert {key: notes[key].text for key in own if key not in MARKED} == {
        k: v for k, v in own.items() if k not in MARKED
    }
    old, new = members(sent), members(back)
    unmarked = [name for name in old if "legacyDrawing" in name or "comment3" in name]
    assert all(old[name] == new[name] for name in unmarked)
    # sent in again with the same faults, the notes are ours once and the clerk's as they were
    office.drop("再报.xlsx", back, hour=10)
    office.run()
    again = comments(corrected(office))
    assert {key: note.text for key, note in again.items()} == {key: note.text for key, note in notes.items()}
    # and when all is put right, a further correction carries none of ours
    assert sizes(corrected(office)) == sizes(back)


def sizes(data: bytes) -> list[str]:
    """The anchors of all note boxes."""
    return sorted(
        anchor
        for name, content in members(data).items()
        if name.lower().endswith(".vml")
        for anchor in re.findall(r"Anchor>([^<]+)<", content.decode())
    )


def test_threaded_comments_are_left_alone(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    sent = with_comments(office, {("表三", "D6"): "[Threaded comment] 看不懂"})
    parts = members(sent)
    (name,) = [name for name in parts if re.search(r"comments?\d*\.xml$", name)]
    parts[name] = parts[name].replace("李四".encode(), b"tc={A0000000-0000-0000-0000-000000000001}")
    office.drop("u01.xlsx", zipped(parts))
    office.run()
    notes = comments(corrected(office))
    assert notes["表三", "D6"].text == "[Threaded comment] 看不懂"
    assert filled_cells(corrected(office))["表三", "D6"] == RED


def test_a_correction_of_a_correction_does_not_pile_up(tmp_path: Path) -> None:
    office, _, first = sent_back(tmp_path)
    office.drop("二.xlsx", first, hour=10)
    office.run()
    second = corrected(office)
    assert second != b""
    assert filled_cells(second) == filled_cells(first)
    assert {k: v.text for k, v in comments(second).items()} == {k: v.text for k, v in comments(first).items()}
    assert members(second).keys() == members(first).keys()
    assert len(openpyxl.load_workbook(io.BytesIO(second)).sheetnames) == 9
    office.drop("三.xlsx", second, hour=11)
    office.run()
    third = corrected(office)
    parts = members(second), members(third)
    assert {name for name in parts[0] if parts[0][name] != parts[1][name]} == set()


def test_marks_go_where_the_fault_is_gone(tmp_path: Path) -> None:
    office, sent, first = sent_back(tmp_path)
    typed = zeros(office.form) | {"t3.received.natural": 2, "t3.granted.natural": 1}
    office.drop("二.xlsx", fill(first, office.form, office.layout, typed), hour=10)
    office.run()
    second = corrected(office)
    left = {("表三", "D6")}
    assert filled_cells(second) == dict.fromkeys(left, RED)
    assert comments(second).keys() == left
    before, after = openpyxl.load_workbook(io.BytesIO(sent)), openpyxl.load_workbook(io.BytesIO(second))
    for sheet, cell in MARKED - left:
        assert after[sheet][cell].fill.fgColor.rgb == before[sheet][cell].fill.fgColor.rgb
        assert after[sheet][cell].protection.locked == before[sheet][cell].protection.locked


# ------------------------------------------------------------------------------------------ warnings and reasons
def with_warning(office: Office, outcome: Outcome) -> Outcome:
    """The same night with a question about one cell and one about the whole file instead of every error."""
    (standing,) = outcome.standings
    assert standing.decisive is not None
    common = {"severity": "warning", "unit": "u01", "file": "u01.xlsx", "needs_reason": True}
    asked = (
        Finding(code="Y4", message="比上年多 40 件。", remedy="请核实。", sheet="表三", cell="D6", found="42",
                expected="2", item="t3.received.natural", **common),  # type: ignore[arg-type]
        Finding(code="N6", message="全文没有数字。", remedy="请补充。", **common),  # type: ignore[arg-type]
    )  # fmt: skip
    judged = replace(standing.decisive, findings=asked, state=State.UNEXPLAINED)
    standing = replace(standing, state=State.UNEXPLAINED, decisive=judged, returns=(judged,))
    return replace(outcome, standings=(standing,), findings=asked)


def never(unit: object) -> bytes:
    raise AssertionError("the sent file can be marked")


def test_warnings_are_amber_and_ask_for_a_reason(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    office.returns("u01")
    files = corrections(with_warning(office, office.run()), never)
    workbook, text = (files[name] for name in sorted(files))
    assert filled_cells(workbook) == {("表三", "D6"): AMBER}
    sheet = openpyxl.load_workbook(io.BytesIO(workbook))[SHEET]
    assert sheet["E6"].value is None
    assert sheet["E6"].hyperlink is None
    assert "有核实性问题 2 个，请核实后重新报送" in text.decode("utf-8")
    assert "【整份文件】核实性 N6：全文没有数字。" in text.decode("utf-8")
    assert "“修改意见”的“出错说明”一栏写明原因" in text.decode("utf-8")


def test_a_reason_comes_back_and_is_carried_on(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    path = office.returns("u01")
    outcome = with_warning(office, office.run())
    files = corrections(outcome, never)
    first = next(files[name] for name in files if name.endswith(".xlsx"))
    name = openpyxl.load_workbook(io.BytesIO(first)).defined_names["reason_1"].attr_text
    reason = name.partition("!")[2].replace("$", "")
    path.write_bytes(patch_workbook(first, {Place(SHEET, *xl_cell_to_rowcol(reason)): "12月集中受理 40 件"}))
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(SHEET).to_python()
    assert given_reasons(rows) == {("Y4", "t3.received.natural"): "12月集中受理 40 件"}
    returned = office.run()
    assert office.states(returned) == {"u01": "通过"}
    (standing,) = outcome.standings
    (now,) = returned.standings
    assert standing.decisive is not None
    assert now.decisive is not None
    judged = replace(standing.decisive, submission=now.decisive.submission)
    outcome = replace(outcome, standings=(replace(standing, decisive=judged, returns=(judged,)),))
    files = corrections(outcome, never)
    again = next(files[name] for name in files if name.endswith(".xlsx"))
    assert openpyxl.load_workbook(io.BytesIO(again))[SHEET][reason].value == "12月集中受理 40 件"


def test_what_the_office_accepted_is_not_asked_again(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1, control={"认可": [("u01", "R3", "已核实", "张三")]})
    office.returns("u01", WRONG)
    office.run()
    assert filled_cells(corrected(office)).keys() == {("表二", "B5"), ("表三", "H9"), ("表三", "H10")}
    assert "R3" not in letter(office)


# ------------------------------------------------------------------------------------------ files that cannot be marked
MACRO = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
PLAIN = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def macro(data: bytes) -> bytes:
    parts = members(data)
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(PLAIN, MACRO)
    return zipped(parts)


def nameless(data: bytes) -> bytes:
    """A workbook whose marked cell has a style that does not exist."""
    return edited(data, sheet4=lambda xml: re.sub(rb'(<c r="D6" s=")\d+"', rb'\g<1>9999"', xml))


def without_addresses(data: bytes) -> bytes:
    return edited(data, sheet3=lambda xml: re.sub(rb'<c r="A30" ', b"<c ", xml).replace(b'<row r="1" ', b"<row "))


@pytest.mark.parametrize("damage", [macro, nameless, without_addresses])
def test_a_fresh_workbook_where_the_sent_one_cannot_be_marked(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    office = Office(tmp_path, units=1)
    office.drop("u01.xlsx", damage(office.filled("u01", WRONG)))
    outcome = office.run()
    assert office.states(outcome) == {"u01": "退回"}
    back = corrected(office)
    assert members(back).keys() == members(office.issued("u01")).keys() | ADDED
    assert filled_cells(back) == dict.fromkeys(MARKED, RED)
    cells = openpyxl.load_workbook(io.BytesIO(back), data_only=True)
    assert cells["表三"]["D6"].value == 2
    assert cells["表三"]["H9"].value == 2
    assert cells["表三"]["J9"].value == 2  # the total is the issued formula's again
    assert cells["表三"]["H10"].value is None  # 三件左右 is no figure
    assert openpyxl.load_workbook(io.BytesIO(back))["表三"]["J9"].value == "=SUM($D$9:$I$9)"
    assert "已把能确认的数填进下发的原表" in letter(office)
    office.drop("u01.xlsx", back)
    assert {f.code for f in office.run().findings if f.unit} == {"R3", "R5", "S2"}


def test_prefixes_and_other_habits_of_writers(tmp_path: Path) -> None:
    """Another program may write its own prefix, rows without cells, cells the issued workbook did not have."""

    def prefixed(xml: bytes) -> bytes:
        text = re.sub(r"<(/?)(?=[A-Za-z])(?!\?)", r"<\1x:", xml.decode().partition("?>")[2])
        text = text.replace(
            'xmlns="http://schemas.openxmlformats.org/spreadsheetml',
            'xmlns:x="http://schemas.openxmlformats.org/spreadsheetml',
            1,
        )
        return re.sub(r'<x:c r="D6"[^>]*>.*?</x:c>', "", text).encode()

    office = Office(tmp_path, units=1)
    data = office.filled("u01", {"t3.received.natural": 2})
    office.drop("u01.xlsx", edited(data, sheet4=prefixed))
    outcome = office.run()
    assert {(f.code, f.cell) for f in outcome.findings if f.unit} == {("S2", "D6")}
    back = corrected(office)
    assert filled_cells(back).keys() == {("表三", "D6")}
    assert b"<x:legacyDrawing " in members(back)["xl/worksheets/sheet4.xml"]


# ------------------------------------------------------------------------------------------ night after night
def test_a_unit_that_passes_has_no_correction(tmp_path: Path) -> None:
    office, _, _ = sent_back(tmp_path)
    first = tree(office.outputs / "corrections")
    office.run()
    assert tree(office.outputs / "corrections") == first
    office.returns("u01", {"t3.received.natural": 1, "t3.granted.natural": 1}, name="二.xlsx", hour=10)
    office.run()
    assert not (office.outputs / "corrections").exists()


def test_the_correction_is_read_like_any_return(tmp_path: Path) -> None:
    office, _, back = sent_back(tmp_path)
    office.drop("二.xlsx", back, hour=10)
    outcome = office.run()
    (standing,) = outcome.standings
    one, two = standing.returns
    assert one.submission.values == two.submission.values
    second = [finding for finding in two.findings if finding.key != "M1.versions"]
    assert [f.at(file="") for f in one.findings] == [f.at(file="") for f in second]


@pytest.mark.external
def test_the_round_trip_through_libreoffice(tmp_path: Path) -> None:
    """Sent wrong, sent back, opened and put right by the clerk in LibreOffice, sent in again: it passes."""
    office = Office(tmp_path / "office", units=1)
    first, saved = tmp_path / "sent.xlsx", office.inputs / "u01.xlsx"
    first.write_bytes(office.filled("u01", WRONG))
    job = {"open": str(first), "save": str(saved), "filter": XLSX, "cells": [], "read": []}
    at_the_desk(tmp_path, [job])
    assert office.states(office.run()) == {"u01": "退回"}
    back = tmp_path / "back.xlsx"
    back.write_bytes(corrected(office))
    assert read_values(back.read_bytes()) == read_values(saved.read_bytes())
    notes = comments(back.read_bytes())
    assert notes.keys() >= {("表三", "D6"), ("表二", "B5"), ("表三", "H10")}

    half = office.inputs / "改一半.xlsx"
    cells = [["表二", "B5", 0], [SHEET, "J5", "已改"]]
    read = [[SHEET, "A1"], [SHEET, "C6"], ["表三", "J6"]]
    answer = at_the_desk(
        tmp_path, [{"open": str(back), "save": str(half), "filter": XLSX, "cells": cells, "read": read}]
    )
    assert answer == [["退改意见：第1镇人民政府（2024年度）", "R3", "2"]]
    rows = CalamineWorkbook.from_path(str(half)).get_sheet_by_name(SHEET).to_python()
    assert given_reasons(rows) == {("R5.issued", "t2.rules.issued"): "已改"}
    assert office.states(office.run()) == {"u01": "退回"}
    second = corrected(office)
    assert openpyxl.load_workbook(io.BytesIO(second)).sheetnames.count(SHEET) == 1
    assert ("表二", "B5") not in filled_cells(second)
    assert comments(second).keys() == notes.keys() - {("表二", "B5")}
    assert all(note.text.count("【退改意见】") == 1 for note in comments(second).values())

    again = tmp_path / "again.xlsx"
    again.write_bytes(second)
    whole = office.inputs / "改好.xlsx"
    cells = [[office.layout.places[c].sheet, office.layout.places[c].cell, value] for c, value in RIGHT.items()]
    at_the_desk(tmp_path, [{"open": str(again), "save": str(whole), "filter": XLSX, "cells": cells, "read": []}])
    assert office.states(office.run()) == {"u01": "通过"}
    assert not (office.outputs / "corrections").exists()


@pytest.mark.external
def test_another_format_gets_a_fresh_workbook(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=1)
    typed = tmp_path / "typed.xlsx"
    typed.write_bytes(office.filled("u01", WRONG))
    saved = office.inputs / "u01.ods"
    at_the_desk(tmp_path, [{"open": str(typed), "save": str(saved), "filter": ODS, "cells": [], "read": []}])
    os.utime(saved, (NOW.timestamp() - 3600,) * 2)
    outcome = office.run()
    assert office.states(outcome) == {"u01": "退回"}
    back = corrected(office)
    assert filled_cells(back) == dict.fromkeys(MARKED, RED)
    assert openpyxl.load_workbook(io.BytesIO(back))["文字材料"]["C4"].value == WRONG["text.disclosure"]
    assert "已把能确认的数填进下发的原表" in letter(office)


@pytest.mark.external
def test_the_printed_correction(tmp_path: Path) -> None:
    _, _, back = sent_back(tmp_path)
    path = tmp_path / "c.xlsx"
    path.write_bytes(back)
    printed = pages(convert(path, "pdf", tmp_path), tmp_path)
    squeezed = "".join(printed[0].split())
    assert "退改意见：第1镇人民政府（2024年度）" in squeezed
    assert "请在这里只填数字，去掉“件”等文字和符号。" in squeezed
    assert "出错说明" in squeezed
    assert sum("退改意见" in "".join(page.split()) for page in printed) == 1
