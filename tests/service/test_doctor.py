"""The check of a machine: a sound workspace passes, and each fault is named with what to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.service.doctor import examine_machine
from pipeline.setup import write_templates
from pipeline.workspace import Workspace
from tests.workspaces import YEAR, Office

NOW = dt.datetime(2025, 1, 20, 22, tzinfo=dt.timezone(dt.timedelta(hours=8)))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Office:
    office = Office(tmp_path_factory.mktemp("sound") / "office", units=1)
    office.returns("u01")
    office.run()
    office.workspace.secret.chmod(0o600)
    return office


def faults(workspace: Workspace) -> dict[str, str]:
    return {check.what: check.found for check in examine_machine(workspace, NOW) if check.verdict == "fault"}


def test_a_sound_workspace(sound: Office) -> None:
    assert faults(sound.workspace) == {}
    names = [check.what for check in examine_machine(sound.workspace, NOW)]
    assert {"Python", "程序包", "时钟", "磁盘", "签发密钥", "历史库", "原件", "年度", "模板", "每晚运行"} <= set(names)


def lose_original(workspace: Workspace) -> None:
    next((workspace.ledger / "originals").iterdir()).unlink()
    for path in (workspace.ledger / "originals").iterdir():
        path.unlink()


def damage_template(workspace: Workspace) -> None:
    write_templates(workspace, force=False)
    template = workspace.templates() / "xxgk-2021" / "report.docx"
    template.write_bytes(template.read_bytes()[:5_000])


FAULTS: dict[str, tuple[Callable[[Workspace], object], str, str]] = {
    "no secret": (lambda w: w.secret.unlink(), "签发密钥", "没有"),
    "empty secret": (lambda w: w.secret.write_bytes(b""), "签发密钥", "已损坏或是空的"),
    "open secret": (lambda w: w.secret.chmod(0o644), "签发密钥", "别的用户也能读（644）"),
    "damaged ledger": (
        lambda w: (w.ledger / "ledger.sqlite").write_bytes(
            b"\0" * 100 + (w.ledger / "ledger.sqlite").read_bytes()[100:]
        ),
        "历史库",
        "已损坏",
    ),
    "lost originals": (lose_original, "原件", "缺 1 份原件"),
    "damaged template": (damage_template, "模板", "它不是 .docx 文件，或者已损坏"),
    "damaged control": (lambda w: w.control(YEAR).write_bytes(b"PK"), "台账", "打不开"),
    "settings": (lambda w: (w.root / "xxgk.toml").write_text("[x]"), "工作区", "不认识的项：x"),
}


@pytest.mark.parametrize(("harm", "what", "found"), FAULTS.values(), ids=FAULTS)
def test_each_fault(sound: Office, tmp_path: Path, harm: Callable[[Workspace], object], what: str, found: str) -> None:
    office = sound.copied(tmp_path / "office")
    harm(office.workspace)
    assert found in faults(office.workspace)[what]


def test_no_workspace(tmp_path: Path) -> None:
    assert set(faults(Workspace(tmp_path))) == {"inputs", "outputs"}
