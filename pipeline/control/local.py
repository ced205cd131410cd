"""The rows of 本地指标 and 本地规则 to items and rules; a row that cannot be used is a finding, and only it is left out."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from pipeline.control.cells import ControlRow
from pipeline.form import KINDS, LAST, LOCAL, Equation, Form, Item, Rule, Severity, prompt
from pipeline.form.expressions import ExpressionError
from pipeline.form.local import PREFIX, equation
from pipeline.form.model import Aggregation, Kind
from pipeline.form.prompts import PROMPT_TEXT
from pipeline.model.control import UNIT_TYPES

Choice = TypeVar("Choice", bound=str)

INDICATOR_KINDS: Mapping[str, Kind] = {"件数": "count", "金额": "money", "文字": "text"}
AGGREGATIONS: Mapping[str, Aggregation] = {"相加": "sum", "取自来源单位": "source", "只收集": "collect"}
SEVERITIES: Mapping[str, Severity] = {"强制性": "error", "核实性": "warning"}
WORDS: Mapping[str, str] = {"左边": "left", "右边": "right", "差额": "difference", "各项": "operands"}
"""What a sentence may say, in the words of the sheet 校验."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_RESERVED = frozenset(name for name in dir(dict) if not name.startswith("_"))
_ID = re.compile(r"B[1-9][0-9]{0,2}")
_ALL = ("", "全部", "所有")
_LONGEST_LABEL, _LONGEST_SENTENCE = 40, 200
_SCALES = range(1, 5)


class UnusableError(Exception):
    """Why a row cannot be used: the column, the value found, and the value expected."""

    def __init__(self, column: str, reason: str, expected: str) -> None:
        super().__init__(reason)
        self.column, self.reason, self.expected = column, reason, expected


def indicators(table: Iterable[ControlRow], form: Form, units: Iterable[str]) -> Iterator[Item]:
    """The local indicators; a code or a name the form or an earlier row has already is refused."""
    taken = {_key(item.row_path[-1]) for name in ("meta", "info", "text") for item in form.of_table(name)}
    for row in table:
        try:
            item = _indicator(row, frozenset(units), taken)
        except UnusableError as unusable:
            _refuse(row, unusable)
            continue
        taken |= {item.code, _key(item.row_path[-1])}
        yield item


def rules(table: Iterable[ControlRow], form: Form, items: Sequence[Item]) -> Iterator[Rule]:
    """The local rules over the items of the form and the local ones."""
    taken = {rule.id for rule in form.rules}
    for row in table:
        try:
            rule = _rule(row, form, items, taken)
        except UnusableError as unusable:
            _refuse(row, unusable)
            continue
        taken.add(rule.id)
        yield rule


def _refuse(row: ControlRow, unusable: UnusableError) -> None:
    words = {"found": row.text(unusable.column) or "（空白）", "reason": unusable.reason, "expected": unusable.expected}
    row.note("T20", unusable.column, **words)


# ---------------------------------------------------------------- an indicator
def _indicator(row: ControlRow, units: frozenset[str], taken: set[str]) -> Item:
    name = _line(row, "指标代码").removeprefix(PREFIX)
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise UnusableError("指标代码", "不能用作代码", "小写字母开头的字母、数字、下划线，如 trainings_online")
    if PREFIX + name in taken:
        raise UnusableError("指标代码", "与前面的一行重复", "另一个代码")
    label = _text(row, "指标名称", most=_LONGEST_LABEL)
    if not _key(label) or _key(label) in taken:
        raise UnusableError("指标名称", "与别的指标同名，或者没有文字", "另一个名称")
    kind = _choice(row, "种类", INDICATOR_KINDS)
    aggregation = _aggregation(row, kind)
    item = Item(
        code=PREFIX + name,
        table=LOCAL,
        row_path=(label,),
        column_path=(),
        kind=kind,
        scale=_scale(row, kind),
        unit=_unit(row, kind),
        aggregation=aggregation,
        source=_source(row, aggregation, units),
        note=_line(row, "填报说明"),
        required=kind != "text" and aggregation != "source",
        unit_types=_types(row),
    )
    if len(prompt(item)[1]) > PROMPT_TEXT:
        raise UnusableError("填报说明", "太长，选中格子时显示不下", f"{PROMPT_TEXT - 60} 字以内的说明")
    return item


def _aggregation(row: ControlRow, kind: Kind) -> Aggregation:
    if kind != "text":
        return _choice(row, "汇总方式", AGGREGATIONS)
    if _line(row, "汇总方式") not in ("", "只收集"):
        raise UnusableError("汇总方式", "文字不能相加", "只收集")
    return "collect"


def _scale(row: ControlRow, kind: Kind) -> int:
    found = _line(row, "小数位")
    if kind != "money":
        if found not in ("", "0"):
            raise UnusableError("小数位", "只有金额才有小数", "空白")
        return 0
    if not found:
        return 2
    if not found.isdecimal() or int(found) not in _SCALES:
        raise UnusableError("小数位", "不是可用的位数", f"{_SCALES[0]} 至 {_SCALES[-1]} 的整数")
    return int(found)


def _unit(row: ControlRow, kind: Kind) -> str:
    found = "" if kind == "text" else _line(row, "计量单位")
    if kind == "money" and not found:
        raise UnusableError("计量单位", "金额要写明单位", "元或万元")
    if len(found) > 8:
        raise UnusableError("计量单位", "太长", "8 个字以内的单位")
    return found or ("件" if kind == "count" else "")


