"""Find the item a person means: by code, by label, or by cell of county.xlsx."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pipeline.errors import AskedError
from pipeline.form import Form, Item
from pipeline.layout import county_cells, plain

_CELL = re.compile(r"^'?(.+?)'?!?\$?([A-Za-z]{1,3})\$?([0-9]{1,7})$")
_BETWEEN = re.compile(r"[\s·/|>“”\"]+")
_NUMBERING = re.compile(r"^(?:[一二三四五六七八九十]+、|\([一二三四五六七八九十]+\)|[0-9]+\.)")
_LISTED = 15


def find_item(form: Form, asked: str) -> Item:
    """Find the one item that ``asked`` names. Raises `AskedError` when there is none, or several, which it lists."""
    code = asked.strip()
    if code in form.position:
        return form.item(code)
    if found := _by_cell(form, code):
        return found
    candidates = _by_label(form, code)
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise AskedError(
            f"没有“{asked}”这个指标。可以写指标代码（如 t3.received.natural）、行和列的名称（如“本年新收 自然人”），"
            "或汇总表的单元格（如 表三D6）。"
        )
    lines = [f"  {item.code}　{full_label(form, item)}" for item in candidates[:_LISTED]]
    lines += [f"  ……还有 {len(candidates) - _LISTED} 个"] if len(candidates) > _LISTED else []
    raise AskedError(f"“{asked}”可以是 {len(candidates)} 个指标，请写明是哪一个：\n" + "\n".join(lines))


def full_label(form: Form, item: Item) -> str:
    """Return the full label of an item, with its sheet: ``表三　一、本年新收…·自然人``."""
    sheets = {table.code: table.sheet for table in form.tables}
    words = "·".join((*item.row_path, *item.column_path))
    return f"{sheets[item.table]}　{words}" if item.table in sheets else words


def _by_cell(form: Form, asked: str) -> Item | None:
    match = _CELL.match(plain(asked))
    if not match:
        return None
    sheet, cell = match[1], f"{match[2]}{match[3]}".upper()
    cells = {(place.sheet, place.cell): code for place, code in county_cells(form).items()}
    if sheet not in {name for name, _ in cells}:
        return None
    if (sheet, cell) not in cells:
        raise AskedError(f"汇总表的 {sheet}!{cell} 不是一个数。请点中数所在的格再看它的地址。")
    return form.item(cells[sheet, cell])


def _by_label(form: Form, asked: str) -> Sequence[Item]:
    """Find the items whose labels contain every word of ``asked``; exact matches come before partial ones."""
    whole, words = plain(asked), [plain(word) for word in _BETWEEN.split(asked) if plain(word)]
    if not words:
        return ()
    labels = {item.code: [plain(step) for step in _steps(form, item)] for item in form.items if item.table != "meta"}
    items = [item for item in form.items if item.code in labels]
    exact = [item for item in items if whole in (plain(item.label), plain("".join(item.row_path + item.column_path)))]
    if exact:
        return exact

    def fits(item: Item, alike: Callable[[str, str], bool]) -> bool:
        """Whether every word is like a step of its own; a repeated word needs two steps."""
        return all(sum(alike(word, step) for step in labels[item.code]) >= words.count(word) for word in words)

    holding = [item for item in items if fits(item, lambda word, step: word in step)]
    called = [item for item in holding if fits(item, lambda word, step: word in (step, _bare(step)))]
    return called if len(called) == 1 else holding


def _steps(form: Form, item: Item) -> tuple[str, ...]:
    sheets = tuple(table.sheet for table in form.tables if table.code == item.table)
    return (*sheets, *item.row_path, *item.column_path)


def _bare(step: str) -> str:
    """Return a label without its numbering.

    >>> [_bare(step) for step in ("一、本年新收", "(三)不予公开", "3.其他")]
    ['本年新收', '不予公开', '其他']
    """
    return _NUMBERING.sub("", step)
