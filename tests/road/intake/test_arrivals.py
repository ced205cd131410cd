"""A folder to arrivals: what is ignored, what waits, what attachments become, and that nothing is lost."""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.ledger import Ledger
from pipeline.model.submission import Arrival
from pipeline.road.intake import Bounds, open_arrival, take_in
from tests.road.intake.containers import archive, raw_archive, workbook

YEAR = 2025
NOW = dt.datetime(2026, 1, 15, 18, 0, tzinfo=dt.UTC)
OLD = 1_760_000_000
A, B = workbook({"甲": [[1]]}), workbook({"乙": [[2]]})


class Office:
    """A folder of returns and its ledger."""

    def __init__(self, root: Path) -> None:
        self.folder, self.history = root / "inputs", root / "ledger"
        self.folder.mkdir()

    def put(self, files: Mapping[str, bytes], *, age: float | None = None) -> None:
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            when = OLD if age is None else time.time() - age
            os.utime(path, (when, when))

    def take(self, *, now: dt.datetime = NOW, bounds: Bounds | None = None) -> list[Arrival]:
        with Ledger(self.history) as ledger:
            return take_in(self.folder, ledger, year=YEAR, now=now, bounds=bounds).arrivals()

    def originals(self) -> set[bytes]:
        return {path.read_bytes() for path in (self.history / "originals").iterdir()}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def codes(arrivals: list[Arrival]) -> dict[str, str]:
    """Code of the finding by name; empty for what is usable."""
    return {a.name: "" if a.usable else a.findings[-1].code for a in arrivals}


def test_any_file_in_any_folder(office: Office) -> None:
    office.put({"会发镇.xlsx": A, "第二批/街道/会发街道.xlsx": B})
    arrivals = office.take()
    assert codes(arrivals) == {"会发镇.xlsx": "", "第二批/街道/会发街道.xlsx": ""}
    assert {a.path.read_bytes() for a in arrivals} == {A, B} == office.originals()


@pytest.mark.parametrize(
    "name",
    [
        "~$会发镇.xlsx",
        ".~lock.会发镇.xlsx#",
        "Thumbs.db",
        "thumbs.db",
        ".DS_Store",
        "desktop.ini",
        "__MACOSX/会发镇.xlsx",
        "子/._会发镇.xlsx",
        "台账.xlsx",
    ],
)
def test_ignored_silently(office: Office, name: str) -> None:
    office.put({name: A})
    assert office.take() == []


def test_a_control_workbook_in_a_sub_folder_is_a_return_like_any_other(office: Office) -> None:
    office.put({"旧/台账.xlsx": A})
    assert codes(office.take()) == {"旧/台账.xlsx": ""}


