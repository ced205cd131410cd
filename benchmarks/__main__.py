"""The fitness figures, measured in one run: alternating rounds, median and spread, ratios.

``python -m benchmarks [--files 200] [--rounds 5] [--memory 100,1000] [--dask]``; workbooks are made once in
``build/bench``. With ``--dask`` one more row: a scheduler and two workers on this machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.county import YEAR, county, repeated
from benchmarks.ours import Night
from benchmarks.rivals import bare_calamine, hashes, pandas_loop
from pipeline.night.engine import Engine
from tests.machines import machines

ROOT = Path("build") / "bench"
_UNITS = 1_000
"""Units of the largest county made for the memory figure; more workbooks are more versions of their returns."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", default="100,1000")
    parser.add_argument("--dask", action="store_true")
    options = parser.parse_args()
    if options.dask:
        with tempfile.TemporaryDirectory() as folder, machines(Path(folder), (), ()) as two:
            _speed(options.files, options.rounds, two.engine)
    else:
        _speed(options.files, options.rounds)
    _memory([int(size) for size in options.memory.split(",") if size])


def _speed(size: int, rounds: int, engine: Engine | None = None) -> None:
    workspace = county(ROOT / str(size), size)
    files = sorted(workspace.year_inputs(YEAR).glob("u*.xlsx"))
    night, some = Night(workspace), files[:: max(1, size // 20)]
    many: dict[str, Callable[[], object]] = {}
    if engine:
        many = {"ours, Dask, 2 workers": lambda: night.by(engine), "of it the intake": night.hashed}
    subjects: dict[str, Callable[[], object]] = {
        "SHA-256": lambda: hashes(files),
        "bare python-calamine": lambda: bare_calamine(files),
        "pandas + openpyxl": lambda: pandas_loop(some, night.basis.form, night.basis.layout),
        "ours, this process": lambda: night.run(0),
        "ours, 1 worker": lambda: night.run(1),
        "ours, 2 workers": lambda: night.run(2),
    } | many
    counts = dict.fromkeys(subjects, size) | {"pandas + openpyxl": len(some)}
    taken = _rounds(subjects, counts, rounds, night.forget)
    night.whole()
    still: dict[str, Callable[[], object]] = {
        "SHA-256 again": lambda: hashes(files),
        "nothing changed": night.unchanged,
    }
    taken |= _rounds(still, dict.fromkeys(still, size), rounds, lambda: None)
    median = {name: statistics.median(times) for name, times in taken.items()}
    print(f"{size} workbooks of {sum(path.stat().st_size for path in files) / size / 1024:.0f} KiB, {rounds} rounds")
    print(f"{'ms a file':>28} {'min':>8} {'median':>8} {'max':>8}")
    for name, times in taken.items():
        print(f"{name:>28} {min(times):8.3f} {median[name]:8.3f} {max(times):8.3f}")
    _ratio("ours / bare calamine (≤ 2, aim 1.5)", taken, "ours, this process", "bare python-calamine")
    _ratio("pandas + openpyxl / ours (≥ 12)", taken, "pandas + openpyxl", "ours, this process")
    _ratio("1 worker / 2 workers (≥ 1.8)", taken, "ours, 1 worker", "ours, 2 workers")
    if engine:
        _ratio("1 process / Dask with 2 workers", taken, "ours, this process", "ours, Dask, 2 workers")
    _ratio("a night in which nothing changed / SHA-256 (≤ 3)", taken, "nothing changed", "SHA-256 again")


def _rounds(
    subjects: dict[str, Callable[[], object]], counts: dict[str, int], rounds: int, prepare: Callable[[], None]
) -> dict[str, list[float]]:
    """Milliseconds a file of each subject, round by round, in turn; ``prepare`` goes before each and is not timed."""
    taken: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, subject in subjects.items():
            prepare()
            begun = time.perf_counter()
            subject()
            taken[name].append((time.perf_counter() - begun) / counts[name] * 1000)
    return taken


def _ratio(title: str, taken: dict[str, list[float]], upper: str, lower: str) -> None:
    pairs = [a / b for a, b in zip(taken[upper], taken[lower], strict=True)]
    print(f"{title}: {statistics.median(pairs):.2f}  ({min(pairs):.2f}–{max(pairs):.2f})")


def _memory(sizes: list[int]) -> None:
    """Peak resident memory of the whole process tree of one night with two workers."""
    for size in sizes:
        units = min(size, _UNITS)
        workspace = repeated(ROOT / f"memory-{size}", units, size // units)
        command = [sys.executable, "-m", "benchmarks.ours", str(workspace.root), "2"]
        begun = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        peak = 0
        while child.poll() is None:
            peak = max(peak, sum(_resident(pid) for pid in _tree(child.pid)))
            time.sleep(0.02)
        seconds = time.perf_counter() - begun
        print(f"peak memory, {size:>6} files: {peak / 2**20:7.0f} MiB  ({seconds:.1f} s, exit {child.returncode})")


def _tree(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return [pid]
    return [pid, *(member for child in children for member in _tree(int(child)))]


def _resident(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
