"""xxgk.toml: what may stand in it, and what is said of anything else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipeline.errors import PublishError, WorkspaceError
from pipeline.ledger import Ledger
from pipeline.settings import SETTINGS_FILE, read_settings


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (None, ""),
        ("", ""),
        ("[ledger]\n", ""),
        ('[ledger]\naddress = "postgresql+psycopg://a@b/c"\n', "postgresql+psycopg://a@b/c"),
        ('[ledger]\naddress = "postgresql://a@b/c"\n', "postgresql+psycopg://a@b/c"),
    ],
)
def test_what_may_stand_there(tmp_path: Path, text: str | None, address: str) -> None:
    if text is not None:
        (tmp_path / SETTINGS_FILE).write_text(text, encoding="utf-8")
    assert read_settings(tmp_path).ledger == address


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[ledger", "读不出来"),
        ("[database]\n", "不认识的项：database"),
        ('ledger = "x"\n', "不认识的项：ledger"),
        ("[ledger]\nadress = 1\n", "不认识的项：ledger.adress"),
        ("[ledger]\naddress = 1\n", "不认识的项：ledger"),
        ('[ledger]\naddress = "mysql://a"\n', "postgresql://"),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / SETTINGS_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(WorkspaceError, match=said):
        read_settings(tmp_path)


def test_a_database_without_its_driver_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(PublishError, match=r'没有安装连接它的程序包。请运行 pip install "xxgk\[postgres\]"'):
        Ledger(tmp_path, "postgresql+psycopg://xxgk@127.0.0.1:1/xxgk")
