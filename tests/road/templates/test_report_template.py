"""The Word template against the official format, written down here by hand."""

import re
import zipfile
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn

from pipeline.errors import TemplateError
from pipeline.form import Form, load_form
from pipeline.road.templates.report import build_report, placeholders, table_placeholders
from tests import ROOT

FOLDER = ROOT / "workbook_templates" / "xxgk-2021"
MILLIMETRE = 36000  # in EMU

# One line a table row: cells between bars; ×n spans n columns, ↓ begins a vertical merge, ↑ continues it;
# “=t3.received” stands for the row's figures, one cell each, in the order of the headings.
APPLICANTS = ("natural", "business", "research", "welfare", "legal", "other", "total")
OUTCOMES = ("upheld", "corrected", "other", "pending", "total")
T2 = """
第二十条第（一）项×4
信息内容 | 本年制发件数 | 本年废止件数 | 现行有效件数
规章 | t2.rules.issued | t2.rules.repealed | t2.rules.in_force
行政规范性文件 | t2.normative.issued | t2.normative.repealed | t2.normative.in_force
第二十条第（五）项×4
信息内容 | 本年处理决定数量×3
行政许可 | t2.permit.decisions×3
第二十条第（六）项×4
信息内容 | 本年处理决定数量×3
行政处罚 | t2.penalty.decisions×3
行政强制 | t2.coercion.decisions×3
第二十条第（八）项×4
信息内容 | 本年收费金额（单位：万元）×3
行政事业性收费 | t2.fees.amount×3
"""
T3 = """
（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）×3↓ | 申请人情况×7
↑×3 | 自然人↓ | 法人或其他组织×5 | 总计↓
↑×3 | ↑ | 商业企业 | 科研机构 | 社会公益组织 | 法律服务机构 | 其他 | ↑
一、本年新收政府信息公开申请数量×3 | =t3.received
二、上年结转政府信息公开申请数量×3 | =t3.carried_in
三、本年度办理结果↓ | （一）予以公开×2 | =t3.granted
↑ | （二）部分公开（区分处理的，只计这一情形，不计其他情形）×2 | =t3.partial
↑ | （三）不予公开↓ | 1.属于国家秘密 | =t3.denied.state_secret
↑ | ↑ | 2.其他法律行政法规禁止公开 | =t3.denied.law_forbidden
↑ | ↑ | 3.危及“三安全一稳定” | =t3.denied.safety_stability
↑ | ↑ | 4.保护第三方合法权益 | =t3.denied.third_party
↑ | ↑ | 5.属于三类内部事务信息 | =t3.denied.internal_affairs
↑ | ↑ | 6.属于四类过程性信息 | =t3.denied.process_info
↑ | ↑ | 7.属于行政执法案卷 | =t3.denied.enforcement_file
↑ | ↑ | 8.属于行政查询事项 | =t3.denied.admin_query
↑ | （四）无法提供↓ | 1.本机关不掌握相关政府信息 | =t3.unavailable.not_held
↑ | ↑ | 2.没有现成信息需要另行制作 | =t3.unavailable.needs_creation
↑ | ↑ | 3.补正后申请内容仍不明确 | =t3.unavailable.unclear
↑ | （五）不予处理↓ | 1.信访举报投诉类申请 | =t3.rejected.petition
↑ | ↑ | 2.重复申请 | =t3.rejected.repeat
↑ | ↑ | 3.要求提供公开出版物 | =t3.rejected.publication
↑ | ↑ | 4.无正当理由大量反复申请 | =t3.rejected.excessive
↑ | ↑ | 5.要求行政机关确认或重新出具已获取信息 | =t3.rejected.reissue
↑ | （六）其他处理↓ | 1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请 | =t3.other.no_correction
↑ | ↑ | 2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请 | =t3.other.no_payment
↑ | ↑ | 3.其他 | =t3.other.other
↑ | （七）总计×2 | =t3.total
四、结转下年度继续办理×3 | =t3.carried_out
"""
T4 = """
行政复议×5 | 行政诉讼×10
结果维持↓ | 结果纠正↓ | 其他结果↓ | 尚未审结↓ | 总计↓ | 未经复议直接起诉×5 | 复议后起诉×5
↑ | ↑ | ↑ | ↑ | ↑ | 结果维持 | 结果纠正 | 其他结果 | 尚未审结 | 总计 | 结果维持 | 结果纠正 | 其他结果 | 尚未审结 | 总计
=t4.review | =t4.direct | =t4.after_review
"""
HEADINGS = """
1 一、总体情况
2 （一）主动公开
2 （二）依申请公开
2 （三）政府信息管理
2 （四）政府信息公开平台建设
2 （五）监督保障
1 二、主动公开政府信息情况
1 三、收到和处理政府信息公开申请情况
1 四、政府信息公开行政复议、行政诉讼情况
1 五、存在的主要问题及改进情况
2 （一）存在的主要问题
2 （二）改进情况
1 六、其他需要报告的事项
"""


