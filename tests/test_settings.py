"""xxgk.toml: what may stand in it, and what is said of anything else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipeline.errors import PublishError, WorkspaceError
from pipeline.ledger import Ledger
from pipeline.settings import SETTINGS_FILE, list_settings, read_settings


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
        ('ledger = "x"\n', r"ledger 应当写成一节：先写一行 \[ledger\]"),
        ("run = 3\n", r"run 应当写成一节：先写一行 \[run\]"),
        ("[[run]]\nworkers = 2\n", r"run 应当写成一节：先写一行 \[run\]"),
        ("[run]\nworkers = true\n", "run.workers 应当是整数"),
        ("[log]\nkeep = false\n", "log.keep 应当是整数"),
        ("[ledger]\nadress = 1\n", "不认识的项：ledger.adress"),
        ("[ledger]\naddress = 1\n", "ledger.address 应当是文字"),
        ('[run]\nworkers = "x"\n', "run.workers 应当是整数"),
        ("[run]\nworkers = -1\n", "run.workers 应不小于 0"),
        ('[run]\nengine = "spark"\n', "run.engine 应当是 local、dask 之一"),
        ("[run]\nscheduler = 1\n", "run.scheduler 应当是文字"),
        ("[log]\nkeep = 0\n", "log.keep 应不小于 1"),
        ('[mail]\nreceipts = "perhaps"\n', "mail.receipts 应当是 true 或 false"),
        ('[mail]\ngroup_file = "none"\n', "mail.group_file 指的文件 .*none 读不出来"),
        ('[publish]\nfaces = ["word"]\n', "publish.faces.0 应当是 html、infographic、data、material、pdf 之一"),
        ('[ledger]\naddress_file = "none"\n', "none 读不出来"),
        ('[mail]\nimap_plain = "也许"\n', "mail.imap_plain 应当是 true 或 false"),
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


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / SETTINGS_FILE).write_text('[ledger]\naddress = "postgresql://a:pw@b/c"\n[run]\nworkers = 2\n')
    monkeypatch.setenv("XXGK_RUN__WORKERS", "3")
    monkeypatch.setenv("XXGK_WORKSPACE", "/elsewhere")
    monkeypatch.setenv("XXGK_MAIL__IMAP_PASSWORD", "绝密")
    assert read_settings(tmp_path).workers == 3
    assert read_settings(tmp_path).inbox.read_password() == "绝密"
    assert "绝密" not in repr(read_settings(tmp_path))
    assert [(each.key, each.value, each.source) for each in list_settings(tmp_path)] == [
        ("ledger.address", "（已设置，不显示）", "xxgk.toml"),
        ("ledger.address_file", "", "默认"),
        ("run.workers", "3", "环境变量 XXGK_RUN__WORKERS"),
        ("run.engine", "local", "默认"),
        ("run.scheduler", "", "默认"),
        ("publish.faces", "", "默认"),
        ("mail.url", "", "默认"),
        ("mail.url_file", "", "默认"),
        ("mail.receipts", "false", "默认"),
        ("mail.group", "", "默认"),
        ("mail.group_file", "", "默认"),
        ("mail.imap", "", "默认"),
        ("mail.imap_password", "（已设置，不显示）", "环境变量 XXGK_MAIL__IMAP_PASSWORD"),
        ("mail.imap_password_file", "", "默认"),
        ("mail.imap_ca_file", "", "默认"),
        ("mail.imap_plain", "false", "默认"),
        ("mail.collect", "false", "默认"),
        ("log.keep", "10", "默认"),
    ]
    monkeypatch.setenv("XXGK_RUN__WORKRES", "3")
    with pytest.raises(WorkspaceError, match=r"不认识的项：run\.workres"):
        read_settings(tmp_path)


def test_an_address_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "address").write_text("postgresql://a:pw@b/c\n")
    (tmp_path / SETTINGS_FILE).write_text('[ledger]\naddress_file = "address"\n')
    assert read_settings(tmp_path).ledger == "postgresql+psycopg://a:pw@b/c"


def test_the_password_of_the_mailbox_is_read_when_it_is_opened(tmp_path: Path) -> None:
    """Who may not read its file can use every other command."""
    (tmp_path / SETTINGS_FILE).write_text('[mail]\nimap = "imaps://a@b.cn/"\nimap_password_file = "secret"\n')
    inbox = read_settings(tmp_path).inbox
    assert (inbox.address, inbox.password_file, inbox.collect) == ("imaps://a@b.cn/", tmp_path / "secret", False)
    with pytest.raises(WorkspaceError, match=r"mail\.imap_password_file 指的文件 .*secret 读不出来"):
        inbox.read_password()
    (tmp_path / "secret").write_text("授权码\n", encoding="utf-8")
    assert inbox.read_password() == "授权码"
