"""The Word template of the annual report, built once from the form; afterwards the office may restyle it. docxtpl fills
it: a paragraph that holds only ``{%p … %}`` disappears, every other tag stands in a single run. Labels, headings and
tables come from the form; the narrative frame is our own wording.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from pathlib import Path

import jinja2
from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from docx.shared import Pt
from docxtpl import DocxTemplate
from jinja2 import meta, nodes

from pipeline.errors import TemplateError
from pipeline.files.archive import settled_zip
from pipeline.files.filling import open_template
from pipeline.files.template_words import explain_tag
from pipeline.form import Form, Item, Table
from pipeline.layout import table_grid
from pipeline.road.templates.sentences import passage
from pipeline.road.templates.typography import (
    BODY,
    HEADING,
    NOTICE,
    RED,
    SIGNATURE,
    SUBHEADING,
    TITLE,
    add_paragraph,
    add_table,
    is_long,
    new_document,
)

REPORT_NAMES = frozenset(
    ["year", "form.title", "form.basis", "missing", "provisional", "subject", "replaced", "percent"]
    + [f"profile.{key}" for key in ("root", "compiler", "address", "postcode", "phone", "website", "level")]
    + ["profile.signature", "profile.dated", "charts.results", "charts.applicants"]
)
"""What a report template may use besides item codes, and besides them behind ``former.``: the figures of last year."""
_FORMER = "former."

MISSING_TEXT = "（本部分文字待补充）"
_NUMERALS = "一二三四五六七八九十"
_BUILT = dt.datetime(2021, 9, 26)  # the day the format was issued; any fixed day would do
_PRINTED = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")

_INTRODUCTION = (
    "按照《中华人民共和国政府信息公开条例》（国务院令第711号，以下简称《条例》）第四十九条、第五十条和"
    "国家统一规定的年度报告格式（{{ form.basis }}），{% if profile.compiler and profile.compiler != profile.root %}"
    "{{ profile.compiler }}汇总{{ profile.root }}{% else %}{{ profile.root }}根据{% endif %}"
    "{{ year }}年政府信息公开工作情况，编制本报告。各项数据的统计时间为{{ year }}年1月1日至12月31日。"
    "{% if profile.website %}报告电子版可在{{ profile.website }}查看、下载。{% endif %}"
    "对报告内容有疑问的，请与{{ profile.compiler or profile.root }}联系"
    "{% if profile.address %}，地址：{{ profile.address }}{% endif %}"
    "{% if profile.postcode %}，邮政编码：{{ profile.postcode }}{% endif %}"
    "{% if profile.phone %}，联系电话：{{ profile.phone }}{% endif %}。"
)
_UNFINISHED = '【汇总未完成】本报告不是最终结果，尚有{{ missing|length }}个单位未计入：{{ missing|join("、") }}。'
_PROVISIONAL = (
    '【带条件认可】以下{{ provisional|length }}个单位的数据暂按带条件认可计入：{{ provisional|join("、") }}。'
)


def build_report(form: Form, path: Path) -> None:
    """Write the template to ``path``; the same form gives the same bytes."""
    document = new_document()
    _front(document)
    parts: dict[str, Table | list[Item]] = {table.heading: table for table in form.tables}
    for item in form.of_table("text"):
        section = parts.setdefault(item.row_path[0], [])
        if isinstance(section, list):
            section.append(item)
    above: Table | list[Item] = []
    for heading in sorted(parts, key=lambda text: _NUMERALS.index(text[0])):
        part = parts[heading]
        spacing = add_paragraph(document, heading, HEADING).paragraph_format
        if isinstance(part, Table):
            grid = table_grid(part)
            spacing.space_after = Pt(6)
            spacing.page_break_before = True if is_long(grid) else None
            add_table(document, grid)
        else:
            for item in part:
                _section(document, form, item)
        if isinstance(above, Table) and not spacing.page_break_before:
            spacing.space_before = Pt(14.5)
        above = part
    for name in ("signature", "dated"):
        _when(document, f"profile.{name}", f"{{{{ profile.{name} }}}}", SIGNATURE)
    path.write_bytes(save_template(document, form.title))


def placeholders(template: Path) -> frozenset[str]:
    """Return the names in the template beyond `REPORT_NAMES`; all should be item codes.

    Raises `TemplateError` when the file is not a Word template or a tag in it cannot be parsed.
    """
    environment = jinja2.Environment(autoescape=True)
    try:
        tree = environment.parse(_source(open_template(template)))
        roots = meta.find_undeclared_variables(tree) - environment.globals.keys()
    except jinja2.TemplateError as error:
        raise TemplateError(
            f"Word 模板 {template} 的标签写错了（{explain_tag(error.message or '')}）。请改正后再运行 xxgk template check。"
        ) from error
    own = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"}
    roots -= own
    chains = list(tree.find_all(nodes.Getattr))
    inner = {id(chain.node) for chain in chains}
    names = [node for node in tree.find_all(nodes.Name) if id(node) not in inner]
    asked = {_dotted_name(node) for node in (*names, *chains) if id(node) not in inner}
    named = {name.removeprefix(_FORMER) for name in asked if name.split(".")[0] in roots}
    return frozenset(named) - REPORT_NAMES


def table_placeholders(template: Path) -> frozenset[str]:
    """Return the item codes in the cells of the template's tables; raises like `placeholders`."""
    cells = open_template(template).get_docx().element.body.iter(qn("w:tc"))
    texts = ("".join(text.text or "" for text in cell.iter(qn("w:t"))) for cell in cells)
    return frozenset(code for text in texts for code in _PRINTED.findall(text)) & placeholders(template)


