"""Faults of a form that loads: limits of Excel and Word, clauses, sentences, items without a rule."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pipeline.form.expressions import LAST
from pipeline.form.model import Form, Item
from pipeline.form.prompts import PROMPT_TEXT, PROMPT_TITLE, prompt
from pipeline.form.rule_model import Rule

_CELL_LIKE = re.compile(r"^[a-zA-Z]{1,3}\d+$|^[rR]\d*[cC]\d*$")
_NAME = re.compile(r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$")
_SHEET_BAD = re.compile(r"[\[\]:*?/\\]")
_RESERVED = frozenset(name for name in dir(dict) if not name.startswith("_"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LintRemark:
    """``error``: the form cannot be used as it is. ``hint``: worth a look, nothing breaks."""

    level: Literal["error", "hint"]
    path: str
    text: str


def lint(form: Form) -> list[LintRemark]:
    """Every remark on the form, in the order of its files."""
    return [
        *_sheets(form),
        *(remark for item in form.items for remark in _item(item)),
        *(remark for rule in form.rules for remark in _rule(form, rule)),
        *_lint_carried(form),
        *_lint_untouched(form),
    ]


def _error(path: str, text: str) -> LintRemark:
    return LintRemark(level="error", path=path, text=text)


def _sheets(form: Form) -> Iterator[LintRemark]:
    for table in form.tables:
        path = f"form.toml: {table.code}.sheet"
        if len(table.sheet) > 31 or _SHEET_BAD.search(table.sheet):
            yield _error(path, f"工作表名“{table.sheet}”超过 31 个字符或含有 [ ] : * ? / \\")


def _item(item: Item) -> Iterator[LintRemark]:
    path = f"form.toml: {item.code}"
    if not _NAME.match(item.code):
        yield _error(path, "代码只能用小写字母、数字、下划线，以点分段，每段以字母开头")
    if _CELL_LIKE.match(item.name) or len(item.name) > 255:
        yield _error(path, f"单元格名称 {item.name} 在 Excel 里不可用")
    for part in item.code.split("."):
        if part in _RESERVED:
            yield _error(path, f"“{part}”在 Word 模板里另有含义，请换一个代码")
    title, text = prompt(item)
    if len(title) > PROMPT_TITLE:
        yield _error(path, f"输入提示的标题有 {len(title)} 个字符，Excel 最多 {PROMPT_TITLE} 个")
    if len(text) > PROMPT_TEXT:
        yield _error(path, f"输入提示有 {len(text)} 个字符，Excel 最多 {PROMPT_TEXT} 个，请缩短 note")
    if item.table != "meta" and not item.clause:
        yield _error(path, "没有写 clause（法律依据）")
    if item.kind == "money" and not 0 < item.scale <= 6:
        yield _error(path, "金额要写 scale（1 至 6 位小数）")


def _rule(form: Form, rule: Rule) -> Iterator[LintRemark]:
    path = f"rules.toml: {rule.id}"
    if not rule.clause:
        yield _error(path, "没有写 clause（法律依据）")
    for sentence in (rule.message, rule.remedy):
        words = {field for _, field, _, _ in string.Formatter().parse(sentence) if field is not None}
        for word in sorted(words - rule.words):
            allowed = "、".join(sorted(rule.words))
            yield _error(path, f"句子里的 {{{word}}} 不可用；可用的词：{allowed}")
    known = {other.id for other in form.rules}
    for other in rule.rules:
        if other not in known:
            yield _error(path, f"rules 里的 {other} 不是已定义的规则")


def _lint_carried(form: Form) -> Iterator[LintRemark]:
    """Check the cells that are printed with last year's figure: it must fit, and a rule must notice a change."""
    compared = [equation.codes for rule in form.rules for equation in rule.equations if equation.historic]
    for item in (item for item in form.items if item.carry):
        path, last = f"form.toml: {item.code}", form.item(item.carry)
        if (last.kind, last.scale) != (item.kind, item.scale):
            yield _error(path, f"carry 指向的 {last.code} 与这一格不是同一类数字")
        if not any(item.code in codes and LAST + last.code in codes for codes in compared):
            yield LintRemark(level="hint", path=path, text="印上了上年数，但没有规则把它与上年数核对")


def _lint_untouched(form: Form) -> Iterator[LintRemark]:
    """Yield the entry cells that only S2 and S3 check."""
    touched = {code for rule in form.rules for equation in rule.equations for code in equation.codes}
    tables = {table.code for table in form.tables}
    for item in form.items:
        if item.table in tables and item.code not in touched:
            yield LintRemark(
                level="hint", path=f"form.toml: {item.code}", text="除填写和数字格式外，没有规则核对这一格"
            )
