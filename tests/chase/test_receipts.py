"""Receipts: every return that came is answered once, with what became of it and the marked workbook."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from pipeline.chase.letters import Letter
from pipeline.chase.receipts import list_receipts
from pipeline.chase.sending import send_letters
from tests.chase.conftest import Postman
from tests.test_cli import xxgk
from tests.workspaces import NOW, PROFILE, YEAR, Office

DAY = NOW.date()
BROKEN = {"t3.received.natural": 5}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    profile = [*PROFILE, ("电话", "0451-9")]
    office = Office(tmp_path / "office", units=5, profile=profile, control={"免报": [("u04", "撤并", "王五")]})
    roster = [list(row) for row in office.control_sheets["单位名录"]]
    for n, row in enumerate(roster, 1):
        row[8] = f"u0{n}@example.cn" if n != 5 else ""
    office.write_control({"单位名录": roster})
    office.returns("u01", name="会发镇.xlsx")
    office.returns("u02", BROKEN)
    office.returns("u04", BROKEN, name="免报的.xlsx")
    office.returns("u05")
    office.drop("不知是谁.xlsx", b"PK\3\4 nothing")
    office.run(now=NOW)
    return office


def answers(office: Office) -> list[Letter]:
    return list_receipts(office.workspace, YEAR, DAY)


def set_mail(office: Office, port: int, more: str = "") -> None:
    (office.workspace.root / "xxgk.toml").write_text(
        f'[mail]\nurl = "mailto://127.0.0.1:{port}?from=xxgk@example.cn"\n{more}'
    )


def test_what_a_unit_is_told(office: Office) -> None:
    first, second, waived, last = answers(office)
    assert [letter.unit.code for letter in (first, second, waived, last)] == ["u01", "u02", "u04", "u05"]
    assert first.lines == ("贵单位报来的“会发镇.xlsx”已收到，核对通过，不用再报。",)
    assert first.title == "关于2024年度政府信息公开工作年度报告统计表的回执"
    assert (first.attachment, first.lost) == (None, False)
    assert second.title == "关于2024年度政府信息公开工作年度报告统计表的退改通知"
    assert "（文件“u02.xlsx”）已收到。经核对，有强制性问题 1 个，请改正后重新报送。" in second.lines[0]
    assert any("【表三 " in line for line in second.lines)
    assert second.text.count("有疑问请联系") == 1
    assert second.attachment == (office.outputs / "corrections" / "u02_第2镇人民政府_退改.xlsx").read_bytes()
    assert waived.lines == ("贵单位报来的“免报的.xlsx”已收到。贵单位本年度登记了免报，没有计入。",)


def test_each_arrival_is_answered_once(office: Office, postman: tuple[Postman, int]) -> None:
    man, port = postman
    set_mail(office, port)
    man.refused = {"u02@example.cn"}
    results = [d.result for d in send_letters(office.workspace, YEAR, answers(office), now=NOW)]
    assert results == ["sent", "failed", "sent", "no_address"]
    assert [letter.unit.code for letter in answers(office)] == ["u02", "u05"]
    man.refused = set()
    results = [d.result for d in send_letters(office.workspace, YEAR, answers(office), now=NOW)]
    assert results == ["sent", "no_address"]
    assert [to for to, _ in man.mails] == [["u01@example.cn"], ["u04@example.cn"], ["u02@example.cn"]]
    body = next(part for part in man.mails[2][1].walk() if part.get_content_type() == "text/plain")
    words = body.get_payload(decode=True)
    assert isinstance(words, bytes)
    assert "打开随附的“u02_correction.xlsx”" in words.decode()
    # a corrected return is an arrival of its own
    office.returns("u02", name="u02改.xlsx")
    office.run(now=NOW + dt.timedelta(days=1))
    again = answers(office)
    assert [(letter.unit.code, letter.lines) for letter in again if letter.unit.code == "u02"] == [
        ("u02", ("贵单位报来的“u02改.xlsx”已收到，核对通过，不用再报。",))
    ]


def test_versions_are_told_together(office: Office) -> None:
    office.returns("u03", {"t2.permit.decisions": 1}, name="一.xlsx")
    office.run(now=NOW + dt.timedelta(days=1))
    office.returns("u03", {"t2.permit.decisions": 2}, name="二.xlsx")
    office.run(now=NOW + dt.timedelta(days=2))
    letter = next(letter for letter in answers(office) if letter.unit.code == "u03")
    assert letter.lines == (
        "贵单位报来的“一.xlsx”已收到，现在以贵单位的另一份为准，这一份不再使用。",
        "贵单位报来的“二.xlsx”已收到，核对通过，不用再报。",
    )
    assert len(letter.keys) == 2


def test_two_versions_that_nobody_can_order(office: Office) -> None:
    for number in (1, 2):
        office.returns("u03", {"t2.permit.decisions": number}, name=f"{number}.xlsx")
    office.run(now=NOW + dt.timedelta(days=1))
    letter = next(letter for letter in answers(office) if letter.unit.code == "u03")
    assert all("请告诉我们以哪一份为准" in line for line in letter.lines)
    assert (len(letter.lines), letter.lost) == (2, False)


def test_a_night_answers_when_the_settings_say_so(office: Office, postman: tuple[Postman, int]) -> None:
    man, port = postman
    where = ["--year", str(YEAR), "-w", str(office.workspace.root)]
    set_mail(office, port)
    xxgk("run", *where)
    assert man.mails == []
    set_mail(office, port, "receipts = true\n")
    man.refused = {"u04@example.cn"}
    code, out, err = xxgk("run", *where)
    assert (code, "回执：已发送 2 封，没有发出 1 封" in out) == (3, True)
    assert "给 u04 第4镇人民政府（u04@example.cn）的回执没有发出：对方邮箱不存在或拒收。下次运行再发。" in err.replace(
        "\n", ""
    )
    man.refused = set()
    assert "回执：已发送 1 封" in xxgk("run", *where)[1]
    assert "回执" not in xxgk("run", *where)[1]
    assert sorted(to[0] for to, _ in man.mails) == ["u01@example.cn", "u02@example.cn", "u04@example.cn"]


def test_the_command_without_sending(office: Office) -> None:
    code, out, _ = xxgk("receipt", "--year", str(YEAR), "-w", str(office.workspace.root))
    assert (code, "要回 4 个单位" in out) == (0, True)
    assert [path.name for path in (office.outputs / "receipts").glob("*/u02*.docx")] == ["u02_第2镇人民政府_回执.docx"]
    assert len(answers(office)) == 4


def test_a_good_and_a_bad_one_of_one_night(office: Office) -> None:
    office.returns("u03", name="收件/好.xlsx")
    office.run(now=NOW + dt.timedelta(days=1))
    office.returns("u03", BROKEN, name="收件/坏.xlsx")
    office.run(now=NOW + dt.timedelta(days=2))
    letter = next(letter for letter in answers(office) if letter.unit.code == "u03")
    assert letter.lines[0] == "贵单位报来的“好.xlsx”已收到，核对通过，现在按它计入。"
    assert letter.lines[-1] == "在它改正、通过以前，仍按贵单位此前通过的一份计入；不想改用它的，请告诉我们。"
    assert not any("收件/" in line for line in letter.lines[:1])
