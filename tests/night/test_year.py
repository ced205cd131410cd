"""A year replayed night by night: states, figures, what the ledger remembers, what is restored, what 封存 holds fast."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.errors import PublishError, WorkspaceError
from pipeline.ledger import Ledger
from pipeline.night.close import closing_of, lock_year
from pipeline.night.issue import issue_workbooks
from pipeline.night.run import Effort, run_night
from tests.scripted_year import STATES, YEAR_OF_THE_COUNTY, Night, at, came, county, requests, signed, told, travelled
from tests.workspaces import YEAR, Office, tree

FIRST_LOCK = [night.by for night in YEAR_OF_THE_COUNTY].index("lock")
UNLOCKED = FIRST_LOCK + 2


def seen(office: Office) -> tuple[str, tuple[int, int], str]:
    """States, figures and codes as they stand in run.json."""
    said = json.loads((office.outputs / "run.json").read_text(encoding="utf-8"))
    states = "".join(unit["state"][0] for unit in said["units"])
    figures = said["figures"]["t3.received.total"], said["figures"]["t3.granted.total"]
    return states, figures, " ".join(sorted({finding["code"] for finding in said["findings"]}))


def stamps(folder: Path) -> dict[str, int]:
    return {path.as_posix(): path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]}


def test_the_year(tmp_path: Path) -> None:
    """Every night is as the clerk expects; at its end its outputs are thrown away, and come back byte for byte."""
    office = county(tmp_path)
    trees = []
    for night, _ in told(office):
        assert seen(office) == (night.states, night.figures, night.codes), night.title
        trees.append(tree(office.outputs))
        assert len([name for name in trees[-1] if name.startswith("issued/")]) == len(office.units)
        shutil.rmtree(office.outputs)
        restored = run_night(office.workspace, YEAR, now=night.at, effort=Effort(workers=0))
        assert (restored is None) == (night.states.startswith("封")), night.title
        assert tree(office.outputs) == trees[-1], night.title
        before = stamps(office.outputs)
        assert run_night(office.workspace, YEAR, now=night.at, effort=Effort(workers=0)) is None, night.title
        assert stamps(office.outputs) == before, night.title
    every_change_of_state_is_remembered_with_its_reason_and_file(office)
    decisions_figures_and_closings_are_remembered(office, trees)


def every_change_of_state_is_remembered_with_its_reason_and_file(office: Office) -> None:
    with office.workspace.open_ledger() as ledger:
        at = {run.id: run.at[:10] for run in ledger.nights.runs(YEAR)}
        told = [(at[run], row) for run, row in ledger.nights.transitions(YEAR)]
    expected = []
    before = dict.fromkeys(range(5), "")
    for night in YEAR_OF_THE_COUNTY:
        for n, letter in enumerate(night.states):
            if before[n] != letter or (night.title.startswith("解除") and n == 1) or (night.day[8:] == "19" and n == 0):
                expected.append((night.day, f"u{n + 1:02d}", STATES.get(before[n], ""), STATES[letter]))
            before[n] = letter
    assert [(day, row.unit, row.previous, row.state) for day, row in told] == expected
    second = [(day, row.because, row.file) for day, row in told if row.unit == "u02"]
    assert second == [
        ("2025-01-10", "还没有收到可以认定的报表。", ""),
        ("2025-01-11", "“二镇.xlsx”有强制性问题：R3。", "二镇.xlsx"),
        ("2025-01-12", "“回复/二镇.xlsx”通过。", "回复/二镇.xlsx"),
        ("2025-01-20", "“回复/二镇.xlsx”封存。", "回复/二镇.xlsx"),
        ("2025-01-22", "“迟到/二镇.xlsx”通过。", "迟到/二镇.xlsx"),
        ("2025-01-23", "“迟到/二镇.xlsx”封存。", "迟到/二镇.xlsx"),
    ]
    for _, row in told:
        assert bool(row.sha256) == bool(row.file)
        if row.file:
            content = (office.inputs / row.file).read_bytes()
            assert row.sha256 == hashlib.sha256(content).hexdigest()


def decisions_figures_and_closings_are_remembered(office: Office, trees: list[dict[str, bytes]]) -> None:
    with office.workspace.open_ledger() as ledger:
        runs = ledger.nights.runs(YEAR, published=True)
        days = {run.id: run.at[:10] for run in runs}
        decided = [
            (days[run], row.kind, row.subject, row.detail, row.in_force)
            for run, row in ledger.nights.decision_log(YEAR)
        ]
        history = {
            run.at[:10]: ledger.nights.figures(YEAR, until=run.id)["t3.received.total"] for run in runs
        }  # fmt: skip
        closings = ledger.closings.all(YEAR)
    assert decided == [
        ("2025-01-14", "来件认领", "第1镇人民政府.xlsx", "u03", True),
        ("2025-01-16", "认可", "u04", "R3", True),
        ("2025-01-17", "差额调整", "t3.granted.natural", "1", True),
        ("2025-01-18", "免报", "u05", "", True),
    ]
    assert history == {n.day: str(n.figures[0]) for n in YEAR_OF_THE_COUNTY if n.day != "2025-01-21"}
    assert [(c.at[:10], c.closed, c.by, c.reason) for c in closings] == [
        ("2025-01-20", True, "王五", "核对无误"),
        ("2025-01-22", False, "王五", "二镇补报"),
        ("2025-01-23", True, "王五", "核对无误"),
    ]
    for closing, files in ((closings[0], trees[FIRST_LOCK]), (closings[2], trees[-1])):
        manifest = json.loads(files["封存清单.json"])
        assert manifest["文件"] == {
            name: hashlib.sha256(content).hexdigest() for name, content in files.items() if name != "封存清单.json"
        }
        assert (manifest["年度"], manifest["封存人"], manifest["说明"]) == (YEAR, closing.by, closing.reason)
        assert dict(closing.manifest) == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert "封存清单.json" not in trees[UNLOCKED]


# ---------------------------------------------------------------- while a year is closed
LOCKED_AT_ONCE = (
    Night(day="2025-01-10", title="都报来了", does=came("u01", "一镇.xlsx", 2), states="通", figures=(2, 2)),
    Night(day="2025-01-11", title="封存", by="lock", states="封", figures=(2, 2)),
)


@pytest.fixture
def locked(tmp_path: Path) -> Office:
    """A county of one unit, closed; what came before it was closed includes an attachment and a file taken away since."""
    from tests.road.intake.containers import archive

    office = Office(tmp_path, units=1)
    gone = office.returns("u01", requests(1), name="先报的.xlsx", hour=8)
    office.drop("邮件附件.zip", archive({"一镇.xlsx": office.filled("u01", requests(2))}))
    office.run(now=at("2025-01-09T22"))
    gone.unlink()
    (office.outputs / "~$report.docx").write_bytes(b"Word's")  # open while the year is closed
    for _ in told(office, LOCKED_AT_ONCE):
        pass
    return office


def test_nothing_changes_a_closed_year(locked: Office) -> None:
    stands = tree(locked.outputs)
    during = Night(day="2025-01-12", title="", states="", figures=(0, 0))
    status = closing_of(locked.workspace, YEAR)
    assert status is not None
    assert status.late == ()
    touched = stamps(locked.outputs)
    came("u01", "迟到/一镇.xlsx", 50)(locked)
    signed("差额调整", ("t3.granted.natural", "9", "改着玩", "王五"))(locked)
    locked.write_control({"单位名录": [("u09", "", "第9镇人民政府", "", "乡镇", "是", "", "", "", "")]})
    assert travelled(locked, during) is None
    assert tree(locked.outputs) == stands
    assert stamps(locked.outputs) == touched
    with pytest.raises(WorkspaceError, match="2024 年度已由王五于 2025-01-11 封存"):
        issue_workbooks(locked.workspace, YEAR, now=during.at)
    with pytest.raises(WorkspaceError, match="已由王五于 2025-01-11 封存"):
        lock_year(locked.workspace, YEAR, by="赵六", reason="再封一次", now=during.at)
    assert run_night(locked.workspace, YEAR, now=during.at, effort=Effort(workers=0, anew=True)) is None
    assert tree(locked.outputs) == stands
    status = closing_of(locked.workspace, YEAR)
    assert status is not None
    assert [(name, seen[:10]) for name, seen in status.late] == [("迟到/一镇.xlsx", "2025-01-12")]


HARMS = {
    "changed": lambda folder: (folder / "county.xlsx").write_bytes(b"by hand"),
    "deleted": lambda folder: (folder / "report.docx").unlink(),
    "added": lambda folder: (folder / "issued" / "新表.xlsx").write_bytes(b"new"),
    "manifest": lambda folder: (folder / "封存清单.json").write_text("{}"),
    "issued": lambda folder: shutil.rmtree(folder / "issued"),
    "all": shutil.rmtree,
}


def test_what_a_hand_changes_in_a_closed_year_comes_back(locked: Office) -> None:
    (locked.outputs / "签字扫描件.pdf").write_bytes(b"the clerk's own")
    (locked.outputs / "~$county.xlsx").write_bytes(b"Excel's")
    stands = tree(locked.outputs)
    for name, harm in HARMS.items():
        harm(locked.outputs)
        assert tree(locked.outputs) != stands, name
        run_night(locked.workspace, YEAR, now=at("2025-02-01T22"), effort=Effort(workers=0))
        assert "~$report.docx" not in json.loads((locked.outputs / "封存清单.json").read_text(encoding="utf-8"))["文件"]
        if name == "all":
            stands = {own: content for own, content in stands.items() if not own.startswith(("签字", "~$"))}
        assert tree(locked.outputs) == stands, name


def test_an_original_that_is_lost_or_damaged_is_asked_for(locked: Office) -> None:
    status = closing_of(locked.workspace, YEAR)
    assert status is not None
    original = locked.workspace.ledger / "originals" / status.closing.manifest["county.xlsx"]
    content = original.read_bytes()
    (locked.outputs / "county.xlsx").unlink()
    for harm in (lambda: original.write_bytes(content[:-1]), original.unlink):
        harm()
        with pytest.raises(PublishError, match="请从备份恢复它"):
            run_night(locked.workspace, YEAR, now=at("2025-02-01T22"), effort=Effort(workers=0))
    original.write_bytes(content)
    run_night(locked.workspace, YEAR, now=at("2025-02-01T22"), effort=Effort(workers=0))
    assert (locked.outputs / "county.xlsx").read_bytes() == content


# ---------------------------------------------------------------- at the command line
WHO = ("--by", "王五", "--reason", "核对无误")


@pytest.fixture
def expect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Calls a command of ``xxgk`` and holds exit code and words against what is expected; gives all it said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("pipeline.night.run.WORKERS", 0)

    def call(code: int, text: str, *arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["xxgk", *arguments, "--year", str(YEAR)])
        with pytest.raises(SystemExit) as left:
            main()
        said = "".join(capsys.readouterr())
        assert (left.value.code, text in said) == (code, True), said
        return said

    return call


def test_closing_a_year_at_the_command_line(tmp_path: Path, expect: Callable[..., str]) -> None:
    office = Office(tmp_path, units=2)
    office.returns("u01", requests(2), name="一镇.xlsx")
    expect(2, "上次汇总以后有变化，还不能封存", "lock", *WHO)
    expect(3, "尚未完成，缺 1 个单位", "run")
    expect(2, "还有单位没有报齐，不能封存", "lock", *WHO)
    expect(2, "没有封存，不用解除", "unlock", *WHO)
    office.returns("u02", requests(1), name="二镇.xlsx")
    expect(2, "上次汇总以后有变化，还不能封存", "lock", *WHO)
    expect(0, "已汇总完成：2 个单位全部计入", "run")
    expect(0, "与上次汇总相比没有任何变化", "run")
    expect(2, "缺少必填的 --reason", "lock", "--by", "王五")
    expect(2, "不能空着", "lock", "--by", " ", "--reason", "核对无误")
    expect(0, "2024 年度已封存", "lock", *WHO)
    expect(0, "本年度已封存，结果没有改动", "run")
    office.returns("u02", requests(7), name="迟到.xlsx")
    expect(3, "迟到.xlsx：已登记，没有计入", "run")
    assert "王五，核对无误" in expect(0, "封存后来件", "status")
    expect(0, "通过 → 封存", "status", "--unit", "u02")
    expect(2, "已由王五于", "issue")
    expect(0, "已解除封存，理由已记录", "unlock", "--by", "王五", "--reason", "补报")
    told = expect(0, "已解除封存", "status")
    assert "王五，补报。以上还是封存时的状态，请运行 xxgk run --year 2024" in told.replace("\n", "")
    expect(2, "上次汇总以后有变化，还不能封存", "lock", *WHO)
    expect(0, "已汇总完成", "run")
    assert "解除封存" not in expect(0, "已计入 2 个单位", "status")
    assert seen(office)[1] == (9, 9)


def test_a_year_with_a_mandatory_finding_is_not_closed(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1, control={"差额调整": [("t3.received.natural", "2", "漏报", "张三")]})
    office.returns("u01")
    assert office.run().county.complete
    with pytest.raises(WorkspaceError, match=r"还有 2 个问题没有处理，不能封存：\n  强制性 A3 汇总：汇总表不满足 R3"):
        lock_year(office.workspace, YEAR, by="王五", reason="急", now=at("2025-01-21T22"))


def test_a_file_that_cannot_be_taken_in_does_not_make_every_night_a_new_one(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    office.returns("u01")
    huge = office.inputs / "扫描件.pdf"
    with huge.open("wb") as file:
        file.truncate(300_000_000)
    os.utime(huge, (1_700_000_000, 1_700_000_000))
    outcome = office.run()
    assert [w.findings[0].code for w in outcome.unclaimed] == ["I14"]
    assert run_night(office.workspace, YEAR, now=at("2025-02-02T22"), effort=Effort(workers=0)) is None
    huge.unlink()
    assert run_night(office.workspace, YEAR, now=at("2025-02-03T22"), effort=Effort(workers=0)) is not None


def test_two_runs_at_once_and_a_killed_run_s_drafts(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    draft = office.workspace.ledger / "originals" / f"{'0' * 64}.77.part"
    draft.write_bytes(b"half")
    office.run()
    assert not draft.exists()
    with Ledger(office.workspace.ledger) as ledger, ledger.alone():
        pass
    from filelock import FileLock

    with FileLock(office.workspace.outputs / ".lock"), pytest.raises(PublishError, match="另一个运行正在进行"):
        office.run()


def test_a_ledger_that_is_gone_forgets_no_closing(tmp_path: Path, expect: Callable[..., str]) -> None:
    office = Office(tmp_path, units=1)
    office.returns("u01", requests(2))
    expect(0, "已汇总完成", "run")
    expect(0, "2024 年度已封存", "lock", *WHO)
    before = tree(office.outputs)
    (office.workspace.ledger / "ledger.sqlite").unlink()
    for path in office.workspace.ledger.glob("ledger.sqlite-*"):
        path.unlink()
    office.returns("u01", requests(7), name="迟到.xlsx")
    assert "请从备份恢复" in expect(2, "原件还在，文件却不见了", "run")
    assert tree(office.outputs) == before


def test_a_touched_file_arrives_no_later(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    first = office.returns("u01", requests(2), name="一.xlsx", hour=8)
    office.returns("u01", requests(5), name="二.xlsx", hour=9)
    assert office.run().county.figures["t3.received.natural"] == 5
    os.utime(first)
    assert office.run(anew=True).county.figures["t3.received.natural"] == 5
