"""The command line: parse, call, print, exit code; no logic."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
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
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    from pipeline.cli.entry import run_command

    if not gc.get_freeze_count():  # a second command of one process would keep what the first left behind
        gc.freeze()
    gc.set_threshold(_SELDOM, 20, 20)
    gc.enable()
    run_command()


_SELDOM = 50_000
"""New objects between two looks; Python looks every 700."""


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Raise `KeyboardInterrupt`, or end the process at once where a module is being imported: Python may lose what is raised
    there, or leave the import locked. A night can be ended anywhere.
    """
    del number
    while frame is not None:
        if frame.f_code.co_filename.startswith(_IMPORTING):
            _leave()
        frame = frame.f_back
    raise KeyboardInterrupt


_IMPORTING = "<frozen importlib"


def _leave() -> None:
    os.write(2, f"错误：{INTERRUPTION}\n".encode())
    if forking := sys.modules.get("pipeline.files.forking"):
        forking.stop_server()
    os._exit(INTERRUPTED)
