"""Typer in Chinese: the words of its help pages and error messages, which it has in English only."""

from __future__ import annotations

import re
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

ROAD = (
    "form",
    "rules",
    "template",
    "init",
    "issue",
    "history",
    "collect",
    "run",
    "check",
    "status",
    "receipt",
    "remind",
    "trace",
    "diff",
    "runs",
    "table",
    "verify",
    "report",
    "publish",
    "lock",
    "unlock",
    "config",
    "doctor",
    "schedule",
    "backup",
    "restore",
    "demo",
)
_USAGE_ERROR = typer.BadParameter.__bases__[0]
"""What every complaint about a command line is."""
OPTIONS_METAVAR, COMMAND_METAVAR = "[选项]", "命令 [参数]..."


class _Words:
    """The usage line and the help option."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        from typer import rich_utils  # slow to import, and most commands print no help

        rich_utils.ARGUMENTS_PANEL_TITLE = "参数"
        rich_utils.OPTIONS_PANEL_TITLE = "选项"
        rich_utils.COMMANDS_PANEL_TITLE = "命令"
        rich_utils.DEFAULT_STRING = "[默认：{}]"
        rich_utils.REQUIRED_LONG_STRING = "[必填]"
        super().format_help(ctx, formatter)  # type: ignore[misc]

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        pieces = " ".join(self.collect_usage_pieces(ctx))  # type: ignore[attr-defined]
        formatter.write_usage(ctx.command_path, pieces, prefix="用法：")

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = "显示本说明后退出。"
            option.metavar = ""
        return option

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters; those that Typer adds for completion get Chinese words, flags no type."""
        found: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for param in found:
            if getattr(param, "is_flag", False):
                param.metavar = ""
            if param.name in _COMPLETION:
                param.help = _COMPLETION[param.name]
        return found


_COMPLETION = {
    "install_completion": "给正在用的外壳（bash、zsh、fish、PowerShell）装上命令补全。",
    "show_completion": "打印命令补全的脚本，自己安装。",
}


class ChineseGroup(_Words, TyperGroup):
    """A group of commands that speaks Chinese and offers them in the order of the road."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Known stations first, in their order; anything else after them."""
        names = super().list_commands(ctx)
        return sorted(names, key=lambda name: ROAD.index(name) if name in ROAD else len(ROAD))


class Offering(ChineseGroup):
    """A group that passes an unknown word to its first command: ``xxgk rules R3``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert the name of the first command, unless a command or ``--help`` is given."""
        first = self.list_commands(ctx)[0]
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = [first, *args]
        return list(super().parse_args(ctx, args))


class ChineseCommand(_Words, TyperCommand):
    """A command that speaks Chinese."""


def complaint(error: Exception) -> str | None:
    """Return the Chinese sentence for a usage error; ``None`` for any other exception.

    Typer raises the exceptions of a private copy of click. They are told apart by the public `typer.BadParameter`, its
    base classes, and the attributes that only one of them has.
    """
    if not isinstance(error, _USAGE_ERROR):
        return None
    message = str(getattr(error, "message", ""))
    where = getattr(error, "param_hint", None) or getattr(getattr(error, "param", None), "opts", "")
    param = getattr(error, "param", None)
    if getattr(param, "param_type_name", "") == "argument":
        where = getattr(param, "metavar", None) or where
    names = "、".join(where) if isinstance(where, list | tuple) else str(where or "")
    option = getattr(error, "option_name", "")
    if hasattr(error, "param_type"):
        text = f"缺少必填的 {names or '参数'}"
    elif isinstance(error, typer.BadParameter):
        reason = "应为整数" if "valid integer" in message else _bounds(error) or _path_fault(message) or message
        text = f"{names or '参数'} 的值不对（{reason}）"
    elif option and hasattr(error, "possibilities"):
        text = f"没有 {option} 这个选项"
    elif option:
        wanted = re.search(r"requires (\d+) arguments", message)
        reason = f"后面要写 {wanted[1]} 个值" if wanted else message
        text = f"{option} 的用法不对（{reason}）"
    elif "No such command" in message:
        name, *near = re.findall(r"'([^']*)'", message)
        text = f"没有 {name} 这个命令" + (f"，是不是 {near[0]}" if near else "")
    elif "Missing command" in message:
        text = "请在后面写上命令"
    elif extra := re.search(r"unexpected extra argument(?:s|\(s\))? \((.*)\)", message):
        text = f"多写了 {extra[1]}"
    else:
        text = f"用法不对（{message}）" if message else "请在后面写上命令"
    context = getattr(error, "ctx", None)
    return f"{text}。查看用法：{context.command_path if context else 'xxgk'} --help"


_PATH_FAULTS = {
    "does not exist": "没有这个文件或文件夹",
    "is a directory": "是一个文件夹，不是文件",
    "is a file": "是一个文件，不是文件夹",
    "is not readable": "没有权限读",
    "is not writable": "没有权限写",
}


def _path_fault(message: str) -> str:
    """Return what Typer says of a path."""
    path = message[message.find("'") + 1 : message.rfind("'")]
    return next((f"{path} {words}" for mark, words in _PATH_FAULTS.items() if message.rstrip(".").endswith(mark)), "")


def _bounds(error: Exception) -> str:
    """Return the range that a number must lie in; without a range, the message itself."""
    kind = getattr(getattr(error, "param", None), "type", None)
    low, high = getattr(kind, "min", None), getattr(kind, "max", None)
    if low is not None and high is not None:
        return f"应在 {low} 到 {high} 之间"
    message = str(getattr(error, "message", ""))
    limits = dict(re.findall(r"(greater|less) than or equal to (-?\d+)", message))
    limits_in_words = [f"不小于 {limits['greater']}"] if "greater" in limits else []
    limits_in_words += [f"不大于 {limits['less']}"] if "less" in limits else []
    if limits_in_words:
        return "应" + "、".join(limits_in_words)
    choices = re.findall(r"'([^']*)'", message.partition("is not one of")[2])
    return f"只能是 {'、'.join(choices)}" if choices else ""


def new_app(help_text: str, *, bare: bool = False, offering: bool = False, completion: bool = False) -> typer.Typer:
    """Make a group with Chinese words. A ``bare`` group runs without a command; of an ``offering`` one the first command
    may be left out; one with ``completion`` has the options that install it.
    """
    return typer.Typer(
        cls=Offering if offering else ChineseGroup,
        help=help_text,
        add_completion=completion,
        no_args_is_help=not bare,
        context_settings={"help_option_names": ["--help", "-h"]},
        options_metavar=OPTIONS_METAVAR,
        subcommand_metavar=COMMAND_METAVAR,
        pretty_exceptions_enable=False,
    )
