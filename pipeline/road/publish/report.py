"""The annual report as a Word file: the office's template, filled by docxtpl.

Values are escaped and never evaluated, and the template itself runs in a sandbox. docxtpl turns ``{_{`` into ``{{``
after rendering and reads broken XML leniently (losing the rest of the document), so underscores go in as character
references and the rendered XML is parsed strictly before docxtpl gets to it.
"""

from __future__ import annotations

import datetime as dt
import html
import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
from docx.opc.exceptions import PackageNotFoundError
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import missing
from lxml import etree
from markupsafe import Markup, escape

from pipeline.errors import TemplateError
from pipeline.files.archive import settled_zip
from pipeline.files.word import explain_word_fault
from pipeline.form import LOCAL, Form, Item, Value, print_figure
from pipeline.model.breakdown import by_applicant, by_result
from pipeline.road.publish.bars import LACKING, Rows, bars_png

PROFILE_KEYS = ("root", "compiler", "address", "postcode", "phone", "website", "level", "signature", "dated")
"""汇总单位, 编制单位, 地址, 邮编, 电话, 网址, 层级, 落款, 成文日期; a key that is absent prints as nothing."""
_SUBJECTS = {"县级": "全县", "设区的市": "全市", "省级": "全省"}
_PLACES = ("自治县", "自治州", "自治旗", "县", "区", "市", "旗", "州", "盟", "省", "镇", "乡")
_GOVERNMENT = re.compile(r"(?:人民)?政府$")

NOT_YET = "（暂缺）"
"""What is printed for a local indicator whose one source has not reported yet."""

_ILLEGAL = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 (section 2.2) cannot carry."""
_PICTURE_WIDTH = 150
"""Millimetres of a chart in the report; the text block has 156."""
_PROPERTY_LENGTH = 255  # python-docx refuses longer core properties


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportContent:
    """Everything that is printed in one report.

    ``figures`` by item code; those of the statutory tables must be there, an ``info.*`` of ``None`` is unknown and
    its words are left out, a ``local.*`` of ``None`` is printed as
    `NOT_YET`. ``texts`` by item code, one string a paragraph. ``profile`` by `PROFILE_KEYS`.
    ``missing`` and ``provisional`` name units not counted yet, and units counted provisionally. ``former`` are the
    figures of the year before, as far as they are known; ``replaced`` the texts that take the place of the generated
    sentences.
    """

    form: Form
    year: int
    figures: Mapping[str, int | Decimal | None]
    texts: Mapping[str, tuple[str, ...]]
    profile: Mapping[str, str]
    missing: tuple[str, ...]
    provisional: tuple[str, ...]
    former: Mapping[str, Value] = field(default_factory=dict)
    replaced: tuple[str, ...] = ()


def render_report(template: Path, content: ReportContent) -> bytes:
    """Fill ``template``; the same template and content give the same bytes.

    Raises `TemplateError` when the template cannot be opened or filled, ``ValueError`` when a figure of a statutory
    table is missing or is not an exact number.
    """
    context = _context(content)
    document = _open_template(template)
    context["charts"] = _Charts(document, content)
    try:
        document.render(context, jinja_env=_environment(), autoescape=True)
    except jinja2.TemplateError as error:
        raise TemplateError(_fault(template, error, content)) from error
    except (ArithmeticError, TypeError, ValueError, etree.XMLSyntaxError) as error:
        raise TemplateError(f"Word 模板 {template} 填不成报告：{error}。{_REMEDY}") from error
    title = f"{context['profile'].root}{content.year}年{content.form.title}"
    return _save(document, content.year, title)


def fill_words(pieces: Iterable[str], content: ReportContent) -> list[str]:
    """Fill pieces of template text as the report's own are filled; empty for a piece with an unknown figure."""
    context, environment = _context(content), _environment()
    filled: dict[str, str] = {}  # the same opening begins many clauses, and compiling is what takes the time
    wanted = list(pieces)
    for piece in dict.fromkeys(wanted):
        try:
            filled[piece] = html.unescape(environment.from_string(piece).render(context)) if piece else ""
        except (jinja2.UndefinedError, ArithmeticError, TypeError):
            filled[piece] = ""
    return [filled[piece] for piece in wanted]


