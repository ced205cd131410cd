"""The largest corpus: a county whose every unit has sent many returns, each with figures of its own.

``python -m benchmarks.corpus ROOT UNITS TIMES`` makes it in the background, by as many processes as there are cores.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks.county import YEAR, county, figures
from pipeline.form import Value
from pipeline.layout import read_layout
from pipeline.workbook.fill import fill
from pipeline.workspace import Workspace, template_file

_BEGUN, _APART = 1_735_689_600, 3_600
"""When every unit sent its first return (2025-01-01), and the seconds between two of them."""


def corpus(root: Path, units: int, times: int) -> Workspace:
    """A workspace at ``root`` with ``units`` × ``times`` good returns; what is there already is used again."""
    workspace = county(root, units)
    blanks = sorted(workspace.year_inputs(YEAR).glob("u*.xlsx"))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(partial(_send, root, times), blanks, chunksize=4))
    return workspace


def _send(root: Path, times: int, first: Path) -> None:
    """Fill a unit's workbook anew ``times`` - 1 times; a folder a round, an hour after the other."""
    form, folder = Workspace(root).form(YEAR)
    layout = read_layout(form, template_file(folder, "return.xlsx"))
    zeros: dict[str, Value] = {item.code: 0 for item in form.items if item.numeric and item.mode == "entered"}
    content, number = first.read_bytes(), int(first.stem.lstrip("u"))
    os.utime(first, (_BEGUN, _BEGUN))
    for time in range(2, times + 1):
        path = first.parent / f"第{time:03d}次" / first.name
        if path.exists():
            continue
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(fill(content, form, layout, zeros | figures(number + time * 1_000_003)))
        os.utime(path, (_BEGUN + time * _APART, _BEGUN + time * _APART))


if __name__ == "__main__":
    corpus(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