def test_links_are_not_followed(office: Office, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.xlsx").write_bytes(A)
    try:
        (office.folder / "link.xlsx").symlink_to(tmp_path / "outside" / "a.xlsx")
        (office.folder / "folder").symlink_to(tmp_path / "outside", target_is_directory=True)
    except OSError:
        pytest.skip("no symbolic links here")
    assert office.take() == []


def test_same_content_is_one_arrival_with_both_names(office: Office) -> None:
    office.put({"a.xlsx": A, "b/再发.xlsx": A})
    (arrival,) = office.take()
    assert arrival.names == ("a.xlsx", "b/再发.xlsx")


def test_first_seen_stays_and_a_later_file_destroys_nothing(office: Office) -> None:
    office.put({"会发镇.xlsx": A})
    office.take()
    office.put({"会发镇.xlsx": B})
    later = NOW + dt.timedelta(days=1)
    assert [a.first_seen for a in office.take(now=later)] == [later]
    office.put({"会发镇.xlsx": A})
    assert [a.first_seen for a in office.take(now=later + dt.timedelta(days=1))] == [NOW]
    assert office.originals() == {A, B}


def test_order_is_by_first_seen_then_time_then_name(office: Office) -> None:
    office.put({"c.xlsx": A})
    office.take()
    office.put({"b.xlsx": B, "a.xlsx": workbook({"丙": [[3]]})})
    os.utime(office.folder / "a.xlsx", (OLD + 60, OLD + 60))
    assert [a.name for a in office.take(now=NOW + dt.timedelta(days=1))] == ["c.xlsx", "b.xlsx", "a.xlsx"]


@pytest.mark.parametrize(
    ("name", "content", "age", "code"),
    [
        ("whole workbook, just written", A, 0, ""),
        ("half a workbook, just written", A[:4000], 0, "I12"),
        ("half a workbook, long ago", A[:4000], None, "I7"),
        ("text, just written", b"a,b\n1,2\n", 0, "I12"),
        ("text, a minute ago", b"a,b\n1,2\n", 60, ""),
        ("by a clock that is ahead", b"a,b\n1,2\n", -3600, ""),
    ],
)
def test_a_file_still_being_written_waits(
    office: Office, name: str, content: bytes, age: float | None, code: str
) -> None:
    office.put({"会发镇.xlsx": content}, age=age)
    (arrival,) = office.take()
    if arrival.usable:
        arrival = open_arrival(arrival).arrival
    assert codes([arrival]) == {"会发镇.xlsx": code}
    assert (code == "I12") == (office.originals() == set())


def test_a_waiting_file_is_taken_the_next_night(office: Office) -> None:
    office.put({"会发镇.xlsx": A[:4000]}, age=0)
    assert [a.findings[0].severity for a in office.take()] == ["info"]
    office.put({"会发镇.xlsx": A})
    assert codes(office.take()) == {"会发镇.xlsx": ""}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are no text")
def test_a_name_that_windows_wrote_as_gbk_is_readable_and_opened(office: Office) -> None:
    place = os.fsencode(office.folder) + b"/" + "邮件".encode("gbk")
    os.mkdir(place)  # noqa: PTH102 - a Path cannot be made of these bytes
    with open(place + b"/" + "会发镇.xlsx".encode("gbk"), "wb") as file:  # noqa: PTH123
        file.write(A)
    office.put({"会发镇.xlsx": B, "b\u00ff.xlsx": workbook({"丙": [[3]]})})
    arrivals = {a.name: a.path.read_bytes() for a in office.take()}
    assert {name: arrivals[name] for name in ("邮件/会发镇.xlsx", "会发镇.xlsx")} == {
        "邮件/会发镇.xlsx": A,
        "会发镇.xlsx": B,
    }
    assert "b\u00ff.xlsx" in arrivals


def test_a_folder_that_cannot_be_looked_into_is_named(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.put({"会发镇.xlsx": A, "邮件/街道.xlsx": B})
    look = os.scandir

    def scandir(folder: str | Path) -> object:
        if str(folder).endswith("邮件"):
            raise PermissionError(13, "Permission denied", str(folder))
        return look(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    assert codes(office.take()) == {"会发镇.xlsx": "", "邮件": "I13"}


def test_too_large_is_named_and_not_loaded(office: Office) -> None:
    office.put({"会发镇.xlsx": A})
    assert codes(office.take(bounds=Bounds(file=1000))) == {"会发镇.xlsx": "I14"}


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_no_permission(office: Office) -> None:
    office.put({"会发镇.xlsx": A})
    (office.folder / "会发镇.xlsx").chmod(0)
    assert codes(office.take()) == {"会发镇.xlsx": "I13"}


def gbk(files: Mapping[str, bytes], *, flags: int = 0, encoding: str = "gbk") -> bytes:
    return raw_archive([{"name": n.encode(encoding), "data": d, "flags": flags} for n, d in files.items()])


DEEP = archive({"三.zip": archive({"a.xlsx": A})})
ATTACHMENTS = [
    ("utf-8 marked", gbk({"会发镇.xlsx": A}, flags=0x800, encoding="utf-8"), {"附件.zip/会发镇.xlsx": ""}),
    ("utf-8 unmarked", gbk({"会发镇.xlsx": A}, encoding="utf-8"), {"附件.zip/会发镇.xlsx": ""}),
    ("gbk", gbk({"会发镇.xlsx": A, "第二批/街道.xlsx": B}), {"附件.zip/会发镇.xlsx": "", "附件.zip/第二批/街道.xlsx": ""}),
    ("system files", archive({"a.xlsx": A, "__MACOSX/._a.xlsx": b"x", "~$a.xlsx": b"x"}), {"附件.zip/a.xlsx": ""}),
    ("in a zip", archive({"内.zip": gbk({"会发镇.xlsx": A}), "b.xlsx": B}), {"附件.zip/内.zip/会发镇.xlsx": "", "附件.zip/b.xlsx": ""}),
    ("in a zip in a zip", archive({"二.zip": DEEP}), {"附件.zip/二.zip/三.zip": "I17"}),
    ("zip slip", gbk({"../../x.xlsx": A, "/etc/y.xlsx": B, "C:\\z.xlsx": A + b"\0"}), {
        "附件.zip/x.xlsx": "", "附件.zip/etc/y.xlsx": "", "附件.zip/z.xlsx": ""}),
    ("same name twice", raw_archive([{"name": b"a.xlsx", "data": A}, {"name": b"a.xlsx", "data": B}]), {
        "附件.zip/a.xlsx": ""}),
    ("encrypted", gbk({"a.xlsx": A}, flags=1), {"附件.zip/a.xlsx": "I5"}),
    ("one of two damaged", raw_archive([{"name": b"a.xlsx", "data": A}, {"name": b"b.xlsx", "data": B, "crc": 1}]), {
        "附件.zip/a.xlsx": "", "附件.zip/b.xlsx": "I7"}),
    ("empty", archive({}), {"附件.zip": "I16"}),
    ("only system files", archive({".DS_Store": b"x"}), {"附件.zip": "I16"}),
    ("cut off", archive({"a.xlsx": A})[:-40], {"附件.zip": "I7"}),
    ("bomb", archive({"a.xlsx": bytes(3_000_000)}), {"附件.zip/a.xlsx": "I6"}),
    ("many bombs", archive({f"{n}.bin": bytes(900_000) for n in range(4)}), {
        "附件.zip/0.bin": "", "附件.zip/3.bin": "I6"}),
]  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), [c[1:] for c in ATTACHMENTS], ids=[c[0] for c in ATTACHMENTS])
def test_attachments(office: Office, content: bytes, expected: dict[str, str]) -> None:
    office.put({"附件.zip": content})
    arrivals = office.take(bounds=Bounds(file=1_000_000, total=3_000_000))
    assert codes(arrivals) == expected
    assert content in office.originals()
    assert all(a.usable or "附件.zip" in a.findings[-1].message for a in arrivals)


def test_both_members_of_one_name_are_there(office: Office) -> None:
    office.put({"附件.zip": raw_archive([{"name": b"a.xlsx", "data": A}, {"name": b"a.xlsx", "data": B}])})
    assert {a.path.read_bytes() for a in office.take()} == {A, B}


def test_a_member_that_also_came_alone_is_one_arrival(office: Office) -> None:
    office.put({"会发镇.xlsx": A, "附件.zip": archive({"会发镇.xlsx": A})})
    (arrival,) = office.take()
    assert arrival.names == ("会发镇.xlsx", "附件.zip/会发镇.xlsx")


def test_nothing_that_arrived_is_absent(office: Office) -> None:
    files = {"a.pdf": b"%PDF-1.4", "b.rar": b"Rar!\x1a\x07\0", "c.txt": "你好".encode(), "d.xlsx": A, "e.xlsx": b""}
    office.put(files)
    arrivals = office.take()
    assert {a.name for a in arrivals} == set(files)
