"""A real IMAP server: every return is fetched once, and nothing on the server is changed."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import socket
import threading
from itertools import count
from pathlib import Path

import pytest

from pipeline.cli.mailbox import collect_before
from pipeline.errors import MailboxError, WorkspaceError
from pipeline.files.containers.bounds import Bounds
from pipeline.mailbox import fetch
from pipeline.mailbox.fetch import Collected, collect_mail
from pipeline.mailbox.server import parse_address
from tests.dovecot import PASSWORD, ImapServer
from tests.mailbox.mails import SENT, mail
from tests.test_cli import xxgk
from tests.workspaces import NOW, YEAR, Office, tree

REAL = pytest.mark.external("dovecot", "openssl")
RECEIVED = dt.datetime(2025, 1, 15, 10, 0, tzinfo=dt.UTC)
WORKBOOK = ("会发镇.xlsx", b"PK\3\4 one")
_users = count()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("offices") / "built", units=2)


@pytest.fixture
def user() -> str:
    """A mailbox of its own for a test."""
    return f"u{next(_users)}@fz.gov.cn"


@pytest.fixture
def office(built: Office, imap: ImapServer, user: str, tmp_path: Path) -> Office:
    office = built.copied(tmp_path / "office")
    configure(office, imap.settings(user))
    return office


def configure(office: Office, settings: str) -> None:
    (office.workspace.root / "imap").write_text(PASSWORD + "\n", encoding="utf-8")
    (office.workspace.root / "xxgk.toml").write_text(settings, encoding="utf-8")


def collect(office: Office, *, dry: bool = False, since: dt.date | None = None) -> Collected:
    return collect_mail(office.workspace, YEAR, now=NOW, dry=dry, since=since)


def fates(result: Collected) -> list[str]:
    return [letter.fate.value for letter in result.letters]


def kept(office: Office) -> dict[str, bytes]:
    return {name: content for name, content in tree(office.inputs).items() if name.startswith("邮件/")}


@REAL
def test_fetched_once_and_the_server_is_as_it_was(office: Office, imap: ImapServer, user: str) -> None:
    first = mail(WORKBOOK, number="1").replace(b"\n", b"\r\n")
    for content in (
        first,
        mail(subject="忘了附件", number="2"),
        mail(("乙.xlsx", b"two"), number="3", sender="b@fz.gov.cn"),
    ):
        imap.deliver(content, received=RECEIVED, user=user)
    imap.look(user)  # whoever comes first takes \Recent away
    before = imap.look(user)
    assert [b"\\Seen" in line for line in before] == [False] * 3
    assert fates(collect(office, dry=True)) == ["收下", "没有附件", "收下"]
    assert kept(office) == {}
    result = collect(office)
    assert (fates(result), result.known, result.broken) == (["收下", "没有附件", "收下"], 0, "")
    files = kept(office)
    assert list(files) == [
        "邮件/2025-01-15_b@fz.gov.cn/17.30_报表.eml",
        "邮件/2025-01-15_zhen@fz.gov.cn/17.30_报表.eml",
    ]
    assert files["邮件/2025-01-15_zhen@fz.gov.cn/17.30_报表.eml"] == first
    assert (office.inputs / next(iter(files))).stat().st_mtime == SENT.timestamp()
    again = collect(office)
    assert (again.letters, again.known, kept(office)) == ((), 3, files)
    assert imap.look(user) == before
    with office.workspace.open_ledger() as ledger:
        rows = ledger.mails.all(YEAR)
    assert [(row.mailbox, row.uid, bool(row.file)) for row in rows] == [
        (f"{user}@127.0.0.1/INBOX", 1, True), (f"{user}@127.0.0.1/INBOX", 2, False), (f"{user}@127.0.0.1/INBOX", 3, True),
    ]  # fmt: skip
    assert rows[0].validity > 0


@REAL
def test_the_same_mail_at_another_place_is_not_kept_twice(office: Office, imap: ImapServer, user: str) -> None:
    """A message id that was used for other contents hides nothing."""
    content = mail(WORKBOOK, number="1")
    imap.deliver(content, received=RECEIVED, user=user)
    collect(office)
    imap.deliver(b"Received: by a list\r\n" + content, received=RECEIVED, user=user)
    imap.deliver(mail(("会发镇.xlsx", b"PK\3\4 two"), number="1"), received=RECEIVED, user=user)
    assert fates(collect(office)) == ["以前收过", "收下"]
    assert len(kept(office)) == 2
    assert collect(office).known == 3


@REAL
def test_only_mails_since_a_day(office: Office, imap: ImapServer, user: str) -> None:
    for day in (dt.datetime(2024, 11, 30, tzinfo=dt.UTC), dt.datetime(2024, 12, 2, tzinfo=dt.UTC), RECEIVED):
        imap.deliver(mail(WORKBOOK, number=f"{day:%j}", sent=day), received=day, user=user)
    assert len(collect(office, dry=True).letters) == 2
    assert len(collect(office, dry=True, since=dt.date(2024, 1, 1)).letters) == 3
    assert len(collect(office, dry=True, since=dt.date(2025, 1, 10)).letters) == 1


@REAL
def test_one_bad_mail_costs_only_itself(
    office: Office, imap: ImapServer, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    giant = b"X-Junk: " + b"x" * 300_000 + b"\r\n"
    deep = (
        b"From: a@b.cn\r\nTo: c@d.cn\r\nDate: x\r\nSubject: deep\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 3000
    )
    for content in (
        giant + mail(WORKBOOK, subject="giant"),
        deep,
        mail(("大.xlsx", b"x" * 600_000), subject="大", number="9"),
        mail(("../../x.xlsx", b"x"), subject="../../x.xlsx", sent="Thu, 01 Jan 1970 00:00:00 +0000"),
        mail(("空.xlsx", b""), subject="空", sent="Fri, 01 Jan 2100 00:00:00 +0000"),
        b"\x00\xff\r\n",
        mail(WORKBOOK, subject="好", sent=""),
    ):
        imap.deliver(content.replace(b"\x00", b"."), received=RECEIVED, user=user)
    monkeypatch.setattr(fetch, "Bounds", lambda: Bounds(file=500_000))
    result = collect(office)
    assert [(letter.subject, letter.fate.value) for letter in result.letters] == [
        ("giant", "收下"), ("deep", "收下"), ("大", "太大，没有取"), ("../../x.xlsx", "收下"), ("空", "收下"), ("", "没有附件"), ("好", "收下"),
    ]  # fmt: skip
    assert {Path(name).name for name in kept(office)} == {
        "17.30_giant.eml", "18.00_deep.eml", "18.00__.._x.xlsx.eml", "18.00_空.eml", "18.00_好.eml",
    }  # fmt: skip
    assert result.troubles == 1
    again = collect(office)
    assert (fates(again), again.known) == (["太大，没有取"], 6)
    monkeypatch.undo()
    office.returns("u01")
    assert office.states(office.run())["u01"] == "通过"


@REAL
def test_a_long_mailbox_is_fetched_in_runs(
    office: Office, imap: ImapServer, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        imap.deliver(mail(WORKBOOK, number=str(n)), received=RECEIVED, user=user)
    monkeypatch.setattr(fetch, "MOST", 2)
    monkeypatch.setattr("pipeline.mailbox.server._BATCH", 1)
    runs = [collect(office) for _ in range(3)]
    assert [(len(run.letters), run.known, run.left) for run in runs] == [(2, 0, 3), (2, 2, 1), (1, 4, 0)]


@REAL
def test_the_road_by_mail_is_the_road_by_folder(
    built: Office, office: Office, imap: ImapServer, user: str, tmp_path: Path
) -> None:
    folder = built.copied(tmp_path / "folder")
    for n in (1, 2):
        figures = {"t3.received.natural": n, "t3.granted.natural": n}
        folder.returns(f"u0{n}", figures)  # type: ignore[arg-type]
        content = mail((f"第{n}镇.xlsx", folder.filled(f"u0{n}", figures)), number=str(n))  # type: ignore[arg-type]
        imap.deliver(content, received=RECEIVED, user=user)
    collect(office)
    first, second = folder.run(), office.run()
    assert first.county.figures == second.county.figures
    assert second.county.figures["t3.received.natural"] == 3
    assert office.states(second) == {"u01": "通过", "u02": "通过"}


@REAL
def test_a_folder_with_a_chinese_name(office: Office, imap: ImapServer, user: str) -> None:
    with imap.client(user) as client:
        client.create("&YqWIaA-")  # 报表 in modified UTF-7
        client.append("&YqWIaA-", "", f'"{RECEIVED:%d-%b-%Y %H:%M:%S} +0000"', mail(WORKBOOK))
    configure(office, imap.settings(user, folder="报表"))
    assert fates(collect(office)) == ["收下"]
    configure(office, imap.settings(user, folder="年报"))
    with pytest.raises(MailboxError, match=r"打不开文件夹“年报”.*现有：.*报表"):
        collect(office)


@REAL
def test_what_is_wrong_is_told_with_what_to_do(office: Office, imap: ImapServer, user: str) -> None:
    good = imap.settings(user)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = closed.getsockname()[1]
    cases = [
        (good.replace(user, "niemand@fz.gov.cn"), "登录不了，用户名或密码不对.*授权码"),
        (good.replace(str(imap.secure), str(nobody)), "连不上（对方拒绝连接）.*核对 \\[mail\\] imap"),
        (good.replace(str(imap.secure), str(imap.plain)), "不能加密连接.*993"),
        (good.replace("imap_ca_file", "#"), "的证书不能核实.*imap_ca_file"),
        (good.replace("127.0.0.1", "localhost"), "的证书不能核实（Hostname mismatch.*核对主机名"),
        (good.replace(imap.ca.as_posix(), "imap"), "不是可用的证书"),
        (good.replace("imap_password_file", "#"), "没有设置信箱的密码"),
        (good.replace('"imap"', '"none"'), "imap_password_file 指的文件 .*none 读不出来"),
    ]
    for settings, said in cases:
        configure(office, settings)
        with pytest.raises((MailboxError, WorkspaceError), match=said) as told:
            collect(office)
        assert PASSWORD not in str(told.value)
    (office.workspace.root / "imap").write_text("falsch", encoding="utf-8")
    (office.workspace.root / "xxgk.toml").write_text(good, encoding="utf-8")
    code, _, err = xxgk("collect", "--year", str(YEAR), cwd=office.workspace.root)
    assert (code, "用户名或密码不对" in err, "falsch" in err) == (2, True, False)
    assert kept(office) == {}


@REAL
def test_an_open_line_only_to_this_machine(office: Office, imap: ImapServer, user: str) -> None:
    imap.deliver(mail(WORKBOOK), received=RECEIVED, user=user)
    open_line = imap.settings(user).replace("imaps://", "imap://").replace(str(imap.secure), str(imap.plain))
    configure(office, open_line)
    assert fates(collect(office, dry=True)) == ["收下"]


class Liar:
    """A server that gives its answers in their order, besides those every server gives; after one that ends in the middle
    it hangs up.
    """

    def __init__(self, *answers: str, capabilities: str = "* CAPABILITY IMAP4rev1\r\n") -> None:
        self.answers, self.capabilities, self.heard = list(answers), capabilities, b""
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def settings(self) -> str:
        return f'[mail]\nimap = "imap://a@127.0.0.1:{self.port}/"\nimap_password_file = "imap"\n'

    def _serve(self) -> None:
        with self.socket, self.socket.accept()[0] as connection, connection.makefile("rb") as lines:
            connection.settimeout(30)
            connection.sendall(b"* OK hello\r\n")
            while line := lines.readline():
                self.heard += line
                if b"CAPABILITY" in line:
                    answer = self.capabilities + "TAG OK .\r\n"
                elif b"LOGOUT" in line or not self.answers:
                    return
                else:
                    answer = self.answers.pop(0)
                connection.sendall(answer.replace("TAG", line.split()[0].decode()).encode())
                if "TAG" not in answer:
                    return


def test_a_server_that_does_not_encrypt_hears_no_password(
    built: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = built.copied(tmp_path / "office")
    liar = Liar()
    configure(office, liar.settings())
    monkeypatch.setattr("pipeline.mailbox.server.Address.is_here", False)
    with pytest.raises(MailboxError, match=r"不加密，密码和信会被别人看到，没有登录.*imap_plain = true"):
        collect(office)
    liar.thread.join(10)
    assert b"LOGIN" not in liar.heard


def test_a_server_that_stops_in_the_middle(built: Office, tmp_path: Path) -> None:
    """What was fetched is kept and booked; the next run goes on."""
    office = built.copied(tmp_path / "office")
    content = mail(WORKBOOK, number="1")
    size = '* 1 FETCH (UID 7 RFC822.SIZE 9 INTERNALDATE "15-Jan-2025 10:00:00 +0000")\r\n* 2 FETCH (UID 9 RFC822.SIZE 9)\r\n'
    liar = Liar(
        "TAG OK in\r\n", "* OK [UIDVALIDITY 5] .\r\n* 2 EXISTS\r\nTAG OK [READ-ONLY] .\r\n", "* SEARCH 9 7\r\nTAG OK .\r\n",
        size + "TAG OK .\r\n", f"* 1 FETCH (UID 7 BODY[] {{{len(content)}}}\r\n{content.decode()})\r\nTAG OK .\r\n",
        "* 2 FETCH (UID 9 BODY[] {5000}\r\nFrom: half",
    )  # fmt: skip
    configure(office, liar.settings())
    result = collect(office)
    liar.thread.join(30)
    assert (fates(result), "连接断了" in result.broken) == (["收下"], True)
    assert list(kept(office).values()) == [content]
    with office.workspace.open_ledger() as ledger:
        assert [(row.validity, row.uid) for row in ledger.mails.all(YEAR)] == [(5, 7)]
    assert b"EXAMINE" in liar.heard
    assert b"BODY.PEEK[]" in liar.heard
    assert b"SINCE 01-Dec-2024" in liar.heard


def test_a_server_that_answers_nonsense(built: Office, tmp_path: Path) -> None:
    office = built.copied(tmp_path / "office")
    opened = ("TAG OK in\r\n", "* OK [UIDVALIDITY 5] .\r\nTAG OK .\r\n")
    liar = Liar(*opened, "* SEARCH seven\r\nTAG OK .\r\n")
    configure(office, liar.settings())
    result = collect(office)
    liar.thread.join(30)
    assert ("应答看不懂" in result.broken, result.letters) == (True, ())


def test_a_mail_the_server_refuses_costs_only_itself(built: Office, tmp_path: Path) -> None:
    office = built.copied(tmp_path / "office")
    content = mail(WORKBOOK, number="1")
    sizes = "".join(
        f'* {n} FETCH (UID {n} RFC822.SIZE 9 INTERNALDATE "15-Jan-2025 10:00:00 +0000")\r\n' for n in (1, 2, 3)
    )
    liar = Liar(
        "TAG OK in\r\n", "* OK [UIDVALIDITY 5] .\r\nTAG OK .\r\n", "* SEARCH 1 2 3\r\nTAG OK .\r\n", sizes + "TAG OK .\r\n",
        "TAG NO broken index\r\n", "TAG OK deleted meanwhile\r\n",
        f"* 3 FETCH (UID 3 BODY[] {{{len(content)}}}\r\n{content.decode()})\r\nTAG OK .\r\n",
    )  # fmt: skip
    configure(office, liar.settings())
    result = collect(office)
    liar.thread.join(30)
    assert (fates(result), result.broken) == (["取不下来", "收下"], "")
    assert "broken index" in result.letters[0].name
    with office.workspace.open_ledger() as ledger:
        assert [row.uid for row in ledger.mails.all(YEAR)] == [3]


@REAL
def test_the_night_fetches_first_and_takes_place_without(office: Office, imap: ImapServer, user: str) -> None:
    configure(office, imap.settings(user, more="collect = true\n"))
    for n in (1, 2):
        content = mail((f"第{n}镇.xlsx", office.filled(f"u0{n}")), number=str(n))
        imap.deliver(content, received=RECEIVED, user=user)
    code, out, err = xxgk("run", "--year", str(YEAR), cwd=office.workspace.root)
    assert "收信：新收下 2 封，没有附件 0 封，以前收过 0 封。" in out, err
    assert "已汇总完成：2 个单位全部计入" in out
    assert (code, err) == (0, "")
    configure(office, imap.settings("niemand@fz.gov.cn", more="collect = true\n"))
    code, out, err = xxgk("run", "--year", str(YEAR), "--json", cwd=office.workspace.root)
    assert (code, json.loads(out)["counted"]) == (3, ["u01", "u02"])
    assert "收信没有成功，只汇总已经收到的。信箱 niemand@fz.gov.cn 登录不了" in err


def test_a_fault_of_ours_at_the_mail_does_not_stop_the_night(
    built: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    office = built.copied(tmp_path / "office")
    configure(office, "[mail]\ncollect = true\n")

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(fetch, "collect_mail", broken)
    assert collect_before(office.workspace, YEAR, json=False) is False
    assert "收信没有成功，只汇总已经收到的。程序出错了" in capsys.readouterr().err
    monkeypatch.undo()
    assert collect_before(office.workspace, YEAR, json=False) is False
    assert "没有设置信箱" in capsys.readouterr().err
    configure(office, "")
    assert collect_before(office.workspace, YEAR, json=False) is True


ADDRESSES = {
    "imaps://office@fz.gov.cn@imap.fz.gov.cn": ("office@fz.gov.cn", "imap.fz.gov.cn", 993, "INBOX", True),
    "imaps://office%40fz.gov.cn@imap.fz.gov.cn:1993/INBOX": ("office@fz.gov.cn", "imap.fz.gov.cn", 1993, "INBOX", True),
    "imap://office@10.0.0.1/年报/报表": ("office", "10.0.0.1", 143, "年报/报表", False),
    "imaps://office@b.cn/%E6%8A%A5": ("office", "b.cn", 993, "报", True),
}


@pytest.mark.parametrize("text", ADDRESSES)
def test_how_a_mailbox_is_written(text: str) -> None:
    found = parse_address(text)
    assert (found.user, found.host, found.port, found.folder, found.tls) == ADDRESSES[text]


MISWRITTEN = {
    "": "没有设置信箱", "imap.fz.gov.cn": "写法不对", "pop3://a@b.cn": "写法不对", "imaps://b.cn/INBOX": "写法不对",
    "imaps://a@b.cn:port/": "写法不对", "imaps://a:geheim@b.cn/": "不要写密码",
}  # fmt: skip


@pytest.mark.parametrize("text", MISWRITTEN)
def test_how_it_is_not_written(text: str) -> None:
    with pytest.raises(WorkspaceError, match=MISWRITTEN[text]) as told:
        parse_address(text)
    assert "geheim" not in str(told.value)


def test_without_the_library(built: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office = built.copied(tmp_path / "office")
    configure(office, '[mail]\nimap = "imaps://a@127.0.0.1/"\nimap_password_file = "imap"\n')
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(WorkspaceError, match=r'pip install "xxgk\[mail\]"'):
        collect(office)
