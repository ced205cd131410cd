"""Reading in long-lived worker processes, where a file that hangs, aborts or eats memory costs only itself.

Every worker has its own pipe to this process. So a killed worker cannot hold a shared lock, and it is always known
which file it was reading. Workers are forked from a server process that has everything imported (a fresh interpreter on
Windows), so a lost one is replaced within some tens of milliseconds, and none inherits the run's lock, database or
threads. The functions sent to them must be in a module that is quick to import, and not in ``__main__``.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from pipeline.files.forking import CONTEXT, start_server, undisturbed_start
from pipeline.files.system import limit_memory
from pipeline.model.submission import Arrival, Opened, Unclaimed
from pipeline.road.read.steps import Steps, unreadable

T = TypeVar("T")
GIB = 1 << 30
TIMEOUT, MEMORY = 20.0, 2 * GIB
PATIENCE = 6
"""How many times the processor time of a file may pass on the clock: the machine may have other things to do."""
_BATCH = 8
_AHEAD = 4
"""How many batches a worker may be ahead of the result that is taken next, so that memory stays flat."""
_AT_HAND = 2
"""Batches a worker has at most: the one it works on and the next."""
_PIPE = 8 << 10
"""Bytes that a pipe of any system takes while nobody reads it."""
_BEGINNING = 60.0
"""Seconds a worker may need until it is ready."""
_PATIENCE = 3
"""Workers that may be lost one after the other without having been at any file."""

_context: Any = CONTEXT


def read_many(
    opening: Callable[[Arrival], Opened],
    reading: Callable[[Opened], T],
    arrivals: Sequence[Arrival],
    *,
    finishing: Callable[[Sequence[Any]], Sequence[Any]] | None = None,
    workers: int = 2,
    timeout: float = TIMEOUT,
    patience: float = PATIENCE,
    memory: int = MEMORY,
    kept: list[Any] | None = None,
) -> Iterator[T | Unclaimed]:
    """``reading(opening(arrival))`` of every arrival, in their order; `Unclaimed` with I1 where that went wrong.

    ``finishing`` turns the results of a batch into as many others, where they were read; what a lost worker leaves
    behind is not finished. The callables must be picklable and are sent to each worker once. ``timeout`` is seconds of
    processor time a file (so that the load of the machine does not decide what is read), ``patience`` how many times
    that may pass on the clock; ``memory`` is bytes of address space above what a worker begins with. Each holds where
    the system can limit it. With no ``workers`` everything is
    read in this process without limits. Workers stay in ``kept`` for the next reading with the same steps, until
    `dismiss` ends them. Raises `RuntimeError` when workers cannot start, because then no file is at fault.
    """
    steps = Steps(opening=opening, reading=reading, finishing=finishing)
    if not workers:
        with _undisturbed():
            for at in range(0, len(arrivals), _BATCH):
                batch = arrivals[at : at + _BATCH]
                yield from steps.finish(batch, [steps.take(arrival) for arrival in batch])
        return
    if not arrivals:
        return
    prepare_workers(opening.__module__, reading.__module__)
    staff: list[_Worker] = [] if kept is None else kept
    crew = _Crew(
        steps=steps, arrivals=arrivals, staff=staff, workers=workers, timeout=timeout, patience=patience, memory=memory
    )
    finished = False
    try:
        yield from crew.in_order()
        finished = True
    finally:
        if kept is None or not finished:
            dismiss(staff)


def dismiss(kept: list[Any]) -> None:
    """End the workers that a reading left behind."""
    while kept:
        kept.pop().stop()


def prepare_workers(*modules: str) -> None:
    """Start the process that workers are forked from, if it is not there, and have it import ``modules`` while this one
    goes on.
    """
    if _context is CONTEXT:
        start_server(__name__, *modules)


@dataclass(eq=False, slots=True)
class _Worker:
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

    def may_take(self, weight: int) -> bool:
        """Whether a batch of ``weight`` bytes can be handed over without waiting for the worker to fetch it."""
        if not self.batches:
            return self.ready  # it waits for nothing else
        return len(self.batches) < _AT_HAND and sum(weight for _, weight in self.batches) + weight <= _PIPE

    def stop(self) -> int:
        """Kill it; return its exit code."""
        self.line.close()
        self.process.kill()
        self.process.join()
        return self.process.exitcode or 0


class _Crew:
    """The workers of one reading. Batches are ranges of positions among ``arrivals``."""

    def __init__(
        self,
        *,
        steps: Steps[Any],
        arrivals: Sequence[Arrival],
        staff: list[_Worker],
        workers: int,
        timeout: float,
        patience: float,
        memory: int,
    ) -> None:
        self._steps, self._arrivals, self._timeout, self._memory = steps, arrivals, timeout, memory
        self._clock = timeout * patience
        self._ahead = workers * _AHEAD
        self._size = max(1, min(_BATCH, len(arrivals) // self._ahead))
        everything = range(len(arrivals))
        self._waiting = deque(everything[at : at + self._size] for at in everything[:: self._size])
        self._wanted = min(workers, len(self._waiting))
        self._workers = staff
        self._lost_idle = 0
        self._results: dict[int, Any] = {}

    def in_order(self) -> Iterator[Any]:
        """Yield the results in the order of the arrivals."""
        for position in range(len(self._arrivals)):
            # no more is handed out than a little ahead, so that results do not pile up
            while position not in self._results:
                self._hire()
                self._hand_out(before=position + self._ahead * self._size)
                self._listen()
            yield self._results.pop(position)

    def _hire(self) -> None:
        while len(self._workers) < self._wanted:
            ours, theirs = _context.Pipe()
            process = _context.Process(
                target=_work, args=(theirs, self._steps, self._timeout, self._memory), daemon=True
            )
            with undisturbed_start():
                process.start()
            theirs.close()
            self._workers.append(_Worker(process, ours, time.monotonic() + _BEGINNING))

    def _hand_out(self, *, before: int) -> None:
        """Give batches that begin ``before`` this position to the workers with the fewest."""
        while self._waiting and self._waiting[0].start < before:
            batch = self._waiting[0]
            content = pickle.dumps([self._arrivals[position] for position in batch])
            takers = [worker for worker in self._workers if worker.may_take(len(content))]
            if not takers:
                return
            worker = min(takers, key=lambda hired: len(hired.batches))
            try:
                worker.line.send_bytes(content)
            except OSError:  # it is gone, which `_listen` is about to hear
                return
            if not worker.batches:
                worker.deadline = time.monotonic() + self._clock
            worker.batches.append((self._waiting.popleft(), len(content)))

    def _listen(self) -> None:
        """Wait until a worker says something, ends, or has taken too long."""
        awaited = [worker.deadline for worker in self._workers if worker.busy]
        patience = max(0.0, min(awaited, default=0.0) - time.monotonic())
        heard = set(wait([worker.line for worker in self._workers], patience))
        for worker in tuple(self._workers):
            if worker.line in heard:
                self._hear(worker)
            elif worker.busy and time.monotonic() > worker.deadline:
                worker.stop()
                self._lost(worker, f"过了 {self._clock:g} 秒还没有读完", given_up=True)

    def _hear(self, worker: _Worker) -> None:
        try:
            results = worker.line.recv()
        except (EOFError, OSError):
            worker.process.join(_BEGINNING)  # its exit code is told a moment after its pipe is closed
            exitcode = worker.stop()
            # a process that somebody else killed says nothing about the file
            self._lost(worker, _cause_of_death(exitcode, self._timeout), given_up=-exitcode in _KILLED)
            return
        worker.deadline = time.monotonic() + self._clock
        if not worker.ready:
            worker.ready = True
            return
        self._lost_idle = 0
        batch, _ = worker.batches.popleft()
        self._results.update(zip(batch, results, strict=True))

    def _lost(self, worker: _Worker, reason: str, *, given_up: bool) -> None:
        """Replace a lost ``worker``: the files of its current batch are read one by one, to isolate the cause."""
        self._workers.remove(worker)
        if not worker.batches:
            self._lost_idle += 1
            if self._lost_idle > _PATIENCE:
                raise RuntimeError("the workers do not start")
            return
        (batch, _), *untouched = worker.batches
        # batches it had not begun go to others as they are
        again = [each for each, _ in untouched]
        # a file alone with its worker is the cause
        if len(batch) == 1:
            self._results[batch.start] = unreadable(self._arrivals[batch.start], reason, given_up=given_up)
        else:
            again[:0] = [batch[n : n + 1] for n in range(len(batch))]
        self._waiting.extendleft(reversed(again))


def _cause_of_death(exitcode: int, timeout: float) -> str:
    if _CLOCK and exitcode == -_CLOCK:
        return f"用了 {timeout:g} 秒处理器时间还没有读完"
    with suppress(ValueError):
        return f"读取程序被中止（{signal.Signals(-exitcode).name}）"
    return f"读取程序中止（{exitcode}）"


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Have the garbage collector leave alone what is there already: to look through it takes as long as to read a dozen
    files. Where something is frozen already that is enough: freezing again would keep what is only waiting to be freed.
    """
    if gc.get_freeze_count():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _work(line: Connection, steps: Steps[Any], timeout: float, memory: int) -> None:
    """Run a worker until the pipe is closed: report ready, then send a list of results for every batch."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one in charge decides
    gc.freeze()  # see `_undisturbed`
    limit_memory(memory)
    # calamine's panics and aborts would be printed on the clerk's screen
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        line.send(None)
        while True:
            batch = line.recv()
            results = [_timed(lambda: steps.take(arrival), timeout) for arrival in batch]  # noqa: B023 - called at once
            line.send(_timed(lambda: steps.finish(batch, results), timeout))  # noqa: B023


_CLOCK = getattr(signal, "SIGPROF", 0)
_KILLED = tuple(getattr(signal, name, 0) for name in ("SIGKILL", "SIGTERM", "SIGBUS"))
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