@pytest.fixture(scope="module")
def form() -> Form:
    return load_form(FOLDER)


@pytest.fixture(scope="module")
def template(form, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("template") / "report.docx"
    build_report(form, path)
    return path


@pytest.fixture(scope="module")
def document(template):
    return Document(str(template))


def official(table: str) -> list[list[tuple[str, int, str]]]:
    """The hand-written table as (text or code, columns spanned, vertical merge)."""
    rows = []
    for line in table.strip().splitlines():
        row = []
        for cell in line.split(" | "):
            if cell.startswith("="):
                columns = APPLICANTS if cell.startswith("=t3") else OUTCOMES
                row.extend((f"{cell[1:]}.{column}", 1, "") for column in columns)
                continue
            text, span, merge = re.fullmatch(r"(.*?)(?:×(\d+))?(↓?)", cell).groups()
            row.append(
                ("", int(span or 1), "continue") if text == "↑" else (text, int(span or 1), "restart" * bool(merge))
            )
        rows.append(row)
    return rows


def built(table) -> list[list[tuple[str, int, str]]]:
    rows = []
    for tr in table._tbl.findall(qn("w:tr")):
        row = []
        for tc in tr.findall(qn("w:tc")):
            text = "".join(node.text for node in tc.iter(qn("w:t")))
            span, merge = tc.tcPr.find(qn("w:gridSpan")), tc.tcPr.find(qn("w:vMerge"))
            row.append(
                (
                    re.sub(r"^\{\{ (\S+) \}\}$", r"\1", text),
                    1 if span is None else int(span.get(qn("w:val"))),
                    "" if merge is None else merge.get(qn("w:val")),
                )
            )
        rows.append(row)
    return rows


@pytest.mark.parametrize(("number", "expected"), list(enumerate((T2, T3, T4))), ids=("表二", "表三", "表四"))
def test_grid_is_the_official_one(document, number, expected):
    assert built(document.tables[number]) == official(expected)


@pytest.mark.parametrize("number", range(3))
def test_table_is_as_wide_as_the_text(document, number):
    table = document.tables[number]._tbl
    grid = [int(column.get(qn("w:w"))) for column in table.tblGrid]
    assert sum(grid) == 8844  # 156 mm in twentieths of a point
    for row in table.findall(qn("w:tr")):
        assert sum(int(tc.tcPr.find(qn("w:tcW")).get(qn("w:w"))) for tc in row.findall(qn("w:tc"))) == 8844
    assert table.tblPr.find(qn("w:tblLayout")).get(qn("w:type")) == "fixed"


def test_columns_of_table_four_are_equal(document):
    widths = {int(column.get(qn("w:w"))) for column in document.tables[2]._tbl.tblGrid}
    assert max(widths) - min(widths) <= 1


def test_only_header_rows_repeat_and_no_row_splits(document):
    rows = document.tables[1]._tbl.findall(qn("w:tr"))
    assert [n for n, row in enumerate(rows) if row.trPr.find(qn("w:tblHeader")) is not None] == [0, 1, 2]
    assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in rows)


def test_headings_are_word_headings_in_the_official_order(document):
    headings = [(p.style.name, p.text) for p in document.paragraphs if p.style.name.startswith("Heading")]
    expected = [line.split(" ", 1) for line in HEADINGS.strip().splitlines()]
    assert headings == [(f"Heading {level}", text) for level, text in expected]


def test_page_follows_gb_9704(document):
    section = document.sections[0]
    page = (section.page_width, section.page_height)
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(length / MILLIMETRE) for length in page + margins] == [210, 297, 37, 35, 28, 26]
    assert section._sectPr.find(qn("w:docGrid")).get(qn("w:linePitch")) == "580"


