"""The craft of filling a Word template: docxtpl, in a sandbox, with values that are escaped and never evaluated.

docxtpl turns ``{_{`` into ``{{`` after rendering and reads broken XML leniently (losing the rest of the document), so
underscores go in as character references and the rendered XML is parsed strictly before docxtpl gets to it.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
from docx.opc.exceptions import PackageNotFoundError
from docxtpl import DocxTemplate
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import missing
from lxml import etree
from markupsafe import Markup, escape

from pipeline.errors import TemplateError
from pipeline.files.archive import settled_zip
from pipeline.files.remembered import Remembered
from pipeline.files.template_words import explain_filling, explain_tag, name_forbidden
from pipeline.files.word import explain_word_fault
from pipeline.form import print_figure

_ILLEGAL = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 (section 2.2) cannot carry."""
_PROPERTY_LENGTH = 255  # python-docx refuses longer core properties
_REMEDY = "请在 Word 里改正模板，再运行 xxgk template check 检查。"


class Branch(SimpleNamespace):
    """A step of a dotted name; its attributes are the next steps. Unlike a dict it has no ``items`` of its own."""

    def __init__(self, path: str) -> None:
        super().__init__(_path=path)


class NotYet:
    """A value that is not there yet: false in conditions of a template, and printed as a visible note."""

    def __init__(self, note: str) -> None:
        self.note = note

    def __bool__(self) -> bool:
        return False


class WordTemplate(DocxTemplate):  # type: ignore[misc]
    """A template whose rendered body must be well-formed."""

    def build_xml(self, context: Any, jinja_env: Any = None) -> str:
        """The rendered body; raises ``XMLSyntaxError`` where docxtpl would drop what follows."""
        xml: str = super().build_xml(context, jinja_env)
        etree.fromstring(xml)
        return xml


class _Unknown(jinja2.StrictUndefined):
    """Raises like `jinja2.StrictUndefined`, but with the whole placeholder as the message."""

    def __init__(
        self, hint: str | None = None, obj: Any = missing, name: str | None = None, exc: Any = jinja2.UndefinedError
    ) -> None:
        parent = f"{obj._path}." if isinstance(obj, Branch) else ""
        super().__init__(hint or f"{parent}{name}", obj, name, exc)


def open_template(template: Path) -> WordTemplate:
    """Open a Word template. Raises `TemplateError` when it is none."""
    try:
        document = WordTemplate(io.BytesIO(template.read_bytes()))
        document.init_docx()
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, PackageNotFoundError, etree.XMLSyntaxError) as error:
        raise TemplateError(
            f"Word 模板 {template} 打不开：{explain_word_fault(template, error)}。"
            "请从备份换回，或者用 xxgk template --force 重新生成（改过的样式会丢失），再运行 xxgk template check 检查。"
        ) from error
    return document


def fill_template(
    document: WordTemplate, template: Path, context: Mapping[str, Any], *, what: str, lacking: str = ""
) -> None:
    """Fill an opened template in place. ``what`` it should become and the names that are ``lacking`` a value go into the
    sentence of the `TemplateError` that is raised when it cannot be filled.
    """
    try:
        document.render(dict(context), jinja_env=environment(), autoescape=True)
    except jinja2.TemplateError as error:
        raise TemplateError(_fault(template, error, what, lacking)) from error
    except (ArithmeticError, TypeError, ValueError, etree.XMLSyntaxError) as error:
        raise TemplateError(f"Word 模板 {template} 填不成{what}：{explain_filling(error)}。{_REMEDY}") from error


def compile_template(template: Path) -> None:
    """Compile the texts of a template, so that filling it later takes less; what is wrong with it is told then."""
    sandbox = environment()
    with suppress(TemplateError, jinja2.TemplateError):
        document = open_template(template)
        document.render_init()
        for uri in (document.HEADER_URI, document.FOOTER_URI):
            for _, part in document.get_headers_footers(uri):
                _compile(document, document.get_part_xml(part), sandbox)
        _compile(document, document.get_xml(), sandbox)


