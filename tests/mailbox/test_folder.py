"""Mails of a folder are kept once, as they are, under names that a stranger cannot choose."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

import pytest

from pipeline.errors import WorkspaceError
from pipeline.files.containers.bounds import Bounds
from pipeline.mailbox import fetch
from pipeline.mailbox.fetch import Collected, collect_mail
from pipeline.mailbox.letters import Fate
from tests.mailbox.mails import SENT, mail
from tests.test_cli import xxgk
from tests.workspaces import NOW, YEAR, Office, tree

WORKBOOK = ("会发镇.xlsx", b"PK\3\4 one")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("offices") / "built", units=2)


@pytest.fixture
def office(built: Office, tmp_path: Path) -> Office:
    return built.copied(tmp_path / "office")


@pytest.fixture
def post(tmp_path: Path) -> Path:
    (tmp_path / "post").mkdir()
    return tmp_path / "post"


def lay(post: Path, content: bytes, name: str = "信.eml") -> Path:
    file = post / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    os.utime(file, (NOW.timestamp(), NOW.timestamp()))
    return file


def collect(office: Office, post: Path, *, dry: bool = False) -> Collected:
    return collect_mail(office.workspace, YEAR, now=NOW, folder=post, dry=dry)


def kept(office: Office) -> dict[str, bytes]:
    return {name: content for name, content in tree(office.inputs).items() if name.startswith("邮件/")}


def fates(result: Collected) -> list[str]:
    return [letter.fate.value for letter in result.letters]


def test_a_mail_is_kept_as_one_file_of_its_own_bytes_and_date(office: Office, post: Path) -> None:
    content = mail(WORKBOOK, number="1")
    lay(post, content)
    result = collect(office, post)
    path = "邮件/2025-01-15_zhen@fz.gov.cn/17.30_报表.eml"
    assert kept(office) == {path: content}
    assert (office.inputs / path).stat().st_mtime == SENT.timestamp()
    letter = result.letters[0]
    assert (letter.fate, letter.files, letter.path) == (Fate.KEPT, ("会发镇.xlsx",), path)
    with office.workspace.open_ledger() as ledger:
        (row,) = ledger.mails.all(YEAR)
        assert ledger.mails.all(YEAR - 1) == []
    assert (row.sender, row.subject, row.message_id) == ("zhen@fz.gov.cn", "报表", "<1@fz.gov.cn>")
    assert (row.date, row.file, row.mailbox, row.uid) == ("2025-01-15T17:30:00+08:00", path, "", 0)


def test_nothing_is_kept_twice(office: Office, post: Path) -> None:
    """Neither the same mail, nor one that another server added to or another program saved with other line ends."""
    content = mail(WORKBOOK, number="1")
    lay(post, content)
    collect(office, post)
    lay(post, b"Received: by other\r\n" + content, "a.eml")
    lay(post, content.replace(b"\n", b"\r\n"), "b.eml")
    before = kept(office)
    result = collect(office, post)
    assert (result.letters, result.known, kept(office)) == ((), 3, before)
    (office.inputs / next(iter(before))).unlink()  # what the office took away does not come back
    assert (collect(office, post).known, kept(office)) == (3, {})


def test_an_id_used_twice_hides_nothing(office: Office, post: Path) -> None:
    lay(post, mail(WORKBOOK, number="1"), "a.eml")
    lay(post, mail(("会发镇.xlsx", b"PK\3\4 two"), number="1"), "b.eml")
    nameless = mail(WORKBOOK)
    lay(post, nameless, "c.eml")
    lay(post, nameless, "d.eml")
    assert fates(collect(office, post)) == ["收下"] * 3  # without an id the same bytes are the same mail
    names = sorted(Path(name).name for name in kept(office))
    assert names[0] == "17.30_报表.eml"
    assert [name[:9] for name in names[1:]] == ["17.30_报表_"] * 2


def test_mails_without_attachment_are_counted_and_looked_at_again(office: Office, post: Path) -> None:
    lay(post, mail(subject="忘了附件"))
    for _ in range(2):
        result = collect(office, post)
        assert [(letter.fate, letter.subject) for letter in result.letters] == [(Fate.BARE, "忘了附件")]
    assert kept(office) == {}


NAMES = [
    ("../../x.xlsx", "a@b.cn", "2025-01-15_a@b.cn/17.30__.._x.xlsx.eml"),
    ("CON", "a@b.cn", "2025-01-15_a@b.cn/17.30_CON.eml"),
    ('a\\b/c:d*e?f"g<h>i|j', "a@b.cn", "2025-01-15_a@b.cn/17.30_a_b_c_d_e_f_g_h_i_j.eml"),
    ("表" * 300, "a@b.cn", f"2025-01-15_a@b.cn/17.30_{'表' * 40}.eml"),
    ("图\u202exslx.exe", "a@b.cn", "2025-01-15_a@b.cn/17.30_图_xslx.exe.eml"),
    ("", "a@b.cn", "2025-01-15_a@b.cn/17.30_无主题.eml"),
    ("表 . ", "a@b.cn", "2025-01-15_a@b.cn/17.30_表.eml"),
    ("表", "../../etc/x@b.cn", "2025-01-15__.._etc_x@b.cn/17.30_表.eml"),
    ("表", "~$x@b.cn", "2025-01-15_~$x@b.cn/17.30_表.eml"),
]


@pytest.mark.parametrize(("subject", "sender", "path"), NAMES)
def test_names_are_a_strangers(office: Office, post: Path, subject: str, sender: str, path: str) -> None:
    head = f"From: {sender}\r\nSubject: {subject}\r\nTo: x\r\nDate: Wed, 15 Jan 2025 17:30:00 +0800\r\n".encode()
    body = b'Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Disposition: attachment; filename="../../x.xlsx"\r\n\r\nx'
    lay(post, head + body)
    outside = tree(office.workspace.root.parent / "post")
    collect(office, post)
    assert list(kept(office)) == [f"邮件/{path}"]
    assert set(tree(office.workspace.root.parent)) - {f"post/{name}" for name in outside} == {
        f"office/{name}" for name in tree(office.workspace.root)
    }
    arrivals = [received.arrival.names[0] for received in office.run().arrivals]
    assert arrivals == [f"邮件/{path}/x.xlsx"]


DATES = [
    ("", NOW), ("Thu, 01 Jan 1970 00:00:00 +0000", NOW), ("Fri, 01 Jan 2100 00:00:00 +0000", NOW), ("gestern", NOW),
    ("Tue, 31 Dec 2024 23:59:00 +0800", dt.datetime(2024, 12, 31, 15, 59, tzinfo=dt.UTC)),
    ("Tue, 21 Jan 2025 12:00:00 +0000", NOW + dt.timedelta(hours=14)),
    ("Wed, 22 Jan 2025 12:00:00 +0000", NOW),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "dated"), DATES)
def test_a_date_that_cannot_be_true_is_that_of_receiving(
    office: Office, post: Path, sent: str, dated: dt.datetime
) -> None:
    lay(post, mail(WORKBOOK, sent=sent))
    collect(office, post)
    ((name, _),) = kept(office).items()
    assert (office.inputs / name).stat().st_mtime == dated.timestamp()
    assert name.split("/")[1].startswith(f"{dated.astimezone(SENT.tzinfo):%Y-%m-%d}_")


def test_a_dry_look_changes_nothing(office: Office, post: Path) -> None:
    lay(post, mail(WORKBOOK, number="1"))
    before = tree(office.workspace.root)
    assert fates(collect(office, post, dry=True)) == ["收下"]
    assert tree(office.workspace.root) == before


def test_one_bad_mail_costs_only_itself(office: Office, post: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = b"From: a@b.cn\r\nTo: c@d.cn\r\nDate: x\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 3000
    lay(post, deep, "1.eml")
    lay(post, b"no mail at all", "2.eml")
    lay(post, b"", "3.eml")
    lay(post, mail(("大.xlsx", b"x" * 4000)), "4.eml")
    lay(post, mail(("空.xlsx", b"")), "5.EML")
    lay(post, mail(WORKBOOK, subject="好"), "6.eml")
    lay(post, mail(WORKBOOK), "不是.txt")
    monkeypatch.setattr(fetch, "Bounds", lambda: Bounds(file=4_000))
    result = collect(office, post)
    assert [(letter.fate.value, letter.name) for letter in result.letters] == [
        ("太大，没有取", "1.eml"), ("取不下来", "2.eml：不是邮件"), ("取不下来", "3.eml：不是邮件"), ("太大，没有取", "4.eml"),
        ("收下", "5.EML"), ("收下", "6.eml"),
    ]  # fmt: skip
    assert result.troubles == 4
    monkeypatch.undo()
    assert fates(collect(office, post))[0] == "收下"  # the night tells what is wrong with it
    codes = {
        finding.file.partition("/")[2].partition("/")[2]: finding.code
        for finding in office.run().findings
        if finding.file
    }
    assert {name: code for name, code in codes.items() if "无主题" in name or "空" in name} == {
        "06.00_无主题.eml": "I7", "17.30_报表.eml/空.xlsx": "I15",
    }  # fmt: skip


def test_a_run_that_was_killed_before_it_recorded(office: Office, post: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(post, mail(WORKBOOK, number="1"))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.ledger.mails.Mails.record", killed)
        with pytest.raises(KeyboardInterrupt):
            collect(office, post)
    before = kept(office)
    assert fates(collect(office, post)) == ["收下"]
    assert kept(office) == before
    assert len(before) == 1


def test_a_draft_that_was_left_is_no_arrival(office: Office) -> None:
    office.drop("邮件/2025-01-15_a@b.cn/.~0123", b"half")
    assert office.run().arrivals == ()


def test_another_year_is_another_book(office: Office, post: Path) -> None:
    lay(post, mail(WORKBOOK, number="1"))
    collect(office, post)
    office.workspace.year_inputs(2025).mkdir()
    result = collect_mail(office.workspace, 2025, now=NOW, folder=post)
    assert fates(result) == ["收下"]


def test_the_road_by_mail_is_the_road_by_folder(built: Office, tmp_path: Path) -> None:
    folder, post = built.copied(tmp_path / "folder"), built.copied(tmp_path / "post")
    for n in (1, 2):
        figures = {"t3.received.natural": n, "t3.granted.natural": n}
        folder.returns(f"u0{n}", figures)  # type: ignore[arg-type]
        lay(tmp_path / "mails", mail((f"{n}.xlsx", folder.filled(f"u0{n}", figures))), f"{n}.eml")  # type: ignore[arg-type]
    collect(post, tmp_path / "mails")
    first, second = folder.run(), post.run()
    assert first.county.figures == second.county.figures
    assert second.county.figures["t3.received.natural"] == 3
    assert post.states(second) == {"u01": "通过", "u02": "通过"}


def test_the_command(office: Office, post: Path) -> None:
    root = str(office.workspace.root)
    lay(post, mail(WORKBOOK, number="1"), "1.eml")
    lay(post, mail(subject="[red]忘了"), "2.eml")
    code, out, err = xxgk("collect", "--year", str(YEAR), "-w", root, "--from", str(post), "--dry-run")
    assert (code, err) == (0, "")
    assert "会收下　2025-01-15 17:30　zhen@fz.gov.cn　《报表》　会发镇.xlsx" in out
    assert "没有附件　2025-01-15 17:30　zhen@fz.gov.cn　《[red]忘了》" in out
    assert "会收下 1 封，没有附件 1 封，以前收过 0 封。" in out
    code, out, _ = xxgk("collect", "-w", root, "--from", str(post), "--json")
    found = json.loads(out)
    assert (code, found["kept"], found["without_attachment"], found["error"]) == (0, 1, 1, None)
    assert found["mails"][0]["file"] == "邮件/2025-01-15_zhen@fz.gov.cn/17.30_报表.eml"
    lay(post, b"x", "3.eml")
    code, out, err = xxgk("collect", "-w", root, "--from", str(post))
    assert (code, "以前收过 1 封，取不下来 1 封。" in out) == (3, True)
    assert "有的信取不下来" in err


WRONG = [
    (["--from", "none"], "没有文件夹 none"),
    (["--from", ".", "--since", "2025-01-01"], "不能与 --from 一起写"),
    (["--since", "01.02.2025"], "应当是 年-月-日"),
    ([], "没有设置信箱"),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG)
def test_what_cannot_begin(office: Office, arguments: list[str], said: str) -> None:
    code, _, err = xxgk("collect", "--year", str(YEAR), *arguments, cwd=office.workspace.root)
    assert code == 2
    assert said in err


def test_a_folder_is_asked_for(office: Office, tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="没有 inputs/2023 文件夹"):
        collect_mail(office.workspace, 2023, now=NOW, folder=tmp_path)
