"""Reading in long-lived worker processes, where a file that hangs, aborts or eats memory costs only itself.

The pool is pebble's: it kills a task that takes too long and replaces a worker that died, which the standard library's
does not. Workers are forked from a server process that has everything imported (a fresh interpreter on Windows), so a
lost one is back within some tens of milliseconds, and none inherits the run's lock, database or threads. What they are
sent to do must stand in a module that is quick to import, and not in ``__main__``, which they never see.
"""

from __future__ import annotations

import copy
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, TimeoutError
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar

from pebble import CONSTS, ProcessExpired, ProcessPool

from pipeline.findings import notice
from pipeline.returns import Arrival, Opened, Unclaimed

T = TypeVar("T")
GIB = 1 << 30
TIMEOUT, MEMORY = 20.0, 2 * GIB
_BATCH, _AHEAD = 8, 4
_LOOK_AGAIN = 0.02
"""Seconds after which pebble notices a dead worker; its own tenth of a second is long for fifty hostile files."""
_TAKEN_NOTE = 0.001
"""Seconds a worker waits before a batch: one that died the moment it took it would be missed by pebble."""
_PATIENCE = 3
"""Pools that may give up one after the other without a single batch done."""

_START_METHOD = "spawn" if sys.platform == "win32" else "forkserver"
_context = copy.copy(multiprocessing.get_context(_START_METHOD))
_hiding = threading.Lock()
_steps: _Steps[Any]


class _Worker(_context.Process):  # type: ignore[misc, name-defined]
    """A process that does not import the program that started us all over again, as multiprocessing would have it."""

    def start(self) -> None:
        """Begin, with an empty ``__main__`` as long as it takes."""
        with _hiding:
            main = sys.modules["__main__"]
            sys.modules["__main__"] = ModuleType("__main__")
            try:
                super().start()
            finally:
                sys.modules["__main__"] = main


_context.Process = _Worker  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Steps(Generic[T]):
    """What is done with one arrival: the container guard, then the reader."""

    opening: Callable[[Arrival], Opened]
    reading: Callable[[Opened], T]

    def take(self, arrival: Arrival) -> T | Unclaimed:
        """One file; whatever it raises, panics included, is a finding. What stops the process itself goes through."""
        try:
            return self.reading(self.opening(arrival))
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except MemoryError:
            return _unreadable(arrival, "内存不够")
        except BaseException as error:
            return _unreadable(arrival, f"读取程序出错（{type(error).__name__}）")


def warm_up(*modules: str) -> None:
    """Start the server that workers are forked from, and return at once: it imports ``modules`` while the run begins."""
    if sys.platform != "win32":
        from multiprocessing import forkserver

        _context.set_forkserver_preload([__name__, *modules])
        forkserver.ensure_running()


def read_many(
    opening: Callable[[Arrival], Opened],
    reading: Callable[[Opened], T],
    arrivals: Sequence[Arrival],
    *,
    workers: int = 2,
    timeout: float = TIMEOUT,
    memory: int = MEMORY,
) -> Iterator[T | Unclaimed]:
    """``reading(opening(arrival))`` of every arrival, in their order; `Unclaimed` with I1 where that went wrong.

    Both callables must be picklable and are sent to each worker once. ``timeout`` is seconds a file, ``memory`` bytes of
    address space above what a worker begins with, where the system can limit it. With no ``workers`` everything is
    read in this process and nothing is limited.
    """
    steps = _Steps(opening=opening, reading=reading)
    if not workers:
        yield from map(steps.take, arrivals)
        return
    if not arrivals:
        return
    CONSTS.sleep_unit = _LOOK_AGAIN
    warm_up(opening.__module__, reading.__module__)
    crew = _Crew(steps=steps, workers=workers, timeout=timeout, memory=memory)
    try:
        yield from crew.in_order(arrivals)
    finally:
        crew.dismiss()


class _Crew:
    """A pool, and what to do when it loses a worker."""

    def __init__(self, *, steps: _Steps[Any], workers: int, timeout: float, memory: int) -> None:
        self._steps, self._workers, self._timeout, self._memory = steps, workers, timeout, memory
        self._broken = 0
        self._pool = self._hire()

    def in_order(self, arrivals: Sequence[Arrival]) -> Iterator[Any]:
        """Batches are worked on a few ahead of the one whose results are taken, so that memory stays flat."""
        ahead = self._workers * _AHEAD
        size = max(1, min(_BATCH, len(arrivals) // ahead))
        batches = iter([arrivals[at : at + size] for at in range(0, len(arrivals), size)])
        running: deque[tuple[Sequence[Arrival], Future[list[Any]]]] = deque()
        while True:
            while len(running) < ahead and (batch := next(batches, None)):
                running.append((batch, self._begin(batch)))
            if not running:
                return
            yield from self._results(*running.popleft())

    def dismiss(self) -> None:
        """Stop all workers, finished or not."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def _hire(self) -> ProcessPool:
        return ProcessPool(self._workers, initializer=_prepare, initargs=(self._steps, self._memory), context=_context)

    def _begin(self, batch: Sequence[Arrival]) -> Future[list[Any]]:
        try:
            return self._pool.schedule(_read_batch, (batch,), timeout=self._timeout)
        except RuntimeError:
            self._rehire()
            return self._pool.schedule(_read_batch, (batch,), timeout=self._timeout)

    def _results(self, batch: Sequence[Arrival], future: Future[list[Any]]) -> list[Any]:
        """The results of a batch; when it failed, those of its files one by one, so that the guilty one is alone."""
        try:
            results = future.result()
            self._broken = 0
            return results
        except TimeoutError:
            reason = f"读了 {self._timeout:g} 秒还没有读完"
        except ProcessExpired as error:
            reason = _cause_of_death(error.exitcode)
        except BrokenProcessPool:
            return self._results(batch, self._begin(batch))
        if len(batch) == 1:
            return [_unreadable(batch[0], reason)]
        alone = [([arrival], self._begin([arrival])) for arrival in batch]
        return [result for one, future in alone for result in self._results(one, future)]

    def _rehire(self) -> None:
        """A new pool for one that gave up: a worker died before pebble had noted what it was working on.

        Workers that cannot even begin are our fault and not the files': then the error is let through.
        """
        self._broken += 1
        if self._broken > _PATIENCE:
            raise BrokenProcessPool("the workers do not start")
        self.dismiss()
        self._pool = self._hire()


def _cause_of_death(exitcode: int) -> str:
    with suppress(ValueError):
        return f"读取程序被中止（{signal.Signals(-exitcode).name}）"
    return f"读取程序中止（{exitcode}）"


def _prepare(steps: _Steps[Any], memory: int) -> None:
    """Make this process a worker."""
    global _steps
    _steps = steps
    _limit(memory)
    # calamine's panics and aborts would be printed on the clerk's screen
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _limit(memory: int) -> None:
    """Bound this process's address space. Windows has no such limit; macOS has one and does not keep it."""
    if sys.platform == "win32":
        return
    import resource

    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return
    used = pages * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = used + memory
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def _read_batch(batch: Sequence[Arrival]) -> list[Any]:
    time.sleep(_TAKEN_NOTE)
    return [_steps.take(arrival) for arrival in batch]


def _unreadable(arrival: Arrival, reason: str) -> Unclaimed:
    finding = notice("I1", where={"file": arrival.name}, name=arrival.name, reason=reason)
    return Unclaimed(arrival=arrival, findings=(*arrival.findings, finding))
