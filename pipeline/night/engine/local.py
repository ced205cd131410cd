"""The engine of one machine: long-lived worker processes, or this process alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.model.submission import Arrival, Unclaimed
from pipeline.night.engine.task import Examined, Task
from pipeline.road.read import Readers, Steps, prepare_workers, read_many


@dataclass(slots=True)
class LocalEngine:
    """Examines in ``workers`` guarded processes; with none of them in this process, without limits.

    ``kept`` holds the processes from one call to the next with the same task, until `dismiss` ends them; without it they
    end with their call.
    """

    workers: int
    kept: list[Any] | None = None
    _begun: tuple[Task, Readers] | None = field(default=None, init=False)

    def prepare(self) -> None:
        """Let the workers begin to import what they need, while this process has other things to do."""
        if self.workers:
            prepare_workers(Task.__module__)

    def offer(self, task: Task, arrival: Arrival) -> None:
        """Begin to read an arrival, if there are workers; the task is that of the first one offered."""
        if self._begun is None and self.workers:
            steps = Steps(opening=task.open, reading=task.read, finishing=task.finish)
            self._begun = task, Readers(steps, workers=self.workers)
        if self._begun:
            self._begun[1].offer(arrival)

    def examine(self, task: Task, arrivals: Sequence[Arrival]) -> Iterator[Examined | Unclaimed]:
        """Yield the results in the order of the arrivals; see `Engine`."""
        found: Iterator[Any]
        if self._begun and self._begun[0].is_like(task):
            found = self._begun[1].read(arrivals)
            self._begun = None
        else:
            self.withdraw()
            found = read_many(
                task.open, task.read, arrivals, finishing=task.finish, workers=self.workers, kept=self.kept
            )
        # what a lost worker left behind has not been packed yet
        yield from map(task.settle, found)

    def withdraw(self) -> None:
        """End what was begun with `offer` and is not asked for."""
        if self._begun:
            self._begun[1].dismiss()
            self._begun = None
