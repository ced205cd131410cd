"""The largest corpus: a county whose every unit has sent many returns, no two of them with the same figures.

``python -m benchmarks.corpus ROOT UNITS TIMES`` makes it. A return is put together from the parts of two workbooks: those
that tell whose it is, and those of a filled one that hold figures, so that a hundred thousand take minutes.
"""

from __future__ import annotations

import io
import os
import sys
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks.county import YEAR, county, figures
from pipeline.files.archive import Deflated, deflate, write_zip
from pipeline.form import Value
from pipeline.layout import read_layout
from pipeline.workbook.fill import fill
from pipeline.workspace import Workspace, template_file

_NAME = "第0号单位".encode()
"""Whose the workbook is from which the figures are drawn."""
_TEXT = "全年主动公开信息".encode()
"""What a unit writes itself; two units that write the same are asked about."""
_BEGUN, _APART = 1_735_689_600, 3_600
"""When every unit sent its first return (2025-01-01), and the seconds between two of them."""


def corpus(root: Path, units: int, times: int) -> Workspace:
    """A workspace at ``root`` with ``units`` × ``times`` good returns, the first of each filled by itself; what is there
    already is used again.
    """
    workspace = county(root, units)
    inputs = workspace.year_inputs(YEAR)
    firsts = sorted(inputs.glob("u*.xlsx"))
    for time in range(2, times + 1):
        (inputs / f"第{time:03d}次").mkdir(exist_ok=True)
    drawn = [_parts_with_figures(workspace, firsts[0], -number) for number in range(1, times + 1)]
    changing = [n for n in drawn[0] if drawn[0][n] != drawn[1][n] and _TEXT not in drawn[0][n]]
    rounds = [{name: (parts[name].split(_NAME), _press(parts[name])) for name in changing} for parts in drawn[1:]]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(partial(_send, rounds), firsts, chunksize=20))
    return workspace


def _press(xml: bytes) -> list[Deflated]:
    """The pieces of a part between the names in it, deflated so that a name can stand between them."""
    pieces = []
    for content in xml.split(_NAME):
        engine = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, -zlib.MAX_WBITS)
        pieces.append(Deflated(engine.compress(content) + engine.flush(zlib.Z_FULL_FLUSH), len(content), 0))
    return pieces


def _join(xml: Sequence[bytes], pieces: Sequence[Deflated], name: bytes) -> Deflated:
    """The part with a name in its places, each as a stored block (RFC 1951, 3.2.4)."""
    stored = b"\x00" + len(name).to_bytes(2, "little") + (0xFFFF - len(name)).to_bytes(2, "little") + name
    body = stored.join(piece.body for piece in pieces) + b"\x03\x00"
    content = name.join(xml)
    return Deflated(body, len(content), zlib.crc32(content))


def _send(rounds: Sequence[Mapping[str, tuple[list[bytes], list[Deflated]]]], first: Path) -> None:
    """Write what a unit sent after its first return, an hour after the other."""
    os.utime(first, (_BEGUN, _BEGUN))
    own = {name: deflate(content) for name, content in _parts(first.read_bytes()).items()}
    name = f"第{int(first.stem.lstrip('u'))}号单位".encode()
    number, turn = divmod(int(first.stem.lstrip("u")), len(rounds))
    for time in range(2, len(rounds) + 2):
        path = first.parent / f"第{time:03d}次" / first.name
        if not path.exists():
            # the tables of two draws, no pair of them twice in a round
            one, other = rounds[(turn + time) % len(rounds)], rounds[(number + time) % len(rounds)]
            parts = {**one, min(other): other[min(other)]}
            drawn = {part: _join(xml, pieces, name) for part, (xml, pieces) in parts.items()}
            path.write_bytes(write_zip({**own, **drawn}))
            os.utime(path, (_BEGUN + time * _APART, _BEGUN + time * _APART))


def _parts_with_figures(workspace: Workspace, first: Path, number: int) -> dict[str, bytes]:
    """The parts of a unit's workbook filled with other figures."""
    form, folder = workspace.form(YEAR)
    layout = read_layout(form, template_file(folder, "return.xlsx"))
    zeros: dict[str, Value] = {item.code: 0 for item in form.items if item.numeric and item.mode == "entered"}
    return _parts(fill(first.read_bytes(), form, layout, zeros | figures(number)))


def _parts(workbook: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


if __name__ == "__main__":
    corpus(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
