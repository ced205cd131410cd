"""What is seen in an ods or xls, as LibreOffice saves them; a binary xlsb, whose formats nobody can tell, is asked for again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.styles import Font
from openpyxl.workbook.workbook import Workbook as Book

from pipeline.form import Value
from tests.libreoffice import convert
from tests.road.read import workbooks as w
from tests.road.read.test_looks import ASKED, COUNT, FEE, STRUCK, SUP, cell_of, edited, outcome

Change = Callable[[Book], None]


def styled(code: str, **attributes: Any) -> Change:
    """One cell with other attributes."""

    def change(book: Book) -> None:
        for name, value in attributes.items():
            setattr(cell_of(book, code), name, value)

    return change


LOOKS: dict[str, tuple[str, Change, Value | str]] = {
    "as it was": (COUNT, lambda _: None, 1027),
    "with its measure": (COUNT, styled(COUNT, number_format='0"件"'), 1027),
    "grouped": (COUNT, styled(COUNT, number_format="#,##0"), 1027),
    "a percentage": (COUNT, styled(COUNT, number_format="0%"), ASKED),
    "hidden": (COUNT, styled(COUNT, number_format=";;;"), ASKED),
    "struck": (COUNT, styled(COUNT, font=Font(strike=True)), ASKED),
    "a raised footnote": (COUNT, styled(COUNT, value=CellRichText("35", TextBlock(SUP, "1"))), ASKED),
    "struck letters": (COUNT, styled(COUNT, value=CellRichText("15", TextBlock(STRUCK, "12"))), ASKED),
    "two decimals": (FEE, styled(FEE, number_format="0.00"), w.truth()[FEE]),
    "rounded": (FEE, styled(FEE, number_format="0"), ASKED),
    "in yuan": (FEE, styled(FEE, value=251000, number_format='0"元"'), 25.1),
}


@pytest.mark.external
@pytest.mark.parametrize("kind", ["ods", "xls"])
@pytest.mark.parametrize("name", LOOKS)
def test_looks_of_other_formats(tmp_path: Path, kind: str, name: str) -> None:
    code, change, figure = LOOKS[name]
    path = tmp_path / "a.xlsx"
    path.write_bytes(edited(change))
    seen = outcome(tmp_path, convert(path, kind, tmp_path).read_bytes(), code, "I11")
    assert (float(seen) if isinstance(figure, float) else seen) == figure  # type: ignore[arg-type]


def test_a_binary_workbook_is_asked_for_again(tmp_path: Path) -> None:
    from pipeline.road.intake import open_arrival

    opened = open_arrival(w.arrival(tmp_path, w.filled()))
    from dataclasses import replace

    from pipeline.model.submission import Submission

    reader = w.reader()
    plain = reader.read_cells(opened.arrival, {}, remarks=())
    assert not isinstance(plain, Submission)
    remarks = reader.format_findings(replace(opened, format="xlsb"))
    assert [(finding.code, finding.severity) for finding in remarks] == [("L10", "error")]
    assert reader.format_findings(opened) == ()
