"""The content of the 台账: the roster, the profile of the report, and the signed decisions of the office."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, TypeVar

from pipeline.form import Form, Item, Rule, extend_form
from pipeline.model.decisions import Acceptance, Adjustment, Claim, Correction, Decision, Waiver
from pipeline.model.finding import Finding

CONTROL_FILE = "台账.xlsx"
SUPERIOR_FILE = "上级报表.xlsx"
"""The workbook the next level up issued to this office: its seal goes into county.xlsx."""
RESERVED_FILES = (CONTROL_FILE, SUPERIOR_FILE)
"""The office's own files at the top of a year's inputs; no unit's return is looked for in them."""
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
LONGEST_STEM = 150
"""Bytes of a file name before its ending; a file system takes 255, and some endings of ours have thirty."""

_ADDRESS = re.compile(r"[^\s@<>()\"]+@[^\s@<>()\"]+\.[^\s@<>()\"]+")

UNIT_TYPES = ("乡镇", "街道", "部门", "执法部门", "党群部门", "本级政府", "县区", "其他")
"""What a unit is: some rules are asked of some types only. 本级政府 is the government the report is about, as a leaf;
县区 is one whose return is itself a consolidation."""
GENERATED = KEPT, DROPPED = ("保留", "不要")
"""自动句子: whether the generated sentences of a part stand beside the office's own text."""
LEVELS = ("县级", "设区的市", "省级")
BLANKS: Mapping[str, Literal["return", "zero"]] = {"退回": "return", "按0计": "zero"}

ROSTER, PROFILE, WAIVERS, ADJUSTMENTS, ACCEPTANCES, CLAIMS, TEXTS, CORRECTIONS, EXPLANATIONS = (
    "单位名录", "年报信息", "免报", "差额调整", "认可", "来件认领", "报告文字", "上年更正", "上报说明",
)  # fmt: skip
INDICATORS, RULES = "本地指标", "本地规则"

COLUMNS: Mapping[str, tuple[str, ...]] = {
    ROSTER: (
        "单位代码", "统一社会信用代码", "单位名称", "别名", "类型", "计入汇总", "联系人", "电话", "邮箱", "报送期限",
    ),
    PROFILE: ("项目", "内容"),
    WAIVERS: ("单位代码", "理由", "批准人", "年度"),
    ADJUSTMENTS: ("指标", "调整数", "理由", "批准人", "年度"),
    ACCEPTANCES: ("单位代码", "规则", "理由", "批准人", "适用的数", "年度"),
    CLAIMS: ("文件名或哈希", "单位代码", "理由", "批准人", "处理", "年度"),
    TEXTS: ("部分", "文字", "自动句子"),
    INDICATORS: (
        "指标代码", "指标名称", "种类", "小数位", "计量单位", "汇总方式", "来源单位", "适用类型", "填报说明",
    ),
    RULES: ("规则编号", "规则名称", "级别", "算式", "条件", "适用类型", "问题", "怎么办", "依据"),
    CORRECTIONS: ("单位代码", "指标", "更正为", "理由", "批准人", "年度"),
    EXPLANATIONS: ("规则", "出错说明"),
}  # fmt: skip

LATER_COLUMNS = frozenset({"处理", "适用的数", "年度", "自动句子"})
"""Columns a 台账 may do without: one that was made before there was such a column says nothing in it."""

PROFILE_KEYS: Mapping[str, str] = {
    "汇总单位": "root",
    "级别": "level",
    "编制单位": "compiler",
    "地址": "address",
    "邮编": "postcode",
    "电话": "phone",
    "网址": "website",
    "年度": "year",
    "报送期限": "due",
    "退改期限": "return_by",
    "上报期限": "submit_by",
    "公开期限": "publish_by",
    "空白处理": "blanks",
    "填报人": "preparer",
    "审核人": "reviewer",
    "填报日期": "signed_on",
    "落款": "signature",
    "成文日期": "dated",
    "催报提前天数": "near",
    "严重逾期天数": "very_late",
}
REQUIRED_PROFILE = ("汇总单位", "级别", "编制单位")
"""What the report cannot do without. The year is that of the folder; a 台账 may say it too."""


