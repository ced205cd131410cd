"""The last gate (D1): the finished report, ours or one that people edited, is read back and compared with what it must say.

It is read by its labels like any published report, not by its template. Compared are all cells of the tables, the
title, the order of the headings, the notice of an incomplete county; leftovers of a template are found.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.files.containers import RefusedError
from pipeline.form import Figure, Form, print_figure
from pipeline.form.numerals import read_numeral
from pipeline.layout import plain
from pipeline.model.finding import Finding, clause, violation
from pipeline.prior_year.pages import Page
from pipeline.prior_year.report import read_report
from pipeline.prior_year.web import read_web
from pipeline.prior_year.word import read_word

_LEFT_OVER = re.compile(r"\{\{|\}\}|\{%|%\}")
_YEAR = re.compile(r"(20\d\d)\s*年")
_UNFINISHED = "汇总未完成"
_HEAD_LINES = 3
_MOST = 12
"""How many cells of the tables are told one by one."""
_TRACES: Mapping[str, str] = {"word/comments.xml": "批注"}
_TRACKED = re.compile(rb"<w:(?:del|ins|moveFrom|moveTo)[ />]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What a report must say: whose it is, for which year, the figures by item code, and who is not counted yet."""

    form: Form
    root: str
    year: int
    figures: Mapping[str, Figure | None]
    missing: Sequence[str] = ()


def gate_findings(name: str, report: bytes, printed: Printed) -> Iterator[Finding]:
    """Return a finding for everything in the finished report, .docx or .html, that is not as it must be."""
    try:
        page = read_page(report)
    except ValueError as error:
        yield _wrong(printed, name, f"读不出来（{error}）", "打不开", "完好的 .docx 或 .html")
        return
    yield from _left_over(name, page, printed)
    yield from _head(name, page, printed)
    yield from _headings(name, page, printed)
    if printed.missing and _UNFINISHED not in page.text:
        detail = "还有单位没有计入，报告里却没有“【汇总未完成】”的提示"
        yield _wrong(printed, name, detail, "没有提示", "【汇总未完成】……")
    yield from _traces(name, report, printed)
    yield from _tables(name, report, printed)


def read_page(report: bytes) -> Page:
    """The text and the tables of a report. Raises ``ValueError`` with the reason when it cannot be read."""
    try:
        return read_word(report) if report.startswith(b"PK") else read_web(report)
    except RefusedError as refusal:
        raise ValueError(clause(refusal.code, name="", **refusal.words)) from refusal


def _left_over(name: str, page: Page, printed: Printed) -> Iterator[Finding]:
    cells = (cell for table in page.tables for row in table for cell in row)
    for text in (*page.text.split("\n"), *cells):
        if match := _LEFT_OVER.search(text):
            shown = text[max(match.start() - 10, 0) : match.end() + 20]
            yield _wrong(printed, name, f"留有占位符“{shown}”", shown, "文字或数字")


def _head(name: str, page: Page, printed: Printed) -> Iterator[Finding]:
    """The title: whose report, of which year, and what it is."""
    head = "".join(page.text.split("\n")[:_HEAD_LINES])
    bare = plain(head)
    if plain(printed.root) not in bare.partition(plain(printed.form.title))[0]:
        yield _wrong(printed, name, "标题里没有本单位的名称", head[:40], printed.root)
    if plain(printed.form.title) not in bare:
        yield _wrong(printed, name, f"标题里没有“{printed.form.title}”", head[:40], printed.form.title)
    years = sorted({int(year) for year in _YEAR.findall(head.partition(printed.form.title)[0])})
    if years != [printed.year]:
        shown = "、".join(f"{year}年" for year in years) or "没有年份"
        yield _wrong(printed, name, f"标题的年份是“{shown}”", shown, f"{printed.year}年")


def headings(form: Form) -> list[str]:
    """The statutory headings of a report, in their order: 一、总体情况 … 六、其他需要报告的事项."""
    found = {item.row_path[0] for item in form.of_table("text")} | {table.heading for table in form.tables}
    return sorted(found, key=lambda heading: read_numeral(heading.partition("、")[0]) or 0)


def _headings(name: str, page: Page, printed: Printed) -> Iterator[Finding]:
    lines = [plain(line) for line in page.text.split("\n")]
    at = -1
    for heading in headings(printed.form):
        found = next((n for n, line in enumerate(lines) if line == plain(heading)), None)
        if found is None:
            yield _wrong(printed, name, f"没有标题“{heading}”", "没有", heading)
        elif found < at:
            yield _wrong(printed, name, f"标题“{heading}”的次序不对", "在别的标题前面", heading)
        else:
            at = found


def _traces(name: str, report: bytes, printed: Printed) -> Iterator[Finding]:
    """Comments and tracked changes, which would be published with the report."""
    if not report.startswith(b"PK"):
        return
    with zipfile.ZipFile(io.BytesIO(report)) as archive:
        kinds = [word for part, word in _TRACES.items() if part in archive.namelist()]
        if _TRACKED.search(archive.read("word/document.xml")):
            kinds.append("修订记录")
    for kind in kinds:
        yield _wrong(printed, name, f"报告里留有{kind}，会随报告公开", f"有{kind}", f"没有{kind}")


def _tables(name: str, report: bytes, printed: Printed) -> Iterator[Finding]:
    """Every cell of the statutory tables, found by its labels; a blank is no printed figure."""
    read = read_report(name, report, [printed.form])
    if read.form is None:
        yield _wrong(printed, name, "读不出法定的三张表", "没有找到", "表二、表三、表四")
        return
    wrong: list[Finding] = []
    for table in printed.form.tables:
        for item in printed.form.of_table(table.code):
            expected, found = printed.figures.get(item.code), read.values.get(item.code)
            if expected is None or found == expected:
                continue
            shown = "空白或读不出来" if found is None or isinstance(found, str) else print_figure(found)
            detail = f"“{item.label}”印的是“{shown}”，汇总数是 {print_figure(expected)}"
            wrong.append(_wrong(printed, name, detail, shown, print_figure(expected)).at(item=item.code))
    yield from wrong[:_MOST]
    if len(wrong) > _MOST:
        yield _wrong(printed, name, f"另有 {len(wrong) - _MOST} 格与汇总数不符", f"{len(wrong)} 格不符", "全部相符")


def _wrong(printed: Printed, name: str, detail: str, found: str, expected: str) -> Finding:
    return violation(printed.form.rule("D1"), where={"file": name}, detail=detail, found=found, expected=expected)
