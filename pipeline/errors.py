"""Exceptions: faults of the program, of a form or of the machine. What is wrong with the data is a finding.

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