def list_addresses(text: str) -> tuple[str, ...]:
    """Split the addresses of a cell; none when any of them is no plain address.

    >>> list_addresses("a@x.cn；b@x.cn"), list_addresses("张三 <a@x.cn>"), list_addresses("a@@x.cn")
    (('a@x.cn', 'b@x.cn'), (), ())
    """
    parts = tuple(dict.fromkeys(part for part in re.split(r"[;；,，、\s]+", text) if part))
    return parts if all(_ADDRESS.fullmatch(part) for part in parts) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One 填报单位. ``counted`` is 计入汇总; ``due`` is its own deadline, the common one if it has none.

    One that is not ``readable`` was made from a row with missing fields and is waited for like any other.
    """

    code: str
    name: str
    credit_code: str = ""
    aliases: tuple[str, ...] = ()
    type: str = "其他"
    counted: bool = True
    contact: str = ""
    phone: str = ""
    email: str = ""
    due: dt.date | None = None
    readable: bool = True

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses of 邮箱; none when there is none, or one of them is no address."""
        return list_addresses(self.email)

    @property
    def file_stem(self) -> str:
        """``<code>_<name>`` without the characters a file system or a mail program stumbles over.

        No longer than `LONGEST_STEM` bytes: a longer one is cut and ends in a few digits of its hash.
        """
        stem = f"{self.code}_{_UNSAFE.sub('_', self.name)}".rstrip(". ")
        if len(stem.encode()) <= LONGEST_STEM:
            return stem
        mark = hashlib.sha256(self.name.encode()).hexdigest()[:6]
        return f"{stem.encode()[: LONGEST_STEM - 7].decode('utf-8', 'ignore')}_{mark}"

    @property
    def has_short_stem(self) -> bool:
        """Whether its name was cut for the file name."""
        return len(f"{self.code}_{self.name}".encode()) > LONGEST_STEM


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The profile of the report, and who signs what goes one level up. ``return_by`` is 退改期限, the deadline for
    corrected returns. ``sources`` maps a 年报信息 key such as 网站数据单位 to a unit code.

    ``thresholds`` are the office's own values of rule parameters, by rule and parameter. ``near`` and ``very_late`` are
    the days before and after the deadline from which a reminder says so.
    """

    root: str
    level: str
    compiler: str
    year: int
    address: str = ""
    postcode: str = ""
    phone: str = ""
    website: str = ""
    due: dt.date | None = None
    return_by: dt.date | None = None
    submit_by: dt.date | None = None
    publish_by: dt.date | None = None
    blanks: Literal["return", "zero"] = "return"
    preparer: str = ""
    reviewer: str = ""
    signed_on: dt.date | None = None
    signature: str = ""
    dated: dt.date | None = None
    near: int = 3
    very_late: int = 7
    sources: Mapping[str, str]
    thresholds: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def ask(self) -> str:
        """Whom to ask."""
        return f"{self.compiler}，电话 {self.phone}" if self.phone else self.compiler

    @property
    def contact(self) -> str:
        """Whom to ask, as the sentence that stands on every letter."""
        return f"有疑问请联系：{self.ask}。"


D = TypeVar("D", bound=Decision)


@dataclass(frozen=True, kw_only=True)
class Control:
    """The whole 台账 of a year, with its findings.

    ``explanations`` are the office's own reasons for warnings of the next level up, by rule (``P4``) or equation
    (``P4.other``).
    """

    profile: Profile
    units: tuple[Unit, ...]
    waivers: tuple[Waiver, ...]
    adjustments: tuple[Adjustment, ...]
    acceptances: tuple[Acceptance, ...]
    claims: tuple[Claim, ...]
    corrections: tuple[Correction, ...] = ()
    texts: Mapping[str, tuple[str, ...]]
    text_cells: Mapping[str, str] = field(default_factory=dict)
    replaced: tuple[str, ...] = ()
    findings: tuple[Finding, ...]
    explanations: Mapping[str, str] = field(default_factory=dict)
    indicators: tuple[Item, ...] = ()
    rules: tuple[Rule, ...] = ()

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Every signed row."""
        return (*self.waivers, *self.adjustments, *self.acceptances, *self.claims, *self.corrections)

    def without(self, dropped: Collection[Decision], findings: Iterable[Finding]) -> Control:
        """Return a copy without some signed rows and with findings about them."""

        def kept(rows: Sequence[D]) -> tuple[D, ...]:
            return tuple(row for row in rows if row not in dropped)

        return replace(
            self,
            waivers=kept(self.waivers),
            adjustments=kept(self.adjustments),
            acceptances=kept(self.acceptances),
            claims=kept(self.claims),
            corrections=kept(self.corrections),
            findings=(*self.findings, *findings),
        )

    def in_force(self, form: Form) -> Form:
        """The form of the year with the office's own indicators and rules."""
        return extend_form(form, self.indicators, self.rules)

    @cached_property
    def by_code(self) -> Mapping[str, Unit]:
        """Units by their code."""
        return {unit.code: unit for unit in self.units}

    def mailed_by(self, senders: Iterable[str]) -> frozenset[str]:
        """The codes of the units that have one of these addresses, in small letters."""
        return frozenset(code for sender in senders for code in self._by_address.get(sender, ()))

    @cached_property
    def _by_address(self) -> Mapping[str, Collection[str]]:
        units: dict[str, list[str]] = {}
        for unit in self.units:
            for address in unit.addresses:
                units.setdefault(address.lower(), []).append(unit.code)
        return units
