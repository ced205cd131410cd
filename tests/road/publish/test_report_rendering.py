"""A filled report: every figure, every sentence, and what hostile text may do to it (nothing)."""

import dataclasses
import datetime as dt
import io
import re
import shutil
import subprocess
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn

from pipeline.errors import TemplateError
from pipeline.form import Form, load_form, print_figure
from pipeline.road.publish.report import ReportContent, render_report
from pipeline.road.templates.report import build_report
from tests import ROOT

FOLDER = ROOT / "workbook_templates" / "xxgk-2021"
PROFILE = {
    "root": "某县人民政府",
    "compiler": "某县人民政府办公室",
    "address": "某县中心路1号",
    "postcode": "100000",
    "phone": "010-12345678",
    "website": "http://www.example.gov.cn",
    "level": "县级",
}


@pytest.fixture(scope="module")
def form() -> Form:
    return load_form(FOLDER)


@pytest.fixture(scope="module")
def template(form, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("template") / "report.docx"
    build_report(form, path)
    return path


@pytest.fixture
def content(form) -> ReportContent:
    """Every statutory figure is 0, every indicator unknown, no text, all units counted."""
    figures = {item.code: 0 for item in form.items if item.table in ("t2", "t3", "t4")}
    return ReportContent(form=form, year=2024, figures=figures, texts={}, profile=PROFILE, missing=(), provisional=())


def with_figures(content: ReportContent, figures: dict) -> ReportContent:
    return dataclasses.replace(content, figures={**content.figures, **figures})


def rendered(template: Path, content: ReportContent):
    return Document(io.BytesIO(render_report(template, content)))


def section(document, heading: str) -> list[str]:
    """The paragraphs under the heading, up to the next one."""
    paragraphs = iter(document.paragraphs)
    assert any(p.text == heading for p in paragraphs)
    found = []
    for paragraph in paragraphs:
        if paragraph.style.name.startswith("Heading"):
            break
        found.append(paragraph.text)
    return found


def own(tmp_path: Path, *paragraphs: str) -> Path:
    """An office's template of these paragraphs."""
    document = Document()
    for text in paragraphs:
        document.add_paragraph(text)
    document.save(str(tmp_path / "own.docx"))
    return tmp_path / "own.docx"


def cells(document) -> list[list[str]]:
    return [
        ["".join(node.text or "" for node in tc.iter(qn("w:t"))) for tc in table._tbl.iter(qn("w:tc"))]
        for table in document.tables
    ]


def test_every_cell_shows_its_own_figure(form, template, content):
    codes = [item.code for item in form.items if item.table in ("t2", "t3", "t4")]
    figures = {code: 1000 + n for n, code in enumerate(codes)} | {"t2.fees.amount": Decimal("59237.2449")}
    expected = [
        [re.sub(r"\{\{ (\S+) \}\}", lambda code: str(figures[code[1]]), text) for text in table]
        for table in cells(Document(str(template)))
    ]
    assert cells(rendered(template, with_figures(content, figures))) == expected
    shown = [text for table in expected for text in table if re.fullmatch(r"[\d.]+", text)]
    assert sorted(shown) == sorted(str(figure) for figure in figures.values())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1234567, "1234567"),
        (Decimal("59237.2449"), "59237.2449"),
        (Decimal("0.3000"), "0.3"),
        (Decimal("12.00"), "12"),
        (Decimal("120"), "120"),
        (Decimal("1E+1"), "10"),
        (Decimal("1E-4"), "0.0001"),
        (Decimal("0.0000"), "0"),
        (Decimal("-0.0"), "0"),
        (Decimal("123456789012345678901234567890.1200"), "123456789012345678901234567890.12"),
    ],
)
def test_figures_are_printed_exactly(template, content, value, text):
    assert print_figure(value) == text
    assert cells(rendered(template, with_figures(content, {"t2.fees.amount": value})))[0][-1] == text


@pytest.mark.parametrize("value", [None, 0.5, True, Decimal("NaN"), Decimal("Infinity"), "12"])
def test_a_table_figure_that_is_not_exact_is_refused(template, content, value):
    with pytest.raises(ValueError, match=r"t4\.direct\.upheld"):
        render_report(template, with_figures(content, {"t4.direct.upheld": value}))


def test_a_table_figure_that_is_absent_is_refused(template, content):
    figures = {code: figure for code, figure in content.figures.items() if code != "t3.total.legal"}
    with pytest.raises(ValueError, match=r"t3\.total\.legal"):
        render_report(template, dataclasses.replace(content, figures=figures))


