"""The command line: parse, call, print, exit code; no logic."""

from __future__ import annotations

import atexit
import gc


def main() -> None:
    """Run the command line; every way out has its exit code.

    Imports, and what a night holds, stay until the process ends. Looking among them for circles that can be freed takes
    a tenth of a small night, so that it is done seldom, and not at all at the end.
    """
    gc.disable()
    atexit.register(gc.freeze)
    from pipeline.cli.entry import run_command

    if not gc.get_freeze_count():  # a second command of one process would keep what the first left behind
        gc.freeze()
    gc.set_threshold(_SELDOM, 20, 20)
    gc.enable()
    run_command()


_SELDOM = 50_000
"""New objects between two looks; Python looks every 700."""
