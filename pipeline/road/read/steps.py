"""What is done with a batch of arrivals, in whatever process: one file that goes wrong costs only itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pipeline.model.finding import clause, notice
from pipeline.model.submission import Arrival, Obstacle, Opened, Reason, Unclaimed

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps(Generic[T]):
    """The steps for a batch: the container guard and the reader for each arrival, then what finishes all of them."""

    opening: Callable[[Arrival], Opened]
    reading: Callable[[Opened], T]
    finishing: Callable[[Sequence[Any]], Sequence[Any]] | None = None

    def take(self, arrival: Arrival) -> T | Unclaimed:
        """Read one file; every error, including panics, becomes a finding. What stops the process itself is raised."""
        try:
            return self.reading(self.opening(arrival))
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except MemoryError:
            return unreadable(arrival, "内存不够")
        except OSError as error:  # of the machine: it may be readable tomorrow
            return unreadable(arrival, f"读取程序出错（{type(error).__name__}）", given_up=True)
        except BaseException as error:
            return unreadable(arrival, f"读取程序出错（{type(error).__name__}）")

    def finish(self, arrivals: Sequence[Arrival], results: Sequence[T | Unclaimed]) -> list[Any]:
        """Finish the results of a batch; where that goes wrong one by one, so that only the cause is lost."""
        if self.finishing is None:
            return list(results)
        try:
            return list(self.finishing(results))
        except Exception as error:
            if len(results) > 1:
                pairs = zip(arrivals, results, strict=True)
                return [done for arrival, result in pairs for done in self.finish([arrival], [result])]
            lost = unreadable(arrivals[0], f"读取程序出错（{type(error).__name__}）")
            return list(self.finishing([lost]))


def unreadable(arrival: Arrival, reason: str, *, given_up: bool = False) -> Unclaimed:
    """Return an arrival without values; one that was ``given_up`` may be readable the next night."""
    finding = notice("I1", where={"file": arrival.name}, name=arrival.name, reason=reason)
    obstacle = Obstacle(reason=Reason.UNFINISHED if given_up else Reason.UNREADABLE, words=clause("I1", reason=reason))
    return Unclaimed(arrival=arrival, obstacle=obstacle, findings=(*arrival.findings, finding))
