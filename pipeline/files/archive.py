"""Zip files whose bytes depend on their content alone, so that a run can be repeated byte for byte."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

_NEVER = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Deflated:
    """A member that goes into many archives and is deflated once."""

    body: bytes
    size: int
    crc: int


class Deflating:
    """A member that is deflated piece by piece, so that it is never held as a whole."""

    def __init__(self) -> None:
        self._engine = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._body, self._size, self._crc = bytearray(), 0, 0

    def add(self, content: bytes) -> None:
        """Deflate what comes next."""
        self._body += self._engine.compress(content)
        self._size += len(content)
        self._crc = zlib.crc32(content, self._crc)

    def finish(self) -> Deflated:
        """Return the whole; nothing can be added any more."""
        self._body += self._engine.flush()
        return Deflated(bytes(self._body), self._size, self._crc)


def deflate(content: bytes) -> Deflated:
    """Deflate ``content`` as `write_zip` does."""
    member = Deflating()
    member.add(content)
    return member.finish()


def write_zip(members: Mapping[str, bytes | Deflated]) -> bytes:
    """A zip of ``members`` in their order, without clock times or the machine's file modes. Members that are deflated
    already give the same bytes as their contents.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _NEVER)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0
            if isinstance(content, Deflated):
                _put(archive, info, content)
            else:
                archive.writestr(info, content)
    return out.getvalue()


def _put(archive: zipfile.ZipFile, info: zipfile.ZipInfo, member: Deflated) -> None:
    """Write a member that is deflated already: what ``writestr`` does, without deflating."""
    info.file_size, info.compress_size, info.CRC = member.size, len(member.body), member.crc
    info.external_attr = 0o600 << 16
    assert archive.fp is not None
    archive.fp.seek(archive.start_dir)
    info.header_offset = archive.fp.tell()
    archive.fp.write(info.FileHeader(zip64=False) + member.body)
    archive.filelist.append(info)
    archive.NameToInfo[info.filename] = info
    archive.start_dir = archive.fp.tell()
    archive._didModify = True  # type: ignore[attr-defined]


def settled_zip(data: bytes) -> bytes:
    """The same archive with clock times and file modes taken out."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return write_zip({info.filename: archive.read(info) for info in archive.infolist()})
