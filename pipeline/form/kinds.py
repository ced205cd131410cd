"""The closed vocabulary of rules: the meaning of each kind, where it is evaluated, its parameters, and the words of its
sentences. A kind is implemented once, as a small function in ``road/check``. This table is what rules.toml may say
about it, so that a bad rule is refused with its path when the form is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Station = Literal["read", "check", "county", "publish"]
ParameterType = Literal["number", "items", "item", "texts", "patterns", "word", "fits", "facts", "claims"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of rule. ``parameters`` are all required under ``with``; ``words`` may stand in its sentences.

    ``alone`` kinds depend only on the return itself and on its unit's year before; the others depend on what else has
    arrived.
    """

    station: Station
    says: str
    words: frozenset[str]
    parameters: Mapping[str, ParameterType]
    alone: bool


def _kind(station: Station, says: str, words: str, *, alone: bool = True, **parameters: ParameterType) -> Kind:
    return Kind(station=station, says=says, words=frozenset(words.split()), parameters=parameters, alone=alone)


KINDS: Mapping[str, Kind] = {
    "identity": _kind("read", "行列标题和工作表与下发的一致", "detail found expected"),
    "filled": _kind("read", "应填的格子不空", "label found expected"),
    "number": _kind("read", "格子里是它那一类的数字", "label found expected reason"),
    "stored_total": _kind("check", "表上的合计等于明细之和", "label over left right difference found expected"),
    "linear": _kind("check", "两边的和相等，或一边不大于另一边", "label over left right difference found expected operands"),
    "swing": _kind(
        "check", "与上年相比变动超过比例和起点", "label found last change",
        items="items", percent="number", floor="number",
    ),
    "repeated": _kind(
        "check", "不为零的数字全部与上年相同", "count found expected", items="items", least="number"
    ),
    "unit_slip": _kind(
        "check", "金额像是把元填成了万元", "label found expected reason", item="item", times="number", large="number"
    ),
    "text_figures": _kind(
        "check", "文字里的件数与表格一致", "label phrase found expected readings", facts="facts", others="word"
    ),
    "text_parts": _kind("check", "“其中”各项与总数相符", "label phrase found expected detail", texts="texts"),
    "residue": _kind("check", "没有留下模板的空位和提示语", "label phrase found expected", texts="texts", patterns="patterns", omissions="patterns"),
    "text_years": _kind("check", "文字里的年份合乎报告年度", "label phrase found expected detail", texts="texts", plans="texts"),
    "similar": _kind(
        "check", "文字与上年或其他单位雷同", "label other share found expected",
        texts="texts", percent="number", least="number", alone=False,
    ),
    "text_length": _kind(
        "check", "篇幅不超，且写有数字", "label detail found expected", texts="texts", most="number", figures_in="texts"
    ),
    "stated_count": _kind("check", "说几个方面就列几个方面", "label phrase found expected", texts="texts"),
    "unit_words": _kind("check", "自称和网站名称与本单位相符", "label phrase detail found expected", texts="texts", fits="fits"),
    "cited": _kind("check", "引用的格式文件是现行的", "label found expected", texts="texts", pattern="word", basis="word"),
    "claim": _kind("check", "文字这样写，数字却不是这样", "label phrase says found expected", claims="claims"),
    "silent": _kind("check", "数字有，文字没有写", "label says found expected", claims="claims"),
    "shared_numbers": _kind(
        "check", "同一个文号出现在两个单位", "label found expected others", item="item", alone=False
    ),
    "delivery": _kind(
        "check", "按时报送，填报人和审核人齐全", "detail found expected todo", preparer="item", reviewer="item", alone=False
    ),
    "root_sum": _kind("county", "汇总数等于各单位之和加差额", "label found expected"),
    "coverage": _kind("county", "应报单位各计一次", "count units"),
    "root_balance": _kind("county", "汇总表上的勾稽关系", "rule detail found expected"),
    "printed": _kind("publish", "报告里的数字与汇总数一致，没有剩下占位符", "detail found expected"),
}  # fmt: skip
"""Every kind there is; a test holds the ones of ``check`` against the functions that implement them."""

THRESHOLDS: Mapping[str, str] = {
    "percent": "比例", "floor": "起点", "least": "至少", "most": "至多", "large": "大额", "times": "倍数",
}  # fmt: skip
"""Parameters that are numbers, and what the 台账 calls them: ``Y4.比例`` in 年报信息 sets ``percent`` of Y4."""
