"""What is begun before a night needs it: it decides nothing, and is there only when something looks new."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.files import filling
from pipeline.files.filling import compile_template
from pipeline.night import ahead
from pipeline.night.ahead import READERS, get_ahead, meanwhile
from pipeline.night.basis import load_basis
from pipeline.night.expected import compile_ahead
from pipeline.workspace import Workspace
from tests.workspaces import Office

_OLD, _NEW = 1_700_000_000, 1_700_000_100


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What was started, instead of starting it."""
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(ahead, "start_server", lambda *modules: calls.append(modules))
    return calls


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A year whose last night is newer than everything that is there."""
    where = Workspace(tmp_path)
    for path in (where.year_inputs(2024) / "邮件", where.year_outputs(2024)):
        path.mkdir(parents=True)
    where.control(2024).write_bytes(b"")
    (where.year_outputs(2024) / "run.json").write_bytes(b"")
    for path in (where.control(2024), where.year_inputs(2024) / "邮件", where.year_inputs(2024)):
        os.utime(path, (_OLD, _OLD))
    os.utime(where.year_outputs(2024) / "run.json", (_NEW, _NEW))
    return where


def test_readers_are_not_begun_where_nothing_looks_new(workspace: Workspace, started: list[tuple[str, ...]]) -> None:
    get_ahead(workspace, 2024)
    assert started == []


@pytest.mark.parametrize("touched", ["", "邮件", "台账.xlsx"])
def test_readers_are_begun_when_a_folder_or_the_control_is_newer(
    workspace: Workspace, started: list[tuple[str, ...]], touched: str
) -> None:
    os.utime(workspace.year_inputs(2024) / touched, (_NEW + 1, _NEW + 1))
    get_ahead(workspace, 2024)
    assert started == [READERS]


def test_the_first_night_begins_them_and_a_year_that_is_not_there_does_not(
    tmp_path: Path, started: list[tuple[str, ...]]
) -> None:
    get_ahead(Workspace(tmp_path), 2024)
    assert started == []
    Workspace(tmp_path).year_inputs(2024).mkdir(parents=True)
    get_ahead(Workspace(tmp_path), 2024)
    assert started == [READERS]


def test_readers_import_neither_the_database_nor_the_report() -> None:
    program = (
        "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]];"
        "print([name for name in ('sqlalchemy', 'docxtpl', 'docx', 'asyncio', 'distributed') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", program, *READERS], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


def test_a_step_beside_a_block_is_over_with_it() -> None:
    done: list[str] = []
    with pytest.raises(KeyError), meanwhile(lambda: done.append("step")):
        raise KeyError
    assert done == ["step"]


def test_what_is_compiled_while_readers_read_is_not_compiled_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    office = Office(tmp_path / "one", units=1)
    office.returns("u01", {})
    filling._compiled.clear()
    with office.workspace.open_ledger() as ledger:
        compile_ahead(load_basis(office.workspace, ledger, 2024))
    body = max(filling._compiled._found, key=len)
    assert "行政" in body
    assert len(filling._compiled._found) > 40
    compiled: list[str] = []
    monkeypatch.setattr(filling._compiled, "put", lambda source, code: compiled.append(source))
    office.run()
    assert [source for source in compiled if "{" in source] == []  # what is left are properties of the document


def test_what_is_wrong_with_a_template_is_told_when_it_is_filled(tmp_path: Path) -> None:
    broken = tmp_path / "report.docx"
    broken.write_bytes(b"PK")
    compile_template(broken)
    compile_template(tmp_path / "nowhere.docx")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
@pytest.mark.parametrize("seconds", [0.02, 0.1, 0.2, 0.35, 0.5])
def test_ctrl_c_while_a_command_imports_is_one_sentence(tmp_path: Path, seconds: float) -> None:
    office = Office(tmp_path / "office", units=1)
    office.returns("u01", {})
    command = [
        sys.executable,
        "-c",
        "from pipeline.cli import main; print(1, flush=True); main()",
        "run",
        "--year",
        "2024",
    ]
    command += ["-w", str(office.workspace.root)]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    assert run.stdout is not None
    assert run.stdout.readline() == b"1\n"  # Python itself has started
    time.sleep(seconds)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does: everybody gets it
    _, said = run.communicate(timeout=60)
    assert b"Traceback" not in said
    assert run.returncode == 130
    assert "已中断" in said.decode()
