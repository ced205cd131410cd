"""New arrivals are read while the folder is still looked through; nothing of that shows in the results."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from pipeline.errors import XxgkError
from pipeline.model.basis import Basis
from pipeline.model.submission import Arrival
from pipeline.night.engine import Engine, Task


@dataclass(kw_only=True)
class ReadAhead:
    """What is offered to an engine before all is known, under a basis that was loaded for it. ``look`` gives a digest of what
    a basis is loaded from.
    """

    engine: Engine
    load: Callable[[], Basis]
    look: Callable[[], str]
    _basis: Basis | None = None
    _seen: str = ""
    _task: Task | None = None

    def hear(self, arrival: Arrival) -> None:
        """Offer a new arrival. Claims of the 台账 are bound when all arrivals are known, so that with any nothing is begun."""
        if not self._seen:
            self._seen = self.look()
            with suppress(XxgkError):  # told when the night needs it
                self._basis = self.load()
            if self._basis and not self._basis.control.claims:
                self._task = Task.of(self._basis)
            else:
                self.engine.prepare()
        if self._task:
            self.engine.offer(self._task, arrival)

    def basis(self) -> Basis:
        """The basis; it is loaded if nothing new came, or if the office has saved a file since."""
        return self._basis if self._basis and self._seen == self.look() else self.load()
