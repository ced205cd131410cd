"""Everything the gate looks at, in the order of the page: title, headings, notice, text, tables, what is hidden.

The report is read by its labels like any published report, not by its template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.files.containers import RefusedError
from pipeline.layout import plain
from pipeline.model.finding import Finding, clause
from pipeline.night.gate.facts import fact_findings, list_facts, narrative_findings
from pipeline.night.gate.lines import Line, headings, list_lines
from pipeline.night.gate.printed import Printed
from pipeline.night.gate.tables import table_findings
from pipeline.night.gate.traces import left_over_findings, note_lines, trace_findings
from pipeline.prior_year.pages import NoTablesError, Page
from pipeline.prior_year.report import read_document

_YEAR = re.compile(r"(20\d\d)\s*年")
_UNFINISHED = "汇总未完成"
_LACKING = re.compile(r"尚有\s*(\d+)\s*个单位未计入")
_HEAD_LINES = 3


def gate_findings(name: str, report: bytes, printed: Printed, *, final: bool = False) -> Iterator[Finding]:
    """Yield a finding for everything in the report, .docx or .html, that is not as it must be.

    A ``final`` report (定稿) is one that people finished: of an incomplete county there is none, and its whole text is
    held against the rules of the narrative.
    """
    try:
        page = read_page(report)
    except ValueError as error:
        yield printed.wrong(name, f"读不出来（{error}）", "打不开", "完好的 .docx 或 .html")
        return
    lines = [*list_lines(printed.form, page.text), *note_lines(report)]
    yield from left_over_findings(name, lines, page, printed)
    yield from _head(name, page, printed)
    yield from _headings(name, lines, printed)
    yield from _notice(name, page, printed, final=final)
    facts = list(list_facts(printed))
    yield from fact_findings(name, lines, printed, facts)
    if final:
        yield from narrative_findings(name, lines, printed, facts)
    yield from trace_findings(name, report, printed)
    yield from table_findings(name, report, page, printed)


def read_page(report: bytes) -> Page:
    """The text and the tables of a report. Raises ``ValueError`` with the reason when it cannot be read."""
    try:
        return read_document(report)
    except NoTablesError as refusal:
        raise ValueError(f"它是{refusal.words['kind']}，不是报告") from refusal
    except RefusedError as refusal:
        raise ValueError(clause(refusal.code, name="", **refusal.words)) from refusal


def _head(name: str, page: Page, printed: Printed) -> Iterator[Finding]:
    """The title: whose report, of which year, and what it is."""
    head = "".join(page.text.split("\n")[:_HEAD_LINES])
    bare, place = plain(head), ("标题", "")
    if plain(printed.root) not in bare.partition(plain(printed.form.title))[0]:
        yield printed.wrong(name, "标题里没有本单位的名称", head[:40], printed.root, place=place)
    if plain(printed.form.title) not in bare:
        detail = f"标题里没有“{printed.form.title}”"
        yield printed.wrong(name, detail, head[:40], printed.form.title, place=place)
    years = sorted({int(year) for year in _YEAR.findall(head.partition(printed.form.title)[0])})
    if years != [printed.year]:
        shown = "、".join(f"{year}年" for year in years) or "没有年份"
        yield printed.wrong(name, f"标题的年份是“{shown}”", shown, f"{printed.year}年", place=place)


def _headings(name: str, lines: Sequence[Line], printed: Printed) -> Iterator[Finding]:
    at = -1
    for heading in headings(printed.form):
        found = next((n for n, line in enumerate(lines) if plain(line.text) == plain(heading)), None)
        if found is None:
            yield printed.wrong(name, f"没有标题“{heading}”", "没有", heading, place=(heading, ""))
        elif found < at:
            yield printed.wrong(name, f"标题“{heading}”的次序不对", "在别的标题前面", heading, place=(heading, ""))
        else:
            at = found


def _notice(name: str, page: Page, printed: Printed, *, final: bool) -> Iterator[Finding]:
    """The notice of an incomplete county: there, and right; and none when the county is complete."""
    stated = _LACKING.search(page.text)
    if final and printed.missing:
        detail = f"还有 {len(printed.missing)} 个单位没有计入，报告还不是最终结果"
        yield printed.wrong(name, detail, f"缺 {len(printed.missing)} 个单位", "全部报齐")
    elif printed.missing and _UNFINISHED not in page.text:
        detail = "还有单位没有计入，报告里却没有“【汇总未完成】”的提示"
        yield printed.wrong(name, detail, "没有提示", "【汇总未完成】……")
    elif printed.missing and stated and int(stated[1]) != len(printed.missing):
        detail = f"提示写着尚有 {stated[1]} 个单位未计入，实际是 {len(printed.missing)} 个"
        yield printed.wrong(name, detail, stated[1], str(len(printed.missing)))
    elif not printed.missing and _UNFINISHED in page.text:
        yield printed.wrong(name, "全部单位都已计入，报告里却留着“【汇总未完成】”的提示", "有提示", "没有提示")
