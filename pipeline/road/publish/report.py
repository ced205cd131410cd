"""The annual report as a Word file: the office's template, filled with the figures and texts of a year."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import jinja2
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage

from pipeline.files.filling import Branch, NotYet, clean, environment, fill_template, open_template, save_document
from pipeline.form import LOCAL, Form, Item, Value
from pipeline.model.breakdown import by_applicant, by_result
from pipeline.road.publish.bars import LACKING, Rows, bars_png

PROFILE_KEYS = ("root", "compiler", "address", "postcode", "phone", "website", "level", "signature", "dated")
"""汇总单位, 编制单位, 地址, 邮编, 电话, 网址, 层级, 落款, 成文日期; a key that is absent prints as nothing."""
_SUBJECTS = {"县级": "全县", "设区的市": "全市", "省级": "全省"}
_PLACES = ("自治县", "自治州", "自治旗", "县", "区", "市", "旗", "州", "盟", "省", "镇", "乡")
_GOVERNMENT = re.compile(r"(?:人民)?政府$")

NOT_YET = "（暂缺）"
"""What is printed for a local indicator whose one source has not reported yet."""

_PICTURE_WIDTH = 150
"""Millimetres of a chart in the report; the text block has 156."""


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
    document = open_template(template)
    context["charts"] = _Charts(document, content)
    form = content.form
    unknown = "、".join(item.code for item in form.of_table("info") if content.figures.get(item.code) is None)
    fill_template(document, template, context, what="报告", lacking=unknown)
    return save_document(document, content.year, f"{context['profile'].root}{content.year}年{form.title}")


def fill_words(pieces: Iterable[str], content: ReportContent) -> list[str]:
    """Fill pieces of template text as the report's own are filled; empty for a piece with an unknown figure."""
    context, sandbox = _context(content), environment()
    filled: dict[str, str] = {}  # the same opening begins many clauses, and compiling is what takes the time
    wanted = list(pieces)
    for piece in dict.fromkeys(wanted):
        try:
            filled[piece] = html.unescape(sandbox.from_string(piece).render(context)) if piece else ""
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


def _context(content: ReportContent) -> dict[str, Any]:
    """Return the names of the template: codes as branches, exact figures, texts as lists of clean paragraphs."""
    profile = Branch("profile")
    for key in PROFILE_KEYS:
        setattr(profile, key, clean(content.profile.get(key, "")))
    form = Branch("form")
    form.title, form.basis = content.form.title, content.form.basis
    context: dict[str, Any] = {
        "form": form,
        "year": content.year,
        "profile": profile,
        "missing": [clean(name) for name in content.missing],
        "provisional": [clean(name) for name in content.provisional],
        "replaced": [code for code in content.replaced if content.texts.get(code)],
        "subject": subject_of(profile.root, profile.level),
        "percent": percent,
        "former": Branch("former"),
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


def _figure(item: Item, content: ReportContent) -> int | Decimal | NotYet | None:
    value = content.figures.get(item.code)
    if value is None and item.table == LOCAL:
        return NotYet(NOT_YET)
    if value is None and item.table != "info":
        raise ValueError(f"{item.code} 没有汇总数")
    exact = type(value) is int or (isinstance(value, Decimal) and value.is_finite())
    if value is not None and not exact:
        raise ValueError(f"{item.code} 不是准确的数：{value!r}")
    return value


def _plant(context: dict[str, Any], code: str, value: object) -> None:
    """Insert ``value`` under the steps of its code."""
    root, *steps, leaf = code.split(".")
    branch = context.setdefault(root, Branch(root))
    for step in steps:
        if not hasattr(branch, step):
            setattr(branch, step, Branch(f"{branch._path}.{step}"))
        branch = getattr(branch, step)
    setattr(branch, leaf, value)


def _paragraphs(texts: Iterable[str]) -> list[str]:
    """One string a printed paragraph: line breaks split, indents typed with blanks give way to the style's."""
    lines = (clean(line) for text in texts for line in text.splitlines())
    return [line for line in lines if line]