def compile_words(pieces: Iterable[str]) -> None:
    """Compile pieces of template text; what is wrong with one is told when it is filled."""
    sandbox = environment()
    for piece in pieces:
        with suppress(jinja2.TemplateError):
            sandbox.from_string(piece)


def _compile(document: WordTemplate, xml: str, sandbox: SandboxedEnvironment) -> None:
    """Compile a part in the very form in which docxtpl hands it over."""
    sandbox.from_string(re.sub(r"<w:p([ >])", r"\n<w:p\1", document.patch_xml(xml)))


class _Sandbox(SandboxedEnvironment):
    """A sandbox that compiles the same text once."""

    def compile(self, source: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the code of a template text."""
        if not isinstance(source, str) or args or kwargs:
            return super().compile(source, *args, **kwargs)
        if (code := _compiled.get(source)) is None:
            _compiled.put(source, code := super().compile(source))
        return code


_compiled: Remembered[str, Any] = Remembered(256)


def environment() -> SandboxedEnvironment:
    """The sandbox in which template text is filled: unknown names raise, values are escaped."""
    # every template is filled once, so that making it faster takes longer than it saves
    made = _Sandbox(undefined=_Unknown, autoescape=True, finalize=_finalize, optimized=False)
    made.tests["none"] = lambda value: value is None or isinstance(value, NotYet)
    return made


def clean(text: str) -> str:
    """Drop what XML cannot carry, and blanks around."""
    return _ILLEGAL.sub("", text).strip()


def save_document(document: DocxTemplate, year: int, title: str) -> bytes:
    """The filled document without clock times: the same content gives the same bytes."""
    properties = document.docx.core_properties
    properties.title = title[:_PROPERTY_LENGTH]
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.created = properties.modified = dt.datetime(year + 1, 1, 1)
    properties.revision = 1
    out = io.BytesIO()
    document.save(out)
    return settled_zip(out.getvalue())


def _finalize(value: Any) -> Any:
    """Escape a value for the XML; an unknown figure may be tested but not printed."""
    if value is None:
        raise jinja2.UndefinedError("")
    if isinstance(value, NotYet):
        return value.note
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return print_figure(value)
    if isinstance(value, list):
        return Markup("\a").join(map(_finalize, value))  # docxtpl: a new paragraph of the same kind
    if isinstance(value, str):
        return escape(value).replace("_", Markup("&#95;"))
    return value


def _fault(template: Path, error: jinja2.TemplateError, what: str, lacking: str) -> str:
    """One Chinese sentence: which placeholder, and what to do."""
    match error:
        case jinja2.TemplateSyntaxError():
            return f"Word 模板 {template} 的标签写错了（{explain_tag(error.message or '')}），附近的文字：{_near(error)}。{_REMEDY}"
        case jinja2.exceptions.SecurityError():
            return f"Word 模板 {template} 里有不允许执行的内容：{name_forbidden(error.message or '')}。{_REMEDY}"
        case jinja2.UndefinedError(message=""):
            return f"Word 模板 {template} 印了还没有数的指标（{lacking}之一），要先用 if 判断是否为 none。{_REMEDY}"
        case jinja2.UndefinedError():
            return f"Word 模板 {template} 里的占位符 {{{{ {error.message} }}}} 没有对应的数据。{_REMEDY}"
    return f"Word 模板 {template} 填不成{what}：{explain_tag(error.message or '')}。{_REMEDY}"


def _near(error: jinja2.TemplateSyntaxError) -> str:
    """Return the paragraph of a syntax error: docxtpl keeps up to three before it."""
    lines = list(getattr(error, "docx_context", ()))
    return str(lines[min(error.lineno - 1, 3)]) if error.lineno and len(lines) >= min(error.lineno, 4) else "（不明）"
