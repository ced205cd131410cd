"""History brought in and looked up: from reports, from workbooks of every layout, and what is refused."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from pathlib import Path

import pytest
from openpyxl import load_workbook
from xlsxwriter.workbook import Workbook

from pipeline.errors import WorkspaceError
from pipeline.form import Form, Value, load_form
from pipeline.layout import table_grid
from pipeline.prior_year.importing import Recalled, import_history, load_known, withdraw_history
from pipeline.workspace import bundled_templates
from tests.ledger.ledgers import contents
from tests.prior_year.reports import cms_html, docx, published
from tests.workspaces import YEAR, Office

NOW = dt.datetime(2025, 1, 5, 9, 0, tzinfo=dt.UTC)
TITLE = ("第1镇人民政府2023年", "政府信息公开工作年度报告")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture(scope="module")
def old() -> Form:
    return load_form(bundled_templates() / "xxgk-2019")


def take(office: Office, name: str, content: bytes, *, unit: str = "u01", year: int = 2023) -> Recalled:
    path = office.workspace.root / name
    path.write_bytes(content)
    return import_history(office.workspace, path, unit=unit, year=year, now=NOW, workers=0)


def report(
    form: Form, year: int = 2023, changes: Mapping[str, str] | None = None, unit: str = "第1镇人民政府"
) -> bytes:
    page = cms_html(form, published(form) | dict(changes or {}), title=f"{unit}{year}年政府信息公开工作年度报告")
    return page.replace("自2024年".encode(), f"自{year}年".encode()).replace(
        "至2024年".encode(), f"至{year}年".encode()
    )


def retyped(form: Form, figures: Mapping[str, Value], head: str) -> bytes:
    """All tables typed anew below each other on one sheet, with nothing of ours left but the labels."""
    out = io.BytesIO()
    book = Workbook(out)
    sheet = book.add_worksheet("年报")
    sheet.write(0, 0, head)
    top = 3
    for table in form.tables:
        grid = table_grid(table)
        for cell in grid.cells:
            sheet.write(top + cell.row, 1 + cell.col, figures.get(cell.code, 0) if cell.code else cell.text)
        top += grid.height + 2
    book.close()
    return out.getvalue()


def codes(result: Recalled) -> list[str]:
    return [finding.code for finding in result.findings]


def test_a_report_is_kept_as_history_and_as_nothing_else(office: Office) -> None:
    result = take(office, "年报.html", report(office.form))
    assert result.past is not None
    assert not result.attention
    assert codes(result) == ["H2"]
    found = load_known(office.workspace, 2023)
    assert [unit.code for unit in found.units] == ["u01", "u02", "u03"]
    assert {unit: len(values) for unit, values in found.values.items()} == {"u01": 200}
    value, past = found.values["u01"]["t3.received.natural"]
    assert (value, past.source, past.file, past.sha256) == (3, "年报", "年报.html", result.past.sha256)
    kept = office.workspace.ledger / "originals" / past.sha256
    assert kept.read_bytes() == report(office.form)
    outcome = office.run()
    assert [standing.state.value for standing in outcome.standings] == ["未报"] * 3, "history is no return"
    assert outcome.arrivals == ()


def test_a_corrected_file_goes_before_the_first_and_both_stay(office: Office) -> None:
    first = report(office.form, changes={"t2.permit.decisions": "7", "t2.fees.amount": "12.5"})
    second = report(office.form, changes={"t2.permit.decisions": "8", "t2.fees.amount": ""})
    take(office, "a.html", first)
    take(office, "b.html", second)
    values = load_known(office.workspace, 2023).values["u01"]
    told = {code: (str(values[code][0]), values[code][1].file) for code in ("t2.permit.decisions", "t2.fees.amount")}
    assert told == {"t2.permit.decisions": ("8", "b.html"), "t2.fees.amount": ("12.500000", "a.html")}
    kept = {path.read_bytes() for path in (office.workspace.ledger / "originals").iterdir()}
    assert {first, second} <= kept


def test_the_report_of_the_whole_is_no_units_history(office: Office) -> None:
    result = take(office, "县.html", report(office.form, unit="方正县人民政府"))
    assert result.past is None
    assert "H13" in codes(result)


def test_an_import_by_mistake_is_taken_back(office: Office) -> None:
    """The last one first; what it had put in the place of is known again, and nothing is lost from the ledger."""
    form, item = office.form, "t3.received.natural"

    def value() -> object:
        known_of = load_known(office.workspace, 2023).values.get("u01", {})
        return known_of[item][0] if known_of else None

    first = take(office, "对.html", report(form))
    right = value()
    assert right is not None
    changed = {item: str(int(str(right)) + 1)}
    for name in ("错.html", "错.html"):
        take(office, name, report(form, changes=changed))
    assert value() == int(str(right)) + 1
    for expected in (int(str(right)) + 1, right, None):
        withdraw_history(office.workspace, unit="u01", year=2023, now=NOW)
        assert value() == expected
    with pytest.raises(WorkspaceError, match="没有导入过 u01 2023 年度的历史"):
        withdraw_history(office.workspace, unit="u01", year=2023, now=NOW)
    take(office, "对.html", report(form))
    assert value() == right
    rows = contents(office.workspace.ledger)["pasts"]
    assert len(rows) == 7
    assert first.past is not None
    assert {row[6] for row in rows[:1]} == {first.past.file}


def test_a_workbook_we_issued(office: Office) -> None:
    """Its seal says whose it is and of which year."""
    filled = office.filled("u01", {"t3.carried_in.natural": 5, "t3.carried_out.natural": 5, "info.trainings": 4})
    result = take(office, "any name.xlsx", filled, year=YEAR)
    assert result.past is not None
    assert (result.past.source, codes(result)) == ("报表", ["H2"])
    assert result.past.values["t3.carried_out.natural"] == 5
    assert result.past.values["t3.carried_out.total"] == 5
    assert result.past.values["info.trainings"] == 4
    assert not any(code.startswith("meta.") for code in result.past.values)


def test_a_blank_workbook_says_nothing(office: Office) -> None:
    """Its totals stand at 0, as a formula adds up nothing; none of them is believed."""
    result = take(office, "blank.xlsx", office.issued("u01"), year=YEAR)
    assert result.past is None
    assert codes(result).count("H16") == 2
    assert codes(result)[-1] == "H1"
    assert load_known(office.workspace, YEAR).values == {}


def test_a_workbook_with_blanks_keeps_the_totals_it_can(office: Office) -> None:
    book = load_workbook(io.BytesIO(office.filled("u01", {"t3.received.natural": 2, "t3.granted.natural": 2})))
    assert book["表三"]["E6"].value == 0
    content = office.filled("u01", {"t3.received.natural": 2, "t3.granted.natural": 2, "t3.received.business": None})
    result = take(office, "a.xlsx", content, year=YEAR)
    assert result.past is not None
    assert "t3.received.business" not in result.past.values
    assert "t3.received.total" not in result.past.values
    assert result.past.values["t3.granted.total"] == 2
    assert [f.message for f in result.findings if f.code in ("H3", "H16")] == [
        "表三“一、本年新收政府信息公开申请数量·法人或其他组织·商业企业”这一格有 1 格空白，按“不知道”处理，没有当作 0。",
        "表三有 1 个合计里含有不知道的格，公式把它们当作了 0，这些合计没有采用。",
    ]


def test_a_retyped_workbook_of_2019(office: Office, old: Form) -> None:
    figures: dict[str, Value] = {"t3.carried_out.natural": 4, "t3.other.natural": 2, "t2.permit.change": -3}
    head = "填报单位：第1镇人民政府　　报告年度：2020年"
    control = office.workspace.control(2021)
    control.parent.mkdir()
    control.write_bytes(office.workspace.control(YEAR).read_bytes())
    result = take(office, "2020.xlsx", retyped(old, figures, head), year=2020, unit="u01")
    assert result.past is not None
    assert result.past.form == "xxgk-2019"
    assert result.past.values["t2.permit.change"] == -3
    assert {f.key for f in result.findings if f.code == "H7"} == {
        "R1.carried_out", "R1.other", "R2.natural", "R3.natural",
    }  # fmt: skip
    values = load_known(office.workspace, 2020).values["u01"]
    assert values["t3.other.natural"][0] == 2


def test_the_format_of_2019_for_a_later_year_keeps_what_means_the_same(office: Office, old: Form) -> None:
    content = docx(old, published(old), title=("第1镇人民政府2024年", TITLE[1]))
    result = take(office, "2024.docx", content, year=2024)
    assert result.past is not None
    assert result.past.form == "xxgk-2021"
    assert set(result.past.values) == set(office.form.crosswalks["xxgk-2019"].codes)
    assert result.findings[-1].message == (
        "“2024.docx”用的是 xxgk-2019 表式，2024 年度应当用 xxgk-2021；只保存意义相同的 169 格。"
    )


def test_another_year_is_not_kept(office: Office) -> None:
    result = take(office, "a.html", report(office.form, 2022))
    assert result.past is None
    assert result.attention
    assert [f.message for f in result.findings if f.code == "H12"] == [
        "“a.html”写明是 2022 年度的，不是 2023 年度，没有保存。"
    ]
    sealed = take(office, "b.xlsx", office.filled("u01"), year=2023)
    assert [f.found for f in sealed.findings if f.code == "H12"] == ["2024"]
    assert load_known(office.workspace, 2023).values == {}


def test_another_unit_is_not_kept_an_unknown_name_is_asked_about(office: Office) -> None:
    other = take(office, "a.html", report(office.form), unit="u02")
    assert other.past is None
    assert [f.message for f in other.findings if f.code == "H13"] == [
        "“a.html”写明是“第1镇人民政府”的，不是“第2镇人民政府”的，没有保存。"
    ]
    sealed = take(office, "b.xlsx", office.filled("u01"), unit="u02", year=YEAR)
    assert [f.found for f in sealed.findings if f.code == "H13"] == ["u01 第1镇人民政府"]
    strange = take(office, "c.html", report(office.form, unit="老城乡人民政府"))
    assert strange.past is not None
    assert [(f.code, f.found) for f in strange.findings if f.severity != "info"] == [("H14", "老城乡人民政府")]


REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "unknown unit": ({"unit": "u99"}, "2024 年度的单位名录里没有代码 u99"),
    "no 台账": ({"year": 2010}, "没有适用于 2010 年度的表式"),
    "no roster": ({"year": 2026}, "2027 年度和 2026 年度都没有台账"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_begin(name: str, office: Office) -> None:
    wanted, words = REFUSED[name]
    path = office.workspace.root / "a.html"
    path.write_bytes(report(office.form))
    with pytest.raises(WorkspaceError, match=words):
        import_history(office.workspace, path, **{"unit": "u01", "year": 2023, "now": NOW, **wanted})  # type: ignore[arg-type]
    with pytest.raises(WorkspaceError, match="打不开"):
        import_history(office.workspace, path / "x", unit="u01", year=2023, now=NOW)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\3\4 no zip at all", "已损坏"),
        (b"%PDF-1.7", "它是PDF 文档，读不出表格"),
        (b"", "是空的"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096), "没有读到往年的数"),
    ],
)
def test_what_cannot_be_read_is_said_and_not_kept(content: bytes, words: str, office: Office) -> None:
    result = take(office, "a.bin", content)
    assert result.past is None
    (finding,) = result.findings
    assert (finding.code, words in finding.message) == ("H1", True)


def test_a_workbook_that_kills_its_reader_costs_nothing_else(office: Office) -> None:
    """A far cell in a real child process: said, not fatal."""
    book = Workbook(path := office.workspace.root / "far.xlsx")
    book.add_worksheet("表三").write(1_048_575, 16_383, 1)
    book.close()
    result = import_history(office.workspace, path, unit="u01", year=2023, now=NOW)
    assert codes(result) == ["H1"]
