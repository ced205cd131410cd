"""Published reports in the shapes they come in: exactly the published cells, and a word about everything else."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn

from pipeline.form import Form, load_form
from pipeline.prior_year import Imported, Stated, find_stated, read_report
from pipeline.workspace import bundled_templates
from tests.libreoffice import convert
from tests.prior_year.reports import as_offices_write, as_printed, cms_html, docx, published, word_html

ME = Stated(unit="方正县政府办公室", years=(2024,))


@pytest.fixture(scope="module")
def old() -> Form:
    return load_form(bundled_templates() / "xxgk-2019")


@pytest.fixture(scope="module")
def forms(form: Form, old: Form) -> list[Form]:
    return [old, form]


def figures_of(imported: Imported) -> dict[str, str]:
    return {code: str(value).replace(".000000", "") for code, value in imported.values.items()}


def codes_of(imported: Imported) -> list[str]:
    return [finding.code for finding in imported.findings]


SHAPES: dict[str, Callable[[Form, Mapping[str, str]], bytes]] = {
    "word": docx,
    "labels as printed": lambda form, figures: docx(form, figures, label=as_printed),
    "tables in cells of tables": lambda form, figures: docx(form, figures, nested=True),
    "a table broken in two": lambda form, figures: docx(form, figures, split={"t3": 15}),
    "broken at every turn": lambda form, figures: docx(form, figures, split={"t2": 4, "t3": 8}, between="（续表）"),
    "saved from word": word_html,
    "content system": cms_html,
    "content system, labels broken": lambda form, figures: cms_html(form, figures, label=as_offices_write),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_exactly_the_published_cells(shape: str, form: Form, forms: list[Form]) -> None:
    figures = published(form)
    imported = read_report("年报", SHAPES[shape](form, figures), forms)
    assert imported.form is form
    assert figures_of(imported) == figures
    assert imported.stated == ME
    assert (imported.source, codes_of(imported)) == ("年报", ["H2"])
    past = imported.past("u01", 2024)
    assert (past.form, past.year, past.source, past.file) == ("xxgk-2021", 2024, "年报", "年报")


@pytest.mark.parametrize("shape", SHAPES)
def test_the_format_of_2019(shape: str, old: Form, forms: list[Form]) -> None:
    figures = published(old) | {"t2.permit.change": "-4", "t2.penalty.change": "－12", "t3.other.total": "0"}
    imported = read_report("年报", SHAPES[shape](old, figures), forms)
    assert imported.form is old
    wanted = figures | {"t2.penalty.change": "-12", "t2.procurement.amount": "0.000000"}
    assert {code: str(value) for code, value in imported.values.items()} == wanted
    assert codes_of(imported) == ["H2", "H10"]


@pytest.mark.parametrize("shape", ["word", "saved from word", "content system"])
def test_what_is_blank_is_unknown(shape: str, form: Form, forms: list[Form]) -> None:
    row = {
        f"t3.partial.{column}": ""
        for column in ("natural", "business", "research", "welfare", "legal", "other", "total")
    }
    gone = row | {"t2.fees.amount": "　", "t4.review.pending": ""}
    figures = published(form) | gone
    imported = read_report("年报", SHAPES[shape](form, figures), forms)
    assert figures_of(imported) == {code: text for code, text in published(form).items() if code not in gone}
    told = [finding.message.partition("，按")[0] for finding in imported.findings if finding.code == "H3"]
    assert told == [
        "表二“行政事业性收费”这一行有 1 格空白",
        "表三“（二）部分公开（区分处理的，只计这一情形，不计其他情形）”这一行有 7 格空白",
        "表四“行政复议·尚未审结”这一格有 1 格空白",
    ]
    assert "H7" not in codes_of(imported), "a balance of which one side is unknown is not asked"


CELLS: list[tuple[str, str | None, str]] = [
    # as printed, the value, the finding
    ("３", "3", "H10"), (" 3 ", "3", ""), ("3件", "3", "H10"), ("1,200", "1200", "H10"), ("三", "3", "H10"), ("3.0", "3", ""),
    ("无", None, "H4"), ("/", None, "H4"), ("—", None, "H4"), ("-", None, "H4"), ("若干", None, "H4"), ("-3", None, "H4"),
    ("3.5", None, "H4"), ("约3", None, "H4"), ("3 4", None, "H4"), ("{{n}}", None, "H4"), ("", None, "H3"), ("\u200b", None, "H3"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value", "code"), CELLS)
def test_how_a_cell_may_be_written(text: str, value: str | None, code: str, form: Form, forms: list[Form]) -> None:
    imported = read_report("年报", cms_html(form, published(form) | {"t2.permit.decisions": text}), forms)
    assert figures_of(imported).get("t2.permit.decisions") == value
    assert codes_of(imported) == ["H2", *([code] if code else [])]


def test_totals_that_do_not_add_up_are_kept_and_told(form: Form, forms: list[Form]) -> None:
    figures = published(form) | {"t3.total.total": "4", "t4.direct.total": "1"}
    imported = read_report("年报", docx(form, figures), forms)
    assert figures_of(imported) == figures
    told = [(finding.key, finding.found, finding.expected) for finding in imported.findings if finding.code == "H7"]
    assert told == [("R1.total", "4", "3"), ("R2.total", "4", "3"), ("R3.total", "3", "4"), ("R4.direct", "1", "0")]
    (first,) = (finding for finding in imported.findings if finding.key == "R1.total")
    assert first.severity == "warning"
    assert first.message == (
        "原文件的数自己不平（R1）：表三“三、本年度办理结果·（七）总计”一行：总计 4，六类申请人之和 3，相差 1。"
    )


LABELS: list[tuple[str, str, bool]] = [
    # the form's label, as somebody wrote it, whether its cells are still proven
    ("1.属于国家秘密", "1、属于国家秘密", True),
    ("1.属于国家秘密", "1．属于国家秘密", True),
    ("1.属于国家秘密", "（1）属于国家秘密", True),
    ("1.属于国家秘密", "①属于国家秘密", True),
    ("1.属于国家秘密", "属于国家秘密", True),
    ("1.属于国家秘密", "１. 属于\n国家秘密", True),
    ("1.属于国家秘密", "2.属于国家秘密", False),
    ("1.属于国家秘密", "属于国家机密", False),
    ("3.危及“三安全一稳定”", '3.危及"三安全一稳定"', True),
    ("3.危及“三安全一稳定”", "危及三安全一稳定", True),
    ("（一）予以公开", "(一) 予以公开", True),
    ("（一）予以公开", "一、予以公开", True),
    ("（一）予以公开", "予以公开", True),
    ("（一）予以公开", "不予公开", False),
    ("（二）部分公开（区分处理的，只计这一情形，不计其他情形）", "（二）部分公开", True),
    ("（二）部分公开（区分处理的，只计这一情形，不计其他情形）", "部分公开", True),
    ("3.其他", "其他", True),
    ("3.其他", "其它", False),
    ("（七）总计", "总计", True),
    ("（七）总计", "合计", False),
    ("一、本年新收政府信息公开申请数量", "本年新收政府信息公开申请数量", True),
    ("四、结转下年度继续办理", "四、 结转 下年度 继续办理", True),
    ("商业企业", "商业\n企业", True),
    ("商业企业", "国有企业", False),
    ("行政规范性文件", "规范性文件", True),
    ("本年收费金额（单位：万元）", "本年收费金额(单位:万元)", True),
    ("本年收费金额（单位：万元）", "本年收费金额", False),
    ("本年收费金额（单位：万元）", "本年收费金额（单位：元）", False),
    ("第二十条第（五）项", "第二十条第(五)项", True),
    ("第二十条第（五）项", "第二十条第（六）项", False),
    ("未经复议直接起诉", "未经复议\n直接起诉", True),
    ("行政复议", "复议情况", False),
]


@pytest.mark.parametrize(("label", "written", "proven"), LABELS)
def test_a_table_of_label_variants(label: str, written: str, proven: bool, form: Form, forms: list[Form]) -> None:
    figures = published(form)
    assert any(label in (*item.row_path, *item.column_path) for item in form.items)
    imported = read_report("年报", docx(form, figures, label=lambda text: written if text == label else text), forms)
    assert (figures_of(imported) == figures) is proven
    assert figures_of(imported).items() <= figures.items(), "never another cell's figure"
    if not proven:
        assert "H5" in codes_of(imported)


def test_a_corner_may_say_what_it_likes(form: Form, forms: list[Form]) -> None:
    corner = form.tables[1].bands[0].corner
    told = docx(form, published(form), label=lambda text: "各列钩稽关系：一加二等于三加四" if text == corner else text)
    assert figures_of(read_report("年报", told, forms)) == published(form)


def edited(content: bytes, change: Callable[[Document], None]) -> bytes:  # type: ignore[valid-type]
    document = Document(io.BytesIO(content))
    change(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_rows_and_columns_of_nothing(form: Form, forms: list[Form]) -> None:
    def widen(document: Document) -> None:  # type: ignore[valid-type]
        table = document.tables[1]  # type: ignore[attr-defined]
        table.add_row()
        table.add_column(500_000)

    assert figures_of(read_report("年报", edited(docx(form, published(form)), widen), forms)) == published(form)


def test_a_border_that_was_dragged(form: Form, forms: list[Form]) -> None:
    """A sliver column in the grid: the headings begin at one of its borders, the figures at the other."""

    def drag(document: Document) -> None:  # type: ignore[valid-type]
        table = document.tables[2]._tbl  # type: ignore[attr-defined]
        columns = table.tblGrid.gridCol_lst
        sliver = columns[1].makeelement(qn("w:gridCol"), {qn("w:w"): "40"})
        columns[0].addnext(sliver)
        for n, row in enumerate(table.tr_lst):
            wide = row.tc_lst[0 if n in (0, len(table.tr_lst) - 1) else 1]
            wide.grid_span = wide.grid_span + 1

    imported = read_report("年报", edited(docx(form, published(form)), drag), forms)
    assert figures_of(imported) == published(form)


def test_deleted_and_hidden_text_is_not_read(form: Form, forms: list[Form]) -> None:
    def revise(document: Document) -> None:  # type: ignore[valid-type]
        cell = document.tables[1].cell(3, 3)  # type: ignore[attr-defined]
        assert cell.text == "3"
        hidden = cell.paragraphs[0].add_run("9")
        hidden.font.hidden = True
        gone = cell.paragraphs[0].add_run("8")._r
        deletion = gone.makeelement(qn("w:del"), {})
        gone.addprevious(deletion)
        deletion.append(gone)

    assert figures_of(read_report("年报", edited(docx(form, published(form)), revise), forms)) == published(form)


def test_two_copies_that_differ_are_not_believed(form: Form, forms: list[Form]) -> None:
    other = published(form) | {"t3.received.natural": "5"}
    twice = cms_html(form, published(form)).replace(b"</body>", cms_html(form, other).partition(b"<body>")[2])
    imported = read_report("年报", twice, forms)
    assert figures_of(imported) == {c: t for c, t in published(form).items() if c != "t3.received.natural"}
    assert [f.message for f in imported.findings if f.code == "H8"] == [
        "表三“一、本年新收政府信息公开申请数量·自然人”这一格（1 格）出现了不止一次，说法不一，没有采用。"
    ]
    again = cms_html(form, published(form)).replace(b"</body>", cms_html(form, {}).partition(b"<body>")[2])
    assert figures_of(read_report("年报", again, forms)) == published(form), "an empty copy says nothing"


def test_a_table_that_is_missing_is_said(form: Form, forms: list[Form]) -> None:
    content = docx(form, published(form))

    def remove(document: Document) -> None:  # type: ignore[valid-type]
        table = document.tables[0]._tbl  # type: ignore[attr-defined]
        table.getparent().remove(table)

    imported = read_report("年报", edited(content, remove), forms)
    assert len(imported.values) == 190
    assert [f.message for f in imported.findings if f.code == "H6"] == ["没有找到表二（二、主动公开政府信息情况）。"]


def test_only_what_both_formats_share_goes_by_the_year(form: Form, old: Form, forms: list[Form]) -> None:
    """表四 alone is the same in both formats; the year the text states decides, without one the newest does."""
    for years, wanted in (("2020年", old), ("2022年", form), ("", form)):
        page = cms_html(form, published(form), title=f"某局{years}政府信息公开工作年度报告" if years else "表")
        page = page.replace("2024年".encode(), years.encode())
        alone = page.partition(b"<table class")[0] + b"<table class" + page.rpartition(b"<table class")[2]
        assert read_report("年报", alone, forms).form is wanted


TITLES: list[tuple[str, str, tuple[int, ...]]] = [
    ("方正县政府办公室2024年\n政府信息公开工作年度报告", "方正县政府办公室", (2024,)),
    ("方正县财政局\n2023年政府信息公开工作年度报告", "方正县财政局", (2023,)),
    ("方正县财政局2023年度政府信息公开年度报告\n统计期限自2023年1月1日至2023年12月31日", "方正县财政局", (2023,)),
    ("首页 > 信息公开 > 方正县财政局２０２３年政府信息公开工作年度报告", "方正县财政局", (2023,)),
    ("方正县会发镇人民政府二〇二二年政府信息公开工作年度报告", "方正县会发镇人民政府", (2022,)),
    ("县财政局2023年政府信息公开工作年度报告\n自2022年1月1日起至2022年12月31日止", "县财政局", (2023, 2022)),
    ("填报单位：第1镇人民政府　　报告年度：2024年", "第1镇人民政府", (2024,)),
    ("填报单位：（下发时印入）　　报告年度：（下发时印入）", "", ()),
    ("关于印发通知的通知", "", ()),
]


@pytest.mark.parametrize(("text", "unit", "years"), TITLES)
def test_what_a_document_says_of_itself(text: str, unit: str, years: tuple[int, ...]) -> None:
    assert find_stated(text) == Stated(unit=unit, years=years)


@pytest.mark.external
@pytest.mark.parametrize("kind", ["html:HTML", "html:XHTML Writer File", "docx:MS Word 2007 XML"])
def test_what_another_program_saves(kind: str, form: Form, forms: list[Form], tmp_path: Path) -> None:
    """An oracle outside our fixtures: LibreOffice's own markup of the same report."""
    figures = published(form) | {"t3.received.natural": "31", "t3.carried_out.natural": "28"}
    (tmp_path / "年报.docx").write_bytes(docx(form, figures))
    folder = tmp_path / "saved"
    folder.mkdir()
    saved = convert(tmp_path / "年报.docx", kind, folder)
    imported = read_report(saved.name, saved.read_bytes(), forms)
    assert figures_of(imported) == figures
    assert imported.stated == ME
