"""Outputs appear whole or not at all, and what others keep there stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import PublishError
from pipeline.files import atomic
from pipeline.files.atomic import publish_files, recover


def content(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(params=[True, False], ids=["exchange", "file by file"])
def _both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.param:
        monkeypatch.setattr(atomic, "_exchange_folders", lambda draft, folder: False)


@pytest.mark.usefixtures("_both_ways")
def test_replace_keep_and_clear(tmp_path: Path) -> None:
    folder = tmp_path / "2024"
    publish_files(folder, {"a.txt": b"1", "issued/x": b"x", "issued/y": b"y"})
    (folder / "mine.txt").write_text("kept")
    publish_files(folder, {"a.txt": b"2", "issued/x": b"z"}, replaces=("issued",))
    assert content(folder) == {"a.txt": "2", "issued/x": "z", "mine.txt": "kept"}
    publish_files(folder, {"b.txt": b"3"})
    assert content(folder) == {"a.txt": "2", "b.txt": "3", "issued/x": "z", "mine.txt": "kept"}
    assert [path.name for path in tmp_path.iterdir()] == ["2024"]


def test_a_failure_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "2024"
    publish_files(folder, {"a.txt": b"1"})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic, "_write", full)
    with pytest.raises(PublishError, match="原有结果没有改动"):
        publish_files(folder, {"a.txt": b"2"})
    assert content(folder) == {"a.txt": "1"}
    assert [path.name for path in tmp_path.iterdir()] == ["2024"]


def test_recovery_after_a_power_failure(tmp_path: Path) -> None:
    folder = tmp_path / "2024"
    old, new = tmp_path / ".2024.old", tmp_path / ".2024.new"
    old.mkdir()
    (old / "a.txt").write_text("1")
    new.mkdir()
    (new / "a.txt").write_text("half")
    recover(folder)
    assert content(folder) == {"a.txt": "1"}
    assert [path.name for path in tmp_path.iterdir()] == ["2024"]


def test_a_file_in_the_place_of_the_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "2024").write_text("somebody's notes")
    with pytest.raises(PublishError, match=r"2024 是一个文件，不是放结果的文件夹，没有写入任何内容"):
        publish_files(tmp_path / "2024", {"a": b"1"})
    assert (tmp_path / "2024").read_text() == "somebody's notes"
    assert [path.name for path in tmp_path.iterdir()] == ["2024"]