class _Charts:
    """``{{ charts.results }}`` and ``{{ charts.applicants }}``: drawn only when a template asks for them."""

    def __init__(self, document: DocxTemplate, content: ReportContent) -> None:
        self._document, self._content = document, content

    @property
    def results(self) -> InlineImage | str:
        """办理结果, as bars."""
        return self._picture(by_result(self._content.form, self._content.figures))

    @property
    def applicants(self) -> InlineImage | str:
        """申请人构成, as bars."""
        return self._picture(by_applicant(self._content.form, self._content.figures))

    def _picture(self, rows: Rows) -> InlineImage | str:
        try:
            return InlineImage(self._document, io.BytesIO(bars_png(rows)), width=Mm(_PICTURE_WIDTH))
        except ImportError:
            return f"（{LACKING.rstrip('。')}）"
        except LookupError as error:
            return f"（{str(error.args[0]).rstrip('。')}）"


class _Branch(SimpleNamespace):
    """A step of an item code; its attributes are the next steps. Unlike a dict it has no ``items`` of its own."""

    def __init__(self, path: str) -> None:
        super().__init__(_path=path)


class _Unknown(jinja2.StrictUndefined):
    """Raises like `jinja2.StrictUndefined`, but with the whole placeholder as the message."""

    def __init__(
        self, hint: str | None = None, obj: Any = missing, name: str | None = None, exc: Any = jinja2.UndefinedError
    ) -> None:
        parent = f"{obj._path}." if isinstance(obj, _Branch) else ""
        super().__init__(hint or f"{parent}{name}", obj, name, exc)


class _StrictTemplate(DocxTemplate):  # type: ignore[misc]
    """A template whose rendered body must be well-formed."""

    def build_xml(self, context: Any, jinja_env: Any = None) -> str:
        """The rendered body; raises ``XMLSyntaxError`` where docxtpl would drop what follows."""
        xml: str = super().build_xml(context, jinja_env)
        etree.fromstring(xml)
        return xml


_REMEDY = "请在 Word 里改正模板，再运行 xxgk template check 检查。"


def _open_template(template: Path) -> _StrictTemplate:
    try:
        document = _StrictTemplate(io.BytesIO(template.read_bytes()))
        document.init_docx()
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, PackageNotFoundError, etree.XMLSyntaxError) as error:
        raise TemplateError(
            f"Word 模板 {template} 打不开：{explain_word_fault(template, error)}。请用 xxgk template 重新生成，再运行 xxgk template check 检查。"
        ) from error
    return document


class _NotYet:
    """A local figure without a report: false in conditions of a template, and printed as a visible note."""

    def __bool__(self) -> bool:
        return False


def _environment() -> SandboxedEnvironment:
    environment = SandboxedEnvironment(undefined=_Unknown, autoescape=True, finalize=_finalize)
    environment.tests["none"] = lambda value: value is None or isinstance(value, _NotYet)
    return environment


def _finalize(value: Any) -> Any:
    """Escape a value for the XML; an unknown figure may be tested but not printed."""
    if value is None:
        raise jinja2.UndefinedError("")
    if isinstance(value, _NotYet):
        return NOT_YET
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return print_figure(value)
    if isinstance(value, list):
        return Markup("\a").join(map(_finalize, value))  # docxtpl: a new paragraph of the same kind
    if isinstance(value, str):
        return escape(value).replace("_", Markup("&#95;"))
    return value


def _fault(template: Path, error: jinja2.TemplateError, content: ReportContent) -> str:
    """One Chinese sentence: which placeholder, and what to do."""
    match error:
        case jinja2.TemplateSyntaxError():
            return f"Word 模板 {template} 的标签写错了（{error.message}），附近的文字：{_near(error)}。{_REMEDY}"
        case jinja2.exceptions.SecurityError():
            return f"Word 模板 {template} 里有不允许执行的内容：{error.message}。{_REMEDY}"
        case jinja2.UndefinedError(message=""):
            unknown = "、".join(
                item.code for item in content.form.of_table("info") if content.figures.get(item.code) is None
            )
            return f"Word 模板 {template} 印了还没有数的指标（{unknown}之一），要先用 if 判断是否为 none。{_REMEDY}"
        case jinja2.UndefinedError():
            return f"Word 模板 {template} 里的占位符 {{{{ {error.message} }}}} 没有对应的数据。{_REMEDY}"
    return f"Word 模板 {template} 填不成报告：{error.message}。{_REMEDY}"


