"""The time a workbook was last saved, from its own properties: evidence for the order of two versions."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

_PROPERTIES = ("docProps/core.xml", "meta.xml")
_MODIFIED = re.compile(rb"<(?:\w+:)?(?:modified|date)(?:\s[^>]*)?>\s*([0-9T:.Z+-]{10,35})\s*<")
"""dcterms:modified of OOXML, dc:date of OpenDocument."""
_CHINA = dt.timezone(dt.timedelta(hours=8))


def saved_time(parts: Mapping[str, bytes], year: int) -> dt.datetime | None:
    """Return the saving time; ``None`` when there is none that is possible for that year.

    >>> core = b'<dcterms:modified xsi:type="dcterms:W3CDTF">2025-01-15T08:00:00Z</dcterms:modified>'
    >>> saved_time({"docProps/core.xml": core}, 2024).isoformat(), saved_time({"docProps/core.xml": core}, 2026)
    ('2025-01-15T08:00:00+00:00', None)
    """
    for name in _PROPERTIES:
        if match := _MODIFIED.search(parts.get(name, b"")):
            try:
                saved = dt.datetime.fromisoformat(match[1].decode("ascii"))
            except ValueError:
                return None
            saved = saved if saved.tzinfo else saved.replace(tzinfo=_CHINA)
            return saved if saved.year >= year else None
    return None
