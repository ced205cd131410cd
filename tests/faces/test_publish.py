"""The faces beyond Word: the page, the fragment, 图解, charts, open data, material, PDF; their figures, form and bytes."""

from __future__ import annotations

import builtins
import csv
import io
import json
import re
import shutil
import subprocess
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any

import html5lib
import pandas
import pytest
from docx import Document
from docx.enum.text import WD_COLOR_INDEX

from pipeline.errors import WorkspaceError
from pipeline.faces.publishing import FOLDER, Published, publish_faces
from pipeline.night.close import lock_year
from pipeline.queries.verify import verify_report
from pipeline.settings import FACES
from tests.browser import complaints, opened
from tests.night.test_final import polished
from tests.prior_year.reports import cms_html, published
from tests.test_cli import xxgk
from tests.workspaces import NOW, PROFILE, TEXTS, YEAR, Office, tree

HOSTILE = "<script>alert(1)</script> & \"引号\" =cmd|' /C calc'!A0 {_{ a }_} ]]>"
LONG = "长" * 5_000


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Six-digit figures, a fee of six decimals, hostile and long texts; a county that is complete."""
    own = {"（五）监督保障": HOSTILE, "（二）改进情况": LONG}
    texts = [(part, own.get(part, words)) for part, words in TEXTS]
    office = Office(tmp_path_factory.mktemp("faces") / "office", units=3, control={"报告文字": texts})
    same = "加强了对公开工作的统一领导和督促检查。"
    for n, unit in enumerate(("u01", "u02", "u03"), 1):
        office.returns(unit, {
            "t3.received.natural": 100_000 * n, "t3.granted.natural": 100_000 * n, "t2.fees.amount": Decimal("190.457379"),
            "info.trainings": n, "text.supervision": f"{same}第{n}镇另办一件实事，受到群众欢迎。",
        })  # fmt: skip
    office.run()
    return office


@pytest.fixture(scope="module")
def made(office: Office) -> Published:
    return publish_faces(office.workspace, YEAR)


def content(office: Office, name: str) -> bytes:
    return tree(office.outputs)[f"{FOLDER}/{name}"]


def test_what_is_made(made: Published, office: Office) -> None:
    charts = ["1_2024年申请办理结果", "2_2024年申请人构成", "3_2024年各单位新收申请"]
    assert list(made.files) == [
        "report.html", "fragment.html", "infographic.html", *(f"charts/{name}.svg" for name in charts),
        "data/figures.csv", "data/units.csv", "data/figures.json", "data/units.parquet", "data/datapackage.json", "material.docx",
    ]  # fmt: skip
    assert (made.omitted, made.findings, made.complete) == ((), (), True)
    before = tree(office.outputs)
    publish_faces(office.workspace, YEAR)
    assert tree(office.outputs) == before, "the same night, the same bytes"


@pytest.mark.parametrize("name", ["report.html", "infographic.html", "fragment.html"])
def test_the_pages_are_valid_and_say_what_they_were_given(name: str, made: Published, office: Office) -> None:
    text = content(office, name).decode()
    parser = html5lib.HTMLParser(strict=True)
    (parser.parseFragment if name == "fragment.html" else parser.parse)(text)
    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!#)|url\((?!#)|@import""", text) == []
    assert "<script" not in text
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    if name != "infographic.html":
        assert escape(HOSTILE) in text
        assert LONG in text


def test_the_tables_of_the_page(made: Published, office: Office) -> None:
    root = html5lib.parse(content(office, "report.html").decode(), namespaceHTMLElements=False)
    tables = root.findall(".//table")
    assert ["".join(table.find("caption").itertext()) for table in tables] == [
        "表二　主动公开政府信息情况", "表三　收到和处理政府信息公开申请情况", "表四　政府信息公开行政复议、行政诉讼情况",
    ]  # fmt: skip
    heads = [cell for table in tables for cell in table.iter("th")]
    assert {cell.get("scope") for cell in heads} == {"col", "colgroup", "row", "rowgroup"}
    assert sum(1 for table in tables for _ in table.iter("td")) == 200
    first = next(row for row in tables[1].iter("tr") if "一、本年新收政府信息公开申请数量" in "".join(row.itertext()))
    assert [cell.text for cell in first.iter("td")] == ["600000", "0", "0", "0", "0", "0", "600000"]
    assert next(heading.text for heading in root.iter("h2")) == "一、总体情况"
    assert "".join(root.find(".//h1").itertext()) == "方正县人民政府2024年政府信息公开工作年度报告"


