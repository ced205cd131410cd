"""Reading in long-lived worker processes, where a file that hangs, aborts or eats memory costs only itself.

Every worker has its own pipe to this process. So a killed worker cannot hold a shared lock, and it is always known
which file it was reading. Workers are forked from a server process that has everything imported (a fresh interpreter on
Windows), so a lost one is replaced within some tens of milliseconds, and none inherits the run's lock, database or
threads. The functions sent to them must be in a module that is quick to import, and not in ``__main__``.
"""

from __future__ import annotations

import gc
import pickle
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from multiprocessing.connection import wait
from typing import Any, TypeVar

from pipeline.files.forking import CONTEXT, start_server, undisturbed_start
from pipeline.model.submission import Arrival, Opened, Unclaimed
from pipeline.road.read.steps import Steps, unreadable
from pipeline.road.read.worker import (
    KILLED,
    MEMORY,
    PATIENCE,
    SELDOM,
    TIMEOUT,
    Limits,
    Worker,
    cause_of_death,
    work,
)

T = TypeVar("T")
_BATCH = 8
_AHEAD = 4
"""How many batches a worker may be ahead of the result that is taken next, so that memory stays flat."""
_OFFERED = 2048
"""Arrivals that are read before all of them are known, at most: their results are held until then."""
_AT_HAND, _MEANWHILE = 2, 4
"""Batches a worker has at most: the one it works on and the next; more while nobody may look after it for a moment."""
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
    limits = Limits(timeout=timeout, patience=patience, memory=memory)
    yield from Readers(steps, workers=workers, limits=limits, kept=kept).read(arrivals)


def dismiss(kept: list[Any]) -> None:
    """End the workers that a reading left behind."""
    for worker in kept:
        worker.process.kill()  # all of them, before the first is waited for
    while kept:
        kept.pop().stop()


def prepare_workers(*modules: str) -> None:
    """Start the process that workers are forked from, if it is not there, and have it import ``modules`` while this one
    goes on.
    """
    if _context is CONTEXT:
        start_server(__name__, *modules)


