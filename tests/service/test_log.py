"""The log: every command, every station, and the traceback of a fault of ours."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from pipeline.cli import main
from tests.workspaces import YEAR, Office


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    monkeypatch.setattr(sys, "argv", ["xxgk", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code


def lines(office: Office) -> list[dict[str, object]]:
    path = office.workspace.outputs / "log" / "xxgk.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path / "office", units=1)
    office.returns("u01")
    return office


def test_a_night_in_the_log(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "run", "--quiet", "-w", str(office.workspace.root)) == 0
    assert capsys.readouterr() == ("", "")
    found = lines(office)
    assert [line["event"] for line in found] == [
        "开始", "收件", "读取、核对", "认定、汇总", "报告", "结果文件", "发布、记录", "结束",
    ]  # fmt: skip
    assert len({line["run"] for line in found}) == 1
    assert (found[2]["returns"], found[-1]["code"]) == (1, 0)
    assert all(isinstance(line["seconds"], float) for line in found[1:-1])


def test_a_refusal_and_a_fault_of_ours(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = str(office.workspace.root)
    assert call(monkeypatch, "status", "--year", str(YEAR), "-w", root) == 2
    assert "还没有汇总过" in str(lines(office)[-2]["reason"])

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr("pipeline.night.run.run_night", broken)
    assert call(monkeypatch, "run", "-w", root) == 1
    (fault,) = [line for line in lines(office) if line["level"] == "error"]
    assert "RuntimeError: ours" in str(fault["traceback"])
    assert str(fault["run"]) in capsys.readouterr().err


def test_lines_on_the_screen(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "run", "--verbose", "-w", str(office.workspace.root)) == 0
    said = capsys.readouterr().err
    assert "读取、核对（arrivals 1，returns 1" in said


def test_full_files_are_put_aside_and_the_oldest_goes(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    (office.workspace.root / "xxgk.toml").write_text("[log]\nkeep = 2\n")
    monkeypatch.setattr("pipeline.service.log._SIZE", 300)
    for _ in range(6):
        call(monkeypatch, "runs", "-w", str(office.workspace.root))
    names = sorted(path.name for path in (office.workspace.outputs / "log").iterdir())
    assert names == ["xxgk.jsonl", "xxgk.jsonl.1", "xxgk.jsonl.2"]


def test_help_leaves_no_line_and_a_log_that_cannot_be_written_stops_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = str(office.workspace.root)
    assert call(monkeypatch, "run", "--help", "-w", root) == 0
    assert not (office.workspace.outputs / "log").exists()
    (office.workspace.outputs / "log").write_text("in the way")
    assert call(monkeypatch, "run", "-w", root) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no such device")
def test_a_full_disk_behind_the_log_stops_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    log = office.workspace.outputs / "log" / "xxgk.jsonl"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    log.symlink_to("/dev/full")
    assert call(monkeypatch, "run", "--year", str(YEAR), "--workspace", str(office.workspace.root)) in (0, 3)