def _near(error: jinja2.TemplateSyntaxError) -> str:
    """Return the paragraph of a syntax error: docxtpl keeps up to three before it."""
    lines = list(getattr(error, "docx_context", ()))
    return str(lines[min(error.lineno - 1, 3)]) if error.lineno and len(lines) >= min(error.lineno, 4) else "（不明）"


def _context(content: ReportContent) -> dict[str, Any]:
    """Return the names of the template: codes as branches, exact figures, texts as lists of clean paragraphs."""
    profile = _Branch("profile")
    for key in PROFILE_KEYS:
        setattr(profile, key, _clean(content.profile.get(key, "")))
    form = _Branch("form")
    form.title, form.basis = content.form.title, content.form.basis
    context: dict[str, Any] = {
        "form": form,
        "year": content.year,
        "profile": profile,
        "missing": [_clean(name) for name in content.missing],
        "provisional": [_clean(name) for name in content.provisional],
        "replaced": [code for code in content.replaced if content.texts.get(code)],
        "subject": subject_of(profile.root, profile.level),
        "percent": percent,
        "former": _Branch("former"),
    }
    for item in content.form.items:
        if item.table != "meta":
            value = _figure(item, content) if item.numeric else _paragraphs(content.texts.get(item.code, ()))
            _plant(context, item.code, value)
            if item.numeric:
                known = content.former.get(item.code)
                _plant(context, f"former.{item.code}", None if isinstance(known, str) else known)
    return context


def subject_of(root: str, level: str) -> str:
    """Whom a report speaks for.

    >>> [subject_of(name, "县级") for name in ("方正县人民政府", "南岗区人民政府", "会发镇人民政府", "方正县财政局", "")]
    ['全县', '全区', '全镇', '本机关', '全县']
    """
    name = _GOVERNMENT.sub("", root)
    if name != root:
        place = next((place for place in _PLACES if name.endswith(place)), "")
        return f"全{place}" if place else _SUBJECTS.get(level, "全县")
    if root.endswith(("街道办事处", "街道")):
        return "本街道"
    return "本机关" if root else _SUBJECTS.get(level, "全县")


def percent(part: int | Decimal, whole: int | Decimal) -> Decimal:
    """A share in percent with one decimal, none where it is 0.

    >>> str(percent(2, 3)), str(percent(1, 4)), str(percent(5, 1000))
    ('66.7', '25', '0.5')
    """
    share = (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return share.quantize(Decimal(1)) if share == share.to_integral_value() else share


def _figure(item: Item, content: ReportContent) -> int | Decimal | _NotYet | None:
    value = content.figures.get(item.code)
    if value is None and item.table == LOCAL:
        return _NotYet()
    if value is None and item.table != "info":
        raise ValueError(f"{item.code} 没有汇总数")
    exact = type(value) is int or (isinstance(value, Decimal) and value.is_finite())
    if value is not None and not exact:
        raise ValueError(f"{item.code} 不是准确的数：{value!r}")
    return value


def _plant(context: dict[str, Any], code: str, value: object) -> None:
    """Insert ``value`` under the steps of its code."""
    root, *steps, leaf = code.split(".")
    branch = context.setdefault(root, _Branch(root))
    for step in steps:
        if not hasattr(branch, step):
            setattr(branch, step, _Branch(f"{branch._path}.{step}"))
        branch = getattr(branch, step)
    setattr(branch, leaf, value)


def _paragraphs(texts: Iterable[str]) -> list[str]:
    """One string a printed paragraph: line breaks split, indents typed with blanks give way to the style's."""
    lines = (_clean(line) for text in texts for line in text.splitlines())
    return [line for line in lines if line]


def _clean(text: str) -> str:
    return _ILLEGAL.sub("", text).strip()


def _save(document: DocxTemplate, year: int, title: str) -> bytes:
    properties = document.docx.core_properties
    properties.title = title[:_PROPERTY_LENGTH]
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.created = properties.modified = dt.datetime(year + 1, 1, 1)
    properties.revision = 1
    out = io.BytesIO()
    document.save(out)
    return settled_zip(out.getvalue())
