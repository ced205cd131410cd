"""Inflating and checksums: by isal where it is installed (``xxgk[fast]``), twice as fast, else by zlib; alike in result."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

_engine: Any = zlib
_ERRORS: tuple[Any, ...] = (zlib.error,)
try:
    from isal import igzip_lib, isal_zlib
except ImportError:
    pass
else:
    _engine, _ERRORS = isal_zlib, (igzip_lib.IsalError, zlib.error)

crc32: Callable[[bytes], int] = _engine.crc32


class InflateError(Exception):
    """The bytes are no deflated stream."""


def decompress(body: bytes, limit: int) -> bytes:
    """The first ``limit`` bytes of what a raw deflated ``body`` holds. Raises `InflateError`."""
    try:
        return bytes(_engine.decompressobj(-zlib.MAX_WBITS).decompress(body, limit))
    except _ERRORS as error:
        raise InflateError from error
