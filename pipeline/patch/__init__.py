"""Change a workbook part by part: what is not to change stays byte for byte as it was.

`patch_workbook` writes values; the rest are the pieces a correction is made of: `Package` (parts, relations, content
types), `Book` (sheets and names), `Cells`, `Styles` (only ever added to), `Notes` (classic comments) and `Validations`.
"""

from pipeline.patch.book import Book
from pipeline.patch.cells import Cells, patch_workbook, put_text, shared_strings, write_cells
from pipeline.patch.notes import Notes
from pipeline.patch.package import MAIN, Package, UnpatchableError, main, parse
from pipeline.patch.styles import Styles, canonical, element_of, solid
from pipeline.patch.validations import Validations

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
    "write_cells",
]
