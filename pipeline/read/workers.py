"""Reading in long-lived worker processes, where a file that hangs, aborts or eats memory costs only itself.

The pool is pebble's: it kills a task that takes too long and replaces a worker that died, which the standard library's
does not. Workers are forked from a server process that has everything imported (a fresh interpreter on Windows), so a
lost one is back within some tens of milliseconds, and none inherits the run's lock, database or threads.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, TimeoutError
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any, TypeVar

from pebble import CONSTS, ProcessExpired, ProcessPool

from pipeline.findings import notice
from pipeline.returns import Arrival, Unclaimed

T = TypeVar("T")
GIB = 1 << 30
TIMEOUT, MEMORY = 20.0, 2 * GIB
_BATCH, _AHEAD = 16, 4
_LOOK_AGAIN = 0.02
"""Seconds after which pebble notices a dead worker; its own tenth of a second is long for fifty hostile files."""
_TAKEN_NOTE = 0.001
"""Seconds a worker waits before a batch: one that died the moment it took it would be missed by pebble."""
_PATIENCE = 3
"""Pools that may give up one after the other without a single batch done."""

_read: Callable[[Arrival], Any]


def warm_up() -> None:
    """Start the server that workers are forked from, and return at once: it imports while the run begins."""
    context = _context()
    if context.get_start_method() == "forkserver":
        from multiprocessing import forkserver

        forkserver.ensure_running()


def read_many(
    read: Callable[[Arrival], T],
    arrivals: Sequence[Arrival],
    *,
    workers: int = 2,
    timeout: float = TIMEOUT,
    memory: int = MEMORY,
) -> Iterator[T | Unclaimed]:
    """``read`` of every arrival, in their order; `Unclaimed` with finding I1 for each that could not be read.

    ``read`` must be picklable and is sent to each worker once. ``timeout`` is seconds a file, ``memory`` bytes of
    address space above what a worker begins with, where the system can limit it. With no ``workers`` everything is
    read in this process and nothing is limited.
    """
    if not workers:
        yield from (_guarded(read, arrival) for arrival in arrivals)
        return
    CONSTS.sleep_unit = _LOOK_AGAIN
    crew = _Crew(read=read, workers=workers, timeout=timeout, memory=memory)
    try:
        yield from crew.in_order(arrivals)
    finally:
        crew.dismiss()


class _Crew:
    """A pool, and what to do when it loses a worker."""

    def __init__(self, *, read: Callable[[Arrival], Any], workers: int, timeout: float, memory: int) -> None:
        self._read, self._workers, self._timeout, self._memory = read, workers, timeout, memory
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
        return ProcessPool(self._workers, initializer=_prepare, initargs=(self._read, self._memory), context=_context())

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


def _context() -> BaseContext:
    """How workers begin; fork itself would copy the run's lock and threads into them."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", __name__])
    return context


def _prepare(read: Callable[[Arrival], Any], memory: int) -> None:
    """Make this process a worker."""
    global _read
    _read = read
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
    return [_guarded(_read, arrival) for arrival in batch]


def _guarded(read: Callable[[Arrival], T], arrival: Arrival) -> T | Unclaimed:
    """One file; whatever it raises, panics included, is a finding. What stops the process itself goes through."""
    try:
        return read(arrival)
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except MemoryError:
        return _unreadable(arrival, "内存不够")
    except BaseException as error:
        return _unreadable(arrival, f"读取程序出错（{type(error).__name__}）")


def _unreadable(arrival: Arrival, reason: str) -> Unclaimed:
    finding = notice("I1", where={"file": arrival.name}, name=arrival.name, reason=reason)
    return Unclaimed(arrival=arrival, findings=(*arrival.findings, finding))
