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
    """What is offered to an engine before all is known. ``basis`` is there when anything new came and it could be loaded."""

    engine: Engine
    load: Callable[[], Basis]
    basis: Basis | None = None
    _task: Task | None = None
    _began: bool = False

    def hear(self, arrival: Arrival) -> None:
        """Offer a new arrival. Claims of the 台账 are bound when all arrivals are known, so that with any nothing is begun."""
        if not self._began:
            self._began = True
            with suppress(XxgkError):  # told when the night needs it
                self.basis = self.load()
            if self.basis and not self.basis.control.claims:
                self._task = Task.of(self.basis)
            else:
                self.engine.prepare()
        if self._task:
            self.engine.offer(self._task, arrival)
