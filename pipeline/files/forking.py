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
    with hide_main(), _ignored_interrupts():
        import_module("multiprocessing.forkserver").ensure_running()  # there is none on Windows


@contextmanager
def hide_main() -> Iterator[None]:
    """Hide ``__main__``, so that a new worker does not import the program that was started."""
    with _starting:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


@contextmanager
def _ignored_interrupts() -> Iterator[None]:
    """Have a new process ignore Ctrl-C: the one in charge decides, and the server would print a traceback while it imports."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # only the main thread may
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def stop_server() -> None:
    """End the processes that start workers and wait for them, so that none is alive when the command has ended.

    What is in their memory need not be taken apart piece by piece, so that they are killed.
    """
    for child in (each for each in multiprocessing.active_children() if each.daemon):
        child.kill()  # it would end a moment later anyhow, and one that was kept holds up what is waited for here
    with suppress(ImportError, AttributeError, TypeError, OSError):
        os.kill(import_module("multiprocessing.forkserver")._forkserver._forkserver_pid, signal.SIGKILL)
    for module, name in (("forkserver", "_forkserver"), ("resource_tracker", "_resource_tracker")):
        with suppress(ImportError, AttributeError, OSError):
            getattr(import_module(f"multiprocessing.{module}"), name)._stop()
