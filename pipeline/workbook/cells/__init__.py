"""The meaning of cells: labels that prove the place of an item, and figures as people write them."""

from pipeline.workbook.cells.charts import Chart, charts, label_key
from pipeline.workbook.cells.grid import Rows, text_at, value_at
from pipeline.workbook.cells.labels import Sighting, Sightings, labels_of, sight
from pipeline.workbook.cells.normalise import CellReading, as_shown, fold_width, read_number, read_text

__all__ = [
    "CellReading",
    "Chart",
    "Rows",
    "Sighting",
    "Sightings",
    "as_shown",
    "charts",
    "fold_width",
    "label_key",
    "labels_of",
    "read_number",
    "read_text",
    "sight",
    "text_at",
    "value_at",
]
