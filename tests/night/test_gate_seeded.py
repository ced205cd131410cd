"""Seeded hand edits of a finished report: one figure changed anywhere is found, at its place, and nothing else is."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.form import Form
from pipeline.layout import table_grid
from pipeline.night.gate import Printed, gate_findings
from pipeline.road.publish import ReportContent, render_report
from tests.night.test_gate import ROOT, cell, edited, figures_of, retype

NUMBER = re.compile(r"(?<=[一-鿿])[0-9]+(?:\.[0-9]+)?(?=[件条个期场次元%])")


@pytest.fixture(scope="module")
def printed(form: Form) -> Printed:
    former = {"t3.received.total": 700}
    return Printed(form=form, root=ROOT, year=2024, figures=figures_of(form), former=former)


@pytest.fixture(scope="module")
def report(form: Form, form_folder: Path, printed: Printed) -> bytes:
    words = {
        "supervision": "全年多次督促检查，组织交叉互评。",
        "problems": "主动性不够。",
        "improvements": "加强了培训。",
    }
    texts = {f"text.{part}": (text,) for part, text in words.items()}
    content = ReportContent(
        form=form, year=2024, figures=printed.figures, texts=texts, profile={"root": ROOT}, missing=(), provisional=(),
        former=printed.former,
    )  # fmt: skip
    return render_report(form_folder / "report.docx", content)


@pytest.mark.parametrize("seed", range(24))
def test_a_figure_of_the_tables(seed: int, form: Form, report: bytes, printed: Printed) -> None:
    chance = random.Random(seed)
    number = chance.randrange(len(form.tables))
    place = chance.choice([place for place in table_grid(form.tables[number]).cells if place.code])
    other = chance.choice(["", "7", "123456", "-1", "零", "1.5"])
    theirs = edited(report, cell(number, place.row, place.col, other))
    found = [(finding.code, finding.item) for finding in gate_findings("a.docx", theirs, printed)]
    assert found == [("D1", place.code)], (place.code, other)


@pytest.mark.parametrize("seed", range(24))
def test_a_number_of_the_text(seed: int, report: bytes, printed: Printed) -> None:
    chance = random.Random(seed)
    changed: list[str] = []

    def change(document: object) -> None:
        paragraphs = [p for p in document.paragraphs if NUMBER.search(p.text) and "2024" in p.text]  # type: ignore[attr-defined]
        paragraph = chance.choice([p for p in paragraphs if "统计时间" not in p.text])
        match = chance.choice(list(NUMBER.finditer(paragraph.text)))
        other = str(int(float(match.group())) + chance.randrange(1, 9))
        changed.append(paragraph.text[max(0, match.start() - 8) : match.end() + 2])
        retype(paragraph, paragraph.text[: match.start()] + other + paragraph.text[match.end() :])

    theirs = edited(report, change)
    found = list(gate_findings("a.docx", theirs, printed))
    assert [finding.code for finding in found] == ["D1"], (changed, [f.message for f in found])


def test_the_report_as_it_is(report: bytes, printed: Printed) -> None:
    assert list(gate_findings("a.docx", report, printed, final=True)) == []


@pytest.mark.external("soffice")
def test_through_another_program_and_back(report: bytes, printed: Printed, tmp_path: Path) -> None:
    """docx → odt → docx: every figure, every sentence and every merged cell is still there."""
    (tmp_path / "report.docx").write_bytes(report)
    program, profile = str(shutil.which("soffice")), (tmp_path / "profile").as_uri()
    for kind, source in (("odt", "report.docx"), ("docx", "report.odt")):
        (tmp_path / "out").mkdir(exist_ok=True)
        command = [program, f"-env:UserInstallation={profile}", "--headless", "--convert-to", kind, "--outdir"]
        subprocess.run(
            [*command, str(tmp_path / "out"), str(tmp_path / source)], check=True, capture_output=True, timeout=180
        )
        shutil.move(tmp_path / "out" / f"report.{kind}", tmp_path / f"report.{kind}")
    assert list(gate_findings("a.docx", (tmp_path / "report.docx").read_bytes(), printed, final=True)) == []