class Readers:
    """The workers of one reading, which may begin before all of it is known. Batches are ranges of positions among what
    was offered and what is read.
    """

    def __init__(
        self, steps: Steps[Any], *, workers: int, limits: Limits | None = None, kept: list[Any] | None = None
    ) -> None:
        self._steps, self._limits = steps, limits or Limits()
        self._clock = self._limits.timeout * self._limits.patience
        self._ahead, self._wanted = workers * _AHEAD, workers
        self._kept = kept
        self._workers: list[Worker] = [] if kept is None else kept
        self._lost_idle = 0
        self._arrivals: list[Arrival] = []
        self._batched = 0
        self._waiting: deque[range] = deque()
        self._results: dict[int, Any] = {}
        self._offered: dict[str, int] = {}

    def offer(self, arrival: Arrival) -> None:
        """Begin to read an arrival if somebody is free. Nothing is promised: it is read again where it is not the same when
        all is known, and beyond `_OFFERED` of them nothing more is begun.
        """
        if len(self._offered) == _OFFERED:
            return
        self._offered[arrival.sha256] = len(self._arrivals)
        self._arrivals.append(arrival)
        # the first ones one by one, so that all workers have something to do
        if len(self._arrivals) - self._batched >= min(_BATCH, 1 + self._batched // _BATCH):
            self._batch_up(_BATCH)
            self._go_on()

    def read(self, arrivals: Sequence[Arrival]) -> Iterator[Any]:
        """Yield the results in the order of the arrivals; see `read_many`."""
        finished = False
        try:
            yield from self._in_order(arrivals)
            finished = True
        finally:
            if self._kept is None or not finished:
                self.dismiss()

    def dismiss(self) -> None:
        """End the workers."""
        dismiss(self._workers)

    def _in_order(self, arrivals: Sequence[Arrival]) -> Iterator[Any]:
        offered = len(self._arrivals)
        positions = [self._position(arrival) for arrival in arrivals]
        left = len(self._arrivals) - self._batched
        size = max(1, min(_BATCH, left // self._ahead))
        self._batch_up(size)
        for position in positions:
            # no more is handed out than a little ahead, so that results do not pile up
            while position not in self._results:
                self._go_on(before=max(offered, position) + self._ahead * size)
            yield self._results.pop(position)

    def _position(self, arrival: Arrival) -> int:
        """Where an arrival stands; one that was not offered, or was another then, comes at the end."""
        known = self._offered.pop(arrival.sha256, None)
        if known is not None and self._arrivals[known] == arrival:
            return known
        self._arrivals.append(arrival)
        return len(self._arrivals) - 1

    def _batch_up(self, size: int) -> None:
        everything = range(len(self._arrivals))
        self._waiting.extend(everything[at : at + size] for at in everything[self._batched :: size])
        self._batched = len(everything)

    def _go_on(self, before: int | None = None) -> None:
        """Hand out what begins ``before`` a position and wait until something is done; without one hand out all that is
        possible and take what is done already.
        """
        self._hire()
        if before is None:
            self._hand_out(before=len(self._arrivals), most=_MEANWHILE)
        else:
            self._hand_out(before=before, most=_AT_HAND)
        self._listen(wait_for_it=before is not None)

    @cached_property
    def _packed(self) -> bytes:
        """The steps as every worker gets them."""
        return pickle.dumps(self._steps)

    def _hire(self) -> None:
        under_way = sum(len(worker.batches) for worker in self._workers)
        wanted = min(self._wanted, len(self._waiting) + under_way)
        if len(self._workers) < wanted:
            prepare_workers(self._steps.opening.__module__, self._steps.reading.__module__)
        while len(self._workers) < wanted:
            ours, theirs = _context.Pipe()
            process = _context.Process(target=work, args=(theirs, self._packed, self._limits), daemon=True)
            with undisturbed_start():
                process.start()
            theirs.close()
            self._workers.append(Worker(process, ours, time.monotonic() + _BEGINNING))

    def _hand_out(self, *, before: int, most: int) -> None:
        """Give batches that begin ``before`` this position to the workers with the fewest."""
        while self._waiting and self._waiting[0].start < before:
            if not any(worker.may_take(0, most) for worker in self._workers):
                return
            batch = self._waiting[0]
            content = pickle.dumps([self._arrivals[position] for position in batch])
            takers = [worker for worker in self._workers if worker.may_take(len(content), most)]
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

    def _listen(self, *, wait_for_it: bool) -> None:
        """Take what workers say, and find those that ended or have taken too long; ``wait_for_it``."""
        awaited = [worker.deadline for worker in self._workers if worker.busy] if wait_for_it else []
        patience = max(0.0, min(awaited, default=0.0) - time.monotonic())
        heard = set(wait([worker.line for worker in self._workers], patience))
        for worker in tuple(self._workers):
            if worker.line in heard:
                self._hear(worker)
            elif worker.busy and time.monotonic() > worker.deadline:
                worker.stop()
                self._lost(worker, f"过了 {self._clock:g} 秒还没有读完", given_up=True)

    def _hear(self, worker: Worker) -> None:
        try:
            results = worker.line.recv()
        except (EOFError, OSError):
            worker.process.join(_BEGINNING)  # its exit code is told a moment after its pipe is closed
            exitcode = worker.stop()
            # a process that somebody else killed says nothing about the file
            self._lost(worker, cause_of_death(exitcode, self._limits.timeout), given_up=-exitcode in KILLED)
            return
        worker.deadline = time.monotonic() + self._clock
        if not worker.ready:
            worker.ready = True
            return
        self._lost_idle = 0
        batch, _ = worker.batches.popleft()
        self._results.update(zip(batch, results, strict=True))

    def _lost(self, worker: Worker, reason: str, *, given_up: bool) -> None:
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


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Have the garbage collector look seldom, and not at what is there already: to look through it takes as long as to read a
    dozen files. Where something is frozen already that is enough: freezing again would keep what is only waiting to be
    freed.
    """
    if gc.get_freeze_count():
        yield
        return
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
