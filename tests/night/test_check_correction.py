"""`xxgk check --correction`: a new file beside everything that is there, or a sentence and nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import PublishError
from pipeline.night.marked import require_new, write_new
from pipeline.workspace import Workspace
from tests.night.test_check_file import files_of
from tests.road.intake.containers import archive
from tests.test_cli import xxgk
from tests.workspaces import YEAR, Office

BAD = {"t3.received.natural": 5}

REFUSED: dict[str, tuple[str, str]] = {
    "the workbook itself": ("桌面/报表.xlsx", "就是要核对的报表"),
    "itself by another way": ("桌面/../桌面/报表.xlsx", "就是要核对的报表"),
    "any file that is there": ("桌面/别的.xlsx", "已经有"),
    "a dead link": ("桌面/断了的.xlsx", "已经有"),
    "a folder that is not there": ("没有/标注.xlsx", "这个文件夹"),
    "among what arrived": ("别处/inputs/2024/标注.xlsx", "在工作区的 inputs 里"),
    "deep among what arrived": ("别处/inputs/2024/邮件/标注.xlsx", "在工作区的 inputs 里"),
    "among the outputs": ("别处/outputs/标注.xlsx", "在工作区的 outputs 里"),
    "among those of the workspace in use": ("本处/outputs/2024/标注.xlsx", "在工作区的 outputs 里"),
    "by a link into the workspace": ("桌面/链接/标注.xlsx", "在工作区的 inputs 里"),
}
FREE = ("桌面/标注.xlsx", "桌面/inputs/标注.xlsx", "别处/标注.xlsx", "本处/标注.xlsx")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("桌面/inputs", "别处/inputs/2024/邮件", "别处/outputs", "本处/outputs/2024"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("桌面/报表.xlsx", "桌面/别的.xlsx"):
        (tmp_path / name).write_bytes(b"here")
    (tmp_path / "桌面/断了的.xlsx").symlink_to(tmp_path / "没有.xlsx")
    (tmp_path / "桌面/链接").symlink_to(tmp_path / "别处/inputs/2024")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", REFUSED)
def test_where_nothing_may_be_written(name: str, place: Path) -> None:
    target, words = REFUSED[name]
    with pytest.raises(PublishError, match=words):
        require_new(Path(target), [Path("桌面/报表.xlsx")], Workspace(place / "本处"))


@pytest.mark.parametrize("target", FREE)
def test_where_it_may(target: str, place: Path) -> None:
    require_new(Path(target), [Path("桌面/报表.xlsx")], Workspace(place / "本处"))
    write_new(Path(target), b"marked")
    assert (place / target).read_bytes() == b"marked"
    with pytest.raises(PublishError, match="不覆盖"):
        write_new(Path(target), b"again")
    assert (place / target).read_bytes() == b"marked"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    office = Office(tmp_path_factory.mktemp("office") / "w", units=2)
    office.returns("u02", BAD, name="收件/u02.xlsx")
    return office


def check(office: Office, *arguments: str | Path) -> tuple[int, str, str]:
    return xxgk("check", *map(str, arguments), "--year", str(YEAR), "-w", str(office.workspace.root))


def test_nothing_of_the_workspace_is_written_over(office: Office, tmp_path: Path) -> None:
    own = office.inputs / "收件" / "u02.xlsx"
    path = tmp_path / "u01.xlsx"
    path.write_bytes(office.filled("u01", BAD))
    before, sent = kept(office), path.read_bytes()
    targets = [office.workspace.control(YEAR), own, office.inputs / "新.xlsx", office.outputs / "新.xlsx", path]
    for target in targets:
        code, out, err = check(office, path, "--correction", target)
        assert (code, out, target.name in err) == (2, "", True)
    assert (kept(office), path.read_bytes()) == (before, sent)


def kept(office: Office) -> dict[str, bytes]:
    """Everything but the log, which has a line of every command."""
    return {name: content for name, content in files_of(office).items() if not name.startswith("outputs/log/")}


NOTHING: dict[str, tuple[int, str]] = {
    "sound": (0, "没有要标的问题，没有写"),
    "no workbook": (3, "没有可以标问题的报表，没有写"),
    "not there": (2, ""),
    "two to mark": (2, "里面有 2 份报表要标"),
}


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_to_mark_is_said(name: str, office: Office, tmp_path: Path) -> None:
    code, words = NOTHING[name]
    bad = {f"{unit}.xlsx": office.filled(unit, BAD) for unit in ("u01", "u02")}
    contents = {"sound": office.filled("u01"), "no workbook": b"%PDF-1.7\n", "two to mark": archive(bad)}
    path, target = tmp_path / "报表.xlsx", tmp_path / "标注.xlsx"
    if name in contents:
        path.write_bytes(contents[name])
    found, out, err = check(office, path, "--correction", target)
    assert (found, words in out + err, target.exists()) == (code, True, False)


def test_the_one_return_in_a_zip_is_marked(office: Office, tmp_path: Path) -> None:
    path, target = tmp_path / "来件.zip", tmp_path / "标注.xlsx"
    path.write_bytes(archive({"u01.xlsx": office.filled("u01", BAD), "u02.xlsx": office.filled("u02")}))
    code, out, _ = check(office, path, "--correction", target)
    assert (code, f"标好问题的报表：{target}" in out) == (3, True)
    again, out, _ = check(office, target)
    assert (again, "需改正 1 处。" in out) == (3, True)
