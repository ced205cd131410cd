"""What lies in the way of publishing: stray files, folders nobody may write to, links, renames that are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.files import atomic
from pipeline.files.atomic import publish_files


def content(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_stray_file_and_a_read_only_folder_are_taken_away(tmp_path: Path) -> None:
    (tmp_path / ".2024.new").write_text("stray")
    locked = tmp_path / ".2024.old" / "deep"
    locked.mkdir(parents=True)
    (locked / "a").write_text("x")
    locked.chmod(0o500)
    folder = tmp_path / "2024"
    folder.mkdir()
    publish_files(folder, {"a.txt": b"1"})
    assert content(folder) == {"a.txt": "1"}
    assert [path.name for path in tmp_path.iterdir()] == ["2024"]


def test_what_cannot_be_taken_away_is_worked_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, stuck = tmp_path / "2024", tmp_path / ".2024.new"
    stuck.mkdir()
    remove = atomic._remove

    def refusing(path: Path) -> None:
        if path == stuck:
            raise PermissionError(13, "held open")
        remove(path)

    monkeypatch.setattr(atomic, "_remove", refusing)
    publish_files(folder, {"a.txt": b"1"})
    publish_files(folder, {"a.txt": b"2"})
    assert content(folder) == {"a.txt": "2"}
    assert sorted(path.name for path in tmp_path.iterdir()) == [".2024.new", "2024"]


def test_a_link_to_another_disk_stays_one(tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "2024").mkdir(parents=True)
    (tmp_path / "outputs").mkdir()
    link = tmp_path / "outputs" / "2024"
    link.symlink_to(tmp_path / "elsewhere" / "2024")
    for text in (b"1", b"2"):
        publish_files(link, {"a.txt": text})
    assert link.is_symlink()
    assert content(tmp_path / "elsewhere" / "2024") == {"a.txt": "2"}
    assert [path.name for path in (tmp_path / "outputs").iterdir()] == ["2024"]