KNOWN = {
    "t2.normative.issued": 3,
    "t2.normative.repealed": 2,
    "t2.normative.in_force": 17,
    "t2.permit.decisions": 40,
    "t3.received.total": 12,
    "t3.carried_in.total": 1,
    "t3.granted.total": 5,
    "t3.denied.state_secret.total": 1,
    "t3.denied.third_party.total": 2,
    "t3.other.other.total": 3,
    "t3.total.total": 11,
    "t3.carried_out.total": 2,
    "info.assisted_requests": 4,
    "info.site_items": 2210,
    "info.gazette_issues": 0,
    "info.interpretations": 6,
    "info.normative_lapsed": 1,
    "info.disclosure_corners": 9,
    "info.messages_received": 5,
    "info.messages_answered": 5,
    "info.trainings": 2,
    "info.consultations": 3,
    "info.fee_yuan": Decimal("120.50"),
    "info.fee_cases": 2,
}
CONTESTED = {
    "t4.review.total": 5, "t4.review.upheld": 3, "t4.review.pending": 2, "t4.direct.total": 1, "t4.direct.corrected": 1,
    "t4.after_review.total": 2, "t4.after_review.corrected": 2,
}  # fmt: skip
ANY = {"info.messages_received": 5}


@pytest.mark.parametrize(
    ("heading", "figures", "expected"),
    [
        (
            "（一）主动公开",
            KNOWN,
            ["2024年，全县通过政府网站发布信息2210条，发布政策解读6条。全县共作出行政许可决定40件。"],
        ),
        (
            "（二）依申请公开",
            KNOWN,
            [
                "2024年，全县新收政府信息公开申请12件，连同上年结转的1件，应当办理13件，年内办结11件，结转下年度继续办理2件。"
                "办结的申请中，予以公开5件，不予公开3件，其他处理3件。另有协助其他单位办理的申请4件，不计入以上件数。"
            ],
        ),
        ("（二）依申请公开", {}, ["2024年，全县没有新收政府信息公开申请。"]),
        (
            "（二）依申请公开",
            CONTESTED,
            [
                "2024年，全县没有新收政府信息公开申请。因政府信息公开被申请行政复议5件，复议结果维持3件，复议尚未审结2件。"
                "因政府信息公开被提起行政诉讼3件，未经复议直接起诉1件，复议后起诉2件，判决结果纠正3件。"
            ],
        ),
        (
            "（三）政府信息管理",
            KNOWN,
            [
                "2024年，全县制发行政规范性文件3件，废止行政规范性文件2件，有效期届满等自然失效1件。"
                "截至2024年12月31日，全县现行有效的行政规范性文件共17件。"
            ],
        ),
        ("（三）政府信息管理", {}, ["截至2024年12月31日，全县没有现行有效的行政规范性文件。"]),
        ("（四）政府信息公开平台建设", KNOWN, ["2024年，全县设有政务公开专区9个，收到网民留言5条，全部作了答复。"]),
        ("（四）政府信息公开平台建设", {}, ["（本部分文字待补充）"]),
        ("（四）政府信息公开平台建设", ANY, ["2024年，全县收到网民留言5条。"]),
        ("（四）政府信息公开平台建设", ANY | {"info.messages_answered": 4}, ["2024年，全县收到网民留言5条，答复4条。"]),
        (
            "（四）政府信息公开平台建设",
            ANY | {"info.messages_answered": 0},
            ["2024年，全县收到网民留言5条，尚未答复。"],
        ),
        (
            "（四）政府信息公开平台建设",
            {"info.messages_received": 0, "info.messages_answered": 0},
            ["（本部分文字待补充）"],
        ),
        ("（五）监督保障", KNOWN, ["2024年，全县举办政务公开培训2场，开展意见征集调查3次。"]),
        ("（一）存在的主要问题", KNOWN, ["（本部分文字待补充）"]),
        ("（二）改进情况", KNOWN, ["（本部分文字待补充）"]),
        ("六、其他需要报告的事项", KNOWN, ["2024年，全县就政府信息公开申请发出收费通知2件，共收取信息处理费120.5元。"]),
        (
            "六、其他需要报告的事项",
            {"info.fee_yuan": Decimal("0.00"), "info.fee_cases": 0},
            ["2024年，全县没有收取信息处理费。"],
        ),
        ("六、其他需要报告的事项", {}, ["（本部分文字待补充）"]),
    ],
)
def test_sentences_say_what_is_known(template, content, heading, figures, expected):
    assert section(rendered(template, with_figures(content, figures)), heading) == expected


