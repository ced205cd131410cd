"""A filled return with a different figure in every cell, and what people do to such a workbook, by name.

Every figure is unique, so a value read from a wrong cell can never look right.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName

from pipeline.form import Form, Value, load_form
from pipeline.layout import Layout, Place, read_layout
from pipeline.model.control import Control, Profile, Unit
from pipeline.model.decisions import Claim
from pipeline.model.submission import Arrival, Submission, Unclaimed
from pipeline.road.intake import open_arrival
from pipeline.road.issue import Stamper
from pipeline.road.read import Reader
from pipeline.workbook.patch import patch_workbook
from tests import ROOT
from tests.workspaces import basis_of

FOLDER = ROOT / "workbook_templates" / "xxgk-2021"
SECRET = b"the office's secret"
YEAR = 2024
UNITS = (
    Unit(code="001", name="方正县财政局", aliases=("县财政", "财政和国资局")),
    Unit(code="002", name="方正县城关镇人民政府"),
    Unit(code="003", name="方正县民政局"),
    Unit(code="004", name="方正县和平镇人民政府"),
    Unit(code="005", name="方正县和平街道办事处"),
)

Book = Any
Mutation = Callable[[Book], None]


@cache
def form() -> Form:
    return load_form(FOLDER)


@cache
def layout() -> Layout:
    return read_layout(form(), FOLDER / "return.xlsx")


def control(
    *claims: tuple[str, str], year: int = YEAR, blanks: str = "return", sources: Mapping[str, str] = {}
) -> Control:
    profile = Profile(
        root="方正县人民政府", level="县级", compiler="方正县人民政府办公室", year=year, sources=sources, blanks=blanks
    )
    made = tuple(
        Claim(subject=subject, unit=unit, reason="电话核实", approver="张三", sheet="来件认领", cell=f"A{n}")
        for n, (subject, unit) in enumerate(claims, 2)
    )
    return Control(
        profile=profile, units=UNITS, waivers=(), adjustments=(), acceptances=(), claims=made, texts={}, findings=()
    )


def reader(office: Control | None = None, secret: bytes = SECRET) -> Reader:
    return Reader(form=form(), layout=layout(), control=office or control(), secret=secret)


def truth() -> dict[str, Value]:
    """What the filled return says, by item code."""
    values: dict[str, Value] = {}
    for n, item in enumerate(form().items):
        if item.code == "meta.unit":
            values[item.code] = UNITS[0].name
        elif item.code == "meta.year":
            values[item.code] = YEAR
        elif item.kind == "money":
            values[item.code] = Decimal(f"{1000 + n}.25").quantize(Decimal(1).scaleb(-item.scale))
        elif item.kind == "count":
            values[item.code] = 1000 + n
        else:
            values[item.code] = f"文字{n}"
    return values


@cache
def issued(code: str = "001", year: int = YEAR, secret: bytes = SECRET, form_id: str = "") -> bytes:
    """The blank workbook of a unit."""
    the_form = replace(form(), id=form_id) if form_id else form()
    unit = next(unit for unit in UNITS if unit.code == code)
    template = (FOLDER / "return.xlsx").read_bytes()
    return Stamper(basis_of(the_form, layout(), template, control(year=year), secret=secret)).stamp(unit)


def filled(blank: bytes | None = None, changes: Mapping[str, Any] = {}) -> bytes:
    """A return filled with `truth`, some cells otherwise; ``changes`` by item code or `Place`."""
    values: dict[Place, Any] = {
        layout().places[code]: value for code, value in truth().items() if not code.startswith("meta.")
    }
    values |= {
        layout().places[f"meta.{key}"]: truth()[f"meta.{key}"] for key in ("preparer", "reviewer", "phone", "date")
    }
    for key, value in changes.items():
        values[key if isinstance(key, Place) else layout().places[key]] = value
    return patch_workbook(issued() if blank is None else blank, values)


def mutated(data: bytes, *mutations: Mutation) -> bytes:
    """The workbook after what people did to it; totals keep their cached results."""
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    for mutation in mutations:
        mutation(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def arrival(path: Path, data: bytes, name: str = "报送件.xlsx", *names: str) -> Arrival:
    now = dt.datetime(2025, 1, 20, tzinfo=dt.UTC)
    target = path / f"{hashlib.sha256(data).hexdigest()[:16]}{Path(name).suffix}"
    target.write_bytes(data)
    return Arrival(
        sha256=hashlib.sha256(data).hexdigest(),
        names=(name, *names),
        size=len(data),
        modified=now,
        first_seen=now,
        path=target,
    )


def read(path: Path, data: bytes, name: str = "报送件.xlsx", office: Control | None = None) -> Submission | Unclaimed:
    return reader(office).read(open_arrival(arrival(path, data, name)))


def values(result: Submission) -> dict[str, Value]:
    return {item.code: value for item, value in zip(form().items, result.values, strict=True)}


def codes(result: Submission | Unclaimed) -> set[str]:
    return {finding.code for finding in result.findings}


# ------------------------------------------------------------------ what people do: harmless


def resave(book: Book) -> None:
    """Nothing but a save by another program."""


def restyle(book: Book) -> None:
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if not isinstance(cell, openpyxl.cell.cell.MergedCell):
                    cell.font, cell.fill = Font(name="黑体", size=14), PatternFill("solid", fgColor="FFFF00")
        sheet.column_dimensions["A"].width = 60


def rename_sheet(book: Book) -> None:
    _rename(book, "表三", "申请情况")


def rename_all_sheets(book: Book) -> None:
    for n, sheet in enumerate([s for s in book.worksheets if s.sheet_state == "visible"], 1):
        _rename(book, sheet.title, f"Sheet{n}")


def reorder_sheets(book: Book) -> None:
    book._sheets.reverse()


def insert_row_in_t3(book: Book) -> None:
    insert_rows(book, "表三", 10, 1)


def insert_rows_above_t2(book: Book) -> None:
    insert_rows(book, "表二", 1, 2)


def insert_row_in_t4_heading(book: Book) -> None:
    insert_rows(book, "表四", 4, 1)


def insert_row_above_t4_figures(book: Book) -> None:
    insert_rows(book, "表四", 6, 1)


def insert_row_in_basics(book: Book) -> None:
    insert_rows(book, "基本情况", 14, 1)


def insert_row_in_texts(book: Book) -> None:
    insert_rows(book, "文字材料", 6, 1)


def insert_column_left_of_t3(book: Book) -> None:
    insert_columns(book, "表三", 1, 1)


def insert_column_among_t3_figures(book: Book) -> None:
    insert_columns(book, "表三", 7, 1)


def insert_column_in_t4(book: Book) -> None:
    insert_columns(book, "表四", 6, 2)


def delete_title_row(book: Book) -> None:
    insert_rows(book, "表三", 1, -1)


def strip_names(book: Book) -> None:
    book.defined_names.clear()


def unmerge(book: Book) -> None:
    for sheet in book.worksheets:
        for merged in list(sheet.merged_cells.ranges):
            sheet.unmerge_cells(str(merged))


def labels_with_spaces(book: Book) -> None:
    relabel(book, lambda text: " ".join(text))


def labels_with_line_breaks(book: Book) -> None:
    relabel(book, lambda text: f"{text[:3]}\n{text[3:]}")


def labels_with_full_width_digits(book: Book) -> None:
    relabel(book, lambda text: text.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)}))


def labels_with_comma_numbers(book: Book) -> None:
    relabel(book, lambda text: re.sub(r"^(\d)\.", r"\1、", text))


def labels_with_circled_numbers(book: Book) -> None:
    relabel(book, lambda text: re.sub(r"^(\d)\.", lambda match: chr(0x245F + int(match[1])), text))


def labels_with_narrow_brackets(book: Book) -> None:
    relabel(book, lambda text: text.translate(str.maketrans("（）：“”", '():""')))


def short_normative(book: Book) -> None:
    relabel(book, lambda text: "规范性文件" if text == "行政规范性文件" else text)


def extra_blank_sheet(book: Book) -> None:
    book.create_sheet("Sheet1")


def extra_sheet_with_notes(book: Book) -> None:
    book.create_sheet("备注", 0)["A1"] = "本表由办公室填写，总计已核对"


def note_below_t3(book: Book) -> None:
    book["表三"]["A33"] = "填表说明：数据截至12月31日"


def note_right_of_t3(book: Book) -> None:
    book["表三"]["L8"] = "已与上年核对"


def identical_copy(book: Book) -> None:
    book.copy_worksheet(book["表三"]).title = "表三 (2)"


def blank_copy(book: Book) -> None:
    sheet = book.copy_worksheet(book["表三"])
    sheet.title = "表三 (2)"
    for place in _figures("表三"):
        sheet.cell(place.row + 1, place.col + 1).value = None


def retyped_on_new_sheet(book: Book) -> None:
    """The unit left the issued sheet blank and typed the table again on a sheet of its own."""
    sheet = book.copy_worksheet(book["表三"])
    sheet.title = "我局填报"
    for place in _figures("表三"):
        book["表三"].cell(place.row + 1, place.col + 1).value = None


def one_sheet(book: Book) -> None:
    """The three tables below one another on one new sheet, the issued ones deleted."""
    target = book.create_sheet("年报数据")
    at = 1
    for name in ("表二", "表三", "表四"):
        source = book[name]
        for row in source.iter_rows():
            for cell in row:
                target.cell(at + cell.row - 1, cell.column).value = cell.value
        at += source.max_row + 2
        del book[name]


def one_label_column(book: Book) -> None:
    """表三 with its labels in one column, headings of groups on rows of their own."""
    source = book["表三"]
    target = book.create_sheet("表三新")
    for row in range(1, 6):
        for col in range(4, 11):
            target.cell(row, col - 2).value = source.cell(row, col).value
        target.cell(row, 1).value = source.cell(row, 1).value
    at = 6
    for row in range(6, source.max_row + 1):
        labels = [label for col in (1, 2, 3) if (label := source.cell(row, col).value)]
        for n, label in enumerate(labels):
            target.cell(at + n, 1).value = label
        at += max(1, len(labels))
        for col in range(4, 11):
            target.cell(at - 1, col - 2).value = source.cell(row, col).value
    del book["表三"]
    target.title = "表三"
    strip_names(book)


def as_text(book: Book) -> None:
    """Every figure of 表二 and 表三 stored as text, some full-width, some with a unit."""
    for n, place in enumerate([*_figures("表二"), *_figures("表三")]):
        cell = book[place.sheet].cell(place.row + 1, place.col + 1)
        text = str(cell.value)
        wide = text.translate({ord(str(d)): chr(0xFF10 + d) for d in range(10)})
        cell.value = (text, wide, f" {text} ", f"{int(cell.value):,}" if text.isdigit() else text)[n % 4]


# ------------------------------------------------------------------ what people do: harmful


def change_row_label(book: Book) -> None:
    book["表三"]["B8"] = "（一）不予公开"


def change_column_label(book: Book) -> None:
    book["表三"]["E5"] = "国有企业"


def change_group_label(book: Book) -> None:
    book["表三"]["B10"] = "（三）同意公开"


def erase_group_label(book: Book) -> None:
    book["表三"]["B10"] = None


def erase_group_column_label(book: Book) -> None:
    book["表三"]["E4"] = None


def change_group_column_label(book: Book) -> None:
    book["表三"]["E4"] = "个体"


def swap_group_labels(book: Book) -> None:
    swap(book, "表三", "B10", "B18")


def change_block_label(book: Book) -> None:
    book["表四"]["K4"] = "其他起诉"


def change_band_label(book: Book) -> None:
    book["表二"]["A7"] = "第二十条第（七）项"


def erase_block_label(book: Book) -> None:
    book["表四"]["K4"] = None


def erase_column_labels(book: Book) -> None:
    for sheet, rows in (("表三", (3, 4, 5)), ("表二", (4,))):
        for row in rows:
            for col in range(1, 11):
                cell = book[sheet].cell(row, col)
                if not isinstance(cell, openpyxl.cell.cell.MergedCell):
                    cell.value = None


def change_basics_label(book: Book) -> None:
    book["基本情况"]["A17"] = "政策解读阅读量"


def delete_row_of_t3(book: Book) -> None:
    insert_rows(book, "表三", 12, -1)


def delete_figure_column_of_t3(book: Book) -> None:
    insert_columns(book, "表三", 6, -1)


def delete_label_column_of_t3(book: Book) -> None:
    insert_columns(book, "表三", 2, -1)


def delete_block_of_t4(book: Book) -> None:
    insert_columns(book, "表四", 6, -5)


def delete_sheet(book: Book) -> None:
    del book["表四"]


def delete_basics(book: Book) -> None:
    del book["基本情况"]


def type_beside(book: Book) -> None:
    sheet = book["表三"]
    sheet["K6"], sheet["D6"] = sheet["D6"].value, None


def copy_with_other_figures(book: Book) -> None:
    sheet = book.copy_worksheet(book["表三"])
    sheet.title = "表三 (2)"
    for place in _figures("表三"):
        sheet.cell(place.row + 1, place.col + 1).value = 7


def copy_below(book: Book) -> None:
    sheet = book["表三"]
    for row in range(3, 31):
        for col in range(1, 11):
            value = sheet.cell(row, col).value
            sheet.cell(row + 35, col).value = value + 5 if isinstance(value, int) else value


def unlabelled_row_with_figures(book: Book) -> None:
    insert_rows(book, "表三", 12, 1)
    for col in range(4, 11):
        book["表三"].cell(12, col).value = 5


def second_row_in_t4(book: Book) -> None:
    for col in range(1, 16):
        book["表四"].cell(7, col).value = 9


def swap_row_labels(book: Book) -> None:
    swap(book, "表三", "C10", "C11")


def swap_column_labels(book: Book) -> None:
    swap(book, "表三", "E5", "F5")


def swap_block_labels(book: Book) -> None:
    swap(book, "表四", "F4", "K4")


def figures_to_garbage(book: Book) -> None:
    for n, place in enumerate(_figures("表三")):
        book[place.sheet].cell(place.row + 1, place.col + 1).value = ("无", "/", "约30", "若干", None, -3, 2.5)[n % 7]


def duplicate_row_label(book: Book) -> None:
    book["表三"]["C11"] = book["表三"]["C10"].value


def old_format(book: Book) -> None:
    """表二 and （六）其他处理 as the trial format of 2019 had them."""
    sheet = book["表二"]
    for cell, text in (("B4", "本年新制作数量"), ("C4", "本年新公开数量"), ("D4", "对外公开总数量")):
        sheet[cell] = text
    sheet["A6"] = "规范性文件"
    insert_rows(book, "表三", 27, -2)
    book["表三"]["C26"] = None
    strip_names(book)


HARMLESS: Mapping[str, Mutation] = {
    mutation.__name__: mutation
    for mutation in (
        resave, restyle, rename_sheet, rename_all_sheets, reorder_sheets, insert_row_in_t3, insert_rows_above_t2,
        insert_row_in_t4_heading, insert_row_above_t4_figures, insert_row_in_basics, insert_row_in_texts,
        insert_column_left_of_t3, insert_column_among_t3_figures, insert_column_in_t4, delete_title_row, strip_names,
        unmerge, labels_with_spaces, labels_with_line_breaks, labels_with_full_width_digits,
        labels_with_comma_numbers, labels_with_circled_numbers, labels_with_narrow_brackets, short_normative,
        extra_blank_sheet, extra_sheet_with_notes, note_below_t3, note_right_of_t3, identical_copy, blank_copy,
        retyped_on_new_sheet, one_sheet, one_label_column, as_text,
    )
}  # fmt: skip

HARMFUL: Mapping[str, Mutation] = {
    mutation.__name__: mutation
    for mutation in (
        change_row_label, change_column_label, change_group_label, change_group_column_label,
        swap_group_labels, change_block_label, change_band_label,
        erase_block_label, erase_column_labels, change_basics_label, delete_row_of_t3, delete_figure_column_of_t3,
        delete_label_column_of_t3, delete_block_of_t4, delete_sheet, delete_basics, type_beside,
        copy_with_other_figures, copy_below, unlabelled_row_with_figures, second_row_in_t4, swap_row_labels,
        swap_column_labels, swap_block_labels, figures_to_garbage, duplicate_row_label, old_format,
    )
}  # fmt: skip


# ------------------------------------------------------------------ how it is done


def insert_rows(book: Book, name: str, at: int, count: int) -> None:
    """Insert (or with a negative count delete) rows as Excel does: merged cells and defined names move along."""
    _unmerge(book[name])
    if count > 0:
        book[name].insert_rows(at, count)
    else:
        book[name].delete_rows(at, -count)
    _shift_names(book, name, row=(at, count))


def insert_columns(book: Book, name: str, at: int, count: int) -> None:
    """The same for columns."""
    _unmerge(book[name])
    if count > 0:
        book[name].insert_cols(at, count)
    else:
        book[name].delete_cols(at, -count)
    _shift_names(book, name, col=(at, count))


def relabel(book: Book, change: Callable[[str], str]) -> None:
    """Rewrite every label of the form's sheets."""
    for anchor in layout().anchors:
        if anchor.place.sheet in book.sheetnames:
            cell = book[anchor.place.sheet].cell(anchor.place.row + 1, anchor.place.col + 1)
            if cell.value == anchor.text:
                cell.value = change(anchor.text)