def _source(row: ControlRow, aggregation: Aggregation, units: frozenset[str]) -> str:
    found = _line(row, "来源单位")
    if aggregation != "source":
        if found:
            raise UnusableError("来源单位", "汇总方式不是“取自来源单位”", "空白")
        return ""
    if found not in units:
        raise UnusableError("来源单位", "不在单位名录里", "单位名录里的单位代码")
    if _types(row):
        raise UnusableError("适用类型", "取自来源单位的指标只问来源单位", "空白")
    return found


# ---------------------------------------------------------------- a rule
def _rule(row: ControlRow, form: Form, items: Sequence[Item], taken: set[str]) -> Rule:
    rule_id = _line(row, "规则编号").upper()
    if not _ID.fullmatch(rule_id):
        raise UnusableError("规则编号", "不是可用的编号", "B 加数字，如 B1")
    if rule_id in taken:
        raise UnusableError("规则编号", "与别的规则重复", "另一个编号")
    severity = _choice(row, "级别", SEVERITIES)
    check, given = (_expression(row, column) for column in ("算式", "条件"))
    if given:
        _equation(form, items, rule_id, "条件", given, "")
    compared = _equation(form, items, rule_id, "算式", check, given)
    return Rule(
        id=rule_id,
        kind="linear",
        severity=severity,
        title=_text(row, "规则名称", most=_LONGEST_LABEL),
        message=_sentence(row, "问题"),
        remedy=_sentence(row, "怎么办"),
        clause=_line(row, "依据"),
        table=LOCAL,
        checks=(check + (f"（{given} 时）" if given else ""),),
        unit_types=_types_of_rule(row, compared, items),
        needs_reason=severity == "warning",
        equations=(compared,),
    )


def _equation(form: Form, items: Sequence[Item], rule: str, column: str, check: str, given: str) -> Equation:
    try:
        return equation(form, items, rule, check, given)
    except ExpressionError as error:
        raise UnusableError(column, str(error), "像 local.trainings_online <= info.trainings 的算式") from error
    except ValueError as error:  # a number of thousands of digits
        raise UnusableError(column, "数字太大", "像 local.trainings_online <= info.trainings 的算式") from error


def _expression(row: ControlRow, column: str) -> str:
    """An expression in the language's own signs, however a clerk types them."""
    text = unicodedata.normalize("NFKC", _line(row, column)).lower()
    for typed, sign in (("≤", "<="), ("≦", "<="), ("≥", ">="), ("≧", ">="), ("×", "*"), ("−", "-")):
        text = text.replace(typed, sign)
    return re.sub(r"(?<![<>=])=(?!=)", "==", text)


def _types_of_rule(row: ControlRow, compared: Equation, items: Sequence[Item]) -> tuple[str, ...]:
    """Return the unit types a rule applies to: those its row names, as far as they have all local cells that it needs."""
    codes = {code.removeprefix(LAST) for code in compared.codes}
    limits = [_types(row), *(item.unit_types for item in items if item.code in codes)]
    kept = tuple(unit_type for unit_type in UNIT_TYPES if all(not limit or unit_type in limit for limit in limits))
    if not kept:
        raise UnusableError("适用类型", "没有一类单位填报算式里的全部指标", "与算式里各指标的适用类型一致的类型")
    return () if kept == UNIT_TYPES else kept


def _sentence(row: ControlRow, column: str) -> str:
    """A sentence that can be filled in; its words may be written in Chinese, ``{左边}`` for ``{left}``."""
    text = _text(row, column, most=_LONGEST_SENTENCE).replace("｛", "{").replace("｝", "}")
    for word, english in WORDS.items():
        text = text.replace(f"{{{word}}}", f"{{{english}}}")
    allowed = "、".join(f"{{{word}}}" for word in WORDS)
    try:
        fields = [field for field in string.Formatter().parse(text) if field[1] is not None]
    except ValueError as error:
        raise UnusableError(column, "花括号不成对", f"只在 {allowed} 里用花括号的句子") from error
    for _, name, spec, conversion in fields:
        if name not in KINDS["linear"].words or spec or conversion:
            raise UnusableError(column, f"{{{name}}} 不是可用的词", f"只用 {allowed} 的句子")
    return text if text.endswith(("。", "！", "？")) else f"{text}。"


# ---------------------------------------------------------------- cells
def _line(row: ControlRow, column: str) -> str:
    """A cell as one line, without what XML cannot carry."""
    return "".join(char for char in " ".join(row.text(column).split()) if unicodedata.category(char) != "Cc").translate(
        {0xFFFE: None, 0xFFFF: None}
    )


def _text(row: ControlRow, column: str, *, most: int) -> str:
    found = _line(row, column)
    if not found or len(found) > most:
        raise UnusableError(column, "太长" if found else "没有填", f"1 至 {most} 个字")
    return found


def _choice(row: ControlRow, column: str, choices: Mapping[str, Choice]) -> Choice:
    found = _line(row, column)
    if found not in choices:
        raise UnusableError(column, "不是可选的内容", "、".join(choices) + "之一")
    return choices[found]


def _types(row: ControlRow) -> tuple[str, ...]:
    found = _line(row, "适用类型")
    if found in _ALL:
        return ()
    listed = [word for word in re.split(r"[;；,，、\s]+", found) if word]
    unknown = next((word for word in listed if word not in UNIT_TYPES), None)
    if unknown is not None or not listed:
        raise UnusableError("适用类型", f"没有“{unknown}”这一类", f"空白（全部），或{'、'.join(UNIT_TYPES)}中的几类")
    return tuple(unit_type for unit_type in UNIT_TYPES if unit_type in listed)


def _key(label: str) -> str:
    """Return the letters and digits of a label, by which reading compares labels."""
    return "".join(char for char in unicodedata.normalize("NFKC", label) if char.isalnum()).casefold()
