"""The morning page: what is on it, that its bytes depend on the night alone, and that it works in a browser."""

from __future__ import annotations

import datetime as dt
import io
import re
from pathlib import Path
from urllib.parse import unquote

import html5lib
import openpyxl
import pytest

from tests.browser import complaints, opened
from tests.workspaces import NOW, PROFILE, Office, tree

HOSTILE = "<script>alert(1)</script>&\"'\u202e"
DUE = "2025-01-20"
LATE = dt.timedelta(days=6)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Six units: passed, passed late after a first return that failed, returned, two versions, missing, waived."""
    profile = [*PROFILE, ("报送期限", DUE)]
    office = Office(
        tmp_path_factory.mktemp("morning") / "office",
        units=6,
        profile=profile,
        control={"免报": [("u06", "撤并", "王五")]},
    )
    roster = [list(row) for row in office.control_sheets["单位名录"]]
    roster[2][4] = "部门"
    roster[2][7] = "0451-1"
    roster[4][3] = HOSTILE
    office.write_control({"单位名录": roster})
    office.returns("u01", {"t3.received.natural": 3, "t3.granted.natural": 3})
    office.returns("u02", {"t3.received.natural": 5})
    office.returns("u03", {"t3.received.natural": 4, "t4.review.upheld": "2件多"})
    office.drop("乱 码#1.xlsx", b"PK\3\4 nothing")
    office.run(now=NOW)
    office.returns("u02", {"t3.received.natural": 5, "t3.granted.natural": 5}, name="二（改）.xlsx", hour=15)
    office.returns("u04", {"t2.permit.decisions": 4}, name="四a.xlsx")
    office.returns("u04", {"t2.permit.decisions": 5}, name="四b.xlsx")
    office.run(now=NOW + LATE)
    return office


def page(office: Office) -> str:
    return (office.outputs / "status.html").read_text(encoding="utf-8")


def section(text: str, name: str) -> str:
    match = re.search(rf'<section id="{name}".*?</section>', text, re.S)
    assert match
    return match.group()


def test_it_is_valid_and_nothing_from_outside_is_markup(office: Office) -> None:
    text = page(office)
    html5lib.HTMLParser(strict=True).parse(text)
    assert text.count("<script") == 1
    assert "\u202e" not in text
    assert re.findall(r"https?://|//[a-z]|@import|url\(", text) == []


def test_what_needs_a_decision_comes_first(office: Office) -> None:
    text = page(office)
    names = re.findall(r'<section id="([\w-]+)"', text)
    assert names == ["today", "counts", "units-section", "findings", "changes", "figures", "curve"]
    today = section(text, "today")
    kinds = re.findall(r"<li><strong>([^<]+)</strong>", today)
    assert (kinds[0], "以哪一份为准" in kinds) == ("来件没有认定或没有读出", True)
    assert "四b.xlsx" in today
    assert "在台账“来件认领”的“处理”一栏写“采用”" in today


def test_states_table_and_days(office: Office) -> None:
    text = page(office)
    assert re.findall(r"<li><strong>(\d+)</strong>([^<]+)</li>", section(text, "counts")) == [
        ("1", "未报"), ("1", "已收"), ("1", "退回"), ("2", "通过"), ("1", "免报"),
    ]  # fmt: skip
    rows = re.findall(r"<tr data-state=\"([^\"]+)\" data-type=\"([^\"]+)\">(.*?)</tr>", section(text, "units-section"))
    assert [(state, kind) for state, kind, _ in rows] == [
        ("通过", "乡镇"), ("通过", "乡镇"), ("退回", "部门"), ("已收", "乡镇"), ("未报", "乡镇"), ("免报", "乡镇"),
    ]  # fmt: skip
    late = [re.search(r'<td class="n late"([^>]*)>([^<]*)</td>', cells) for *_, cells in rows]
    assert [match.groups() if match else None for match in late] == [
        ("", ""), ("", ""), ("", ""), ("", "6"), (f' data-due="{DUE}"', ""), ("", ""),
    ]  # fmt: skip
    assert "0451-1" in rows[2][2]


def test_every_link_leads_to_a_file(office: Office) -> None:
    links = re.findall(r'href="([^"#][^"]*)"', page(office))
    missing = [link for link in links if not (office.outputs / unquote(link)).resolve().is_file()]
    assert missing == []
    assert any(link.startswith("corrections/") for link in links)
    assert any("%23" in link for link in links), "a file name with # is a link as well"
    inside = set(re.findall(r'href="#([^"]+)"', page(office)))
    assert inside <= set(re.findall(r'id="([^"]+)"', page(office)))


def test_changes_and_figures_name_units_and_cells(office: Office) -> None:
    text = page(office)
    assert re.search(r"第2镇人民政府 （没有）→5", section(text, "changes"))
    figures = section(text, "figures")
    assert "一、本年新收政府信息公开申请数量·自然人　<strong>8</strong>件" in figures
    assert "二（改）.xlsx</a></td><td>表三 D6</td>" in figures
    assert re.findall(r'<th scope="row">([\d-]+)</th><td class="n">(\d)</td>', section(text, "curve")) == [
        (f"{NOW:%Y-%m-%d}", "3"), (f"{NOW + LATE:%Y-%m-%d}", "4"),
    ]  # fmt: skip


def test_the_table_for_excel_is_the_same(office: Office) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(tree(office.outputs)["status.xlsx"])).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]  # type: ignore[union-attr]
    assert [(row[0], row[3], row[9]) for row in rows] == [
        ("u01", "通过", ""), ("u02", "通过", ""), ("u03", "退回", ""), ("u04", "已收", 6), ("u05", "未报", ""),
        ("u06", "免报", ""),
    ]  # fmt: skip
    assert (sheet.auto_filter.ref, sheet.freeze_panes) == ("A1:L7", "C2")  # type: ignore[union-attr]


def test_a_night_that_changes_nothing_leaves_the_page(office: Office) -> None:
    before = tree(office.outputs)
    office.run(now=NOW + dt.timedelta(days=9))
    assert tree(office.outputs) == before
    office.run(now=NOW + dt.timedelta(days=9), anew=True)
    assert page(office).encode() == before["status.html"]


@pytest.mark.external("chromium")
def test_in_a_browser(office: Office) -> None:
    with opened(office.outputs / "status.html") as view:
        assert complaints(view) == []
        assert view.evaluate("document.documentElement.scrollWidth") <= 1200
        assert re.fullmatch(r"已过 \d+ 天", view.inner_text(".days"))
        assert int(view.inner_text("tr[data-state='未报'] td.late")) > 300
        codes = "Array.from(document.querySelectorAll('#units tbody tr')).filter(r => !r.hidden).map(r => r.cells[0].textContent)"
        view.click("#units thead th:nth-child(7) button")
        assert view.evaluate(codes)[0] == "u04"
        view.click("#units thead th:nth-child(1) button")
        view.click("#units thead th:nth-child(1) button")
        assert view.evaluate(codes) == ["u06", "u05", "u04", "u03", "u02", "u01"]
        view.select_option("#state", "通过")
        assert (view.evaluate(codes), view.inner_text("#shown")) == (["u02", "u01"], "2 / 6 个单位")
        view.select_option("#state", "")
        view.select_option("#type", "部门")
        assert view.evaluate(codes) == ["u03"]
        view.select_option("#type", "")
        view.fill("#find", "第5镇")
        assert view.evaluate(codes) == ["u05"]
        view.fill("#find", "")
        view.click("a[href='#u-u03']")
        assert view.evaluate("document.getElementById('u-u03').open") is True


@pytest.mark.external("chromium")
def test_on_a_phone_and_on_paper(office: Office, tmp_path: Path) -> None:
    with opened(office.outputs / "status.html", width=390) as view:
        assert complaints(view) == []
        assert view.evaluate("document.documentElement.scrollWidth") <= 390
        view.emulate_media(media="print")
        view.set_viewport_size({"width": 1032, "height": 700})  # A4 across, less its margins
        assert view.evaluate("document.getElementById('units').getBoundingClientRect().right") <= 1032
        assert view.evaluate("getComputedStyle(document.querySelector('.controls')).display") == "none"


@pytest.mark.external("chromium")
def test_a_thousand_units_on_one_page(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=1_000)
    office.returns("u01", {"t3.received.natural": 5})
    office.run()
    assert (office.outputs / "status.html").stat().st_size < 1_000_000
    with opened(office.outputs / "status.html") as view:
        view.click("#units thead th:nth-child(1) button")
        view.click("#units thead th:nth-child(1) button")
        assert view.evaluate("document.querySelector('#units tbody tr').cells[0].textContent") == "u1000"
