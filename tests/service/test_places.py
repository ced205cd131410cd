"""Where a command works when nobody says: the workspace around the folder, the newest year that is open."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.cli.options import choose
from pipeline.errors import WorkspaceError
from pipeline.night.close import lock_year
from tests.workspaces import NOW, YEAR, Office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path / "office", units=1)
    office.returns("u01")
    office.run()
    return office


def add_year(office: Office, year: int) -> None:
    office.workspace.year_inputs(year).mkdir()
    shutil.copy(office.workspace.control(YEAR), office.workspace.control(year))


def test_the_workspace_around_the_folder(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    below = office.workspace.year_inputs(YEAR) / "邮件" / "一月"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    where, year = choose(Path(), None)
    assert (where.root.resolve(), year) == (office.workspace.root.resolve(), YEAR)


def test_the_environment_names_one(office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XXGK_WORKSPACE", str(office.workspace.root))
    assert choose(Path(), None)[1] == YEAR
    with pytest.raises(WorkspaceError, match="没有找到工作区"):
        choose(tmp_path / "other", None)


def test_the_newest_open_year(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    root = office.workspace.root
    office.workspace.year_inputs(YEAR + 2).mkdir()  # no 台账, no year
    assert choose(root, None)[1] == YEAR
    assert f"年度：{YEAR}" in capsys.readouterr().err
    add_year(office, YEAR + 1)
    assert choose(root, None)[1] == YEAR + 1
    assert choose(root, YEAR)[1] == YEAR
    shutil.rmtree(office.workspace.year_inputs(YEAR + 1))
    add_year(office, YEAR - 1)
    lock_year(office.workspace, YEAR, by="王五", reason="定稿", now=NOW)
    assert choose(root, None)[1] == YEAR - 1
    assert f"年度：{YEAR - 1}（没有写 --year，取有台账、没有封存的年度里最新的）" in capsys.readouterr().err
    shutil.rmtree(office.workspace.year_inputs(YEAR - 1))
    assert choose(root, None)[1] == YEAR
    assert capsys.readouterr().err == f"年度：{YEAR}（没有写 --year，有台账的年度都已封存，取最新的）\n"