def swap(book: Book, name: str, one: str, other: str) -> None:
    sheet = book[name]
    sheet[one].value, sheet[other].value = sheet[other].value, sheet[one].value


def drop_identity(book: Book) -> None:
    del book["_xxgk"]


def set_identity(key: str, value: str) -> Mutation:
    def change(book: Book) -> None:
        for row in book["_xxgk"].iter_rows():
            if row[0].value == key:
                row[1].value = value

    return change


def identity_of(data: bytes) -> Mutation:
    """Put the hidden sheet of another workbook into this one."""

    def change(book: Book) -> None:
        other = openpyxl.load_workbook(io.BytesIO(data))["_xxgk"]
        for row in other.iter_rows():
            for cell in row:
                book["_xxgk"].cell(cell.row, cell.column).value = cell.value

    return change


def declare(name: str | None) -> Mutation:
    """Write another 填报单位 on 基本情况."""

    def change(book: Book) -> None:
        book["基本情况"]["B5"] = name

    return change


def banner(sheet: str, text: str) -> Mutation:
    def change(book: Book) -> None:
        book[sheet]["A2"] = text

    return change


def without_part(data: bytes, part: str) -> bytes:
    """Zip surgery: the workbook without one of its parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for info in source.infolist():
            if info.filename != part:
                target.writestr(info, source.read(info))
    return out.getvalue()


def through_libreoffice(soffice: str, folder: Path, data: bytes, extension: str) -> bytes:
    """Opened and saved by LibreOffice as xlsx, xls or ods."""
    source = folder / "in" / "return.xlsx"
    source.parent.mkdir()
    source.write_bytes(data)
    target = folder / "out"
    subprocess.run(
        [soffice, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", extension,
         "--outdir", str(target), str(source)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return (target / f"return.{extension}").read_bytes()


def _rename(book: Book, old: str, new: str) -> None:
    book[old].title = new
    for name in list(book.defined_names.values()):
        name.attr_text = name.attr_text.replace(f"'{old}'!", f"'{new}'!").replace(f"{old}!", f"{new}!")


def _figures(sheet: str) -> list[Place]:
    return [
        layout().places[item.code]
        for item in form().items
        if item.numeric and layout().places[item.code].sheet == sheet
    ]


def _unmerge(sheet: Any) -> None:
    for merged in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(merged))


def _shift_names(book: Book, sheet: str, row: tuple[int, int] = (0, 0), col: tuple[int, int] = (0, 0)) -> None:
    """Move, or where its cell is gone drop, every name on the sheet."""
    for key, entry in list(book.defined_names.items()):
        match = re.fullmatch(rf"'?{re.escape(sheet)}'?!\$([A-Z]+)\$(\d+)", entry.attr_text)
        if not match:
            continue
        at = [int(match[2]), openpyxl.utils.column_index_from_string(match[1])]
        gone = False
        for n, (first, count) in enumerate((row, col)):
            if count < 0 and first <= at[n] < first - count:
                gone = True
            elif count and at[n] >= first:
                at[n] += count
        del book.defined_names[key]
        if not gone:
            reference = f"'{sheet}'!${openpyxl.utils.get_column_letter(at[1])}${at[0]}"
            book.defined_names[key] = DefinedName(key, attr_text=reference)
