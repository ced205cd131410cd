"""Backup and restore: into an empty folder with byte-equal outputs, never over a newer state, never from a damaged file."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import stat
import sys
import zipfile
from pathlib import Path

import pytest

from pipeline.errors import PublishError, WorkspaceError
from pipeline.night.issue import issue_workbooks
from pipeline.night.run import Effort, run_night
from pipeline.service import backup
from pipeline.service.backup import MANIFEST, back_up, restore
from pipeline.workspace import Workspace
from tests.workspaces import NOW, YEAR, Office, tree

LATER = NOW + dt.timedelta(days=1)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Office, Path]:
    root = tmp_path_factory.mktemp("kept")
    office = Office(root / "office", units=2)
    issue_workbooks(office.workspace, YEAR, now=NOW)
    office.returns("u01", {"t3.received.natural": 1, "t3.granted.natural": 1})
    office.run()
    office.returns("u02", name="二/u02.xlsx")
    office.drop("坏.xlsx", b"PK\x03\x04nothing")
    office.run(now=LATER)
    (office.workspace.root / "xxgk.toml").write_text("[run]\nworkers = 1\n")
    return office, back_up(office.workspace, root / "备份", now=LATER).path


def run(root: Path) -> object:
    return run_night(Workspace(root), YEAR, now=LATER, effort=Effort(workers=0))


def test_what_is_in_it(kept: tuple[Office, Path]) -> None:
    office, archive = kept
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    with zipfile.ZipFile(archive) as source:
        names = set(source.namelist())
    originals = {f"outputs/ledger/originals/{path.name}" for path in (office.workspace.ledger / "originals").iterdir()}
    assert names == originals | {
        MANIFEST, "xxgk.toml", "outputs/ledger/ledger.sqlite", "inputs/签发密钥", f"inputs/{YEAR}/台账.xlsx",
        f"inputs/{YEAR}/u01.xlsx", f"inputs/{YEAR}/二/u02.xlsx", f"inputs/{YEAR}/坏.xlsx",
    }  # fmt: skip


def test_restored_into_an_empty_folder_it_gives_the_same_outputs(kept: tuple[Office, Path], tmp_path: Path) -> None:
    office, archive = kept
    done = restore(archive, tmp_path / "new", force=False, now=LATER)
    assert (done.files, done.kept) == (len(zipfile.ZipFile(archive).namelist()) - 1, None)
    assert stat.S_IMODE((tmp_path / "new" / "inputs" / "签发密钥").stat().st_mode) == 0o600
    assert run(tmp_path / "new") is not None
    assert tree(Workspace(tmp_path / "new").year_outputs(YEAR)) == tree(office.workspace.year_outputs(YEAR))
    assert run(tmp_path / "new") is None


def test_a_newer_state_is_never_overwritten(kept: tuple[Office, Path], tmp_path: Path) -> None:
    office, archive = kept
    root = tmp_path / "office"
    shutil.copytree(office.workspace.root, root)
    restore(archive, root, force=False, now=LATER)  # the same state is no newer one
    (root / "inputs" / str(YEAR) / "新.xlsx").write_bytes(b"new")
    run(root)
    before = tree(root)
    with pytest.raises(WorkspaceError) as refused:
        restore(archive, root, force=False, now=LATER)
    assert f"inputs/{YEAR}/新.xlsx：备份里没有" in str(refused.value)
    assert "outputs/ledger/ledger.sqlite：与备份不同" in str(refused.value)
    assert tree(root) == before
    done = restore(archive, root, force=True, now=LATER)
    assert done.kept is not None
    assert (done.kept / "inputs" / str(YEAR) / "新.xlsx").read_bytes() == b"new"
    assert not (root / "inputs" / str(YEAR) / "新.xlsx").exists()
    run(root)
    assert tree(Workspace(root).year_outputs(YEAR)) == tree(office.workspace.year_outputs(YEAR))


@pytest.mark.parametrize("damage", ["cut", "flipped", "no zip", "leads out"])
def test_a_damaged_backup_restores_nothing(kept: tuple[Office, Path], tmp_path: Path, damage: str) -> None:
    content = kept[1].read_bytes()
    path = tmp_path / "b.zip"
    if damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        at = content.index(b"PK\x01\x02") // 2
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    elif damage == "no zip":
        path.write_bytes(b"nothing")
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("../out", b"x")
            archive.writestr(MANIFEST, '{"time": "2025-01-01", "files": {"../out": "00"}, "modified": {"../out": 0}}')
    with pytest.raises(WorkspaceError, match="不是完好的备份") as refusal:
        restore(path, tmp_path / "new", force=False, now=LATER)
    assert "Bad" not in str(refusal.value)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["b.zip"]


def test_no_backup_inside_the_inputs(kept: tuple[Office, Path]) -> None:
    office, _ = kept
    with pytest.raises(WorkspaceError, match="不能放在 inputs 里面"):
        back_up(office.workspace, office.workspace.inputs / "备份", now=LATER)


def test_a_restore_that_fails_in_the_middle_changes_nothing(
    kept: tuple[Office, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, archive = kept
    root = tmp_path / "office"
    shutil.copytree(office.workspace.root, root)
    before, rename = tree(root), Path.rename

    def refusing(self: Path, target: Path) -> Path:
        if self.name == "ledger" and ".restoring" in str(self):
            raise PermissionError(13, "held open")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refusing)
    with pytest.raises(PublishError, match="无法恢复"):
        restore(archive, root, force=True, now=LATER)
    assert {name: content for name, content in tree(root).items() if name != "outputs/.lock"} == {
        name: content for name, content in before.items() if name != "outputs/.lock"
    }


def test_no_restore_while_a_night_runs(kept: tuple[Office, Path], tmp_path: Path) -> None:
    office, archive = kept
    root = tmp_path / "office"
    shutil.copytree(office.workspace.root, root)
    with Workspace(root).lock(), pytest.raises(PublishError, match="另一个运行正在进行"):
        restore(archive, root, force=True, now=LATER)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["office"]


def test_a_backup_that_does_not_read_back_is_not_kept(
    kept: tuple[Office, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, _ = kept
    monkeypatch.setattr("pipeline.service.backup.hashlib.sha256", Forgetful)
    with pytest.raises(PublishError, match=r"读回来核对不上.*没有留下这份备份") as raised:
        back_up(office.workspace, tmp_path / "备份", now=LATER)
    assert "恢复" not in str(raised.value)
    assert list((tmp_path / "备份").iterdir()) == []


class Forgetful:
    """A digest that is another at every look, as of a disk that loses bits."""

    made = 0

    def __init__(self, content: bytes = b"") -> None:
        del content
        Forgetful.made += 1
        self.number = Forgetful.made

    def update(self, part: bytes) -> None:
        del part

    def hexdigest(self) -> str:
        return f"{self.number:064d}"


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="such names cannot be made there")
def test_names_of_other_systems_come_back_as_they_were(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=1)
    folder = office.workspace.year_inputs(YEAR)
    names = [b"\xbb\xe1\xb7\xa2\xd5\xf2.xlsx", b"a\\b.xlsx", "报送.part".encode(), "甲 乙%.xlsx".encode()]
    for name in names:
        (folder / os.fsdecode(name)).write_bytes(name)
    archive = back_up(office.workspace, tmp_path / "备份", now=NOW).path
    restore(archive, tmp_path / "new", force=False, now=LATER)
    back = Workspace(tmp_path / "new").year_inputs(YEAR)
    assert {name: (back / os.fsdecode(name)).read_bytes() for name in names} == {name: name for name in names}


def test_what_a_night_follows_a_link_to_is_in_the_backup(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=1)
    linked = (office.workspace.secret, office.workspace.control(YEAR))
    for n, path in enumerate(linked):
        path.replace(tmp_path / f"else{n}")
        path.symlink_to(tmp_path / f"else{n}")
    restore(back_up(office.workspace, tmp_path / "备份", now=NOW).path, tmp_path / "new", force=False, now=LATER)
    new = Workspace(tmp_path / "new")
    assert [path.read_bytes() for path in (new.secret, new.control(YEAR))] == [path.read_bytes() for path in linked]
    assert not new.secret.is_symlink()


def test_a_damaged_original_is_named(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=1)
    office.returns("u01", {})
    office.run()
    original = next((office.workspace.ledger / "originals").iterdir())
    assert back_up(office.workspace, tmp_path / "备份", now=NOW).omitted == ()
    original.chmod(0o600)
    original.write_bytes(b"zz")
    (told,) = back_up(office.workspace, tmp_path / "备份", now=LATER).omitted
    assert told.startswith("1 份存档的原件已经损坏")
    assert original.name in told


def test_restored_into_the_folder_one_stands_in(
    kept: tuple[Office, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "这里"
    here.mkdir()
    monkeypatch.chdir(here)
    assert restore(kept[1], Path(), force=False, now=LATER).kept is None
    assert (here / "inputs" / "签发密钥").is_file()


def test_an_interrupted_backup_leaves_nothing(
    kept: tuple[Office, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(draft: Path) -> bool:
        assert draft.is_file()
        raise KeyboardInterrupt

    monkeypatch.setattr(backup, "protect_file", interrupted)
    with pytest.raises(KeyboardInterrupt):
        back_up(kept[0].workspace, tmp_path / "备份", now=LATER)
    assert list((tmp_path / "备份").iterdir()) == []
