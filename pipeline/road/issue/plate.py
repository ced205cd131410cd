"""A plate: the finished workbook of one kind of unit, with marks where its name and its seal go.

Units of a type of which nothing is known from the year before get the same workbook but for these texts. It is made once,
as any workbook is stamped, and its parts are deflated; for each unit the marks are replaced, and only the parts that
hold some are deflated anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.files.archive import Deflated, deflate, write_zip
from pipeline.workbook.patch import Package, text_xml

_EDGE = "\ue000"
"""A character for private use, on both sides of a mark."""


def mark(name: str) -> str:
    """Return what stands in the place of the text ``name``."""
    return f"{_EDGE}{name}{_EDGE}"


def is_unmarked(package: Package) -> bool:
    """Whether nothing in a workbook can be taken for a mark."""
    return not any(_EDGE.encode() in content for content in package.contents().values())


@dataclass(frozen=True, slots=True)
class Plate:
    """The parts of the workbook in their order: those with marks as they are, the others deflated."""

    parts: Mapping[str, bytes | Deflated]

    @classmethod
    def of(cls, package: Package) -> Plate:
        """Make the plate of a workbook that was stamped with marks."""
        edge = _EDGE.encode()
        contents = package.contents()
        return cls({part: content if edge in content else deflate(content) for part, content in contents.items()})

    def press(self, texts: Mapping[str, str]) -> bytes:
        """Return the workbook with ``texts`` in the places of their marks; the same texts give the same bytes."""
        xml = {mark(name).encode(): text_xml(text) for name, text in texts.items()}
        marks = re.compile(b"|".join(map(re.escape, xml)))
        return write_zip(
            {
                part: marks.sub(lambda found: xml[found[0]], content) if isinstance(content, bytes) else content
                for part, content in self.parts.items()
            }
        )
