"""Exceptions: faults of the program, of a form or of the machine, and those of others in Chinese words. What is wrong with
the data is a finding.

::

    XxgkError                 everything we raise on purpose; its text is Chinese and shown unchanged
    ├── FormError             form.toml or rules.toml cannot be used: lists every fault with its path
    ├── TemplateError         return.xlsx or report.docx cannot be used
    ├── WorkspaceError        the folder is not a workspace, has no 台账, no such year
    ├── PublishError          outputs/ cannot be written
    ├── MailboxError          the mailbox cannot be reached or read
    ├── EngineError           the machines that should read are not there, or run another program
    └── AskedError            what was asked for is not there, or is not one thing
"""

from __future__ import annotations

import errno
import re
from collections.abc import Sequence


class XxgkError(Exception):
    """Base of everything raised on purpose; ``str()`` is a Chinese sentence for the person at the terminal."""


class FormError(XxgkError):
    """A form that cannot be used; ``faults`` holds every fault found, each with file and path."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("表式定义有误：\n" + "\n".join(f"  {fault}" for fault in self.faults))


class TemplateError(XxgkError):
    """A template workbook or Word template that cannot be used."""


class WorkspaceError(XxgkError):
    """The folder, the year or the 台账 is missing or unusable."""


class PublishError(XxgkError):
    """outputs/ cannot be written."""


class MailboxError(XxgkError):
    """The mailbox cannot be reached, or does not give what is in it."""


class EngineError(XxgkError):
    """The machines that should read are not there, or are not like this one."""


class AskedError(XxgkError):
    """A figure, unit, run or version does not exist, or the words given fit several."""


_OF_TOML = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_REASONS = {
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EACCES: "没有权限，或者别的程序正在使用它",
    errno.EPERM: "没有权限，或者别的程序正在使用它",
    errno.EBUSY: "别的程序正在使用它",
    errno.ETXTBSY: "别的程序正在使用它",
    errno.EEXIST: "已经有同名的文件或文件夹",
    errno.ENOTEMPTY: "文件夹不是空的",
    errno.EISDIR: "那是一个文件夹，不是文件",
    errno.ENOTDIR: "路径里有一段是文件，不是文件夹",
    errno.ENAMETOOLONG: "路径太长",
    errno.EINVAL: "这个名字或位置不能用",
    errno.ELOOP: "链接绕成了圈",
    errno.EXDEV: "不在同一块盘上",
    errno.ENOSPC: "磁盘满了",
    errno.EDQUOT: "磁盘配额用完了",
    errno.EFBIG: "文件太大",
    errno.EROFS: "磁盘是只读的",
    errno.EIO: "磁盘读写出错",
    errno.ENODEV: "设备不在了",
    errno.ESTALE: "共享文件夹断开过，请重新连接",
    errno.EMFILE: "打开的文件太多",
    errno.ENFILE: "打开的文件太多",
    errno.ENOMEM: "内存不够",
    errno.EPIPE: "对方断开了连接",
    errno.ECONNRESET: "对方断开了连接",
    errno.ECONNABORTED: "对方断开了连接",
    errno.ENOTCONN: "没有连接",
    errno.ECONNREFUSED: "对方拒绝连接",
    errno.ETIMEDOUT: "等不到应答",
    errno.EHOSTUNREACH: "网络不通",
    errno.ENETUNREACH: "网络不通",
    errno.ENETDOWN: "网络不通",
    errno.EADDRINUSE: "端口已经有程序在用",
    errno.EADDRNOTAVAIL: "这台机器没有这个地址",
}


def explain_fault(error: BaseException) -> str:
    """Return one clause for an error of the system or of a library that opens files; never empty, never English prose."""
    if isinstance(error, OSError):
        return _of_system(error)
    text = "" if isinstance(error, KeyError) else str(error)
    if "Cannot overwrite" in text:  # of tomllib
        return "同一项写了两遍"
    if found := _OF_TOML.search(text):  # of tomllib
        return f"第 {found[1]} 行第 {found[2]} 个字那里写法不对" if found[1] else "没有写完"
    if isinstance(error, UnicodeError):
        return "不是 UTF-8 文本"
    return text if _CHINESE.search(text) else "内容不完整或已损坏"


def _of_system(error: OSError) -> str:
    if error.errno in _REASONS and not _is_name_lookup(error):
        return _REASONS[error.errno]
    if _is_name_lookup(error):
        return "找不到这台主机"
    if isinstance(error, TimeoutError):
        return "等不到应答"
    text = error.strerror or str(error)
    return text if _CHINESE.search(text) else f"系统错误 {error.errno or type(error).__name__}"


def _is_name_lookup(error: OSError) -> bool:
    """Whether a host name was not found: such errors have numbers of their own."""
    return any(kind.__name__ in ("gaierror", "herror") for kind in type(error).__mro__)