@pytest.mark.parametrize(
    ("style", "chinese", "points", "first_line"),
    [
        ("Title", "方正小标宋简体", 22, "0"),
        ("Heading 1", "黑体", 16, "200"),
        ("Heading 2", "楷体_GB2312", 16, "200"),
        ("Body Text", "仿宋_GB2312", 16, "200"),
        ("Footer", "宋体", 14, "0"),
        ("表格小字", "宋体", 9, "0"),
    ],
)
def test_styles_name_the_font_of_every_script(document, style, chinese, points, first_line):
    style = document.styles[style]
    fonts = {name.split("}")[1]: value for name, value in style.element.rPr.rFonts.attrib.items()}
    assert fonts.keys() == {"ascii", "hAnsi", "eastAsia"}
    assert fonts["eastAsia"] == chinese
    assert style.font.size.pt == points
    assert style.element.pPr.find(qn("w:ind")).get(qn("w:firstLineChars")) == first_line


def test_nothing_of_words_own_look_is_left(document):
    xml = document.styles.element.xml
    assert "Theme=" not in xml
    assert set(re.findall(r'w:color w:val="(\w+)"', xml)) == {"000000", "C00000"}  # black, and the red of a warning


@pytest.mark.parametrize(("footer", "side"), [("footer", "right"), ("even_page_footer", "left")])
def test_page_number_stands_at_the_outer_edge(document, footer, side):
    paragraph = getattr(document.sections[0], footer).paragraphs[0]
    assert document.settings.odd_and_even_pages_header_footer
    assert "".join(node.text for node in paragraph._p.iter(qn("w:t"))) == "— 1 —"
    assert [field.get(qn("w:instr")).strip() for field in paragraph._p.iter(qn("w:fldSimple"))] == ["PAGE"]
    assert paragraph._p.pPr.find(qn("w:jc")).get(qn("w:val")) == side


def test_no_jinja_tag_is_split_over_runs(document):
    runs = [node.text or "" for node in document.element.body.iter(qn("w:t"))]
    split = [text for text in runs if text.count("{%") != text.count("%}") or text.count("{{") != text.count("}}")]
    assert split == []
    assert any("{%p" in text for text in runs)


def test_bytes_depend_on_the_form_alone(form, template, tmp_path):
    build_report(form, tmp_path / "again.docx")
    assert (tmp_path / "again.docx").read_bytes() == template.read_bytes()
    with zipfile.ZipFile(template) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_shipped_template_is_the_one_the_form_gives(template):
    with zipfile.ZipFile(template) as fresh, zipfile.ZipFile(FOLDER / "report.docx") as shipped:
        assert shipped.namelist() == fresh.namelist()
        assert [name for name in fresh.namelist() if shipped.read(name) != fresh.read(name)] == []


def test_placeholders_are_items_of_the_form(form, template):
    names = placeholders(template)
    tables = {item.code for item in form.items if item.table in ("t2", "t3", "t4")}
    assert names <= form.position.keys()
    assert len(tables) == 200
    assert table_placeholders(template) == tables
    assert {"info.fee_yuan", "info.site_items", "text.problems"} <= names


def _word(path: Path, *paragraphs: str, cell: str = "") -> Path:
    document = Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if cell:
        document.add_table(1, 1).cell(0, 0).text = cell
    document.save(str(path))
    return path


def test_placeholders_of_any_template(tmp_path):
    path = _word(
        tmp_path / "own.docx",
        "{% if info.fee_yuan is not none %}{{ year }}{{ t3.nope.natural }}{% endif %}{{ yaer }}",
        "{%p for line in text.other %}",
        "{{ line }}{{ loop.index }}",
        "{%p endfor %}",
        "{{ profile.root }}{{ profile.adress }}{{ missing|join('、') }}",
        cell="{{ t2.rules.issued }}",
    )
    wrong = {"t3.nope.natural", "yaer", "profile.adress"}
    assert placeholders(path) == {"info.fee_yuan", "text.other", "t2.rules.issued"} | wrong
    assert table_placeholders(path) == {"t2.rules.issued"}


def test_placeholders_says_what_is_wrong_with_the_template(tmp_path):
    (tmp_path / "no.docx").write_bytes(b"not a zip")
    with pytest.raises(TemplateError, match="打不开"):
        placeholders(tmp_path / "no.docx")
    with pytest.raises(TemplateError, match="标签写错了"):
        placeholders(_word(tmp_path / "bad.docx", "{% if year %}"))
