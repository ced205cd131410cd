"""Interrupted by a person, or killed while a year is closed: what is told, and what the next command makes of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.files import atomic, piecewise
from pipeline.files.forking import undisturbed_start
from pipeline.ledger.closings import Closings
from pipeline.night import close
from pipeline.night.close import lock_year
from pipeline.night.run import Effort, run_night
from tests import ROOT
from tests.workspaces import NOW, YEAR, Office, tree


class _Killed(BaseException):
    """No handler of the program sees it, as with SIGKILL."""


def office_with_returns(root: Path) -> Office:
    office = Office(root, units=2)
    office.returns("u01", {"t3.received.natural": 1, "t3.granted.natural": 1})
    office.returns("u02")
    office.run()
    return office


def lock(office: Office) -> None:
    lock_year(office.workspace, YEAR, by="王五", reason="定稿", now=NOW)


@pytest.mark.parametrize("step", ["keep_night", "_sign_off", "publish_files", "record"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_lock_after_a_kill_simply_finishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    whole = office_with_returns(tmp_path / "whole")
    lock(whole)
    office = office_with_returns(tmp_path / "killed")
    where: object = Closings if step == "record" else close
    real = getattr(where, step)

    def dying(*args: object, **words: object) -> object:
        if after:
            real(*args, **words)
        raise _Killed

    with monkeypatch.context() as patch:
        patch.setattr(where, step, dying)
        with pytest.raises(_Killed):
            lock(office)
    if not (step in ("record", "_sign_off") and after):  # by then the closing is recorded
        lock(office)
    assert tree(office.workspace.year_outputs(YEAR)) == tree(whole.workspace.year_outputs(YEAR))
    with office.workspace.open_ledger() as ledger:
        assert [row.closed for row in ledger.closings.all(YEAR)] == [True]
    assert run_night(office.workspace, YEAR, now=NOW, effort=Effort(workers=0)) is None


def test_a_run_after_a_killed_lock_publishes_an_open_year(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office = office_with_returns(tmp_path / "office")
    before = tree(office.workspace.year_outputs(YEAR))
    with monkeypatch.context() as patch:
        patch.setattr(close.Ledger, "settle", lambda self: (_ for _ in ()).throw(_Killed()))
        with pytest.raises(_Killed):
            lock(office)
    assert (office.workspace.year_outputs(YEAR) / "封存清单.json").exists()
    assert run_night(office.workspace, YEAR, now=NOW, effort=Effort(workers=0)) is not None
    assert tree(office.workspace.year_outputs(YEAR)) == before


def test_ctrl_c_says_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    office = office_with_returns(tmp_path / "office")

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.night.run.run_night", interrupted)
    monkeypatch.setattr(sys, "argv", ["xxgk", "run", "--year", str(YEAR), "-w", str(office.workspace.root)])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 130
    said = " ".join(capsys.readouterr().err.split())
    assert "已中断" in said
    assert "再运行一次" in said


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_ctrl_c_inside_an_import_ends_the_command_at_once(tmp_path: Path) -> None:
    """Python would lose it: here a module takes it for an error of its own and goes on."""
    (tmp_path / "slow.py").write_text(
        "import os, signal\ntry:\n    os.kill(os.getpid(), signal.SIGINT)\n    for _ in range(10**6): pass\n"
        "except BaseException: pass\nprint('went on', flush=True)\n",
        encoding="utf-8",
    )
    code = "import sys; from pipeline import cli; from pipeline.cli import app; app.read_settings = lambda _: __import__('slow'); cli.main()"
    command = [sys.executable, "-c", code, "run", "--year", str(YEAR), "-w", str(tmp_path)]
    run = subprocess.run(
        command,
        capture_output=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))},
        check=False,
    )
    assert run.returncode == 130
    assert run.stdout == b""
    assert run.stderr.decode().startswith("错误：已中断。")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_ctrl_c_while_a_process_starts_is_heard_afterwards() -> None:
    held = []

    def start() -> None:
        with undisturbed_start():
            signal.raise_signal(signal.SIGINT)
            held.append(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        start()
    assert held == [True]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks into /proc")
def test_nothing_that_a_run_started_outlives_it(tmp_path: Path) -> None:
    office = office_with_returns(tmp_path / "office")
    command = [sys.executable, "-m", "pipeline", "run", "--anew", "--year", str(YEAR), "-w", str(office.workspace.root)]
    with subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, cwd=ROOT) as process:
        assert process.wait(120) in (0, 3)
        alive = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                if int(fields[2]) == process.pid and int(entry.name) != os.getpid():
                    alive.append(entry.name)
    assert alive == []


def test_a_workbook_that_is_open_does_not_cost_the_night(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    office = office_with_returns(tmp_path / "office")
    folder = office.workspace.year_outputs(YEAR)
    before = (folder / "county.xlsx").read_bytes()
    office.returns("u02", {"t3.received.natural": 4, "t3.granted.natural": 4}, name="二.xlsx")
    monkeypatch.setattr(atomic, "_exchange_folders", lambda one, other: False)
    monkeypatch.setattr(piecewise, "WAITS", ())
    replace = Path.replace

    def move(self: Path, target: str | os.PathLike[str]) -> Path:
        if Path(target).name == "county.xlsx":
            raise PermissionError(13, "open in another program")
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", move)
        outcome = run_night(office.workspace, YEAR, now=NOW, effort=Effort(workers=0))
    assert outcome is not None
    assert outcome.held == ("county.xlsx",)
    assert any("county.xlsx 正被别的程序打开" in point for point in outcome.open_points)
    assert (folder / "county.xlsx").read_bytes() == before
    assert json.loads((folder / "run.json").read_text())["figures"]["t3.received.natural"] == 5
    again = run_night(office.workspace, YEAR, now=NOW, effort=Effort(workers=0))
    assert again is not None
    assert again.held == ()
    assert not (folder / "county（新）.xlsx").exists()
    assert (folder / "county.xlsx").read_bytes() != before
    assert run_night(office.workspace, YEAR, now=NOW, effort=Effort(workers=0)) is None
