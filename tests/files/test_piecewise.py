"""Publishing where folders cannot be exchanged: refused renames, files held open, kills at every step."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import PublishError
from pipeline.files import atomic, piecewise
from pipeline.files.atomic import publish_files, recover

OLD = {"a.txt": b"1", "corrections/u1.xlsx": b"old", "data/x.csv": b"x", "issued/i.xlsx": b"i"}
NEW = {"a.txt": b"2", "b.txt": b"new", "corrections/u2.xlsx": b"new", "data/x.csv": b"y"}
REPLACES = ("corrections", "data")
AFTER = {**NEW, "issued/i.xlsx": b"i", "mine.txt": b"kept"}


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(atomic, "_exchange_folders", lambda one, other: False)
    monkeypatch.setattr(piecewise, "WAITS", (0.0, 0.0))
    folder = tmp_path / "2024"
    publish_files(folder, OLD)
    (folder / "mine.txt").write_bytes(b"kept")
    yield folder
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["2024"]


def refusing(monkeypatch: pytest.MonkeyPatch, name: str, times: int, code: int = errno.EACCES) -> None:
    """Refuse to move anything onto a file of that name, so many times."""
    replace, left = Path.replace, [times]

    def move(self: Path, target: str | os.PathLike[str]) -> Path:
        if Path(target).name == name and left[0]:
            left[0] -= 1
            raise OSError(code, os.strerror(code))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", move)


def test_the_same_result_as_an_exchange(folder: Path) -> None:
    assert publish_files(folder, NEW, replaces=REPLACES) == ()
    assert content(folder) == AFTER
    publish_files(folder, {}, replaces=REPLACES)
    assert not (folder / "corrections").exists()


def test_a_scanner_holds_a_file_for_a_moment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing(monkeypatch, "a.txt", 2)
    assert publish_files(folder, NEW, replaces=REPLACES) == ()
    assert content(folder) == AFTER


def test_a_file_that_is_open_gets_its_new_version_beside_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing(monkeypatch, "a.txt", 3)
    assert publish_files(folder, NEW, replaces=REPLACES) == ("a.txt",)
    assert content(folder) == {**AFTER, "a.txt": b"1", "a（新）.txt": b"2"}
    assert publish_files(folder, NEW, replaces=REPLACES) == ()
    assert content(folder) == AFTER


def test_a_failure_in_the_middle_puts_everything_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing(monkeypatch, "x.csv", 9, errno.EIO)
    with pytest.raises(PublishError, match="原有结果没有改动"):
        publish_files(folder, NEW, replaces=REPLACES)
    assert content(folder) == {**OLD, "mine.txt": b"kept"}


def test_a_file_that_cannot_be_put_back_is_not_lost(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = Path.replace

    def move(self: Path, target: str | os.PathLike[str]) -> Path:
        if Path(target).name == "x.csv" or (Path(target).name == "a.txt" and ".back" in str(self)):
            raise OSError(errno.EIO, "broken disk")
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", move)
        with pytest.raises(PublishError, match="再运行一次会接着放回"):
            publish_files(folder, NEW, replaces=REPLACES)
    recover(folder)
    assert content(folder) == {**OLD, "mine.txt": b"kept"}
    publish_files(folder, NEW, replaces=REPLACES)
    assert content(folder) == AFTER


def test_a_folder_that_cannot_be_exchanged_where_others_can(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mount point: the two probes are exchanged, the folder is not."""
    monkeypatch.setattr(atomic, "_exchange_folders", lambda one, other: one.name.startswith(".exchange"))
    assert publish_files(folder, NEW, replaces=REPLACES) == ()
    assert content(folder) == AFTER


class _Killed(BaseException):
    """No handler of the program sees it, as with SIGKILL."""


@pytest.mark.parametrize("failing", [False, True], ids=["publishing", "putting back"])
def test_killed_at_every_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: bool) -> None:
    monkeypatch.setattr(atomic, "_exchange_folders", lambda one, other: False)
    monkeypatch.setattr(piecewise, "WAITS", ())
    replace, unlink = Path.replace, Path.unlink
    old, killed, ends, left = {**OLD, "mine.txt": b"kept"}, 0, [], [0]

    def step() -> None:
        if not left[0]:
            raise _Killed
        left[0] -= 1

    def move(self: Path, target: str | os.PathLike[str]) -> Path:
        step()
        if failing and Path(target).name == "x.csv" and self.parent.parent.name == ".2024.new":
            raise OSError(errno.EIO, "broken disk")
        return replace(self, target)

    def remove(self: Path, missing_ok: bool = False) -> None:
        step()
        unlink(self, missing_ok)

    for moment in range(40):
        folder = tmp_path / f"{moment}" / "2024"
        publish_files(folder, OLD)
        (folder / "mine.txt").write_bytes(b"kept")
        left[0] = moment

        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", move)
            patch.setattr(Path, "unlink", remove)
            try:
                publish_files(folder, NEW, replaces=REPLACES)
            except _Killed:
                killed += 1
            except PublishError:
                ends.append(moment)
        recover(folder)
        assert content(folder) in (old, AFTER), moment
        publish_files(folder, NEW, replaces=REPLACES)
        assert content(folder) == AFTER
        assert [path.name for path in folder.parent.iterdir()] == ["2024"]
    assert 8 < killed < 40
    assert bool(ends) == failing
