"""The switch of 基本情况 for a unit without requests and cases."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.layout.summary import NOTHING_LABEL, YES
from pipeline.workbook.cells import Rows, label_key

_KEY = label_key(NOTHING_LABEL)


def says_nothing(book: Mapping[str, Rows]) -> bool:
    """Whether the first filled cell behind the label says 是, on whatever sheet it stands."""
    for rows in book.values():
        # a set of the texts is quick to make, and says which sheet is worth a closer look
        texts = [cell for cell in set[object]().union(*rows) if isinstance(cell, str) and len(cell) < 60]
        if _KEY not in map(label_key, texts):
            continue
        labels = {text for text in texts if label_key(text) == _KEY}
        row = next(row for row in rows if not labels.isdisjoint(row))
        at = next(at for at, cell in enumerate(row) if cell in labels)
        answer = next((str(other).strip() for other in row[at + 1 : at + 4] if str(other).strip()), "")
        return answer == YES
    return False
