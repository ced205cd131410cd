"""Findings about moved and missing items: one for a table, a row or a column, never one for a cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipeline.form import Form, Item, Rule
from pipeline.layout import LOCAL_SHEET, Layout, Place, plain
from pipeline.model.finding import Finding, notice, violation
from pipeline.workbook.cells import Chart, Rows, label_key, value_at
from pipeline.workbook.cells.lines import group_items

FORMAT_2019 = frozenset(
    label_key(text)
    for text in (
        "本年新制作数量", "本年新公开数量", "对外公开总数量", "上一年项目数量", "本年增/减", "处理决定数量",
        "采购项目数量", "采购总金额",
    )
)  # fmt: skip
"""Column labels of the trial format of 国办公开办函〔2019〕60号 that the 2021 format does not have."""


def moved_findings(
    form: Form,
    layout: Layout,
    chart: Chart,
    found: Mapping[int, Place],
    reworded: Mapping[str, str],
    book: Mapping[str, Rows],
) -> Iterator[Finding]:
    """Yield an info for every table that was read at other places than issued."""
    issued = {index: layout.places.get(form.items[index].code) for index in found}
    moved = {index: place for index, place in found.items() if issued[index] not in (None, place)}
    details = []
    elsewhere = sorted({place.sheet for index, place in moved.items() if place.sheet != _sheet(issued[index])})
    if elsewhere:
        details.append(f"在工作表“{'”“'.join(elsewhere)}”里")
    for word, at in (("行", "row"), ("列", "col")):
        shifted = {_shift(issued[index], place, at) for index, place in moved.items()} - {0}
        if shifted:
            details.append(f"有的{word}移动了 {'、'.join(str(abs(n)) for n in sorted(shifted, key=abs)[:3])} {word}")
    details += [f"“{label}”写成“{text}”" for label, text in list(reworded.items())[:3]]
    if not details:
        details = [f"{where}“{text}”现在是“{now}”" for where, text, now in _changed_labels(layout, found, book)][:3]
    if details and found:
        place = next(iter((moved or found).values()))
        yield notice("L1", where={"sheet": place.sheet, "cell": place.cell}, table=chart.name, found="；".join(details))


def _sheet(place: Place | None) -> str:
    return place.sheet if place else ""


def _shift(issued: Place | None, place: Place, at: str) -> int:
    return int(getattr(place, at)) - int(getattr(issued, at)) if issued else 0


def _changed_labels(
    layout: Layout, found: Mapping[int, Place], book: Mapping[str, Rows]
) -> Iterator[tuple[str, str, str]]:
    """Yield the labels on the sheets of these items that differ from the issued ones."""
    sheets = {place.sheet for place in found.values()}
    for anchor in layout.anchors:
        place = anchor.place
        if place.sheet in sheets and place.sheet in book:
            now = _at(book[place.sheet], place.row, place.col)
            if plain(now) != plain(anchor.text):
                yield place.cell, anchor.text, now or "空白"


def missing_findings(
    form: Form,
    layout: Layout,
    charts: Sequence[Chart],
    absent: Sequence[int],
    book: Mapping[str, Rows],
    unread: Mapping[str, str],
) -> Iterator[Finding]:
    """Yield S1 for every table, row or column whose labels were not found and that no L4 or L6 explains. ``unread``
    gives by sheet the reason why it could not be read, which is then reported instead.
    """
    if absent and (old := _old_format(book)):
        yield notice("L7", where={"sheet": old[0]}, sheet=old[0], found=old[1])
    rule = form.rule("S1")
    for chart in charts:
        gone = [form.items[index] for index in absent if index in chart.indexes]
        every = [form.items[index] for index in sorted(chart.indexes)]
        if not gone:
            continue
        if chart.name == LOCAL_SHEET:
            yield _outdated_finding(rule, gone)
            continue
        # the whole table is missing: one finding, with the reason if the sheet could not be read
        if len(gone) == len(every):
            detail = unread.get(chart.name) or f"没有找到“{chart.name}”：所有工作表里都没有它的行列标题"
            where = {"sheet": chart.name if chart.name in book else ""}
            yield violation(rule, where=where, detail=detail, found="没有", expected=chart.name)
            continue
        # parts of it are missing: one finding for each row, column or cell
        for what, label, (item, *_) in group_items(gone, every):
            place, now = _issued_label(layout, item, label, book)
            shown = f"；{place.cell} 现在是“{now}”" if place and now else ""
            detail = f"“{chart.name}”里不能确定“{label}”这一{what}{shown}"
            where = {"sheet": chart.name if chart.name in book else "", "cell": place.cell if place and now else ""}
            where |= {"item": item.code} if what == "格" else {}
            yield violation(rule, where=where, detail=detail, found=now or "没有", expected=label)


def _outdated_finding(rule: Rule, gone: Sequence[Item]) -> Finding:
    """Report missing local indicators: a workbook issued before the office added them has no such rows."""
    labels = "、".join(f"“{item.row_path[-1]}”" for item in gone[:3]) + ("等" if len(gone) > 3 else "")
    detail = (
        f"缺少本地指标{labels}：这份报表是增加它们以前下发的，或者“{LOCAL_SHEET}”表被删改过，"
        "请在退回的新表上补填，原来填的数已经抄好"
    )
    return violation(rule, where={"item": gone[0].code}, detail=detail, found="没有", expected=labels)


def _issued_label(layout: Layout, item: Item, label: str, book: Mapping[str, Rows]) -> tuple[Place | None, str]:
    """Return the issued place of the label, and its present content if that differs."""
    home = layout.places.get(item.code)
    anchors = [
        a.place for a in layout.anchors if home and a.place.sheet == home.sheet and plain(a.text) == plain(label)
    ]
    near = [p for p in anchors if home and (p.row == home.row or p.col == home.col)] or anchors
    if len(near) != 1 or near[0].sheet not in book:
        return None, ""
    now = _at(book[near[0].sheet], near[0].row, near[0].col)
    return near[0], "" if plain(now) == plain(label) else now or "空白"


def _old_format(book: Mapping[str, Rows]) -> tuple[str, str] | None:
    for name, rows in book.items():
        texts = {label_key(cell): cell for row in rows for cell in row if isinstance(cell, str) and cell}
        hits = [texts[key].strip() for key in sorted(FORMAT_2019 & texts.keys())]
        if len(hits) >= 2:
            return name, "、".join(hits[:3])
    return None


def _at(rows: Rows, row: int, col: int) -> str:
    return str(value_at(rows, row, col)).strip()