def test_the_page_goes_through_the_gate_like_any_report(made: Published, office: Office, tmp_path: Path) -> None:
    page = tmp_path / "网页.html"
    page.write_bytes(content(office, "report.html"))
    assert [f for f in verify_report(office.workspace, YEAR, page) if f.code == "D1"] == []
    page.write_bytes(content(office, "report.html").replace(b"<td>600000</td>", b"<td>600001</td>", 1))
    (finding,) = [f for f in verify_report(office.workspace, YEAR, page) if f.code == "D1"]
    assert "印的是“600001”" in finding.message


def test_the_infographic(made: Published, office: Office) -> None:
    text = content(office, "infographic.html").decode()
    cards = re.findall(r"<li><strong>([^<]+)<small>([^<]+)</small></strong>([^<]+)</li>", text)
    assert cards == [
        ("600000", "件", "新收政府信息公开申请"), ("600000", "件", "年内办结申请"), ("600000", "件", "予以公开"), ("6", "场", "政务公开培训"),
    ]  # fmt: skip
    assert text.count("<svg ") == 3
    assert "第3镇人民政府 300000 件，第2镇人民政府 200000 件，第1镇人民政府 100000 件" in text


def test_the_data_package_is_valid(made: Published, office: Office) -> None:
    from frictionless import Package

    folder = office.outputs / FOLDER / "data"
    report = Package(str(folder / "datapackage.json")).validate()
    assert report.valid, report.flatten(["type", "message"])
    assert content(office, "data/figures.csv") == tree(office.outputs)["data/figures.csv"]
    rows = list(csv.DictReader(io.StringIO(content(office, "data/units.csv").decode("utf-8-sig"))))
    fees = [row["数值"] for row in rows if row["指标代码"] == "t2.fees.amount"]
    assert fees == ["190.457379"] * 3
    frame = pandas.read_parquet(io.BytesIO(content(office, "data/units.parquet")))
    assert list(frame[frame["指标代码"] == "t2.fees.amount"]["数值"]) == [Decimal("190.457379")] * 3
    assert len(frame) == len(rows)
    document = json.loads(content(office, "data/figures.json"))
    values = {figure["code"]: figure for figure in document["figures"]}
    assert values["t2.fees.amount"]["value"] == "571.372137"
    assert (values["t3.received.total"]["value"], values["t3.received.total"]["unit"]) == (600_000, "件")
    assert values["t3.received.total"]["row"] == ["一、本年新收政府信息公开申请数量"]


def test_the_material(made: Published, office: Office) -> None:
    document = Document(io.BytesIO(content(office, "material.docx")))
    lines = [p for p in document.paragraphs if p.text.startswith("【第")]
    assert [line.text[:9] for line in lines] == ["【第1镇人民政府】", "【第2镇人民政府】", "【第3镇人民政府】"]
    marked = [[run.text for run in line.runs if run.font.highlight_color == WD_COLOR_INDEX.GRAY_25] for line in lines]
    assert marked[0] == []
    assert marked[1][0] == "加强了对公开工作的统一领导和督促检查。"


def test_a_curve_needs_two_years(office: Office, tmp_path: Path) -> None:
    other = office.copied(tmp_path / "office")
    page = cms_html(other.form, published(other.form), title="方正县人民政府2023年政府信息公开工作年度报告")
    file = other.workspace.root / "2023.html"
    file.write_bytes(page.replace("2024年".encode(), "2023年".encode()))
    where = ["--year", "2023", "-w", str(other.workspace.root)]
    assert xxgk("history", "import", str(file), "--county", *where)[0] == 0
    other.run(now=NOW.replace(day=21))
    made = publish_faces(other.workspace, YEAR)
    assert "charts/3_历年新收政府信息公开申请.svg" in made.files
    assert re.search(r"2023年 \d+ 件，2024年 600000 件", content(other, "infographic.html").decode())