@pytest.mark.parametrize(
    ("heading", "code", "texts", "expected"),
    [
        (
            "（五）监督保障",
            "text.supervision",
            ("　　第一段。\n　　第二段。", "第三段。"),
            ["第一段。", "第二段。", "第三段。"],
        ),
        ("（一）存在的主要问题", "text.problems", ("一是人手少。",), ["一是人手少。"]),
        ("（一）存在的主要问题", "text.problems", (" \n ",), ["（本部分文字待补充）"]),
        ("（一）存在的主要问题", "text.problems", ("无",), ["无"]),
        ("（五）监督保障", "text.supervision", ("无",), ["（本部分文字待补充）"]),
        ("六、其他需要报告的事项", "text.other", ("无。",), ["没有其他需要报告的事项。"]),
        ("六、其他需要报告的事项", "text.other", ("另有一事。",), ["另有一事。"]),
    ],
)
def test_the_offices_own_text(template, content, heading, code, texts, expected):
    assert section(rendered(template, dataclasses.replace(content, texts={code: texts})), heading) == expected


HOSTILE = [
    "A&B <甲> “乙” ‘丙’ 'd' \"e\" ‹己›",
    "{{ 7 * 7 }}{% for x in y %}{# 注 #}",
    "{{ t3.received.natural.__class__ }}",
    "{_{ a }_} {_% b %_} x_y",
    "</w:t></w:r></w:p><w:p>&lt;&#95;",
    "]]><!-- 注释 --> &nbsp;",
    "两  个空格\t制表",
    "生僻字𠀀㐂",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_comes_out_as_it_went_in(template, content, text):
    hostile = dataclasses.replace(
        content,
        texts={"text.problems": (text,), "text.other": ("后面的文字还在。",)},
        profile=PROFILE | {"root": text},
        missing=(text,),
    )
    document = rendered(template, hostile)
    assert section(document, "（一）存在的主要问题") == [text]
    assert section(document, "六、其他需要报告的事项") == ["后面的文字还在。"]
    assert document.paragraphs[0].text == f"{text}2024年"
    assert f"未计入：{text}。" in document.paragraphs[2].text
    assert document.core_properties.title == f"{text}2024年政府信息公开工作年度报告"


def test_characters_xml_cannot_carry_are_dropped(template, content):
    text = "甲\x00\x07乙\x1b丙\ufffe丁\ud800戊\x7f"
    document = rendered(template, dataclasses.replace(content, texts={"text.problems": (text,)}))
    assert section(document, "（一）存在的主要问题") == ["甲乙丙丁戊\x7f"]


def test_a_report_with_units_missing_says_so_first(template, content):
    partial = dataclasses.replace(content, missing=("甲镇", "乙局"), provisional=("丙局",))
    paragraphs = rendered(template, partial).paragraphs
    assert [p.text for p in paragraphs[:4]] == [
        "某县人民政府2024年",
        "政府信息公开工作年度报告",
        "【汇总未完成】本报告不是最终结果，尚有2个单位未计入：甲镇、乙局。",
        "【带条件认可】以下1个单位的数据暂按带条件认可计入：丙局。",
    ]
    style = paragraphs[2].style
    assert (style.font.bold, str(style.font.color.rgb)) == (True, "C00000")
    assert style.element.pPr.find(qn("w:pBdr")) is not None


def test_a_complete_report_carries_no_warning(template, content):
    paragraphs = rendered(template, content).paragraphs
    assert paragraphs[2].text.startswith("按照《中华人民共和国政府信息公开条例》")
    assert not any("汇总未完成" in p.text or "带条件认可" in p.text for p in paragraphs)


def test_introduction_prints_only_what_the_profile_has(template, content):
    full = rendered(template, content).paragraphs[2].text
    assert "（国办公开办函〔2021〕30号）" in full
    assert "2024年1月1日至12月31日" in full
    assert full.endswith(
        "报告电子版可在http://www.example.gov.cn查看、下载。对报告内容有疑问的，请与某县人民政府办公室联系，"
        "地址：某县中心路1号，邮政编码：100000，联系电话：010-12345678。"
    )
    bare = dataclasses.replace(content, profile={"root": "某县人民政府", "compiler": "某县人民政府办公室"})
    assert (
        rendered(template, bare)
        .paragraphs[2]
        .text.endswith("至12月31日。对报告内容有疑问的，请与某县人民政府办公室联系。")
    )


def test_nothing_of_the_template_language_is_left(template, content):
    full = dataclasses.replace(
        with_figures(content, KNOWN), texts={"text.other": ("一。",)}, missing=("甲",), provisional=("乙",)
    )
    document = rendered(template, full)
    assert not re.search(r"[{}%]", "".join(document.element.body.itertext()))


def test_same_content_same_bytes(template, content):
    first = render_report(template, with_figures(content, KNOWN))
    assert render_report(template, with_figures(content, KNOWN)) == first
    assert render_report(template, with_figures(content, KNOWN | {"info.trainings": 3})) != first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = Document(io.BytesIO(first)).core_properties
    assert properties.created.replace(tzinfo=None) == dt.datetime(2025, 1, 1)
    assert properties.modified == properties.created


@pytest.mark.parametrize(
    ("paragraph", "message"),
    [
        ("{{ t3.nope.natural }}", r"占位符 \{\{ t3\.nope \}\} 没有对应的数据"),
        ("{{ info.nope }}", r"\{\{ info\.nope \}\}"),
        ("{{ t3.items }}", r"\{\{ t3\.items \}\}"),
        ("{{ profile.adress }}", r"\{\{ profile\.adress \}\}"),
        ("{{ yaer }}", r"\{\{ yaer \}\}"),
        ("{% if year %}没有结尾", "标签写错了（少了 endif）"),
        ("{{ year| }}", r"标签写错了（这里应当是 名称，写的是 }}）.*year\|"),
        ("{{ }}", "标签写错了（}} 前面少了内容）"),
        ("{{ year }", "标签写错了（多了 }）"),
        ("{{ (year }}", r"标签写错了（这里应当是 \)，写的是 }）"),
        ("{% fi year %}", "标签写错了（没有 fi 这种标签"),
        ("{% endif %}", "标签写错了（没有 endif 这种标签，或者前面少了它的开头）"),
        ("{{ year ！ }}", "标签写错了（不能用的字符 ！）"),
        ("{# 没有结尾", "标签写错了（注释没有写结尾）"),
        ("{% if year is nope %}甲{% endif %}", "填不成报告：没有叫 nope 的判断"),
        ("{% if year = 3 %}甲{% endif %}", "标签写错了（这里应当是 %}，写的是 =）"),
        ("{{ ''.__class__.__mro__ }}", "不允许执行的内容：__class__"),
        ("{{ t3._path }}", "不允许执行的内容：_path"),
        ("{{ info.trainings }}", r"还没有数的指标（.*info\.trainings"),
        ("{{ year // 0 }}", "填不成报告：有除以 0 的算式"),
        ("{{ info.trainings + 1 }}", "填不成报告：有算不出来的算式"),
        ("{{ '甲' + year }}", "填不成报告：有算不出来的算式"),
        ("{{ year|nope }}", "标签写错了（没有叫 nope 的过滤器）"),
    ],
)
def test_a_faulty_template_is_named_with_its_remedy(tmp_path, content, paragraph, message):
    with pytest.raises(TemplateError, match=message) as caught:
        render_report(own(tmp_path, "第一段", paragraph, "第三段"), content)
    assert "xxgk template check" in str(caught.value)
    assert "own.docx" in str(caught.value)


def test_a_tag_that_breaks_the_document_is_not_swallowed(tmp_path, content):
    path = own(tmp_path, "{% if not year %}甲")
    document = Document(str(path))
    document.add_table(1, 1).cell(0, 0).text = "{% endif %}乙"  # begun outside the table, ended inside
    document.add_paragraph("丙")
    document.save(str(path))
    with pytest.raises(TemplateError, match="填不成报告"):
        render_report(path, content)


@pytest.mark.parametrize("data", [b"", b"not a zip", None])
def test_a_file_that_is_no_template(tmp_path, content, data):
    path = tmp_path / "report.docx"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(TemplateError, match=r"打不开.*xxgk template"):
        render_report(path, content)


def test_a_list_printed_as_a_whole_becomes_paragraphs(tmp_path, content):
    filled = dataclasses.replace(content, texts={"text.other": ("甲&乙", "丙")})
    assert [p.text for p in rendered(own(tmp_path, "{{ text.other }}"), filled).paragraphs] == ["甲&乙", "丙"]


@pytest.mark.external
@pytest.mark.skipif(not (shutil.which("soffice") and shutil.which("pdftotext")), reason="needs LibreOffice and poppler")
def test_table_three_stands_on_one_page(template, content, tmp_path):
    figures = dict.fromkeys(content.figures, 123456)
    (tmp_path / "report.docx").write_bytes(render_report(template, with_figures(content, figures)))
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    subprocess.run(
        ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", tmp_path, tmp_path / "report.docx"],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    text = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "report.pdf", "-"], check=True, capture_output=True, text=True, timeout=60
    ).stdout
    pages = text.removesuffix("\f").split("\f")
    first, last = (
        [n for n, page in enumerate(pages) if words in page] for words in ("申请人情况", "四、结转下年度继续办理")
    )
    assert first == last
    assert len(first) == 1
    assert all(page.strip() for page in pages)
    assert pages[first[0]].count("123456") == 175  # seven columns, no figure broken over two lines
