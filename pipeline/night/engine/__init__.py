"""What turns arrivals into rows for the ledger, on one machine or on many.

A `Task` holds everything that is the same for all arrivals of a night and is pure: the same arrival gives the same
bytes wherever it runs. An `Engine` maps a task over arrivals. `LocalEngine` does so in worker processes of this
machine; `DaskEngine` sends the task to each of many machines once and runs `LocalEngine` there, so that a file that
kills its reader costs only itself there too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from pipeline.errors import EngineError
from pipeline.model.submission import Arrival, Unclaimed
from pipeline.night.engine.dask import DaskEngine
from pipeline.night.engine.local import LocalEngine
from pipeline.night.engine.task import Examined, Task

__all__ = ["DaskEngine", "Engine", "Examined", "LocalEngine", "Task", "choose_engine"]


class Engine(Protocol):
    """Examines arrivals, in whatever order and wherever; nothing of that shows in the results."""

    def prepare(self) -> None:
        """Get ready for work that is about to come; nothing depends on it."""

    def offer(self, task: Task, arrival: Arrival) -> None:
        """Begin to examine an arrival before all are known; nothing depends on it. What was offered and is not the same when
        it is asked for, or under another task, is examined again.
        """

    def withdraw(self) -> None:
        """Drop what was offered and has not been asked for."""

    def examine(self, task: Task, arrivals: Sequence[Arrival]) -> Iterator[Examined | Unclaimed]:
        """Yield one result for every arrival, in their order, as they are asked for.

        `Unclaimed` is what the machine is at fault for: it is not kept, and tried again the next night. Everything else
        is `Examined`, also a file that killed its reader.
        """


def choose_engine(name: str, scheduler: str) -> DaskEngine | None:
    """Return the engine of many machines, or ``None`` for the workers of this one.

    Raises `EngineError` when its scheduler is not named.
    """
    if name == "local":
        return None
    if not scheduler:
        raise EngineError(
            "用 dask 读取要写明调度程序的地址：--scheduler tcp://主机:8786，或者在 xxgk.toml 里写 [run] scheduler。"
        )
    return DaskEngine(scheduler)