def test_without_the_library_there_are_no_charts_and_a_sentence(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = office.copied(tmp_path / "office")
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    made = publish_faces(other.workspace, YEAR)
    assert made.omitted == ('没有安装画图的程序包，图表没有生成。要图表的，请运行 pip install "xxgk[charts]"。',)
    assert not any(name.startswith("charts/") for name in made.files)
    assert b"<svg" not in content(other, "report.html")


def test_a_closed_year_publishes_its_final_report(office: Office, tmp_path: Path) -> None:
    other = Office(tmp_path / "office", units=1)
    other.returns("u01")
    other.run()
    (tmp_path / "终稿.docx").write_bytes(polished(other))
    lock_year(other.workspace, YEAR, by="王五", reason="定稿", now=NOW, report=tmp_path / "终稿.docx")
    publish_faces(other.workspace, YEAR)
    assert "<p>全县组织培训，效果明显。</p>" in content(other, "report.html").decode()


def test_an_edited_or_missing_report_is_not_published(office: Office, tmp_path: Path) -> None:
    other = office.copied(tmp_path / "office")
    (other.outputs / "report.docx").write_bytes(b"PK other")
    with pytest.raises(WorkspaceError, match="不在，或者在汇总以后改过"):
        publish_faces(other.workspace, YEAR)
    (other.outputs / "report.docx").unlink()
    with pytest.raises(WorkspaceError, match="不在，或者在汇总以后改过"):
        publish_faces(other.workspace, YEAR)


def test_an_incomplete_county_is_told_on_every_page(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=2, profile=[("汇总单位", "<b>县&</b>人民政府"), *PROFILE[1:]])
    office.returns("u01")
    office.run()
    code, out, _ = xxgk("publish", "--year", str(YEAR), "-w", str(office.workspace.root))
    assert (code, "不是最终结果，不要发布" in out) == (3, True)
    for name in ("report.html", "infographic.html"):
        text = content(office, name).decode()
        html5lib.HTMLParser(strict=True).parse(text)
        assert "【汇总未完成】" in text
        assert "&lt;b&gt;县&amp;&lt;/b&gt;人民政府" in text


def test_what_the_settings_ask_for_is_made_after_a_night(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=1)
    office.returns("u01")
    (office.workspace.root / "xxgk.toml").write_text('[publish]\nfaces = ["html", "data"]\n')
    where = ["--year", str(YEAR), "-w", str(office.workspace.root)]
    code, out, _ = xxgk("run", *where)
    assert (code, "已生成" in out) == (0, True)
    assert sorted(path.name for path in (office.outputs / FOLDER).iterdir()) == ["data", "fragment.html", "report.html"]
    (office.workspace.root / "xxgk.toml").write_text('[publish]\nfaces = ["word"]\n')
    code, _, err = xxgk("run", *where)
    assert (code, "html、infographic、data、material、pdf" in err) == (2, True)
    assert "pdf" not in FACES


@pytest.mark.external("chromium")
@pytest.mark.parametrize("name", ["report.html", "infographic.html"])
@pytest.mark.parametrize("width", [1200, 390])
def test_in_a_browser(name: str, width: int, made: Published, office: Office) -> None:
    with opened(office.outputs / FOLDER / name, width=width) as page:
        assert complaints(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("h1").count() == 1


@pytest.mark.external("soffice", "pdftotext")
def test_the_pdf_says_what_the_word_file_says(office: Office, tmp_path: Path) -> None:
    other = office.copied(tmp_path / "office")
    made = publish_faces(other.workspace, YEAR, ("pdf",))
    assert made.files == ("report.pdf",)
    (tmp_path / "a.pdf").write_bytes(content(other, "report.pdf"))
    shown = subprocess.run(["pdftotext", str(tmp_path / "a.pdf"), "-"], capture_output=True, check=True).stdout.decode()
    bare = "".join(re.sub("— ?[0-9]+ ?—", "", shown).split())
    words = [p.text for p in Document(str(other.outputs / "report.docx")).paragraphs]
    assert [text for text in words if "".join(text.split()) not in bare] == []
    assert bare.count("600000") >= 6


def test_without_libreoffice_the_pdf_is_told(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = office.copied(tmp_path / "office")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    made = publish_faces(other.workspace, YEAR, ("pdf", "data"))
    assert [reason[:17] for reason in made.omitted] == ["这台机器上没有 LibreOffi"]
    assert "data/figures.csv" in made.files
