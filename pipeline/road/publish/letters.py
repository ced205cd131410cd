"""The short letter that goes with a correction: the findings in words, what to do, by when, and whom to ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.model.control import Profile, Unit
from pipeline.model.finding import Finding
from pipeline.road.publish.marking import finding_text
from pipeline.workbook.opinions import SHEET

_MOST, _MOST_REMARKS = 8, 2
"""How many findings a letter tells, so that it stays on a page, and how many of them may be mere remarks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is written back to a unit. ``sent`` is the file it sent, ``workbook`` the marked one.

    ``retyped`` tells that the figures were copied to a fresh issued workbook, because the sent file could not be
    marked.
    """

    unit: Unit
    profile: Profile
    sent: str
    workbook: str
    findings: Sequence[Finding]
    retyped: bool

    def of(self, severity: str) -> list[Finding]:
        """The findings of one severity."""
        return [finding for finding in self.findings if finding.severity == severity]

    @property
    def deadline(self) -> str:
        """The deadline for corrections in words; that of the year may have passed and is not repeated."""
        day = self.profile.return_by
        return f"请在{day.year}年{day.month}月{day.day}日前发回" if day else "请尽快发回"

    @property
    def tally(self) -> str:
        """The number of findings by severity: ``强制性问题 2 个、核实性问题 1 个``."""
        counts = (("强制性问题", len(self.of("error"))), ("核实性问题", len(self.of("warning"))))
        return "、".join(f"{word} {number} 个" for word, number in counts if number)


def letter(reply: Reply) -> bytes:
    """The letter as a text file that 记事本 opens: UTF-8 with a byte order mark, lines ended as Windows ends them."""
    return ("\ufeff" + "\r\n".join(_lines(reply)).replace("\r\n", "\n").replace("\n", "\r\n") + "\r\n").encode()


def _lines(reply: Reply) -> Iterator[str]:
    year = reply.profile.year
    verdict = "请改正后重新报送" if reply.of("error") else "请核实后重新报送"
    yield f"{reply.unit.name}："
    yield ""
    yield f"    贵单位报送的{year}年度政府信息公开工作年度报告统计表（文件“{reply.sent}”）已收到。经核对，有{reply.tally}，{verdict}。"
    chapters = (
        ("error", "请改正（强制性问题，不改正不能计入汇总）"),
        ("warning", "请核实（核实性问题，有误请改正，无误请写明原因）"),
        ("info", "供参考（提示，读数无误就不用处理）"),
    )
    numerals = iter("一二三四五")
    left = _MOST
    for severity, heading in chapters:
        findings = reply.of(severity)
        shown = findings[: min(left, _MOST_REMARKS if severity == "info" else left)]
        if not findings or (severity == "info" and not shown):
            continue
        left -= len(shown)
        yield ""
        yield f"{next(numerals)}、{heading}"
        for number, finding in enumerate(shown, 1):
            where = f"{finding.sheet} {finding.cell}".strip() or "整份文件"
            first, *rest = finding_text(finding).split("\n")
            yield f"  {number}. 【{where}】{first}"
            yield from (f"     {line}" for line in rest)
        if len(findings) > len(shown):
            other = "另有" if shown else "有"
            yield f"  {other} {len(findings) - len(shown)} 个，见“{reply.workbook}”的首页“{SHEET}”。"
    yield ""
    yield f"{next(numerals)}、怎么改"
    yield from (f"  {number}. {step}" for number, step in enumerate(_steps(reply), 1))
    yield ""
    yield reply.profile.contact
    yield ""
    yield reply.profile.compiler


def _steps(reply: Reply) -> Iterator[str]:
    yield f"打开随附的“{reply.workbook}”。{origin(reply)}"
    yield f"按首页“{SHEET}”逐条处理，点“单元格”一栏可以跳到那一格；{meaning(reply)}。"
    if reply.of("warning"):
        yield f"核实后确实无误的，在“{SHEET}”的“出错说明”一栏写明原因，数字不用改。"
    yield SENDING
    yield f"{reply.deadline}。"


SENDING = "改好后底色不会自动消失，不用处理；保存为 .xlsx 整份发回，首页和批注不用删除。"


def meaning(reply: Reply) -> str:
    """Return what the colours mean."""
    words = {"error": "红色格子必须改正", "warning": "黄色格子请核实"}
    return "，".join(word for severity, word in words.items() if reply.of(severity))


def origin(reply: Reply) -> str:
    """Return what the marked workbook was made from."""
    if reply.retyped:
        return "来件不是现行的下发原表，或者不能直接标注，已把能确认的数填进下发的原表，请逐项核对，今后请用原表填报。"
    return "它就是贵单位报来的文件，数字和版式没有改动，只加了底色、批注和首页。"
