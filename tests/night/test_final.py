"""定稿: which report is sealed, what keeps it from being sealed, and that no version of it is lost."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from pathlib import Path

import pytest

from pipeline.errors import WorkspaceError
from pipeline.night.close import lock_year, unlock_year
from pipeline.night.run import Effort, run_night
from tests.night.test_gate import after, cell, edited, line
from tests.test_cli import xxgk
from tests.workspaces import NOW, YEAR, Office, tree

LATER = NOW.replace(day=21)
POLISHED = "全县组织培训，效果明显。"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path / "office", units=1)
    office.returns("u01", {"t2.permit.decisions": 8})
    office.run()
    return office


def polished(office: Office) -> bytes:
    ours = (office.outputs / "report.docx").read_bytes()
    return edited(ours, lambda d: after(d, "（五）监督保障", POLISHED))


def closed(office: Office, report: Path | None = None) -> dict[str, object]:
    lock_year(office.workspace, YEAR, by="王五", reason="定稿", now=LATER, report=report)
    document = json.loads((office.outputs / "封存清单.json").read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def test_the_offices_own_report_is_sealed_beside_ours(office: Office, tmp_path: Path) -> None:
    ours, theirs = (office.outputs / "report.docx").read_bytes(), polished(office)
    (tmp_path / "报告（终稿）.docx").write_bytes(theirs)
    document = closed(office, tmp_path / "报告（终稿）.docx")
    assert document["定稿"] == "定稿.docx"
    assert document["文件"]["定稿.docx"] == hashlib.sha256(theirs).hexdigest()  # type: ignore[index]
    sealed = tree(office.outputs)
    assert (sealed["定稿.docx"], sealed["report.docx"]) == (theirs, ours)
    shutil.rmtree(office.outputs)
    assert run_night(office.workspace, YEAR, now=LATER, effort=Effort(workers=0)) is None
    assert tree(office.outputs) == sealed


def test_without_one_ours_is_sealed(office: Office) -> None:
    assert closed(office)["定稿"] == "report.docx"
    assert not (office.outputs / "定稿.docx").exists()


def test_a_closing_undone_keeps_the_sealed_report(office: Office, tmp_path: Path) -> None:
    theirs = polished(office)
    (tmp_path / "终稿.docx").write_bytes(theirs)
    closed(office, tmp_path / "终稿.docx")
    unlock_year(office.workspace, YEAR, by="王五", reason="补报", now=LATER)
    outcome = office.run(now=LATER)
    assert not (office.outputs / "定稿.docx").exists()
    (kept,) = (office.outputs / "手改稿").iterdir()
    assert (kept.name[:3], kept.suffix, kept.read_bytes()) == ("定稿_", ".docx", theirs)
    (remark,) = [finding for finding in outcome.findings if finding.code == "X5"]
    assert f"手改稿/{kept.name}" in remark.message
    assert closed(office)["定稿"] == "report.docx"


REFUSED = {
    "a digit": (cell(0, 6, 1, "9"), "印的是“9”，汇总数是 8"),
    "last year's title": (line("2024年", "方正县人民政府2023年"), "标题的年份是“2023年”"),
    "an empty slot": (lambda d: after(d, "（五）监督保障", "全年培训XX场。"), "XX"),
    "a placeholder": (lambda d: d.add_paragraph("{{ year }}"), "留有占位符"),
}


@pytest.mark.parametrize(("change", "words"), REFUSED.values(), ids=REFUSED)
def test_what_must_not_be_published_is_not_sealed(change: object, words: str, office: Office, tmp_path: Path) -> None:
    ours = (office.outputs / "report.docx").read_bytes()
    (tmp_path / "终稿.docx").write_bytes(edited(ours, change))  # type: ignore[arg-type]
    before = tree(office.outputs)
    with pytest.raises(WorkspaceError, match=r"要封存的报告 终稿.docx 有 \d+ 处不能印发") as refusal:
        lock_year(office.workspace, YEAR, by="王五", reason="定稿", now=LATER, report=tmp_path / "终稿.docx")
    assert words in str(refusal.value)
    assert tree(office.outputs) == before
    assert office.run().county.complete


def test_a_part_nobody_wrote_is_not_sealed(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=1, control={"报告文字": [("（二）改进情况", "已改进。")]})
    office.returns("u01")
    office.run()
    with pytest.raises(WorkspaceError, match="本部分文字待补充") as refusal:
        closed(office)
    assert "（二）改进情况" not in str(refusal.value)
    code, _, err = xxgk("lock", "--year", str(YEAR), "--by", "甲", "--reason", "乙", "-w", str(office.workspace.root))
    assert (code, "报告文字" in err) == (2, True)


def test_a_report_edited_in_its_place(office: Office) -> None:
    """It is not wiped by closing: the office says which of the two it means."""
    path = office.outputs / "report.docx"
    ours, theirs = path.read_bytes(), polished(office)
    path.write_bytes(theirs)
    with pytest.raises(WorkspaceError, match="在汇总以后改过，没有封存"):
        closed(office)
    assert path.read_bytes() == theirs
    assert closed(office, path)["定稿"] == "定稿.docx"
    assert (path.read_bytes(), (office.outputs / "定稿.docx").read_bytes()) == (ours, theirs)
    assert not (office.outputs / "手改稿").exists()


def test_another_edit_than_the_one_that_is_sealed_is_kept(office: Office, tmp_path: Path) -> None:
    (tmp_path / "终稿.docx").write_bytes(polished(office))
    path = office.outputs / "report.docx"
    other = edited(path.read_bytes(), lambda d: after(d, "（五）监督保障", "另一稿。"))
    path.write_bytes(other)
    closed(office, tmp_path / "终稿.docx")
    (kept,) = (office.outputs / "手改稿").iterdir()
    assert kept.read_bytes() == other


def test_the_command(office: Office, tmp_path: Path) -> None:
    (tmp_path / "终稿.docx").write_bytes(polished(office))
    where = ["--year", str(YEAR), "--by", "王五", "--reason", "定稿", "-w", str(office.workspace.root)]
    code, _, err = xxgk("lock", *where, "--report", str(tmp_path / "没有.docx"))
    assert (code, "打不开" in err) == (2, True)
    code, out, _ = xxgk("lock", *where, "--report", str(tmp_path / "终稿.docx"))
    assert (code, "封存为" in out) == (0, True)


@pytest.mark.parametrize("part", ["[Content_Types].xml", "_rels/.rels"])
def test_a_report_that_word_does_not_open_is_not_sealed(office: Office, tmp_path: Path, part: str) -> None:
    file = tmp_path / "终稿.docx"
    with zipfile.ZipFile(io.BytesIO(polished(office))) as whole, zipfile.ZipFile(file, "w") as archive:
        for name in whole.namelist():
            if name != part:
                archive.writestr(name, whole.read(name))
    with pytest.raises(WorkspaceError, match="缺少部件"):
        closed(office, file)
