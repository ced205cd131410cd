"""The engine of many machines: the workers of a Dask scheduler, each with guarded readers of its own.

What is sent is the task, once to each worker, and batches of arrivals; what comes back is their rows. Every machine
opens the files itself, at the same paths, and holds their hash against that of the intake. Dask is imported only when a
night asks for it.
"""

from __future__ import annotations

import logging
import multiprocessing.process
import pickle
import platform
import socket
import time
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from typing import Any

from pipeline.errors import EngineError
from pipeline.files.limit import time_limit
from pipeline.model.submission import Arrival, Unclaimed
from pipeline.night.engine.local import LocalEngine
from pipeline.night.engine.task import Examined, Task
from pipeline.night.keys import program
from pipeline.road.read import dismiss, unreadable

Results = list[Examined | Unclaimed]
_BATCH = 64
"""Files in a batch: enough that sending it costs nothing beside reading it, few enough that all finish together."""
_AHEAD = 4
"""Batches a worker's thread may be ahead of the result that is taken next, so that memory stays flat."""
_FEWEST = 32
"""Batches that may be under way however few threads there are: machines may join in the middle of a night."""
_LOOK = 1.0
"""Seconds between two looks at whether scheduler and workers are still there."""


@dataclass(frozen=True, slots=True)
class DaskEngine:
    """Examines on the workers of the Dask scheduler at an address such as ``tcp://10.0.0.5:8786``.

    ``connecting`` are seconds within which the scheduler must answer, ``patience`` those that may pass without a single
    worker. Raises `EngineError` when scheduler or workers are not there any more, or are not like this machine.
    """

    scheduler: str
    connecting: float = 10.0
    patience: float = 60.0

    def prepare(self) -> None:
        """Nothing: the machines are looked for when there is something to read."""

    def offer(self, task: Task, arrival: Arrival) -> None:
        """Nothing: a batch is sent when all is known."""

    def withdraw(self) -> None:
        """Nothing was begun."""

    def examine(self, task: Task, arrivals: Sequence[Arrival]) -> Iterator[Examined | Unclaimed]:
        """Yield the results in the order of the arrivals; see `Engine`."""
        if not arrivals:
            return
        distributed = _import_distributed()
        with _connected(distributed, self.scheduler, self.connecting) as client:
            crowd = _Crowd(distributed=distributed, client=client, engine=self)
            try:
                crowd.require_workers()
                crowd.require_same_program()
                # kept by its recipe, so that it is made again when every worker that held it is lost
                crowd.reading = client.submit(Reading, program(), pickle.dumps(task), pure=False)
                yield from crowd.in_order(task, arrivals)
            except Exception as error:
                lost = isinstance(error, distributed.comm.CommClosedError) or client.status != "running"
                if isinstance(error, EngineError) or not lost:
                    raise
                raise EngineError(crowd.gone()) from error  # asked between its end and the next look


class Reading:
    """The task on a worker of Dask, with readers that stay from batch to batch.

    It lives as long as the night holds on to it; another worker that gets it begins with readers of its own.
    """

    def __init__(self, sent_by: str, task: bytes) -> None:
        self._sent_by, self._packed = sent_by, task
        self._task: Task | None = None
        self._idle: list[list[Any]] = []

    def __reduce__(self) -> tuple[type[Reading], tuple[str, bytes]]:
        return Reading, (self._sent_by, self._packed)

    def __del__(self) -> None:
        with suppress(Exception):  # also when the process ends, and half of it is gone
            while self._idle:
                dismiss(self._idle.pop())

    def examine(self, arrivals: Sequence[Arrival]) -> Results:
        """Examine a batch in a guarded reader of this machine.

        Raises `EngineError` when this machine runs another program, `_BlindError` when it has none of the files.
        """
        if program() != self._sent_by:
            raise EngineError(f"{_other_program(socket.gethostname(), _introduce(), self._sent_by)}。{_SAME}")
        if not any(arrival.path.exists() for arrival in arrivals):
            raise _BlindError(socket.gethostname())
        # Dask marks its workers as processes that may have no children, because those could outlive them; a reader ends
        # with the pipe it listens to
        multiprocessing.process.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
        task = self._task = self._task or pickle.loads(self._packed)  # noqa: S301 - by the office's own night
        try:
            readers = self._idle.pop()  # each thread of this worker has its own
        except IndexError:
            readers = []
        try:
            return list(LocalEngine(1, readers).examine(task, arrivals))
        finally:
            self._idle.append(readers)


