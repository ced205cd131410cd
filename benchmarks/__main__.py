"""The fitness figures, measured in one run: alternating rounds, median and spread, ratios.

``python -m benchmarks [--files 200] [--rounds 5] [--memory 100,1000] [--whole 60,1000] [--returns 1000,10000] [--dask]``;
workbooks are made once in ``build/bench``. With ``--dask`` one more row: a scheduler and two workers on this machine.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from compileall import compile_dir
from contextlib import contextmanager
from pathlib import Path

import pipeline
from benchmarks.county import YEAR, county, repeated, resaved
from benchmarks.memory import watch
from benchmarks.ours import Night
from benchmarks.rivals import bare_calamine, hashes, pandas_loop
from benchmarks.whole import measure_memory, measure_stamping, measure_whole
from pipeline.night.engine import Engine
from pipeline.workspace import Workspace
from tests.machines import machines

ROOT = Path("build") / "bench"
Taken = dict[str, list[tuple[float, float]]]
"""By subject, round by round: milliseconds a file on the clock, and of this process's own time."""
_RESAVED = 40
"""Workbooks that LibreOffice saves again, where it is installed."""
_UNITS = 1_000
"""Units of the largest county made for the memory figure; more workbooks are more versions of their returns."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", default="100,1000")
    parser.add_argument("--whole", default="60,1000", help="units of the counties the whole command is timed on")
    parser.add_argument("--returns", default="1000", help="returns of the counties whose memory is measured")
    parser.add_argument("--dask", action="store_true")
    options = parser.parse_args()
    compile_dir(Path(pipeline.__file__).parent, quiet=1)  # as pip does for what it installs
    if options.files:
        with _engine(asked=options.dask) as engine:
            _speed(options.files, options.rounds, engine)
    _memory(_sizes(options.memory))
    measure_whole(ROOT, _sizes(options.whole), options.rounds)
    measure_memory(ROOT, _sizes(options.returns), _UNITS)
    measure_stamping(ROOT)


@contextmanager
def _engine(*, asked: bool) -> Iterator[Engine | None]:
    """A scheduler with two workers on this machine, if it is asked for."""
    if not asked:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder, machines(Path(folder), (), ()) as two:
        yield two.engine


def _sizes(listed: str) -> list[int]:
    return [int(size) for size in listed.split(",") if size]


def _speed(size: int, rounds: int, engine: Engine | None) -> None:
    own = county(ROOT / str(size), size)
    _one_kind("filled by our own craft", own, size, rounds, engine=engine)
    if shutil.which("soffice"):
        again = resaved(ROOT / f"libreoffice-{_RESAVED}", _RESAVED)
        _one_kind("saved again by LibreOffice", again, _RESAVED, rounds, whole=False)


def _one_kind(
    title: str, workspace: Workspace, size: int, rounds: int, *, whole: bool = True, engine: Engine | None = None
) -> None:
    """Measure on one kind of workbooks; only the ``whole`` measures several processes and nights without changes."""
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
    } | many
    if whole:
        subjects |= {"ours, 1 worker": lambda: night.run(1), "ours, 2 workers": lambda: night.run(2)}
    counts = dict.fromkeys(subjects, size) | {"pandas + openpyxl": len(some)}
    taken = _rounds(subjects, counts, rounds, night.forget)
    if whole:
        night.whole()
        still: dict[str, Callable[[], object]] = {
            "SHA-256 again": lambda: hashes(files),
            "nothing changed": night.unchanged,
        }
        taken |= _rounds(still, dict.fromkeys(still, size), rounds, lambda: None)
    kib = sum(path.stat().st_size for path in files) / size / 1024
    print(f"{size} workbooks of {kib:.0f} KiB, {title}, {rounds} rounds")
    for clock, name in enumerate(("on the clock", "of processor time")):
        print(f"{f'ms a file {name}':>28} {'min':>8} {'median':>8} {'max':>8}")
        for subject, pairs in taken.items():
            times = [pair[clock] for pair in pairs]
            print(f"{subject:>28} {min(times):8.3f} {statistics.median(times):8.3f} {max(times):8.3f}")
    _ratio("ours / bare calamine (≤ 1.3)", taken, "ours, this process", "bare python-calamine")
    _ratio("pandas + openpyxl / ours (≥ 25)", taken, "pandas + openpyxl", "ours, this process")
    if engine:
        _ratio("one process / Dask with 2 workers", taken, "ours, this process", "ours, Dask, 2 workers", own=False)
    if whole:
        _ratio("one process / 2 workers (≥ 1.75)", taken, "ours, this process", "ours, 2 workers", own=False)
        _ratio("1 worker / 2 workers", taken, "ours, 1 worker", "ours, 2 workers", own=False)
        _ratio("a night in which nothing changed / SHA-256 (≤ 1.8)", taken, "nothing changed", "SHA-256 again")


def _rounds(
    subjects: dict[str, Callable[[], object]], counts: dict[str, int], rounds: int, prepare: Callable[[], None]
) -> Taken:
    """Milliseconds a file of each subject, round by round, in turn; ``prepare`` goes before each and is not timed."""
    taken: Taken = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, subject in subjects.items():
            prepare()
            begun, used = time.perf_counter(), time.process_time()
            subject()
            spent = time.perf_counter() - begun, time.process_time() - used
            taken[name].append((spent[0] / counts[name] * 1000, spent[1] / counts[name] * 1000))
    return taken


def _ratio(title: str, taken: Taken, upper: str, lower: str, *, own: bool = True) -> None:
    """Print a ratio; with ``own`` also that of this process's time, which says more on a busy machine."""
    for clock, name in enumerate(("", ", processor time") if own else ("",)):
        pairs = [a[clock] / b[clock] for a, b in zip(taken[upper], taken[lower], strict=True)]
        print(f"{title}{name}: {statistics.median(pairs):.2f}  ({min(pairs):.2f}–{max(pairs):.2f})")


def _memory(sizes: list[int]) -> None:
    """Print the peak memory of one night with two workers."""
    for size in sizes:
        units = min(size, _UNITS)
        workspace = repeated(ROOT / f"memory-{size}", units, size // units)
        command = [sys.executable, "-m", "benchmarks.ours", str(workspace.root), "2"]
        begun = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        peak = watch(child)
        seconds = time.perf_counter() - begun
        print(f"peak memory, {size:>6} files: {peak}  ({seconds:.1f} s, exit {child.returncode})")


if __name__ == "__main__":
    main()
