"""Change a workbook part by part, leaving everything else byte for byte. `patch_workbook` writes values; the rest are
the tools for corrections: `Package` (parts, relations, content types), `Book` (sheets and names), `Cells`, `Styles`
(only ever added to), `Notes` (classic comments) and `Validations`.
"""

from pipeline.workbook.patch.book import Book
from pipeline.workbook.patch.cells import Cells, patch_workbook, put_text, shared_strings, text_xml, write_cells
from pipeline.workbook.patch.notes import Notes
from pipeline.workbook.patch.package import MAIN, Package, UnpatchableError, main, parse
from pipeline.workbook.patch.styles import Styles, canonical, element_of, solid
from pipeline.workbook.patch.validations import Validations

__all__ = [
    "MAIN",
    "Book",
    "Cells",
    "Notes",
    "Package",
    "Styles",
    "UnpatchableError",
    "Validations",
    "canonical",
    "element_of",
    "main",
    "parse",
    "patch_workbook",
    "put_text",
    "shared_strings",
    "solid",
    "text_xml",
    "write_cells",
]
