"""The way in and every way out of the command line: streams, log, messages of failures, exit codes."""

from __future__ import annotations

import errno
import sys
import traceback
from multiprocessing import freeze_support

import typer

from pipeline.cli import INTERRUPTED, INTERRUPTION, screen
from pipeline.cli.app import app
from pipeline.cli.chinese import complaint
from pipeline.cli.log import logged, note_end, note_fault, note_refusal
from pipeline.cli.options import CANNOT_BEGIN, CLEAN, OUR_FAULT
from pipeline.errors import XxgkError, explain_fault


def run_command() -> None:
    """Run the command line; every way out has its exit code."""
    freeze_support()  # a worker of a program packed as one .exe begins here
    try:
        code = _code()
    except KeyboardInterrupt:  # before the command had begun, or after its end
        screen.error(INTERRUPTION)
        code = INTERRUPTED
    sys.exit(code)


def _code() -> int:
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(encoding="utf-8", errors="replace")
    arguments = [word for word in sys.argv[1:] if word not in (*_QUIET, *_VERBOSE)]
    screen.be_quiet(any(word in _QUIET for word in sys.argv[1:]))
    with logged(arguments, verbose=any(word in _VERBOSE for word in sys.argv[1:])) as run:
        code = _called(arguments or ["--help"], run)
        note_end(code)
    return code


_QUIET, _VERBOSE = ("--quiet", "-q"), ("--verbose",)


def _called(arguments: list[str], run: str) -> int:
    try:
        code = int(app(arguments, prog_name="xxgk", standalone_mode=False) or CLEAN)
        if code == INTERRUPTED:
            screen.error(INTERRUPTION)
        return code
    except XxgkError as error:
        note_refusal(str(error))
        screen.error(str(error))
        return CANNOT_BEGIN
    except (typer.Abort, KeyboardInterrupt):
        screen.error(INTERRUPTION)
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):  # Typer's own console leaves when nobody reads its help any more
        screen.stop_printing()
        return CLEAN
    except Exception as error:
        if sentence := complaint(error) or _fault_of_machine(error):
            note_refusal(sentence)
            screen.error(sentence)
            return CANNOT_BEGIN
        note_fault("程序出错")
        screen.error(
            f"程序出错了，这不是您的数据的问题。请把下面的内容发给技术支持（编号 {run}，也记在 outputs/log/xxgk.jsonl）："
        )
        traceback.print_exc()
        return OUR_FAULT


_OF_MACHINE = (
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EIO,
    errno.ESTALE,
    errno.EMFILE,
)


def _fault_of_machine(error: Exception) -> str | None:
    """Return the sentence for what only this machine can be blamed for; ``None`` for any other exception."""
    if not isinstance(error, OSError) or error.errno not in _OF_MACHINE:
        return None
    where = f"{error.filename} 不能读写" if error.filename else "有内容写不出去"
    screen.stop_printing()  # perhaps it was the screen that led to a full disk
    return f"{where}（{explain_fault(error)}）。请检查磁盘空间、文件夹权限、正在使用它的程序和输出重定向到的地方，再运行一次。"
