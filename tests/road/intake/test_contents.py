"""What a night depends on of what arrived, and the arrivals, made only when somebody asks."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.ledger import Ledger
from pipeline.model.submission import Arrival
from pipeline.road.intake import Bounds, Intake, take_in
from tests.road.intake.containers import archive
from tests.road.intake.test_arrivals import NOW, OLD, YEAR, A, B, Office, codes

LATER = NOW + dt.timedelta(days=1)
MAIL = (
    b"From: a@b.cn\r\nTo: c@d.cn\r\nDate: Wed, 14 Jan 2026 10:00:00 +0800\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: application/octet-stream\r\n"
    b"Content-Disposition: attachment; filename=a.csv\r\n\r\na,b\r\n1,2\r\n--x--\r\n"
)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def look(office: Office, *, now: dt.datetime = NOW, bounds: Bounds | None = None) -> Intake:
    with Ledger(office.history) as ledger:
        return take_in(office.folder, ledger, year=YEAR, now=now, bounds=bounds)


def marks(office: Office, *, now: dt.datetime = NOW, bounds: Bounds | None = None) -> str:
    return repr(list(look(office, now=now, bounds=bounds).marks()))


def everything(office: Office) -> None:
    """One of every kind: a return, one copied, one packed, one mailed, one that has no end, one still being written."""
    office.put({"会发镇.xlsx": A, "再发/会发镇.xlsx": A, "街道.zip": archive({"街道.xlsx": B}), "信.eml": MAIL})
    office.put({"坏.zip": b"PK\3\4" + b"x" * 100})
    office.put({"还在写.csv": b"a,b\n"}, age=-3600)


def test_the_marks_of_the_night_of_arrival_are_those_of_every_later_night(office: Office) -> None:
    everything(office)
    first = marks(office)
    assert [marks(office, now=LATER), marks(office, now=LATER + dt.timedelta(days=9))] == [first, first]


def test_new_contents_are_told_as_the_arrivals_they_become(office: Office) -> None:
    """Once each, in the night of arrival; the one of which a copy lies in another folder gets its name later."""
    everything(office)
    told: list[list[Arrival]] = []
    for now in (NOW, LATER):
        told.append([])
        with Ledger(office.history) as ledger:
            intake = take_in(office.folder, ledger, year=YEAR, now=now, tell=told[-1].append)
    first, later = told
    arrivals = {arrival.sha256: arrival for arrival in intake.arrivals() if arrival.usable and arrival.sha256}
    assert len(first) == len(arrivals) == 4
    assert later == []
    assert {a.sha256 for a in first} == set(arrivals)
    changed = [a for a in first if a != arrivals[a.sha256]]
    assert [(a.names, arrivals[a.sha256].names) for a in changed] == [
        (("会发镇.xlsx",), ("会发镇.xlsx", "再发/会发镇.xlsx"))
    ]


def test_the_marks_are_those_of_the_arrivals(office: Office) -> None:
    everything(office)
    for now in (NOW, LATER):
        intake = look(office, now=now)
        arrivals = intake.arrivals()
        expected = {
            (
                arrival.sha256,
                arrival.names,
                arrival.senders,
                (
                    arrival.first_seen.isoformat(),
                    arrival.modified.isoformat(),
                    arrival.written.isoformat() if arrival.written else "",
                    arrival.sight,
                    arrival.resent,
                )
                if arrival.sha256
                else (),
                tuple((finding.code, finding.message) for finding in arrival.findings),
            )
            for arrival in arrivals
        }
        found = {(*mark[:4], tuple(mark[4])) for mark in intake.marks()}  # type: ignore[arg-type]
        assert found == expected
        assert len(arrivals) == len(intake) == len(found)


def _other(office: Office) -> None:
    office.put({"会发镇.xlsx": B})


def _same_size_same_time(office: Office) -> None:
    path = office.folder / "会发镇.xlsx"
    status = path.stat()
    path.write_bytes(A[:-1] + bytes([A[-1] ^ 1]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize(
    "happens",
    [
        _other,
        _same_size_same_time,
        lambda office: (office.folder / "会发镇.xlsx").rename(office.folder / "会发.xlsx"),
        lambda office: (office.folder / "会发镇.xlsx").unlink(),
        lambda office: office.put({"又一份.xlsx": A}),
        lambda office: office.put({"街道.xlsx": B}),
        lambda office: office.put({"还在写.csv": b"a,b\n1"}, age=0),
    ],
)
def test_whatever_happens_changes_the_marks(office: Office, happens: Callable[[Office], object]) -> None:
    office.put({"会发镇.xlsx": A})
    before = marks(office)
    happens(office)
    assert marks(office, now=LATER) != before


def test_a_touched_file_changes_nothing(office: Office) -> None:
    office.put({"会发镇.xlsx": A})
    before = marks(office)
    os.utime(office.folder / "会发镇.xlsx", (OLD + 77, OLD + 77))
    assert marks(office, now=LATER) == before
    assert [a.modified.timestamp() for a in office.take(now=LATER)] == [OLD]


def test_a_further_copy_counts_from_its_night_on(office: Office) -> None:
    office.put({"会发镇.xlsx": A})
    look(office)
    office.put({"再发.xlsx": A})
    nights = [look(office, now=LATER), look(office, now=LATER + dt.timedelta(days=1))]
    assert [list(night.further.values()) for night in nights] == [[2], []]
    assert [[arrival.resent for arrival in night.arrivals()] for night in nights] == [[2], [2]]


def test_a_refused_content_keeps_its_names_and_its_reason(office: Office) -> None:
    bomb = archive({f"{n}.xlsx": A for n in range(3)})
    office.put({"一.zip": bomb, "二.zip": bomb})
    (arrival,) = look(office, bounds=Bounds(members=2)).arrivals()
    assert (arrival.names, arrival.usable, [finding.code for finding in arrival.findings]) == (
        ("一.zip", "二.zip"),
        False,
        ["I6"],
    )
    assert arrival.path.read_bytes() == bomb
    assert arrival.resent == 1


# ---------------------------------------------------------------- reading a file that is not quite at rest
def test_a_share_that_hands_over_a_little_at_once_loses_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.put({"会发镇.xlsx": A, "街道.csv": b"a,b\n1,2\n"})
    whole = os.read
    monkeypatch.setattr(os, "read", lambda file, size: whole(file, min(size, 1000)))
    assert codes(office.take()) == {"会发镇.xlsx": "", "街道.csv": ""}
    assert office.originals() == {A, b"a,b\n1,2\n"}


@pytest.mark.parametrize("happens", ["grows", "shrinks", "is written over"])
def test_a_file_that_changes_while_it_is_read_waits(
    office: Office, monkeypatch: pytest.MonkeyPatch, happens: str
) -> None:
    office.put({"会发镇.xlsx": A})
    path, whole = office.folder / "会发镇.xlsx", os.read

    def read(file: int, size: int) -> bytes:
        if happens == "shrinks":
            path.write_bytes(A[:500])
            os.utime(path, (OLD, OLD))
        content = whole(file, size)
        if happens == "grows":
            path.write_bytes(A + b"x")
            os.utime(path, (OLD, OLD))
        elif happens == "is written over":
            path.write_bytes(A)
            os.utime(path, (OLD + 1, OLD + 1))
        return content

    monkeypatch.setattr(os, "read", read)
    assert codes(office.take()) == {"会发镇.xlsx": "I12"}
    assert office.originals() == set()


def test_a_damaged_original_is_written_again(office: Office) -> None:
    office.put({"会发镇.xlsx": A})
    office.take()
    (original,) = (office.history / "originals").iterdir()
    original.write_bytes(A[:100])
    office.take(now=LATER)
    assert office.originals() == {A}
