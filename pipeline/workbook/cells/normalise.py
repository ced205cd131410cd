"""A raw cell to a typed value, or to a reason. Nothing is guessed, and every repair is reported.

`CASES` is the one table that decides how a figure may be written; docs/numbers.md is that table for people.
Text is tried against it from the top, the first case that fits decides, and what fits none is not a number.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from pipeline.form import Item, Value
from pipeline.form.numerals import read_numeral
from pipeline.model.submission import Repair

LIMIT = 1_000_000_000
"""Figures at or above this are refused: no county counts that high, and int64 sums stay exact below it."""

DIGITS = 15
"""What a workbook holds of a number; a figure written with more is refused, so that no arithmetic here rounds."""

LONGEST = 120
"""A longer text is prose, not a figure."""

_FULL_WIDTH: Mapping[int, str] = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Unicode's category Cc without the line end and the tab."""
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_GROUPED = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?"
_NUMERAL = "[零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟]+"
_MEASURES = "件条个项次场期份起宗例"
_UNIT = rf"(?:万元|元整?|[{_MEASURES}])"
_DOUBT = re.compile("[约近余多几数超估百千万亿%?~]|左右|以上|以下|上下|大概|预计|若干|不足|待|暂|不确定|未核")
_HARMLESS = re.compile(
    "(?:其中|内含|含有|含|包括|包含|不含|不包括|原|已含|均为|均含|撤回[0-9]|比上年|较上年|同比|上年|去年)(?!.*(?:应|改|更正|作废|有误|错))"
)
"""How a note begins that says something of a figure and nothing against it."""
_YUAN: Mapping[str, int] = {"元": 1, "元整": 1, "万元": 10_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class CellReading:
    """The reading of one cell, exactly one of: a value, a blank (``value`` None, no reason), a refusal (``reason``).

    ``repairs`` are what was done to a value that was not written as a plain number.
    """

    value: Value = None
    reason: str = ""
    shown: str = ""
    repairs: tuple[Repair, ...] = ()


@dataclass(frozen=True, slots=True)
class NumberCase:
    """One way to write a figure: its name, the text it matches, the reading, and examples.

    An example is (text, what it reads as in a 件 cell of counts or, with a unit named, in that cell); "" is a blank,
    ``None`` a refusal. ``then`` gets the match and the item and answers with a value and repairs, or with a reason.
    """

    name: str
    pattern: re.Pattern[str]
    treatment: str
    then: Callable[[re.Match[str], Item], tuple[Decimal, tuple[Repair, ...]] | str]
    examples: tuple[tuple[str, str, str | None], ...]


def _plain(match: re.Match[str], _item: Item) -> tuple[Decimal, tuple[Repair, ...]]:
    return Decimal(match[1].replace(",", "")), (Repair.RETYPED,)


def _refuse(reason: str) -> Callable[[re.Match[str], Item], str]:
    return lambda _match, _item: reason


def _negative(match: re.Match[str], item: Item) -> tuple[Decimal, tuple[Repair, ...]] | str:
    number = Decimal(match[1].replace(",", ""))
    return (-number if number else number, (Repair.RETYPED,)) if item.signed or not number else "是负数"


def _with_unit(match: re.Match[str], item: Item) -> tuple[Decimal, tuple[Repair, ...]] | str:
    number, unit = Decimal(match[1].replace(",", "")), match[2]
    if (unit in _YUAN) != (item.kind == "money"):
        return f"单位是“{unit}”，这一格的单位应是“{item.unit}”"
    if unit not in _YUAN or unit.removesuffix("整") == item.unit:
        return number, (Repair.RETYPED,)
    if item.unit not in _YUAN or len(number.as_tuple().digits) > DIGITS:
        return "单位不同，不能精确换算"
    return number * _YUAN[unit] / _YUAN[item.unit], (Repair.RETYPED, Repair.CONVERTED)


def _numeral(match: re.Match[str], item: Item) -> tuple[Decimal, tuple[Repair, ...]] | str:
    whole, unit = match[1], match[2] or ""
    if unit == "元" and whole.endswith("万") and (number := read_numeral(whole[:-1])) is not None:
        whole, unit = whole[:-1], "万元"
    number = read_numeral(whole)
    if number is None:
        return "不是写得完整的中文数字"
    if not unit:
        return (Decimal(number), (Repair.RETYPED,)) if item.kind == "count" else "是没有写单位的中文数字"
    figure = re.fullmatch(rf"({_NUMBER})({_UNIT})", f"{number}{unit}")
    assert figure is not None
    return _with_unit(figure, item)


def _read_annotated(match: re.Match[str], item: Item) -> tuple[Decimal, tuple[Repair, ...]] | str:
    note = match["note"]
    if _DOUBT.search(note) or not _HARMLESS.match(note):
        return "括号里的说明使这个数不能确定"
    figure = re.fullmatch(rf"({_GROUPED}|{_NUMBER})\s*({_UNIT})?", match["figure"])
    if figure is None or re.fullmatch(rf"(?:单位:?)?{_UNIT}", note):
        return "数字后面带括号，不能确定单位"
    read = _with_unit(figure, item) if figure[2] else _plain(figure, item)
    return read if isinstance(read, str) else (read[0], (*read[1], Repair.NOTE))


def _case(
    name: str,
    pattern: str,
    treatment: str,
    then: Callable[[re.Match[str], Item], tuple[Decimal, tuple[Repair, ...]] | str],
    *examples: tuple[str, str | None] | tuple[str, str, str | None],
) -> NumberCase:
    named = tuple((e[0], "件", e[1]) if len(e) == 2 else e for e in examples)
    return NumberCase(name, re.compile(pattern), treatment, then, named)


CASES: tuple[NumberCase, ...] = (
    _case("错误值", r"#[A-Z0-9/_]+[!?]?", "退回：公式已失效", _refuse("是错误值，公式已失效"),
          ("#REF!", None), ("#N/A", None)),
    _case("图片", r"=_?(?:xlfn\.)?(?:DISPIMG|IMAGE)\(.*", "退回：单元格里是图片", _refuse("单元格里是图片，不是数字"),
          ('=DISPIMG("ID_1",1)', None)),
    _case("文本格式的数字、全角数字、正号", rf"\+?({_NUMBER})", "读取，提示 V1", _plain,
          ("12", "12"), ("１２", "12"), ("+21", "21"), ("007", "7"), ("3.0", "3"), ("12.5", "万元", "12.5")),
    _case("千位分隔", rf"\+?({_GROUPED})", "读取，提示 V1", _plain,
          ("1,200", "1200"), ("1，200", "1200"), ("1,234.5", "万元", "1234.5")),
    _case("负数（-0 按 0）", rf"-({_GROUPED}|{_NUMBER})", "退回", _negative,
          ("-3", None), ("－3", None), ("-0", "0")),
    _case("分隔位数不对", r"[+-]?[0-9]+(?:,[0-9]*)+(?:\.[0-9]+)?", "退回", _refuse("的千位分隔写法不对"),
          ("1,20", None), ("12,00", None), ("1,2000", None)),
    _case("数字中间有空格", r"[^()]*[0-9]\s+[0-9].*", "退回：可能是两个数", _refuse("数字中间有空格"),
          ("1 200", None), ("3 4", None)),
    _case("科学计数法的文字", rf"[+-]?{_NUMBER}[eE][+-]?[0-9]+", "退回", _refuse("是科学计数法的文字"),
          ("1E3", None)),
    _case("百分数", rf"[+-]?{_NUMBER}\s*[%‰]", "退回", _refuse("是百分数"), ("50%", None), ("５％", None)),
    _case("带计量单位", rf"\+?({_GROUPED}|{_NUMBER})\s*({_UNIT})", "读取，提示 V1；元与万元之间精确换算，另加核实 V3",
          _with_unit,
          ("3件", "3"), ("3 件", "3"), ("12.5万元", "万元", "12.5"), ("251000元", "万元", "25.1"),
          ("2.5万元", "元", "25000"), ("251.5元", "万元", "0.02515"), ("3元", None), ("3件", "万元", None)),
    _case("数字带“万”“亿”不写元", rf"\+?{_NUMBER}\s*[千万亿].*", "退回：不猜单位",
          _refuse("带“千”“万”“亿”，不能确定单位"),
          ("12万", None), ("12万", "万元", None), ("3亿元", "万元", None)),
    _case("单独一个“一”字", r"[一丨丶]", "退回：可能是横线，没有请填 0", _refuse("可能是横线，也可能是数字一"), ("一", None)),
    _case("写得完整的中文数字", rf"({_NUMERAL})({_UNIT})?", "读取，提示 V1；写得不完整的退回", _numeral,
          ("三", "3"), ("十二", "12"), ("一百零五", "105"), ("两件", "2"), ("〇", "0"), ("一万二千", "12000"),
          ("三万元", "万元", "3"), ("三万五千元", "万元", "3.5"), ("一百五", None), ("二〇", None),
          ("三", "万元", None)),
    _case("日期写法",
          r"[0-9]{1,4}[-/.年][0-9]{1,2}(?:[-/.月][0-9]{1,4}日?|月|日)|[0-9]{1,2}/[0-9]{1,4}|[0-9]+月[0-9]+日",
          "退回", _refuse("是日期，不是数字"),
          ("2024-1-5", None), ("2024年3月5日", None), ("3/5", None)),
    _case("数字加括号说明", r"\+?(?P<figure>[0-9][0-9,.]*\s*[^0-9()]*)\((?P<note>[^()]+)\)",
          "说明以“其中”“含”“包括”“原”等开头的，取前面的数，提示 V1、V4；其他说明（应为、作废、另一个数等）退回", _read_annotated,
          ("55（含自然失效29件）", "55"), ("3件(撤回1件)", "3"), ("7（原5件）", "7"), ("55（约）", None),
          ("7（应为9）", None),
          ("7（作废）", None), ("7（+2）", None), ("7(9)", None), ("7（×10）", None), ("7（原为7，更正9）", None), ("3（万）", None),
          ("3（件）", None)),
    _case("没有的写法", r"[-—–－_/\\.·]+|无|没有|暂无|空|不涉及|未发生|未统计|[Nn]/?[Aa]|[Nn]one|[Nn]ull",
          "退回：没有请填 0", _refuse("不是数字"),
          ("—", None), ("-", None), ("/", None), ("无", None)),
    _case("不是确数", r".*(?:约|近|余|多|几|数|超|左右|以上|以下|上下|大概|预计|若干|不足|全部|~).*", "退回：请填确数",
          _refuse("不是确数"),
          ("若干", None), ("约30", None), ("三万余", None), ("30以上", None), ("全部", None), ("数十", None)),
)  # fmt: skip


def read_text(raw: object) -> CellReading:
    """Read a text with unified line ends and without control characters; numbers and dates as a clerk sees them."""
    shown = as_shown(raw)
    text = _CONTROL.sub("", shown.replace("\r\n", "\n")).strip()
    return CellReading(value=text or None, shown=shown)


def read_number(raw: object, item: Item) -> CellReading:
    """The figure in a cell of ``item``: ``int`` for counts, ``Decimal`` with at most ``item.scale`` decimals."""
    if isinstance(raw, bool):
        return CellReading(reason="是“是/否”，不是数字", shown=as_shown(raw))
    if isinstance(raw, dt.date | dt.time | dt.timedelta):
        return CellReading(reason="是日期或时间，不是数字", shown=as_shown(raw))
    if isinstance(raw, int | float):
        return _number_cell(raw, item)
    shown = as_shown(raw)
    text = fold_width(shown)
    if not text:
        return CellReading(shown=shown)
    for case in CASES if len(text) <= LONGEST else ():
        if match := case.pattern.fullmatch(text):
            read = case.then(match, item)
            return CellReading(reason=read, shown=shown) if isinstance(read, str) else _check_number(*read, item, shown)
    return CellReading(reason="不是数字", shown=shown)


def fold_width(text: str) -> str:
    """Full-width forms made half-width, invisible characters and outer blanks taken off; nothing else.

    Not NFKC: it would make ``3²`` into 32 and ``5①`` into 51.
    """
    visible = "".join(char for char in text if unicodedata.category(char) not in ("Cf", "Cc") or char in "\n\t")
    return visible.translate(_FULL_WIDTH).strip()


def _number_cell(raw: int | float, item: Item) -> CellReading:
    """Read a number cell. repr() of a float is the shortest decimal, which is what was typed. A formula may leave noise
    behind the 15th digit, the last one that a workbook shows; it is cut off there and reported.
    """
    shown = as_shown(raw)
    read = _check_number(Decimal(repr(raw)), (), item, shown)
    if read.reason and isinstance(raw, float):
        shorter = _check_number(Decimal(format(raw, ".15g")), (Repair.RETYPED,), item, shown)
        return read if shorter.reason else shorter
    return read


def _check_number(number: Decimal, repairs: tuple[Repair, ...], item: Item, shown: str) -> CellReading:
    if not number.is_finite():
        return CellReading(reason="不是有效的数字", shown=shown)
    if number < 0 and not item.signed:
        return CellReading(reason="是负数", shown=shown)
    if abs(number) >= LIMIT:
        return CellReading(reason="大得不合理", shown=shown)
    if len(number.as_tuple().digits) > DIGITS:
        return CellReading(reason=f"超过 {DIGITS} 位数字", shown=shown)
    scale = item.scale if item.kind == "money" else 0
    exact = (number or Decimal(0)).quantize(Decimal(1).scaleb(-scale))
    if exact != number:
        return CellReading(reason=f"超过 {scale} 位小数" if scale else "不是整数", shown=shown)
    return CellReading(value=exact if item.kind == "money" else int(exact), shown=shown, repairs=repairs)


def as_shown(raw: object) -> str:
    """Return the cell as a clerk sees it, for messages."""
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() and abs(raw) < 1e15 else repr(raw)
    if isinstance(raw, dt.datetime):
        midnight = (raw.hour, raw.minute, raw.second) == (0, 0, 0)
        return raw.date().isoformat() if midnight else raw.isoformat(sep=" ")
    if isinstance(raw, dt.date):
        return raw.isoformat()
    return str(raw)
