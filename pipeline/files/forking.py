"""The process that workers are forked from: it imports once what all of them need, beside whoever started it.

It is quick to import itself, so that a command can start the server before it imports anything else. There is none on
Windows, where every worker is a fresh interpreter.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from types import ModuleType

CONTEXT = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
"""How workers are started on this system."""
_starting = threading.Lock()  # threads start their workers one after the other


def start_server(*modules: str) -> None:
    """Start the server, if it is not there, and have it import ``modules``; this does not wait for it."""
    if sys.platform == "win32":
        return
    CONTEXT.set_forkserver_preload(list(modules))
    atexit.unregister(stop_server)  # what is registered last ends first
    atexit.register(stop_server)
    import_module("multiprocessing.resource_tracker").ensure_running()  # it would let interrupts through
    with undisturbed_start():
        import_module("multiprocessing.forkserver").ensure_running()  # there is none on Windows


@contextmanager
def undisturbed_start() -> Iterator[None]:
    """Start a process in this block: ``__main__`` is hidden, so that the new one does not import the program that was
    started, and Ctrl-C is heard at the end of the block. The one in charge decides what it means; a server that hears it while
    it imports, or a worker that is sent half of what it is told, would print a traceback.
    """
    with _starting, _later_interrupts():
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


@contextmanager
def _later_interrupts() -> Iterator[None]:
    """Hold interrupts back: here, where another thread may receive them, and in the process that is started."""
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        signal.signal(signal.SIGINT, before)
        if heard:
            signal.raise_signal(signal.SIGINT)


def stop_server() -> None:
    """End the processes that start workers and wait for them, so that none is alive when the command has ended.

    What is in their memory need not be taken apart piece by piece, and one whose start was interrupted waits for ever, so
    that they are killed.
    """
    for child in (each for each in multiprocessing.active_children() if each.daemon):
        child.kill()  # it would end a moment later anyhow, and one that was kept holds up what is waited for here
    for module, name, pid in (
        ("forkserver", "_forkserver", "_forkserver_pid"),
        ("resource_tracker", "_resource_tracker", "_pid"),
    ):
        with suppress(ImportError, AttributeError, TypeError, OSError):
            process = getattr(import_module(f"multiprocessing.{module}"), name)
            os.kill(getattr(process, pid), signal.SIGKILL)
            process._stop()
