"""The switch of 基本情况 for a unit without requests and cases."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.form import Form, Value
from pipeline.layout import Place
from pipeline.layout.summary import NO, NOTHING_LABEL, NOTHING_NOTE, NOTHING_TABLES, YES
from pipeline.model.finding import Finding, notice
from pipeline.model.submission import Look, Sheet
from pipeline.road.read.remarks import Remark
from pipeline.workbook.cells import Rows, as_shown, label_key

_KEY = label_key(NOTHING_LABEL)
_PADDING = re.compile(r"_.|\*.|\[[^\]]*\]|\\ |\s")
"""What a format puts around a text: room, fill, colour."""
_BEHIND = 3
"""Cells behind the label in which the answer may stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What stands behind the label, and why it is not taken at its word; ``because`` is empty for a plain 是 or 否."""

    place: Place
    found: str
    because: str = ""


def read_switch(
    book: Mapping[str, Rows], sheets: Mapping[str, Sheet], names: Collection[str]
) -> tuple[bool, Answer | None]:
    """Return whether the unit says that there was nothing, and the answer that cannot be taken, if there is one.

    Only the sheets of ``names`` count, those that figures are read from. Everybody must see the 是, and nothing may say
    otherwise.
    """
    here = {name: book[name] for name in names}
    answers = [
        answer
        for place, cells in list(_issued_labels(here)) or _respelled_labels(here)
        if (answer := _answer(sheets[place.sheet], place, cells))
    ]
    unclear = next((answer for answer in answers if answer.because), None)
    said = {answer.found for answer in answers}
    if unclear is None and said == {YES, NO}:
        yes = next(answer for answer in answers if answer.found == YES)
        return False, Answer(place=yes.place, found=YES, because=f"不能算，另一处写的是“{NO}”")
    return unclear is None and said == {YES}, unclear


def _issued_labels(book: Mapping[str, Rows]) -> Iterator[tuple[Place, Sequence[object]]]:
    """Yield the place of the label as it was issued, wherever it stands, with its row."""
    for name, rows in book.items():
        for number, row in enumerate(rows):
            if NOTHING_LABEL in row:
                yield Place(name, number, row.index(NOTHING_LABEL)), row


def _respelled_labels(book: Mapping[str, Rows]) -> Iterator[tuple[Place, Sequence[object]]]:
    """Yield the place of a label that differs in blanks and signs, with its row."""
    for name, rows in book.items():
        texts = [cell for cell in set[object]().union(*rows) if isinstance(cell, str) and len(cell) < 60]
        labels = {text for text in texts if label_key(text) == _KEY}
        for number, row in enumerate(rows):
            if labels and not labels.isdisjoint(row):
                yield Place(name, number, next(at for at, cell in enumerate(row) if cell in labels)), row


def _answer(sheet: Sheet, label: Place, cells: Sequence[object]) -> Answer | None:
    """The first filled cell behind the label; ``None`` when there is none."""
    row = label.row
    for at in range(label.col + 1, label.col + 1 + _BEHIND):
        found = as_shown(cells[at]).strip() if at < len(cells) else ""
        if (row, at) in sheet.uncomputed:
            because = "是没有算出结果的公式"
        elif found in ("", NOTHING_NOTE):  # what the note says to do is not what was done
            continue
        elif (row, at) in sheet.errors:
            because = "是已经失效的公式"
        elif (row, at) in sheet.covered or row in sheet.hidden_rows or at in sheet.hidden_columns:
            because = "藏着，表上看不见"
        elif _is_marked(sheet.looks.get((row, at))):
            because = "划掉了，或者表上不显示"
        elif found not in (YES, NO):
            because = "不是“是”，也不是“否”"
        else:
            further = {as_shown(cell).strip() for cell in cells[at + 1 : label.col + 1 + _BEHIND]}
            because = f"不能算，旁边还写着“{NO}”" if found == YES and NO in further else ""
        return Answer(place=Place(label.sheet, row, at), found=found or "公式", because=because)
    return None


def _is_marked(look: Look | None) -> bool:
    """Whether a text is struck out, raised or lowered, or its format shows no text."""
    if look is None:
        return False
    sections = look.format.split(";")
    section = sections[3] if len(sections) > 3 else next((each for each in sections if "@" in each), "@")
    return look.marked or _PADDING.sub("", section) not in ("@", "General")


def tell_unclear(answer: Answer) -> Finding:
    """The finding of an answer that cannot be taken."""
    where = {"sheet": answer.place.sheet, "cell": answer.place.cell}
    return notice("V9", where=where, label=NOTHING_LABEL, found=answer.found, because=answer.because)


def contradictions(form: Form, values: Sequence[Value], places: Mapping[int, Place]) -> Iterator[Remark]:
    """Yield the figures in the tables of a unit that says there was nothing."""
    for index, item in enumerate(form.items):
        if item.table in NOTHING_TABLES and item.mode == "entered" and values[index] and index in places:
            yield Remark(says="V8", item=item, place=places[index], words={"found": str(values[index])})
