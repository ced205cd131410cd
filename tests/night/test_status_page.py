"""The morning page: what is on it, that its bytes depend on the night alone, and that it works in a browser."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import re
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote

import html5lib
import openpyxl
import pytest

from pipeline.night.close import lock_year
from tests.browser import complaints, opened
from tests.test_cli import xxgk
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
    roster[2][7] = "0451-57001000"
    roster[0][8] = "zhang@@bad"
    roster[4][3] = HOSTILE
    office.write_control({"单位名录": roster})
    office.returns("u01", {"t3.received.natural": 3, "t3.granted.natural": 3})
    office.returns("u02", {"t3.received.natural": 5})
    office.returns("u03", {"t3.received.natural": 4, "t4.review.upheld": "2件多"})
    office.drop("乱 码#1.xlsx", b"PK\3\4 nothing")
    office.run(now=NOW)
    office.returns("u02", {"t3.received.natural": 5, "t3.granted.natural": 5}, name="二（改）.xlsx", hour=15)
    late = (NOW + LATE).timestamp()
    for name, figure in (("四a.xlsx", 4), ("四b.xlsx", 5)):
        os.utime(office.returns("u04", {"t2.permit.decisions": figure, "t3.received.natural": figure,
                                        "t3.granted.natural": figure}, name=name), (late, late))  # fmt: skip
    office.drop("信/第5镇人民政府 #1.eml", mail(b"%PDF-1.7 scan"))
    office.drop(f"补报/{BLANK}", office.issued("u01"))
    office.run(now=NOW + LATE)
    return office


BLANK = "u01_第1镇人民政府.xlsx"


def mail(content: bytes) -> bytes:
    message = EmailMessage()
    for field, text in (("From", "a@b.cn"), ("To", "c@d.cn"), ("Subject", "报表"), ("Date", "昨天")):
        message[field] = text
    message.set_content("见附件")
    message.add_attachment(content, maintype="application", subtype="pdf", filename="扫描.pdf")
    return message.as_bytes()


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
    assert names == ["today", "counts", "units-section", "findings", "arrivals", "changes", "figures", "curve"]
    kinds = re.findall(r"<li><strong>([^<]+)</strong>", section(text, "today"))
    assert kinds == [
        "来件没有认定或没有读出", "来件没有认定或没有读出", "后报的没有通过", "以哪一份为准", "汇总的问题", "汇总的问题",
    ]  # fmt: skip


def decision(office: Office, kind: str, word: str = "") -> str:
    today = section(page(office), "today")
    items = re.findall(rf"<li><strong>{kind}</strong>(.*?)</li>", today, re.S)
    (item,) = [item for item in items if word in item]
    return str(item)


def hash_of(office: Office, name: str) -> str:
    run = json.loads((office.outputs / "run.json").read_bytes())
    return next(str(each["sha256"]) for each in run["arrivals"] if name in each["names"])[:8]


def test_versions_are_told_apart_by_hash_and_figures(office: Office) -> None:
    item = decision(office, "以哪一份为准")
    for name in ("四a.xlsx", "四b.xlsx"):
        assert f'<a href="../../inputs/2024/{name}">{name}</a>（哈希 {hash_of(office, name)}）' in item
    assert re.search(r"不同的数：(?:\S+ 4、5；){3}等 7 项。<br>", item)
    assert "处理写“采用”" in item


def test_a_later_return_that_failed_leads_to_its_correction_and_its_row(office: Office) -> None:
    item = decision(office, "后报的没有通过")
    name, digits = f"补报/{BLANK}", hash_of(office, f"补报/{BLANK}")
    assert f'<a href="../../inputs/2024/{name}">{name}</a>（哈希 {digits}）' in item
    assert f'<a href="corrections/{BLANK.removesuffix(".xlsx")}_退改.xlsx">退改件</a>' in item
    assert f"不用这一份的，在台账“来件认领”写哈希 {digits}，“处理”写“不采用”" in item


def test_a_member_of_a_mail_leads_to_the_mail(office: Office) -> None:
    item = decision(office, "来件没有认定或没有读出", "扫描.pdf")
    digits = hash_of(office, "信/第5镇人民政府 #1.eml/扫描.pdf")
    assert (
        f'<a href="../../inputs/2024/信/第5镇人民政府%20%231.eml">信/第5镇人民政府 #1.eml/扫描.pdf</a>（哈希 {digits}）'
        in item
    )
    assert f"不要这一份的，在台账“来件认领”写哈希 {digits}，“处理”写“不采用”（单位代码可以空着）。" in item


def test_a_finding_of_the_control_workbook_links_the_file_alone(office: Office) -> None:
    assert '<a href="../../inputs/2024/台账.xlsx">台账.xlsx</a> 单位名录 I3<br>' in decision(
        office, "汇总的问题", "邮箱"
    )
    assert "请催报（xxgk remind 写出催报函和电话清单）" in decision(office, "汇总的问题", "A2 ")


def test_every_arrival_is_listed_and_a_missing_unit_leads_to_its_own(office: Office) -> None:
    listed = section(page(office), "arrivals")
    rows = re.findall(
        r'<tr id="(a-\d+)"><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>', listed
    )
    names = [re.sub("<[^>]+>", "", name) for _, name, *_ in rows]
    run = json.loads((office.outputs / "run.json").read_bytes())
    assert sorted(names) == sorted(name.replace("&", "&amp;") for each in run["arrivals"] for name in each["names"])
    states = dict(zip(names, [state for _, _, state, *_ in rows], strict=True))
    assert states == {
        "乱 码#1.xlsx": "未读取", "信/第5镇人民政府 #1.eml/扫描.pdf": "未读取", f"补报/{BLANK}": "退回", "四a.xlsx": "待定",
        "四b.xlsx": "待定", "u01.xlsx": "采用", "u02.xlsx": "已被后报替代", "u03.xlsx": "退回", "二（改）.xlsx": "采用",
    }  # fmt: skip
    scan = next(row for row in rows if "扫描.pdf" in row[1])
    assert scan[5].startswith(
        "文件“信/第5镇人民政府 #1.eml/扫描.pdf”是PDF 文档，不是工作簿，没有读取。请填在下发给本单位的原表里"
    )
    assert "已经处理的 3 份（采用 2，已被后报替代 1）" in listed
    units = section(page(office), "units-section")
    assert f'<a href="#{scan[0]}">“信/第5镇人民政府 #1.eml/扫描.pdf”</a>没有读出或没有认定' in units
    assert '原因见<a href="#arrivals">“来件清单”</a>' in units


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
        ("", ""), ("", ""), ("", ""), ("", "7"), (f' data-due="{DUE}"', ""), ("", ""),
    ]  # fmt: skip
    assert '<td><a href="tel:0451-57001000">0451-57001000</a></td>' in rows[2][2]


def test_every_link_leads_to_a_file(office: Office) -> None:
    links = [link for link in re.findall(r'href="([^"#][^"]*)"', page(office)) if not link.startswith("tel:")]
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
        ("2025-01-20", "3"), ("2025-01-27", "4"),
    ]  # fmt: skip


def test_the_table_for_excel_is_the_same(office: Office) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(tree(office.outputs)["status.xlsx"])).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]  # type: ignore[union-attr]
    assert [(row[0], row[3], row[9]) for row in rows] == [
        ("u01", "通过", ""), ("u02", "通过", ""), ("u03", "退回", ""), ("u04", "已收", 7), ("u05", "未报", ""),
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
        view.click("a[href='#arrivals']")
        assert view.evaluate("location.hash") == "#arrivals"


@pytest.mark.external("chromium")
def test_on_a_phone_and_on_paper(office: Office, tmp_path: Path) -> None:
    with opened(office.outputs / "status.html", width=390) as view:
        assert complaints(view) == []
        assert view.evaluate("document.documentElement.scrollWidth") <= 390
        for column in (8, 9):  # 电话, 下一步
            box = view.locator(f"#units tbody tr:nth-child(3) td:nth-child({column})").bounding_box()
            assert (box["x"] >= 0, box["x"] + box["width"] <= 390) == (True, True)
        view.emulate_media(media="print")
        view.set_viewport_size({"width": 1032, "height": 700})  # A4 across, less its margins
        assert view.evaluate("document.getElementById('units').getBoundingClientRect().right") <= 1032
        assert view.evaluate("getComputedStyle(document.querySelector('.controls')).display") == "none"


@pytest.mark.external("chromium")
def test_paper_shows_what_is_folded_and_still_open(office: Office) -> None:
    with opened(office.outputs / "status.html") as view:
        unfolded = "Array.from(document.querySelectorAll('#findings details[open]')).map(part => part.id)"
        assert view.evaluate(unfolded) == []
        view.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert view.evaluate(unfolded) == ["u-u01", "u-u03", "u-u04"]
        view.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert view.evaluate(unfolded) == []


def test_a_closed_year_says_so(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=1)
    office.returns("u01")
    office.run()
    lock_year(office.workspace, office.year, by="王五 <b>", reason="核对无误", now=NOW)
    today = section(page(office), "today")
    assert "<strong>本年度已封存</strong>（封存人 王五 &lt;b&gt;，说明：核对无误），结果不再变动" in today
    assert '<a href="封存清单.json">封存清单</a>' in today
    assert "运行 <code>xxgk status --year 2024</code> 看" in today
    assert ("没有要办公室决定的事" in today, (office.outputs / "封存清单.json").is_file()) == (False, True)
    # what comes later changes no byte, and is told by status
    before = tree(office.outputs)
    office.returns("u01", {"t2.permit.decisions": 9}, name="晚到.xlsx")
    office.run(now=NOW + LATE)
    assert tree(office.outputs) == before
    code, out, _ = xxgk("status", "--year", "2024", "-w", str(office.workspace.root))
    assert (code, "封存后来件" in out, "晚到.xlsx：已登记，没有计入" in out) == (0, True, True)


def test_late_units_are_one_line(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=7, profile=[*PROFILE, ("报送期限", "2025-01-18")])
    for unit in office.units:
        office.returns(unit.code)
    office.run()
    item = decision(office, "已通过单位没有答复的问题")
    names = "、".join(f"第{n}镇人民政府" for n in range(1, 6))
    assert f"M1 7 个单位：{names} 等。如第1镇人民政府：首次报送 2025-01-20（按文件的时间），比期限晚 2 天。" in item
    assert "需要的，由汇总单位在台账“认可”登记理由（单位代码写该单位的，规则写 M1）" in item
    office.write_control({"认可": [(unit.code, "M1", "邮箱故障", "主任") for unit in office.units]})
    office.run(now=NOW + LATE)
    assert "没有要办公室决定的事。" in section(page(office), "today")


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