def _examine(reading: Reading, arrivals: Sequence[Arrival]) -> Results:
    return reading.examine(arrivals)


def _introduce() -> tuple[str, str, str]:
    """Who is at work here: the digest of the program, its version, the version of Python."""
    with suppress(PackageNotFoundError):
        return program(), version("xxgk"), platform.python_version()
    return program(), "", platform.python_version()


class _BlindError(Exception):
    """None of the files of a batch is there on that machine."""


@dataclass(kw_only=True)
class _Crowd:
    """The workers as the night sees them: they come and go."""

    distributed: Any
    client: Any
    engine: DaskEngine
    reading: Any = None
    _alone_since: float = field(default_factory=time.monotonic)

    def require_workers(self) -> None:
        """Wait for the first worker."""
        try:
            self.client.wait_for_workers(1, timeout=self.engine.connecting)
        except TimeoutError:
            raise EngineError(self._nobody()) from None

    def require_same_program(self) -> None:
        """Raise `EngineError` naming every machine on which another program would read."""
        ours = _introduce()
        try:
            with time_limit(self.engine.connecting):
                told = self.client.run(_introduce, on_error="return")
        except TimeoutError:  # a worker is busy or hangs; each compares for itself before it reads
            return
        lost = self.distributed.comm.CommClosedError  # one that has just ended
        others = [
            _other_program(address, theirs, ours[0])
            for address, theirs in sorted(told.items())
            if theirs != ours and not isinstance(theirs, lost)
        ]
        if others:
            raise EngineError(f"{'；'.join(others)}。{_SAME}")

    def in_order(self, task: Task, arrivals: Sequence[Arrival]) -> Iterator[Examined | Unclaimed]:
        """Yield the results in the order of the arrivals."""
        threads = sum(self.client.nthreads().values()) or 1
        size = max(1, min(_BATCH, -(-len(arrivals) // (threads * _AHEAD))))
        left = (arrivals[at : at + size] for at in range(0, len(arrivals), size))
        ahead: deque[tuple[Sequence[Arrival], Any]] = deque()
        while True:
            for batch in islice(left, max(_FEWEST, threads * _AHEAD) - len(ahead)):
                ahead.append((batch, self._send(batch)))
            if not ahead:
                return
            batch, future = ahead.popleft()
            try:
                yield from self._results(task, batch, future)
            except self.distributed.KilledWorker:
                del future
                self._settle([other for _, other in ahead])
                for arrival in batch:
                    yield self._alone(task, arrival)

    def _send(self, arrivals: Sequence[Arrival]) -> Any:
        there = [replace(arrival, path=arrival.path.absolute()) for arrival in arrivals]
        return self.client.submit(_examine, self.reading, there, pure=False)

    def _results(self, task: Task, arrivals: Sequence[Arrival], future: Any) -> Results:
        """Return the results of a batch when they are there. Raises ``KilledWorker`` when its workers died of it."""
        self._settle([future])
        try:
            results = future.result()
        except _BlindError as error:
            if any(arrival.path.exists() for arrival in arrivals):
                raise EngineError(
                    f"工作机 {error} 上没有 {arrivals[0].path.absolute()}。各台机器要在同样的路径上看到工作区的文件夹，"
                    f"请在那台机器上挂好共享文件夹，再运行一次。{_AGAIN}"
                ) from None
            return list(LocalEngine(1).examine(task, arrivals))  # they are gone for everybody
        except self.distributed.CancelledError:
            raise EngineError(self.gone()) from None
        except (ImportError, AttributeError) as error:
            raise EngineError(f"有一台工作机上的程序与这台机器的不同（{error}）。{_SAME}") from error
        for n, (result, arrival) in enumerate(zip(results, arrivals, strict=True)):
            if isinstance(result, Unclaimed):
                results[n] = replace(result, arrival=replace(result.arrival, path=arrival.path))
        return list(results)

    def _alone(self, task: Task, arrival: Arrival) -> Examined | Unclaimed:
        """Examine a file of a batch that its workers died of while nothing else of ours is under way."""
        try:
            (result,) = self._results(task, [arrival], self._send([arrival]))
        except self.distributed.KilledWorker:
            return unreadable(arrival, "几台工作机先后在读它的时候中断", given_up=True)
        return result

    def _settle(self, futures: Sequence[Any]) -> None:
        """Wait until all of them are done, well or not. Raises `EngineError` when that cannot be hoped for."""
        for future in futures:
            while not future.done():
                with suppress(TimeoutError, self.distributed.CancelledError):
                    future.exception(timeout=_LOOK)
                    continue
                if self.client.status != "running":
                    raise EngineError(self.gone())
                if self.client.nthreads():
                    self._alone_since = time.monotonic()
                elif time.monotonic() > self._alone_since + self.engine.patience:
                    raise EngineError(self._nobody())
        self._alone_since = time.monotonic()

    def gone(self) -> str:
        """The sentence for a scheduler that does not answer any more."""
        return (
            f"与调度程序 {self.engine.scheduler} 的连接断了。请看看它是否还在运行、网络是否正常，再运行一次。{_AGAIN}"
        )

    def _nobody(self) -> str:
        return (
            f"调度程序 {self.engine.scheduler} 那里没有工作机。请在各台机器上运行 dask worker {self.engine.scheduler}，"
            f"再运行一次。{_AGAIN}"
        )


_AGAIN = "这一次什么都没有发布，已经记下的不会重读。等不及的，加 --engine local 在这台机器上读。"
_SAME = "各台机器要装同一版本的 xxgk、程序包和 Python，装好后重新启动工作机，再运行一次。" + _AGAIN


def _other_program(machine: str, theirs: object, ours: str) -> str:
    """The clause for a worker that is not like us; ``theirs`` is its introduction, or what went wrong with it."""
    if isinstance(theirs, tuple):
        digest, program_version, python = theirs
        return (
            f"工作机 {machine} 上的程序与汇总这台的不同：那里是 xxgk {program_version}、Python {python}"
            f"（摘要 {digest[:8]}，这里 {ours[:8]}）"
        )
    return f"工作机 {machine} 上没有这个程序，或者版本不同（{theirs}）"


def _import_distributed() -> Any:
    try:
        return import_module("distributed")
    except ImportError:
        raise EngineError(
            '没有安装多机读取要用的程序包。请运行 pip install "xxgk[dask]"，或者加 --engine local 在这台机器上读。'
        ) from None


@contextmanager
def _connected(distributed: Any, scheduler: str, timeout: float) -> Iterator[Any]:
    """A client of the scheduler. Raises `EngineError` when it does not answer."""
    for name in ("distributed.client", "distributed.core", "distributed.comm.core", "distributed.batched"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what a person should know is told in Chinese
    try:
        asyncio = import_module("asyncio")
        asyncio.run(asyncio.wait_for(_knock(distributed, scheduler, timeout), timeout))
    except (OSError, TimeoutError, ValueError, TypeError, RuntimeError) as error:
        raise EngineError(
            f"连不上调度程序 {scheduler}（{type(error).__name__}）。请看看它是否在运行、地址和证书是否写对、网络是否通。"
            f"{_AGAIN}"
        ) from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about other versions, which are told as well
        client = distributed.Client(scheduler, timeout=timeout, set_as_default=False)
    try:
        yield client
    finally:
        client.close(timeout=timeout)


async def _knock(distributed: Any, scheduler: str, timeout: float) -> None:
    """Connect, ask who is there and go: a client that finds nobody does not end cleanly, and waits for ever for another
    kind of server.
    """
    certificates = distributed.Security().get_connection_args("client")
    comm = await import_module("distributed.comm").connect(scheduler, timeout=timeout, **certificates)
    try:
        await comm.write({"op": "identity", "reply": True})
        if "workers" not in await comm.read():
            raise ValueError
    finally:
        comm.abort()
