"""One worker process: what it does, what a file may take of it, and how the process in charge sees it."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import signal
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from pipeline.files.system import limit_memory
from pipeline.road.read.steps import Steps

T = TypeVar("T")
GIB = 1 << 30
TIMEOUT, MEMORY = 20.0, 2 * GIB
PATIENCE = 6
"""How many times the processor time of a file may pass on the clock: the machine may have other things to do."""
SELDOM = 50_000, 20, 20
"""When the garbage collector looks: a file leaves hardly any circles behind."""
_PIPE = 8 << 10
"""Bytes that a pipe of any system takes while nobody reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one file may take; see `read_many`."""

    timeout: float = TIMEOUT
    patience: float = PATIENCE
    memory: int = MEMORY


@dataclass(eq=False, slots=True)
class Worker:
    """A process, our end of its pipe, and its batches, oldest first, with their size in the pipe."""

    process: multiprocessing.process.BaseProcess
    line: Connection
    deadline: float
    ready: bool = False
    batches: deque[tuple[range, int]] = field(default_factory=deque)

    @property
    def busy(self) -> bool:
        """Whether a result is due from it."""
        return not self.ready or bool(self.batches)

    def may_take(self, weight: int, most: int) -> bool:
        """Whether a batch of ``weight`` bytes can be handed over without waiting for the worker to fetch it."""
        if not self.batches:
            return self.ready  # it waits for nothing else
        return len(self.batches) < most and sum(weight for _, weight in self.batches) + weight <= _PIPE

    def stop(self) -> int:
        """Kill it; return its exit code."""
        self.line.close()
        self.process.kill()
        self.process.join()
        return self.process.exitcode or 0


def work(line: Connection, packed: bytes, limits: Limits) -> None:
    """Run a worker until the pipe is closed: unpack the steps, report ready, then send a list of results for every batch."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one in charge decides
    gc.set_threshold(*SELDOM)
    steps: Steps[Any] = pickle.loads(packed)  # noqa: S301 - of the one in charge
    gc.freeze()  # to look through what every worker begins with takes as long as to read a dozen files
    limit_memory(limits.memory)
    # calamine's panics and aborts would be printed on the clerk's screen
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        line.send(None)
        while True:
            batch = line.recv()
            results = [_timed(lambda: steps.take(arrival), limits.timeout) for arrival in batch]  # noqa: B023 - called at once
            line.send(_timed(lambda: steps.finish(batch, results), limits.timeout))  # noqa: B023


_CLOCK = getattr(signal, "SIGPROF", 0)
KILLED = tuple(getattr(signal, name, 0) for name in ("SIGKILL", "SIGTERM", "SIGBUS"))
"""Signals that come from outside: somebody ended the process, memory was short, a disk failed."""


def _timed(step: Callable[[], T], timeout: float) -> T:
    """Take a step within its processor time; beyond it the process ends, where the system has such a clock."""
    if not _CLOCK:
        return step()
    signal.setitimer(signal.ITIMER_PROF, timeout)
    try:
        return step()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def cause_of_death(exitcode: int, timeout: float) -> str:
    """Return the clause for a worker that ended with ``exitcode`` at a file."""
    if _CLOCK and exitcode == -_CLOCK:
        return f"用了 {timeout:g} 秒处理器时间还没有读完"
    with suppress(ValueError):
        return f"读取程序被中止（{signal.Signals(-exitcode).name}）"
    return f"读取程序中止（{exitcode}）"
