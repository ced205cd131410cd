"""The whole command, cold, as an office runs it: beside the script everybody writes first and the bare parser; and its
memory; and stamping.

Times are those of the clock and of the processor (user + system, workers included): on a machine that has other things
to do the second is the one to compare.
"""

from __future__ import annotations

import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.aside import set_aside
from benchmarks.county import YEAR, county, repeated
from benchmarks.memory import watch
from benchmarks.rivals import bare_calamine
from pipeline.night.basis import load_basis
from pipeline.road.issue import Stamper
from pipeline.workspace import Workspace, bundled_templates

_XXGK = [sys.executable, "-c", "from pipeline.cli import main; main()"]
_SCRIPT = Path(__file__).with_name("script.py")
Taken = tuple[float, float]
"""Seconds by the clock, and of processor time."""


def measure_whole(root: Path, sizes: list[int], rounds: int) -> None:
    """Print the whole command on counties of ``sizes`` units against its rivals, median and spread."""
    for size in sizes:
        workspace = county(root / str(size), size)
        files = sorted(workspace.year_inputs(YEAR).glob("u*.xlsx"))
        subjects: dict[str, Callable[[], Taken]] = {
            "xxgk run, cold": partial(_run_cold, workspace),
            "bare python-calamine": partial(_timed, partial(bare_calamine, files)),
        }
        if size <= 100:
            subjects["pandas script"] = partial(_script, workspace)
        taken: dict[str, list[Taken]] = {name: [] for name in subjects}
        for _ in range(rounds):
            for name, subject in subjects.items():
                taken[name].append(subject())
        print(f"whole command, {size} units, {rounds} rounds")
        print(f"{'seconds':>28} {'min':>7} {'median':>7} {'max':>7}   of processor time")
        for name, times in taken.items():
            clock, processor = ([pair[n] for pair in times] for n in (0, 1))
            print(f"{name:>28} {_spread(clock)}   {_spread(processor)}")
        rival = "pandas script" if size <= 100 else "bare python-calamine"
        ratios = [
            statistics.median(
                ours[n] / theirs[n] for ours, theirs in zip(taken["xxgk run, cold"], taken[rival], strict=True)
            )
            for n in (0, 1)
        ]
        bound = "≤ 0.4" if size <= 100 else "≤ 3"
        print(f"xxgk run / {rival} ({bound}): {ratios[0]:.2f} by the clock, {ratios[1]:.2f} of processor time")


def measure_memory(root: Path, sizes: list[int], units: int) -> None:
    """Print the peak memory of one cold ``xxgk run``, by number of returns."""
    for size in sizes:
        workspace = repeated(root / f"memory-{size}", min(size, units), size // min(size, units))
        shutil.rmtree(workspace.outputs, ignore_errors=True)
        begun = time.perf_counter()
        child = subprocess.Popen(_command(workspace), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        peak = watch(child)
        seconds = time.perf_counter() - begun
        print(f"whole command, {size:>6} returns: {peak}  ({seconds:.1f} s, exit {child.returncode})")


def measure_stamping(root: Path, units: int = 60) -> None:
    """Print the milliseconds of processor time one issued workbook takes."""
    workspace = county(root / str(units), units)
    with workspace.open_ledger() as ledger:
        basis = load_basis(workspace, ledger, YEAR)
    stamper, taken = Stamper(basis), []
    for unit in basis.control.units:
        taken.append(_timed(partial(stamper.stamp, unit))[1] * 1000)
    print(f"stamping (≤ 4): {_spread(taken)} ms of processor time (the first of a kind {taken[0]:.1f})")


def _run_cold(workspace: Workspace) -> Taken:
    set_aside(workspace.outputs)
    return _timed(lambda: subprocess.run(_command(workspace), stdout=subprocess.DEVNULL, check=True))


def _script(workspace: Workspace) -> Taken:
    template = bundled_templates() / "xxgk-2021" / "report.docx"
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, *map(str, (_SCRIPT, workspace.year_inputs(YEAR), template)), out]
        return _timed(lambda: subprocess.run(command, check=True))


def _command(workspace: Workspace) -> list[str]:
    return [*_XXGK, "run", "--year", str(YEAR), "--workspace", str(workspace.root)]


def _timed(subject: Callable[[], object]) -> Taken:
    """Clock and processor time of ``subject``, with the processes it starts and waits for."""
    begun, used = time.perf_counter(), _processor()
    subject()
    return time.perf_counter() - begun, _processor() - used


def _processor() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def _spread(times: list[float]) -> str:
    return f"{min(times):7.2f} {statistics.median(times):7.2f} {max(times):7.2f}"
