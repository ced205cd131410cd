"""The nightly run as a task of the system: a systemd timer, a line of crontab, or a task of Windows.

The command has no year in it (the newest open one is taken), so that nobody has to change it each January. Several
workspaces of one machine have tasks of their own: the name ends in a digest of the folder.
Source: systemd.timer(5), systemd.service(5), crontab(5); Task Scheduler schema 1.2.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from pathlib import Path

from pipeline.errors import PublishError, WorkspaceError, explain_fault
from pipeline.workspace import Workspace


class Kind(StrEnum):
    """The scheduler of the system."""

    SYSTEMD = "systemd"
    CRONTAB = "crontab"
    WINDOWS = "windows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The nightly task of a workspace. ``files`` are what the scheduler needs, by path or by a name to show."""

    kind: Kind
    name: str
    at: str
    files: Mapping[str, str]


def plan_task(workspace: Workspace, at: str, kind: Kind | None = None) -> Task:
    """Draw up the task for every evening at ``at`` (HH:MM). Raises `WorkspaceError` where there is no workspace."""
    if not workspace.inputs.is_dir():
        raise WorkspaceError(f"{workspace.root} 里没有 inputs 文件夹，不是工作区。请用 --workspace 指明工作区。")
    root = workspace.root.resolve()
    name = f"xxgk-{hashlib.sha256(os.fsencode(root)).hexdigest()[:8]}"
    command = [sys.executable, "-m", "pipeline", "run", "--quiet", "--workspace", str(root)]
    kind = kind or _kind_here()
    draw = {Kind.SYSTEMD: _systemd, Kind.CRONTAB: _crontab, Kind.WINDOWS: _windows}[kind]
    return Task(kind=kind, name=name, at=at, files=draw(name, command, at, root))


def install_task(task: Task) -> None:
    """Hand the task to the scheduler, in the place of an earlier one. Raises `PublishError`."""
    if task.kind is Kind.SYSTEMD:
        for path, text in task.files.items():
            _write(Path(path), text)
        _call(["systemctl", "--user", "daemon-reload"])
        _call(["systemctl", "--user", "enable", "--now", f"{task.name}.timer"])
    elif task.kind is Kind.CRONTAB:
        _replace_line(task, *task.files.values())
    else:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{task.name}.xml"
            file.write_text(next(iter(task.files.values())), encoding="utf-16")
            _call(["schtasks", "/Create", "/F", "/TN", task.name, "/XML", str(file)])


def remove_task(task: Task) -> None:
    """Take the task away from the scheduler; nothing happens where there is none. Raises `PublishError`."""
    if task.kind is Kind.SYSTEMD:
        if any(Path(path).exists() for path in task.files):
            _call(["systemctl", "--user", "disable", "--now", f"{task.name}.timer"])
            for path in task.files:
                Path(path).unlink(missing_ok=True)
            _call(["systemctl", "--user", "daemon-reload"])
    elif task.kind is Kind.CRONTAB:
        _replace_line(task)
    elif is_installed(task):
        _call(["schtasks", "/Delete", "/F", "/TN", task.name])


def is_installed(task: Task) -> bool:
    """Whether the scheduler has the task."""
    if task.kind is Kind.SYSTEMD:
        return all(Path(path).is_file() for path in task.files)
    if task.kind is Kind.CRONTAB:
        return any(task.name in line for line in _lines())
    try:
        _call(["schtasks", "/Query", "/TN", task.name])
    except PublishError:
        return False
    return True


def _kind_here() -> Kind:
    if sys.platform == "win32":
        return Kind.WINDOWS
    if Path("/run/systemd/system").is_dir() and shutil.which("systemctl"):
        return Kind.SYSTEMD
    return Kind.CRONTAB


def _systemd(name: str, command: Sequence[str], at: str, root: Path) -> dict[str, str]:
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"
    words = " ".join(_systemd_word(word) for word in command)
    # exit code 3 means that a person must look at something: the run itself did its work
    service = f"""[Unit]
Description=政府信息公开工作年度报告：每晚汇总（{_systemd_text(str(root))}）

[Service]
Type=oneshot
WorkingDirectory={_systemd_text(str(root))}
ExecStart={words}
SuccessExitStatus=3
"""
    timer = f"""[Unit]
Description=政府信息公开工作年度报告：每晚 {at}

[Timer]
OnCalendar=*-*-* {at}:00
Persistent=true

[Install]
WantedBy=timers.target
"""
    return {str(folder / f"{name}.service"): service, str(folder / f"{name}.timer"): timer}


def _systemd_text(text: str) -> str:
    return text.replace("%", "%%")


def _systemd_word(word: str) -> str:
    escaped = _systemd_text(word).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{escaped}"'


def _crontab(name: str, command: Sequence[str], at: str, root: Path) -> dict[str, str]:
    hour, minute = at.split(":")
    words = shlex.join(command).replace("%", "\\%")
    place = shlex.quote(str(root)).replace("%", "\\%")
    return {"crontab": f"{int(minute)} {int(hour)} * * * cd {place} && {words} # {name}"}


def _windows(name: str, command: Sequence[str], at: str, root: Path) -> dict[str, str]:
    program, *words = command
    task = f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>政府信息公开工作年度报告：每晚汇总（{escape(str(root))}）</Description>
  </RegistrationInfo>
  <Triggers>
    <CalendarTrigger>
      <StartBoundary>2020-01-01T{at}:00</StartBoundary>
      <Enabled>true</Enabled>
      <ScheduleByDay>
        <DaysInterval>1</DaysInterval>
      </ScheduleByDay>
    </CalendarTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT6H</ExecutionTimeLimit>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{escape(program)}</Command>
      <Arguments>{escape(subprocess.list2cmdline(words))}</Arguments>
      <WorkingDirectory>{escape(str(root))}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
"""
    return {f"{name}.xml": task}


def _lines() -> list[str]:
    """The lines of this user's crontab; none where there is no crontab yet."""
    if not shutil.which("crontab"):
        return []
    done = subprocess.run(["crontab", "-l"], capture_output=True, text=True, check=False)  # noqa: S607
    return done.stdout.splitlines() if done.returncode == 0 else []


def _replace_line(task: Task, *lines: str) -> None:
    """Put lines in the place of those of the task; other lines stay as they are."""
    kept = [line for line in _lines() if not line.endswith(f"# {task.name}")]
    _call(["crontab", "-"], "\n".join([*kept, *lines, ""]))


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PublishError(f"无法写入 {path}（{explain_fault(error)}）。请检查文件夹权限。") from error


def _call(command: Sequence[str], given: str | None = None) -> None:
    """Call a program of the system. Raises `PublishError` with its own words."""
    try:
        subprocess.run(command, input=given, capture_output=True, text=True, check=True)  # noqa: S603
    except FileNotFoundError as error:
        raise PublishError(
            f"这台机器上没有 {command[0]}，任务没有装上。请把上面的内容交给管理员，用系统自己的定时任务安装。"
        ) from error
    except subprocess.CalledProcessError as error:
        reason = next(iter((error.stderr or error.stdout or "").strip().splitlines()), f"退出码 {error.returncode}")
        raise PublishError(f"{command[0]} 没有成功（{reason}），用户 {getpass.getuser()}。") from error
