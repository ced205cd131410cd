"""Addresses in a workbook: places, anchors, and the layout that holds them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from xlsxwriter.utility import xl_rowcol_to_cell


@dataclass(frozen=True, slots=True)
class Place:
    """One cell; row and column count from 0."""

    sheet: str
    row: int
    col: int

    @property
    def cell(self) -> str:
        """The address as a clerk reads it, ``D6``."""
        return str(xl_rowcol_to_cell(self.row, self.col))

    @property
    def absolute(self) -> str:
        """The address as a formula in another sheet writes it, ``'表三'!$D$6``."""
        return f"'{self.sheet}'!{xl_rowcol_to_cell(self.row, self.col, row_abs=True, col_abs=True)}"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A label with its issued place; values beside it are believed only when it is found there."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Addresses of a return workbook.

    ``places`` by item code; ``named`` by defined name for all cells that are no items: ``banner_t3`` (the line with
    unit and year), ``explain_R3_natural`` (the unit's reason), ``xxgk_unit`` … (the hidden identity sheet).
    """

    places: Mapping[str, Place]
    anchors: tuple[Anchor, ...]
    named: Mapping[str, Place]
    sheets: tuple[str, ...]


IDENTITY_SHEET = "_xxgk"
IDENTITY_KEYS = ("form", "form_digest", "unit", "year", "issue_id", "hmac")


def plain(text: object) -> str:
    """Return a label without differences of width, spaces and line breaks.

    >>> plain("商业\\n企业 （１）")
    '商业企业(1)'
    """
    return "".join(unicodedata.normalize("NFKC", str(text)).split())
