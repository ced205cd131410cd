"""One thing never stops everything: what one row, one file, one template does is that row's, that file's finding."""

from __future__ import annotations

import io
import os
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import docx
import openpyxl
import pytest

from pipeline.control import read_control
from pipeline.errors import WorkspaceError
from pipeline.model.control import LONGEST_STEM, Unit
from pipeline.night.close import lock_year
from pipeline.night.issue import issue_workbooks
from pipeline.road.check import kinds, station
from pipeline.workspace import Workspace
from tests.test_cli import xxgk
from tests.workspaces import NOW, PROFILE, YEAR, Office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "office", units=2)


def test_a_fault_of_ours_at_one_return(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(rule: object, case: object) -> None:
        if getattr(case, "unit").code == "u01":  # noqa: B009
            raise ZeroDivisionError

    monkeypatch.setattr(station, "FUNCTIONS", kinds.FUNCTIONS | {"text_figures": faulty})
    office.returns("u01")
    office.returns("u02")
    outcome = office.run()
    assert office.states(outcome) == {"u01": "退回", "u02": "通过"}
    found = [(f.code, f.unit, f.file) for f in outcome.findings if f.severity == "error" and f.unit]
    assert found == [("X1", "u01", "u01.xlsx")]
    assert (office.outputs / "report.docx").is_file()


TEMPLATES = {
    "a division by nothing": "{{ t3.granted.total / t3.received.total }}",
    "an unknown filter": "{{ t3.received.total|千分位 }}",
    "a forbidden attribute": "{{ ''.__class__.__mro__ }}",
    "a tag left open": "{% if missing %}",
}


@pytest.mark.parametrize("words", TEMPLATES.values(), ids=TEMPLATES)
def test_a_template_that_cannot_be_filled_costs_the_report_alone(words: str, office: Office) -> None:
    xxgk("template", "--workspace", str(office.workspace.root))
    path = office.workspace.root / "workbook_templates" / "xxgk-2021" / "report.docx"
    whole = path.read_bytes()
    document = docx.Document(io.BytesIO(whole))
    document.add_paragraph(words)
    document.save(str(path))
    office.returns("u01")
    office.returns("u02", {"t3.received.natural": 4})
    outcome = office.run()
    assert "X2" in {f.code for f in outcome.findings if f.severity == "error"}
    assert "这次没有生成 report.docx" in next(f.message for f in outcome.findings if f.code == "X2")
    assert not (office.outputs / "report.docx").exists()
    assert (office.outputs / "county.xlsx").is_file()
    assert list((office.outputs / "corrections").glob("u02_*_退改.xlsx"))
    _, said, _ = xxgk("run", "--anew", "--year", str(YEAR), cwd=office.workspace.root)
    assert "这次没有生成 report.docx" in said
    assert "report.docx（年度报告）" not in said
    office.returns("u02", name="改.xlsx", hour=20)
    office.run(now=NOW.replace(day=21))
    with pytest.raises(WorkspaceError, match="X2"):
        lock_year(office.workspace, YEAR, by="甲", reason="定稿", now=NOW)
    path.write_bytes(whole)
    assert "X2" not in {f.code for f in office.run(now=NOW.replace(day=22)).findings}
    assert (office.outputs / "report.docx").is_file()


def test_a_template_that_never_ends(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.night import rendering

    monkeypatch.setattr(rendering, "_RENDERING", 1)
    xxgk("template", "--workspace", str(office.workspace.root))
    path = office.workspace.root / "workbook_templates" / "xxgk-2021" / "report.docx"
    document = docx.Document(str(path))
    loop = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    document.add_paragraph(loop)
    document.save(str(path))
    office.returns("u01")
    outcome = office.run()
    assert "1 秒还没有填完" in next(f.message for f in outcome.findings if f.code == "X2")
    assert (office.outputs / "county.xlsx").is_file()


def test_names_are_as_long_as_a_file_name_can_be(tmp_path: Path) -> None:
    names = [f"方正县{'农业农村和水务' * 14}{end}" for end in ("一局", "二局")]
    units = [Unit(code=f"u{n}", name=name) for n, name in enumerate(names)]
    stems = [unit.file_stem for unit in units]
    assert max(len(stem.encode()) for stem in stems) <= LONGEST_STEM
    assert len(set(stems)) == 2
    assert Unit(code="u1", name="甲局. ").file_stem == "u1_甲局"
    assert Unit(code="u1", name='甲/局:"*').file_stem == "u1_甲_局___"
    office = Office(tmp_path / "office", units=1)
    roster = [["u01", "", names[0], "", "部门", "是", "", "", "", ""]]
    office.write_control({"单位名录": roster})
    issued = issue_workbooks(office.workspace, YEAR, now=NOW)
    assert len(issued.files) == 1
    assert [f.code for f in issued.findings] == ["T26"]
    (path,) = (office.outputs / "issued").iterdir()
    office.drop("报表.xlsx", path.read_bytes())
    outcome = office.run()
    assert office.states(outcome) == {"u01": "退回"}
    assert len(list((office.outputs / "corrections").iterdir())) == 2


def test_foreign_words_do_nothing_to_the_screen(tmp_path: Path) -> None:
    profile = [("汇总单位", "方正县[/]人民政府[bold]"), *PROFILE[1:]]
    office = Office(tmp_path / "office", units=1, profile=profile)
    with zipfile.ZipFile(office.inputs / "a.zip", "w") as archive:
        archive.writestr("x\x1b[2J\u202e[/red]cod.txt", "nothing")
    code, out, err = xxgk("run", "--year", str(YEAR), "--workspace", str(office.workspace.root))
    assert code == 3, err
    assert "方正县[/]人民政府[bold] 2024 年度" in out
    assert not {"\x1b", "\u202e"} & set(out + err)
    assert "[/red]cod.txt" in out


def test_a_stray_cell_of_the_control_workbook(office: Office) -> None:
    path = office.workspace.control(YEAR)
    whole = path.read_bytes()
    for cell in ("XFD1048576", "B1048576", "AAA3"):
        book = openpyxl.load_workbook(io.BytesIO(whole))
        book["单位名录"][cell] = "x"
        book.save(path)
        with pytest.raises(WorkspaceError, match=f"{cell} 有多余内容"):
            read_control(path, office.form, year=YEAR)
    path.write_bytes(whole[:-40])
    with pytest.raises(WorkspaceError, match="打不开"):
        read_control(path, office.form, year=YEAR)


def test_names_by_the_ten_thousand(office: Office) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        for n in range(1_500):
            archive.writestr(f"{n}", b"")
    with zipfile.ZipFile(office.inputs / "附件.zip", "w") as outer:
        for n in range(40):
            outer.writestr(f"{n}.zip", inner.getvalue())
    office.returns("u01")
    outcome = office.run()
    assert office.states(outcome)["u01"] == "通过"
    refused = [f.message for f in outcome.findings if f.code == "I6"]
    assert len(refused) == 39
    assert "连同里面的压缩包超过 2000 个文件" in refused[0]


def test_times_and_depths_no_calendar_and_no_shelf_has(office: Office) -> None:
    early = office.returns("u01")
    late = office.returns("u02")
    os.utime(early, (-70_000_000_000, -70_000_000_000))
    os.utime(late, (300_000_000_000, 300_000_000_000))
    deep = office.inputs
    for _ in range(150):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "a.txt").write_text("far down")
    outcome = office.run()
    assert office.states(outcome) == {"u01": "通过", "u02": "通过"}
    assert [each.state for each in outcome.arrivals if not each.unit] != []


def test_a_unit_whose_file_was_refused_is_told_so(office: Office) -> None:
    office.drop("u01.xlsx", b"PK\3\4 broken")
    office.drop("附件/第2镇人民政府年报.pdf", b"%PDF-1.4 scanned")
    office.drop("u011.xlsx", b"%PDF-1.4 somebody else's")
    outcome = office.run()
    steps = {standing.unit.code: standing.next_step for standing in outcome.standings}
    assert steps["u01"] == "催报：来过的“u01.xlsx”没有读出或没有认定，原因见“来件清单”，请一并告诉单位"
    assert "“附件/第2镇人民政府年报.pdf”" in steps["u02"]
    office.returns("u01", name="新.xlsx", hour=12)
    assert office.states(office.run(now=NOW.replace(day=21)))["u01"] == "通过"


def test_a_lost_secret_is_not_made_anew(office: Office) -> None:
    secret = office.workspace.secret
    kept = secret.read_text()
    office.returns("u01")
    for damaged in (None, "", "xyz", "ab"):
        secret.unlink(missing_ok=True)
        if damaged is not None:
            secret.write_text(damaged)
        with pytest.raises(WorkspaceError, match="请从备份恢复"):
            issue_workbooks(office.workspace, YEAR, now=NOW)
        assert (secret.read_text() if secret.exists() else None) == damaged
    secret.write_text(kept)
    issue_workbooks(office.workspace, YEAR, now=NOW)
    assert office.states(office.run())["u01"] == "通过"
    secret.unlink()
    issue_workbooks(office.workspace, YEAR, now=NOW, new_secret=True)
    assert len(secret.read_text().strip()) == 64
    assert secret.read_text() != kept
    assert office.states(office.run(anew=True))["u01"] == "未报", "nobody knows the old seal any more"


def test_a_secret_that_returns_were_proven_by_is_not_made_anew(office: Office) -> None:
    """Also where the ledger knows of no workbooks that were issued."""
    office.returns("u01")
    office.run()
    with closing(sqlite3.connect(office.workspace.ledger / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("DELETE FROM issues")
    office.workspace.secret.write_text("")
    with pytest.raises(WorkspaceError, match="请从备份恢复"):
        issue_workbooks(office.workspace, YEAR, now=NOW)
    assert office.workspace.secret.read_text() == ""


def test_a_fresh_workspace_makes_its_secret(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    code, _, err = xxgk("init", str(tmp_path), "--year", str(YEAR))
    assert code == 0, err
    assert len(workspace.load_secret()) == 32


def test_the_command_line_speaks_for_itself() -> None:
    code, out, _ = xxgk()
    assert (code, "用法：xxgk" in out, "issue" in out) == (0, True, True)
    assert xxgk("--version")[0] == 0
    assert xxgk("run", "-h")[0] == 0
    assert "应不小于 2008" in xxgk("run", "--year", "25")[2]
    assert "多写了 x y" in xxgk("demo", "x", "y")[2]
    assert "缺少必填的 目录" in xxgk("init")[2]
