"""Rows of 来件认领: which arrival one names, when it is asked about, and that 不采用 settles what could not be read."""

from __future__ import annotations

import datetime as dt
from email.message import EmailMessage
from pathlib import Path

import pytest

from pipeline.model.finding import Finding
from pipeline.model.outcome import Outcome
from pipeline.model.submission import Arrival
from tests.workspaces import NOW, Office

DAY = dt.timedelta(days=1)
FIGURES = {"t2.permit.decisions": 10}
NAME = "u01_第1镇人民政府.xlsx"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Unit u01 passed with a file; later its blank form came under the same base name."""
    office = Office(tmp_path, units=2)
    office.returns("u02")
    office.returns("u01", FIGURES, name=f"乡镇/{NAME}")
    office.run()
    return office


def counted(outcome: Outcome) -> object:
    each = next((each for each in outcome.county.counted if each.unit.code == "u01"), None)
    return each.submission.values[outcome.form.position["t2.permit.decisions"]] if each else None


def states(outcome: Outcome) -> dict[str, str]:
    return {name: each.state for each in outcome.arrivals for name in each.arrival.names}


def found(outcome: Outcome, code: str) -> list[Finding]:
    return [finding for finding in outcome.findings if finding.code == code]


def claim(office: Office, subject: str, treatment: str, unit: str = "u01", reason: str = "空表误发") -> None:
    office.write_control({"来件认领": [(subject, unit, reason, "主任", treatment)]})


def test_an_exact_path_wins_over_the_base_name_of_another_file(office: Office) -> None:
    office.drop(NAME, office.issued("u01"))
    outcome = office.run(now=NOW + DAY)
    assert (counted(outcome), states(outcome)[NAME]) == (10, "退回")
    claim(office, NAME, "不采用")
    outcome = office.run(now=NOW + 2 * DAY)
    assert (counted(outcome), outcome.standings[0].state.value) == (10, "通过")
    assert states(outcome) == {NAME: "不采用", f"乡镇/{NAME}": "采用", "u02.xlsx": "采用"}
    assert outcome.open_points == ()


def test_what_the_page_says_to_write_sets_aside_that_file_alone(office: Office) -> None:
    office.drop(f"补报/{NAME}", office.issued("u01"))
    outcome = office.run(now=NOW + DAY)
    (blank,) = [each.arrival for each in outcome.arrivals if each.arrival.name == f"补报/{NAME}"]
    words = f"后报的“补报/{NAME}”（哈希 {blank.sha256[:8]}）没有通过"
    assert words in outcome.standings[0].next_step
    assert f"在台账“来件认领”写哈希 {blank.sha256[:8]}，“处理”写“不采用”" in outcome.standings[0].next_step
    claim(office, blank.sha256[:8], "不采用")
    outcome = office.run(now=NOW + 2 * DAY)
    assert (counted(outcome), states(outcome)[f"补报/{NAME}"], outcome.open_points) == (10, "不采用", ())


@pytest.mark.parametrize("treatment", ["采用", "不采用"])
def test_a_name_of_several_files_acts_on_none_and_is_asked_about(office: Office, treatment: str) -> None:
    office.drop(f"补报/{NAME}", office.issued("u01"))
    office.run(now=NOW + DAY)
    claim(office, NAME, treatment)
    outcome = office.run(now=NOW + 2 * DAY)
    assert (counted(outcome), states(outcome)[f"乡镇/{NAME}"], states(outcome)[f"补报/{NAME}"]) == (10, "采用", "退回")
    (finding,) = found(outcome, "T27")
    assert (finding.severity, finding.file, finding.sheet, finding.cell) == ("error", "台账.xlsx", "来件认领", "A3")
    assert "对得上 2 份内容不同的来件" in finding.message
    hashes = {each.arrival.name: each.arrival.sha256[:12] for each in outcome.arrivals}
    for name in (f"补报/{NAME}", f"乡镇/{NAME}"):
        assert f"“{name}”（哈希 {hashes[name]}）" in finding.message
    assert finding.remedy == "请把“文件名或哈希”改为其中一份的路径，或者它的哈希的前几位。"


def test_copies_of_one_content_are_no_question(office: Office) -> None:
    office.drop(f"补报/{NAME}", office.issued("u01"))
    office.drop(f"又一份/{NAME}", office.issued("u01"))
    (office.inputs / "乡镇" / NAME).rename(office.inputs / "乡镇" / "一镇.xlsx")
    office.run(now=NOW + DAY)
    claim(office, NAME, "不采用")
    outcome = office.run(now=NOW + 2 * DAY)
    assert (counted(outcome), states(outcome)[f"又一份/{NAME}"], found(outcome, "T27")) == (10, "不采用", [])


def test_a_name_without_a_treatment_claims_every_file_that_bears_it(office: Office) -> None:
    office.drop(f"补报/{NAME}", office.issued("u01"))
    claim(office, NAME, "")
    outcome = office.run(now=NOW + DAY)
    assert (counted(outcome), found(outcome, "T27"), found(outcome, "T10")) == (10, [], [])


def test_a_row_holds_for_what_had_come_when_it_was_written(office: Office) -> None:
    office.drop(f"补报/{NAME}", office.issued("u01"))
    (office.inputs / "乡镇" / NAME).rename(office.inputs / "乡镇" / "一镇.xlsx")
    claim(office, NAME, "不采用")
    assert counted(office.run(now=NOW + DAY)) == 10
    office.returns("u01", {"t2.permit.decisions": 20}, name=f"更正/{NAME}")
    outcome = office.run(now=NOW + 2 * DAY)
    assert (counted(outcome), states(outcome)[f"补报/{NAME}"], states(outcome)[f"更正/{NAME}"]) == (
        20,
        "不采用",
        "采用",
    )
    # the file it was written for is overwritten by another one
    office.returns("u01", {"t2.permit.decisions": 30}, name=f"补报/{NAME}")
    (office.inputs / "更正" / NAME).unlink()
    outcome = office.run(now=NOW + 3 * DAY)
    assert counted(outcome) == 30
    (finding,) = found(outcome, "T28")
    assert (finding.severity, finding.cell) == ("warning", "A3")
    assert "是登记台账“来件认领”这一行以后才来的" in finding.message


# ---------------------------------------------------------------- what could not be read
SCAN = b"%PDF-1.7 scan"
REJECTIONS = {
    "by name": ("扫描件.pdf", "u01"),
    "by path": ("邮件/扫描件.pdf", "u01"),
    "by hash": ("HASH", "u01"),
    "nobody's": ("扫描件.pdf", ""),
}


@pytest.mark.parametrize(("subject", "unit"), REJECTIONS.values(), ids=REJECTIONS)
def test_an_unread_file_is_settled_by_setting_it_aside(office: Office, subject: str, unit: str) -> None:
    office.drop("邮件/扫描件.pdf", SCAN)
    outcome = office.run(now=NOW + DAY)
    assert outcome.open_points == ("有 1 份来件没有认定或没有读出", "核实性问题 1 个没有答复（I3 1 个）")
    (waiting,) = outcome.unclaimed
    claim(office, subject.replace("HASH", waiting.arrival.sha256[:8]), "不采用", unit, "只是盖章扫描件")
    outcome = office.run(now=NOW + 2 * DAY)
    assert (outcome.open_points, states(outcome)["邮件/扫描件.pdf"]) == ((), "不采用")
    (finding,) = found(outcome, "I3")
    assert (finding.open, finding.answer) == (False, "不采用：只是盖章扫描件（批准人 主任，台账“来件认领”A3）")
    (received,) = [each for each in outcome.arrivals if each.arrival.name == "邮件/扫描件.pdf"]
    assert received.next_step == "无（不采用：只是盖章扫描件（批准人 主任，台账“来件认领”A3））"


def test_a_good_return_is_set_aside_without_naming_a_unit(office: Office) -> None:
    office.returns("u01", {"t2.permit.decisions": 20}, name="误发.xlsx")
    claim(office, "误发.xlsx", "不采用", "")
    outcome = office.run(now=NOW + DAY)
    assert (counted(outcome), states(outcome)["误发.xlsx"], outcome.open_points) == (10, "不采用", ())


def test_an_unread_file_of_a_unit_that_passed_later_needs_nothing(tmp_path: Path) -> None:
    office = Office(tmp_path, units=2)
    office.returns("u02")
    office.drop("第1镇人民政府.pdf", SCAN)
    office.drop("不知谁的.pdf", SCAN + b"2")
    outcome = office.run()
    assert outcome.standings[0].refused == ("第1镇人民政府.pdf",)
    office.returns("u01", FIGURES)
    outcome = office.run(now=NOW + DAY)
    assert states(outcome) == {
        "第1镇人民政府.pdf": "已被后报替代", "不知谁的.pdf": "未读取", "u01.xlsx": "采用", "u02.xlsx": "采用",
    }  # fmt: skip
    assert outcome.open_points == ("有 1 份来件没有认定或没有读出", "核实性问题 1 个没有答复（I3 1 个）")
    answers = {finding.file or finding.message: finding.answer for finding in found(outcome, "I3")}
    assert sorted(answers.values()) == ["", "“第1镇人民政府”后来报的“u01.xlsx”已经通过，这一份不用再处理"]


def test_an_unread_file_that_came_with_or_after_the_good_one_is_still_asked_about(office: Office) -> None:
    office.drop("第1镇人民政府（更正）.pdf", SCAN)
    outcome = office.run(now=NOW + DAY)
    assert states(outcome)["第1镇人民政府（更正）.pdf"] == "未读取"
    assert outcome.open_points[0] == "有 1 份来件没有认定或没有读出"


# ---------------------------------------------------------------- when it came
def mail(office: Office, date: str) -> bytes:
    message = EmailMessage()
    for field, text in (("From", "a@b.cn"), ("To", "c@d.cn"), ("Subject", "报表"), ("Date", date)):
        message[field] = text
    message.set_content("见附件")
    sheet = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    message.add_attachment(office.filled("u01"), maintype=sheet[0], subtype=sheet[1], filename="报表.xlsx")
    return message.as_bytes()


MAILS = {
    "in time": ("Fri, 10 Jan 2025 10:00:00 +0800", None),
    "late": ("Thu, 16 Jan 2025 10:00:00 +0800", "首次报送 2025-01-16（按邮件的日期），比期限晚 1 天。"),
    "no date": ("昨天", "首次报送 2025-01-20（按文件的时间），比期限晚 5 天。"),
}


@pytest.mark.parametrize(("date", "expected"), MAILS.values(), ids=MAILS)
def test_the_date_of_a_mail_tells_when_it_came(tmp_path: Path, date: str, expected: str | None) -> None:
    from tests.workspaces import PROFILE

    office = Office(tmp_path, units=2, profile=[*PROFILE, ("报送期限", "2025-01-15")])
    office.drop("第1镇.eml", mail(office, date))
    outcome = office.run(now=NOW + DAY)
    assert [finding.message for finding in found(outcome, "M1") if finding.open] == ([expected] if expected else [])
    step = outcome.standings[0].next_step
    assert step == ("无" if expected is None else "M1 还没有答复（已经计入）：认可的，在台账“认可”登记")
    if expected:
        (late,) = found(outcome, "M1")
        assert late.remedy == (
            "需要的，由汇总单位在台账“认可”登记理由（单位代码写该单位的，规则写 M1）；数字照常核对、计入。"
        )
        office.write_control({"认可": [("u01", "M1", "邮箱故障", "主任")]})
        outcome = office.run(now=NOW + 2 * DAY)
        assert [finding.answer for finding in found(outcome, "M1")] == ["认可：邮箱故障（批准人 主任）"]
        assert outcome.standings[0].next_step == "无"


def test_the_time_of_a_member_of_a_zip_is_not_when_it_was_sent() -> None:
    day = dt.datetime(2025, 1, 20, tzinfo=dt.UTC)
    facts = {"sha256": "0", "size": 1, "modified": day, "first_seen": day, "path": Path("x"), "written": day - 9 * DAY}
    cases = {
        ("a.eml/b.xlsx",): (dt.date(2025, 1, 11), "按邮件的日期"),
        ("a.zip/b.xlsx",): (dt.date(2025, 1, 20), "按第一次收到的时间"),
        ("a.eml/b.zip/c.xlsx",): (dt.date(2025, 1, 20), "按第一次收到的时间"),
    }
    assert {names: Arrival(names=names, **facts).came for names in cases} == cases  # type: ignore[arg-type]
