"""The switch of 基本情况 for a unit without requests and cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.layout.summary import NOTHING_LABEL, YES
from pipeline.workbook.cells import Rows, label_key

_KEY = label_key(NOTHING_LABEL)


def says_nothing(book: Mapping[str, Rows]) -> bool:
    """Whether the first filled cell behind the label says 是, on whatever sheet it stands.

    The label as it was issued comes before one that was written otherwise, and is quick to find.
    """
    for rows in book.values():
        for row in rows:
            if NOTHING_LABEL in row:
                return _answers_yes(row, {NOTHING_LABEL})
    for rows in book.values():
        texts = [cell for cell in set[object]().union(*rows) if isinstance(cell, str) and len(cell) < 60]
        labels = {text for text in texts if label_key(text) == _KEY}
        if labels:
            return _answers_yes(next(row for row in rows if not labels.isdisjoint(row)), labels)
    return False


def _answers_yes(row: Sequence[object], labels: set[str]) -> bool:
    at = next(at for at, cell in enumerate(row) if cell in labels)
    return next((text for cell in row[at + 1 : at + 4] if (text := str(cell).strip())), "") == YES
