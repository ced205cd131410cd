"""A scheduler of Dask and workers on this machine, as processes of their own, and tasks that end the process they are in."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.model.submission import Arrival, Opened, Unclaimed
from pipeline.night.engine import DaskEngine, Examined, Task
from tests import ROOT

ALLOWED_DEATHS = 1
"""As many workers may die of a batch before it is given up, here; Dask's own default is 3."""


@dataclass
class Machines:
    """Loopback only; ``folder`` takes what Dask writes."""

    folder: Path
    address: str = ""
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def engine(self) -> DaskEngine:
        return DaskEngine(self.address, connecting=60, patience=60)

    def scheduler(self) -> subprocess.Popen[bytes]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        return self._start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-show")

    def worker(self, *options: str, path: str = "") -> subprocess.Popen[bytes]:
        place = ("--local-directory", str(self.folder), "--host", "127.0.0.1", "--no-dashboard")
        return self._start("worker", self.address, "--nthreads", "1", *place, *options, path=path)

    def _start(self, *words: str, path: str = "") -> subprocess.Popen[bytes]:
        environment = os.environ | {
            "PYTHONPATH": f"{path}{os.pathsep if path else ''}{ROOT}",
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(ALLOWED_DEATHS),
        }
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *words], cwd=self.folder, env=environment, stdout=log, stderr=log
            )
        self.processes.append(process)
        return process

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def machines(folder: Path, *workers: tuple[str, ...]) -> Iterator[Machines]:
    """A scheduler, and a worker for each tuple of options."""
    started = Machines(folder)
    try:
        started.scheduler()
        for options in workers:
            started.worker(*options)
        yield started
    finally:
        started.stop()


class SlowTask(Task):
    """Takes its time over every file."""

    def open(self, arrival: Arrival) -> Opened:
        time.sleep(0.05)
        return super().open(arrival)


class PoisonedTask(Task):
    """A file named so ends its reader, as a crash of a parser does."""

    def open(self, arrival: Arrival) -> Opened:
        if "毒" in arrival.name:
            os.abort()
        return super().open(arrival)


class DeadlyTask(Task):
    """A return of u02 ends the worker of Dask itself, wherever it is read."""

    def settle(self, result: Examined | Unclaimed) -> Examined | Unclaimed:
        if isinstance(result, Examined) and result.row.unit == "u02":
            os._exit(9)
        return super().settle(result)
