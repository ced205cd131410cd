"""The command line: parse, call, print, exit code; no logic."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
INTERRUPTION = "已中断。outputs 里要么还是上一次的结果，要么是这一次完整的结果；再运行一次就会接着做完。"


def main() -> None:
    """Run the command line; every way out has its exit code.

    Imports, and what a night holds, stay until the process ends. Looking among them for circles that can be freed takes
    a tenth of a small night, so that it is done seldom, and not at all at the end.
    """
    gc.disable()
    atexit.register(gc.freeze)
    with importing():
        from pipeline.cli.entry import run_command

    if not gc.get_freeze_count():  # a second command of one process would keep what the first left behind
        gc.freeze()
    gc.set_threshold(_SELDOM, 20, 20)
    gc.enable()
    run_command()


_SELDOM = 50_000
"""New objects between two looks; Python looks every 700."""


@contextmanager
def importing() -> Iterator[None]:
    """While modules are imported an interrupt ends the process at once: Python may lose one that is raised inside an
    import. Nothing has been begun then that would have to be put in order.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    try:
        signal.signal(signal.SIGINT, _leave)
    except ValueError:  # only the main thread may
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _leave(number: int, frame: FrameType | None) -> None:
    del number, frame
    os.write(2, f"错误：{INTERRUPTION}\n".encode())
    if forking := sys.modules.get("pipeline.files.forking"):
        forking.stop_server()
    os._exit(INTERRUPTED)
