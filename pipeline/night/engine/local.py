"""The engine of one machine: long-lived worker processes, or this process alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.model.submission import Arrival, Unclaimed
from pipeline.night.engine.task import Examined, Task
from pipeline.road.read import prepare_workers, read_many


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """Examines in ``workers`` guarded processes; with none of them in this process, without limits.

    ``kept`` holds the processes from one call to the next with the same task, until `dismiss` ends them; without it they
    end with their call.
    """

    workers: int
    kept: list[Any] | None = None

    def prepare(self) -> None:
        """Let the workers begin to import what they need, while this process has other things to do."""
        if self.workers:
            prepare_workers(Task.__module__)

    def examine(self, task: Task, arrivals: Sequence[Arrival]) -> Iterator[Examined | Unclaimed]:
        """Yield the results in the order of the arrivals; see `Engine`."""
        found: Iterator[Any] = read_many(
            task.open, task.read, arrivals, finishing=task.finish, workers=self.workers, kept=self.kept
        )
        # what a lost worker left behind has not been packed yet
        yield from map(task.settle, found)
