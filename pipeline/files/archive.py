"""Zip files whose bytes depend on their content alone, so that a run can be repeated byte for byte."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

_NEVER = (1980, 1, 1, 0, 0, 0)


def write_zip(members: Mapping[str, bytes]) -> bytes:
    """A zip of ``members`` in their order, without clock times or the machine's file modes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _NEVER)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0
            archive.writestr(info, content)
    return out.getvalue()


def settled_zip(data: bytes) -> bytes:
    """The same archive with clock times and file modes taken out."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return write_zip({info.filename: archive.read(info) for info in archive.infolist()})
