"""Form + template to the address of every item: the only room that decides a cell address."""

from pipeline.layout.address import IDENTITY_KEYS, IDENTITY_SHEET, Anchor, Layout, Place, plain
from pipeline.layout.areas import areas_of, print_area
from pipeline.layout.county import county_cells
from pipeline.layout.design import design_layout, reason_keys
from pipeline.layout.grid import Grid, GridCell, table_grid
from pipeline.layout.local import LOCAL_SHEET, LocalPage, local_page, with_local
from pipeline.layout.switches import switches
from pipeline.layout.template import defined_names, read_layout

__all__ = [
    "IDENTITY_KEYS",
    "IDENTITY_SHEET",
    "LOCAL_SHEET",
    "Anchor",
    "Grid",
    "GridCell",
    "Layout",
    "LocalPage",
    "Place",
    "areas_of",
    "county_cells",
    "defined_names",
    "design_layout",
    "local_page",
    "plain",
    "print_area",
    "read_layout",
    "reason_keys",
    "switches",
    "table_grid",
    "with_local",
]
