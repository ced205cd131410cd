"""Read a published report, .docx or a saved web page: its figures, their unit, and their year."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence

from pipeline.files.containers import Bounds, RefusedError, sniff
from pipeline.form import Form
from pipeline.model.finding import clause, notice
from pipeline.prior_year.pages import NoTablesError, Page
from pipeline.prior_year.tables import Imported, Stated, read_tables
from pipeline.prior_year.web import read_web
from pipeline.prior_year.word import read_word

_TITLE = re.compile(
    r"([0-9０-９〇零一二三四五六七八九]{4})年?度?(?:年度)?的?政府信息公开(?:工作)?(?:的)?(?:年度报告|年报)"
)
_PERIOD = re.compile(r"(20[0-9]{2})年1月1日(?:起)?(?:至|到|—|-|－|~)(?:20[0-9]{2}年)?12月31日")
_UNIT = re.compile(r"填报单位[:：\s]*([^\s:：（()）]{2,60})")
_YEAR = re.compile(r"报告年度[:：\s]*(20[0-9]{2})")
_DIGITS = str.maketrans("０１２３４５６７８９〇零一二三四五六七八九", "012345678900123456789")
_BEFORE = re.compile(r"[^>＞›»|：:《【\[“\"\s]{2,40}$")
_NAME = re.compile(r"[一-鿿（）()·、]{3,40}")
_CONTENTS = 20_000
"""Characters of a document in which it says what it is."""


def read_report(name: str, content: bytes, forms: Sequence[Form]) -> Imported:
    """Read a published report; never raises for what is in the file, a file that cannot be read says why (H1)."""
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        page = read_document(content)
    except NoTablesError as refusal:
        return _unread(name, sha256, f"它是{refusal.words['kind']}，读不出表格")
    except RefusedError as refusal:
        return _unread(name, sha256, clause(refusal.code, name=name, **refusal.words))
    grids = {f"第 {n} 个表格": rows for n, rows in enumerate(page.tables, 1)}
    return read_tables(name, sha256, grids, forms, source="年报", stated=find_stated(page.text))


def _unread(name: str, sha256: str, reason: str) -> Imported:
    """Return an empty reading with the reason."""
    finding = notice("H1", where={"file": name}, name=name, reason=reason)
    return Imported(name=name, sha256=sha256, source="年报", findings=(finding,))


def read_document(content: bytes) -> Page:
    """The text and the tables of a .docx or a saved .html. Raises `RefusedError` for anything else."""
    if len(content) > Bounds().file:
        raise RefusedError("I14", size=f"{len(content) / 1e6:.0f}", limit=f"{Bounds().file / 1e6:.0f}")
    kind = sniff.sniff(content)
    if kind == sniff.ZIP:
        return read_word(content)
    if kind == "网页" or (kind in ("XML 文件", sniff.TEXT, sniff.UNKNOWN) and b"<table" in content.lower()):
        return read_web(content)
    if kind == sniff.EMPTY:
        raise RefusedError("I15")
    raise NoTablesError(kind="旧版 .doc 等格式的文档" if kind == sniff.OLE else kind)


def find_stated(text: str) -> Stated:
    """Find the unit and year that a text states: in its title first, then in the period of its figures.

    >>> find_stated("某县政府办公室2024年\\n政府信息公开工作年度报告")
    Stated(unit='某县政府办公室', years=(2024,))
    """
    begins = text[:_CONTENTS]
    years = [*_matches(_YEAR, begins), *_title_years(begins), *_matches(_PERIOD, "".join(begins.split()))]
    unit = _UNIT.search(begins)
    return Stated(unit=unit[1] if unit else _organ(begins), years=tuple(dict.fromkeys(years)))


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[int]:
    if match := pattern.search(text):
        yield int(match[1])


def _title_years(text: str) -> Iterator[int]:
    for match in _titles(text):
        year = int(match[1].translate(_DIGITS))
        if 2008 <= year <= 2100:
            yield year
            return


def _titles(text: str) -> Iterable[re.Match[str]]:
    return _TITLE.finditer("".join(text.split()))


def _organ(text: str) -> str:
    """Return the words before the year of the title, on its line or alone on the line above."""
    rows = text.split("\n")
    for n, line in enumerate(rows):
        here = "".join(line.split())
        match = _TITLE.search(here + "".join("".join(rows[n + 1 : n + 3]).split()))
        if match is None or match.start() > len(here):
            continue
        before = _BEFORE.search(here[: match.start()])
        if before and _NAME.search(before[0]):
            return before[0].lstrip("（(")
        above = "".join(rows[n - 1].split()) if n else ""
        if not here[: match.start()] and _NAME.fullmatch(above):
            return above
    return ""
