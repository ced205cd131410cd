"""The largest corpus, whole commands: cold, then with nothing changed, then with one return in a hundred sent anew.

``python -m benchmarks.large ROOT UNITS TIMES [PLOT.svg]``: ``UNITS`` × 1, × 10 … up to × ``TIMES`` returns, no two of them with the
same figures, by two workers. Printed are seconds, the peak memory of all processes, the size of the ledger, and the exponent
of time over size; the plot needs matplotlib.
"""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

from benchmarks.corpus import corpus
from benchmarks.county import YEAR
from benchmarks.memory import Peak, watch
from pipeline.workspace import Workspace

_COMMAND = [sys.executable, "-c", "from pipeline.cli import main; main()", "run", "--quiet", "--year", str(YEAR), "-w"]
_PART = 100
"""One return in so many is sent anew."""


def main() -> None:
    """Measure and print."""
    root, units, times = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    source = corpus(root, units, times)
    measured = []
    for rounds in [10**power for power in range(int(math.log10(times)) + 1)]:
        workspace = _part(source, root.with_name(f"{root.name}-{rounds}"), rounds)
        size = units * rounds
        cold = _command(workspace)
        still = _command(workspace)
        _send_anew(workspace)
        changed = _command(workspace)
        ledger = workspace.ledger / "ledger.sqlite"
        print(
            f"{size:>7} returns: cold {cold[0]:7.1f} s, {cold[1]}; unchanged {still[0]:6.1f} s, {still[1]}; "
            f"1 % changed {changed[0]:6.1f} s, {changed[1]}; ledger {ledger.stat().st_size / 2**20:.0f} MiB",
            flush=True,
        )
        measured.append((size, cold[0], cold[1].pss / 2**20))
    for (small, before, _), (large, after, _) in pairwise(measured):
        print(f"exponent from {small} to {large}: {math.log(after / before) / math.log(large / small):.3f}")
    if len(sys.argv) > 4:
        _plot(measured, Path(sys.argv[4]))


def _part(source: Workspace, root: Path, rounds: int) -> Workspace:
    """A workspace with the first ``rounds`` returns of every unit, as links to the same bytes, and no outputs."""
    workspace = Workspace(root)
    shutil.rmtree(root, ignore_errors=True)
    inputs = workspace.year_inputs(YEAR)
    inputs.mkdir(parents=True)
    shutil.copy(source.secret, workspace.secret)
    for path in source.year_inputs(YEAR).iterdir():
        if path.is_file():
            os.link(path, inputs / path.name)
        elif int(path.name.strip("第次")) <= rounds:
            (inputs / path.name).mkdir()
            for sent in path.iterdir():
                os.link(sent, inputs / path.name / sent.name)
    return workspace


def _send_anew(workspace: Workspace) -> None:
    """One return in a hundred comes once more, with other bytes."""
    inputs = workspace.year_inputs(YEAR)
    (inputs / "又一次").mkdir()
    for path in sorted(inputs.glob("**/u*.xlsx"))[::_PART]:
        name = f"{path.parent.name}_{path.name}"
        content = path.read_bytes()
        (inputs / "又一次" / name).write_bytes(content[:-2] + (4).to_bytes(2, "little") + b"anew")
        when = path.stat().st_mtime + 60
        os.utime(inputs / "又一次" / name, (when, when))


def _command(workspace: Workspace) -> tuple[float, Peak]:
    """Return the seconds of one ``xxgk run``, and its peak memory."""
    begun = time.perf_counter()
    child = subprocess.Popen([*_COMMAND, str(workspace.root)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = watch(child)
    assert child.returncode in (0, 3), child.returncode
    return time.perf_counter() - begun, peak


def _plot(measured: list[tuple[int, float, float]], path: Path) -> None:
    """Draw seconds and memory over the number of returns."""
    from matplotlib import pyplot

    pyplot.rcParams["svg.hashsalt"] = "xxgk"
    figure, axes = pyplot.subplots(figsize=(6, 3.6))
    sizes, seconds, memory = zip(*measured, strict=True)
    axes.loglog(sizes, seconds, "o-", color="#1f4e79", label="seconds, cold")
    axes.loglog(sizes, memory, "s--", color="#c00000", label="MiB, peak of all processes (PSS)")
    axes.set_xlabel("returns")
    axes.grid(visible=True, which="major", alpha=0.4)
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