def _front(document: WordDocument) -> None:
    """Title, the warning that units are missing, and the introduction."""
    add_paragraph(document, "{{ profile.root }}{{ year }}年", TITLE)
    add_paragraph(document, "{{ form.title }}", TITLE).paragraph_format.space_after = Pt(29)
    for names, notice in (("missing", _UNFINISHED), ("provisional", _PROVISIONAL)):
        _when(document, names, notice, NOTICE)
    add_paragraph(document, _INTRODUCTION, BODY)


def _section(document: WordDocument, form: Form, item: Item) -> None:
    """Add one section of the narrative: generated sentences, then the office's own paragraphs."""
    if item.row_path[1].startswith("（"):
        add_paragraph(document, item.row_path[1], SUBHEADING)
    generated = passage(form, item.code)
    if generated is not None:
        kept = f'"{item.code}" not in replaced'
        _when(document, f"{kept} and ({generated.when})" if generated.when else kept, generated.jinja(), BODY)
    # Where the figures speak already, an office's bare “无” adds nothing.
    words = f'{item.code}|reject("in", ["无", "无。"])|list' if generated else item.code
    add_paragraph(document, f"{{%p set words = {words} %}}", BODY)
    add_paragraph(document, "{%p for paragraph in words %}", BODY)
    add_paragraph(document, "{{ paragraph }}", BODY)
    add_paragraph(document, "{%p endfor %}", BODY)
    if generated is None or generated.when:
        nothing = "not words" + (f" and not ({generated.when})" if generated else "")
        add_paragraph(document, f"{{%p if {nothing} %}}", BODY)
        add_paragraph(document, MISSING_TEXT, BODY, color=RED)
        add_paragraph(document, "{%p endif %}", BODY)


def _when(document: WordDocument, condition: str, text: str, style: str) -> None:
    """Add a paragraph that is printed only under ``condition``; an empty condition always holds."""
    if condition:
        add_paragraph(document, f"{{%p if {condition} %}}", style)
    add_paragraph(document, text, style)
    if condition:
        add_paragraph(document, "{%p endif %}", style)


def save_template(document: WordDocument, title: str) -> bytes:
    """The built document without clock times."""
    properties = document.core_properties
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.title, properties.language, properties.revision = title, "zh-CN", 1
    properties.created = properties.modified = _BUILT
    out = io.BytesIO()
    document.save(out)
    return settled_zip(out.getvalue())


def _source(template: DocxTemplate) -> str:
    """Return the template's text as docxtpl passes it to Jinja: body, headers, footers and footnotes."""
    parts: list[str] = [template.get_xml()]
    for uri in (template.HEADER_URI, template.FOOTER_URI):
        parts.extend(template.get_part_xml(part) for _, part in template.get_headers_footers(uri))
    notes = [part for part in template.docx.part.package.iter_parts() if part.partname.endswith("/footnotes.xml")]
    parts.extend(part.blob.decode("utf-8") for part in notes)
    return "\n".join(template.patch_xml(part) for part in parts)


def _dotted_name(node: nodes.Node) -> str:
    """``t3.received.natural`` of an attribute chain; of any other expression only its attributes."""
    if isinstance(node, nodes.Getattr):
        return f"{_dotted_name(node.node)}.{node.attr}"
    return node.name if isinstance(node, nodes.Name) else ""
