"""The nightly task: what is handed to the scheduler, whatever the folder is called."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import etree

from pipeline.errors import PublishError, WorkspaceError
from pipeline.service import schedule
from pipeline.service.schedule import Kind, install_task, is_installed, plan_task, remove_task
from pipeline.workspace import Workspace

ODD = '办公室 "50%" $HOME & <年报>'


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    root = tmp_path / ODD
    (root / "inputs").mkdir(parents=True)
    return Workspace(root)


def test_where_there_is_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="不是工作区"):
        plan_task(Workspace(tmp_path), "22:00")


def test_a_line_of_crontab_runs_in_a_shell(workspace: Workspace) -> None:
    (line,) = plan_task(workspace, "06:05", Kind.CRONTAB).files.values()
    assert line.startswith("5 6 * * * cd ")
    command = line.split(" ", 5)[5].replace("\\%", "%")  # what cron makes of it
    words = shlex.split(command.partition(" && ")[2], comments=True)
    assert words == [sys.executable, "-m", "pipeline", "run", "--quiet", "--workspace", str(workspace.root)]
    assert "--year" not in line


def test_a_task_of_windows(workspace: Workspace) -> None:
    (text,) = plan_task(workspace, "22:00", Kind.WINDOWS).files.values()
    root = etree.fromstring(text.encode("utf-16"))
    space = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
    assert [child.tag.removeprefix(space) for child in root] == [
        "RegistrationInfo", "Triggers", "Principals", "Settings", "Actions",
    ]  # fmt: skip
    assert root.findtext(f".//{space}StartBoundary") == "2020-01-01T22:00:00"
    assert root.findtext(f".//{space}Command") == sys.executable
    assert root.findtext(f".//{space}WorkingDirectory") == str(workspace.root)
    assert str(workspace.root).replace('"', '\\"') in str(root.findtext(f".//{space}Arguments"))


def test_crontab_keeps_the_lines_of_others(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, table = tmp_path / "bin", tmp_path / "table"
    folder.mkdir()
    program = folder / "crontab"
    program.write_text(f'#!/bin/sh\nif [ "$1" = -l ]; then cat {table}; else cat > {table}; fi\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    table.write_text("0 1 * * * mine\n")
    task = plan_task(workspace, "22:00", Kind.CRONTAB)
    assert not is_installed(task)
    for _ in range(2):
        install_task(task)
    assert table.read_text().splitlines() == ["0 1 * * * mine", task.files["crontab"]]
    assert is_installed(task)
    for _ in range(2):
        remove_task(task)
    assert table.read_text().splitlines() == ["0 1 * * * mine"]


def test_systemd_is_called_in_order(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    monkeypatch.setattr(schedule, "_call", lambda command, given=None: called.append(" ".join(command[2:])))
    task = plan_task(workspace, "22:00", Kind.SYSTEMD)
    install_task(task)
    assert is_installed(task)
    remove_task(task)
    assert not is_installed(task)
    timer = f"{task.name}.timer"
    assert called == ["daemon-reload", f"enable --now {timer}", f"disable --now {timer}", "daemon-reload"]


def test_a_scheduler_that_is_not_there(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(PublishError, match="没有 systemctl"):
        install_task(plan_task(workspace, "22:00", Kind.SYSTEMD))


@pytest.mark.external("systemd-analyze")
def test_systemd_understands_the_units(workspace: Workspace) -> None:
    task = plan_task(workspace, "22:00", Kind.SYSTEMD)
    for path, text in task.files.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8")
    program = shutil.which("systemd-analyze")
    assert program
    done = subprocess.run([program, "verify", "--user", *task.files], capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if task.name in line]
    assert complaints == []
    calendar = subprocess.run([program, "calendar", "*-*-* 22:00:00"], capture_output=True, text=True, check=True)
    assert "22:00:00" in calendar.stdout
