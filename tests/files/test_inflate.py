"""Inflating with isal and without it comes to the same."""

from __future__ import annotations

import importlib.util
import sys
import zlib
from types import ModuleType

import pytest

from pipeline.files import inflate

TEXT = "政府信息公开".encode() * 1000


def deflated(data: bytes) -> bytes:
    engine = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return engine.compress(data) + engine.flush()


@pytest.fixture(params=["isal", "zlib"])
def module(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module as it is imported with isal, and where isal is not installed."""
    if request.param == "zlib":
        monkeypatch.setitem(sys.modules, "isal", None)
    spec = importlib.util.spec_from_file_location("inflate_again", inflate.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)  # a copy of its own: the program's stays as it is
    spec.loader.exec_module(module)
    return module


def test_inflating(module: ModuleType) -> None:
    assert module.decompress(deflated(TEXT), len(TEXT) + 1) == TEXT
    assert module.decompress(deflated(TEXT), 6) == TEXT[:6]
    assert module.crc32(b"123456789") == 0xCBF43926
    for broken in (b"\xff\xff\xff\xff", b"\x07"):
        with pytest.raises(module.InflateError):
            module.decompress(broken, 10)
