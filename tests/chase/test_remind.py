"""Reminders: who gets one and at which stage, what the letter says, and that sending reaches the right people once."""

from __future__ import annotations

import datetime as dt
import io
import os
from email.header import decode_header, make_header
from pathlib import Path

import openpyxl
import pytest
from docx import Document

from pipeline.chase.calls import CALLS, call_list
from pipeline.chase.letters import write_letters
from pipeline.chase.reminders import FOLDER, Reminder, Stage, list_reminders
from pipeline.chase.sending import Delivery, notify_group, send_reminders
from pipeline.errors import WorkspaceError
from tests.chase.conftest import Group, Postman
from tests.test_cli import xxgk
from tests.workspaces import NOW, PROFILE, YEAR, Office, tree

DUE = dt.date(2025, 1, 20)
REASON = {"t2.normative.issued": 3, "t2.normative.in_force": 1}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Passed, returned, wants a reason, missing with an unreadable file, missing without an address, waived."""
    profile = [*PROFILE, ("报送期限", DUE.isoformat()), ("电话", "0451-9")]
    office = Office(tmp_path / "office", units=6, profile=profile, control={"免报": [("u06", "撤并", "王五")]})
    roster = [list(row) for row in office.control_sheets["单位名录"]]
    for n, row in enumerate(roster, 1):
        row[6:9] = [f"联系人{n}", f"0451-{n}", f"u0{n}@example.cn" if n != 5 else ""]
    office.write_control({"单位名录": roster})
    office.returns("u01")
    office.returns("u02", {"t3.received.natural": 5})
    office.returns("u03", REASON)
    office.drop("u04_第4镇人民政府.xlsx", b"PK\3\4 nothing")
    office.run(now=NOW)
    return office


def write(office: Office, reminders: list[Reminder]) -> Path:
    letters = [reminder.letter for reminder in reminders]
    return write_letters(office.workspace, office.outputs / FOLDER, letters, {CALLS: call_list(YEAR, reminders)})


def send(office: Office, reminders: list[Reminder], now: dt.datetime = NOW) -> list[Delivery]:
    return send_reminders(office.workspace, YEAR, reminders, now=now, early=True)


def test_who_is_reminded_of_what(office: Office) -> None:
    found = list_reminders(office.workspace, YEAR, DUE)
    assert [(r.unit.code, r.state, r.letter.name, r.letter.attachment is not None) for r in found] == [
        ("u02", "退回", "u02_第2镇人民政府_退改", True), ("u03", "待说明", "u03_第3镇人民政府_退改", True),
        ("u04", "未报", "u04_第4镇人民政府_催报", False), ("u05", "未报", "u05_第5镇人民政府_催报", False),
    ]  # fmt: skip
    assert found[2].letter.lines[1] == (
        "来过的“u04_第4镇人民政府.xlsx”没有采用：文件“u04_第4镇人民政府.xlsx”已损坏：文件不完整。"
        "请用 Excel 或 WPS 打开原表，重新保存后再发送一次。"
    )
    assert "来过“u04_第4镇人民政府.xlsx”：" in found[2].because
    assert "必须改正" in found[0].letter.text
    assert "出错说明" in found[1].letter.text
    assert "来过" not in found[3].letter.text + found[3].because
    assert all("联系：方正县人民政府办公室，电话 0451-9。" in r.letter.text for r in found)
    assert [r.unit.code for r in list_reminders(office.workspace, YEAR, DUE, "u05")] == ["u05"]


STAGES = [
    (-4, Stage.EARLY, "还有4天"), (-3, Stage.NEAR, "还有3天"), (-1, Stage.NEAR, "还有1天"), (0, Stage.DUE, "就是期限"),
    (1, Stage.LATE, "已经过了1天。"), (7, Stage.LATE, "已经过了7天。"), (8, Stage.VERY_LATE, "已经过了8天，影响全部汇总"),
]  # fmt: skip


@pytest.mark.parametrize(("days", "stage", "words"), STAGES)
def test_the_stage_by_the_days_to_the_deadline(days: int, stage: Stage, words: str, office: Office) -> None:
    reminder = list_reminders(office.workspace, YEAR, DUE + dt.timedelta(days=days), "u05")[0]
    assert (reminder.stage, reminder.days, words in reminder.letter.text) == (stage, days, True)


def test_the_office_sets_the_days(office: Office) -> None:
    profile = [*office.control_sheets["年报信息"], ("催报提前天数", "10"), ("严重逾期天数", "2")]
    office.write_control({"年报信息": profile})
    office.run(now=NOW.replace(day=21))
    stages = [list_reminders(office.workspace, YEAR, DUE + dt.timedelta(days=d), "u05")[0].stage for d in (-9, 3)]
    assert stages == [Stage.NEAR, Stage.VERY_LATE]
    office.write_control({"年报信息": [*PROFILE, ("催报提前天数", "三天")]})
    outcome = office.run(now=NOW.replace(day=22))
    assert [f.expected for f in outcome.findings if f.sheet == "年报信息"] == ["1 到 365 的整数；改正之前按 3 天"]
    assert list_reminders(office.workspace, YEAR, DUE, "u05")[0].stage is Stage.OPEN


def test_letters_and_the_list_to_call(office: Office) -> None:
    reminders = list_reminders(office.workspace, YEAR, DUE + dt.timedelta(days=2))
    folder = write(office, reminders)
    assert folder == office.outputs / FOLDER / "2025-01-22"
    files = tree(folder)
    assert "u04_第4镇人民政府_催报.txt" in files
    text = files["u02_第2镇人民政府_退改.txt"].decode("utf-8-sig")
    assert text.splitlines()[0] == "第2镇人民政府："
    paragraphs = [p.text for p in Document(io.BytesIO(files["u04_第4镇人民政府_催报.docx"])).paragraphs]
    assert paragraphs[:2] == ["关于2024年度政府信息公开工作年度报告统计表的催报通知", "第4镇人民政府："]
    sheet = openpyxl.load_workbook(io.BytesIO(files[CALLS])).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]  # type: ignore[union-attr]
    assert [(row[0], row[2], row[3], row[6]) for row in rows] == [
        ("u02", "联系人2", "0451-2", "已逾期"), ("u03", "联系人3", "0451-3", "已逾期"),
        ("u04", "联系人4", "0451-4", "已逾期"), ("u05", "联系人5", "0451-5", "已逾期"),
    ]  # fmt: skip
    assert write(office, reminders) == folder  # the same is not written again
    # what a person writes there stays: the next letters have a folder of their own, and no night removes it
    (folder / "u04_第4镇人民政府_催报.txt").write_text("我改过的信", encoding="utf-8")
    assert write(office, reminders) == folder.with_name("2025-01-22_2")
    office.run(now=NOW + dt.timedelta(days=3), anew=True)
    assert (folder / "u04_第4镇人民政府_催报.txt").read_text(encoding="utf-8") == "我改过的信"
    assert tree(folder.with_name("2025-01-22_2")) == files


def test_every_letter_reaches_its_unit_alone_and_once_a_day(office: Office, postman: tuple[Postman, int]) -> None:
    man, port = postman
    man.refused = {"u04@example.cn"}
    (office.workspace.root / "xxgk.toml").write_text(
        f'[mail]\nurl = "mailto://127.0.0.1:{port}?from=xxgk@example.cn&name=政府办"\n', encoding="utf-8"
    )
    reminders = list_reminders(office.workspace, YEAR, DUE)
    results = [d.result for d in send(office, reminders)]
    assert results == ["sent", "sent", "failed", "no_address"]
    assert [to for to, _ in man.mails] == [["u02@example.cn"], ["u03@example.cn"]]
    _, mail = man.mails[0]
    assert str(make_header(decode_header(mail["Subject"]))) == "关于2024年度政府信息公开工作年度报告统计表的退改通知"
    parts = {part.get_content_type(): part for part in mail.walk() if not part.is_multipart()}
    body = parts["text/plain"].get_payload(decode=True)
    assert isinstance(body, bytes)
    assert "请按首页“修改意见”逐条改正" in body.decode()
    attached = [part for part in mail.walk() if part.get_content_disposition() == "attachment"]
    assert attached[0].get_filename() == "u02_correction.xlsx"
    marked = office.outputs / "corrections" / "u02_第2镇人民政府_退改.xlsx"
    assert attached[0].get_payload(decode=True) == marked.read_bytes()
    man.refused = set()
    again = [d.result for d in send(office, reminders, NOW + dt.timedelta(minutes=30))]
    assert again == ["already", "already", "sent", "no_address"]
    reminders = list_reminders(office.workspace, YEAR, DUE + dt.timedelta(days=1))
    tomorrow = [d.result for d in send(office, reminders, NOW + dt.timedelta(days=1))]
    assert tomorrow == ["sent", "sent", "sent", "no_address"]
    with office.workspace.open_ledger() as ledger:
        book = [(m.unit, m.address, m.sent) for m in ledger.messages.all(YEAR)]
    assert book[:4] == [
        ("u02", "u02@example.cn", True), ("u03", "u03@example.cn", True), ("u04", "u04@example.cn", False),
        ("u04", "u04@example.cn", True),
    ]  # fmt: skip


def test_without_settings_nothing_is_sent(office: Office) -> None:
    where = ["--year", str(YEAR), "-w", str(office.workspace.root)]
    code, out, _ = xxgk("remind", *where)
    assert (code, "要催 4 个单位" in out, "里 [mail] 的设置发出去" in out) == (0, True, True)
    code, _, err = xxgk("remind", "--send", *where)
    assert (code, "[mail]" in err) == (2, True)
    with pytest.raises(WorkspaceError, match="没有设置发送的办法"):
        send(office, [])


def test_a_wrong_address_of_the_server_says_nothing_of_the_password(office: Office) -> None:
    (office.workspace.root / "xxgk.toml").write_text('[mail]\nurl = "nonsense://clerk:secret@host"\n')
    reminders = list_reminders(office.workspace, YEAR, DUE)
    with pytest.raises(WorkspaceError, match="写法不对") as refusal:
        send(office, reminders)
    assert "secret" not in str(refusal.value)
    code, out, err = xxgk("config", "show", "-w", str(office.workspace.root))
    assert (code, "secret" in out + err) == (0, False)


def test_the_command(office: Office, postman: tuple[Postman, int]) -> None:
    man, port = postman
    (office.workspace.root / "mail").write_text(f"mailto://127.0.0.1:{port}?from=xxgk@example.cn\n")
    (office.workspace.root / "xxgk.toml").write_text('[mail]\nurl_file = "mail"\n')
    where = ["--year", str(YEAR), "-w", str(office.workspace.root)]
    code, out, _ = xxgk("remind", "--send", *where)
    assert (code, "已发送 3 封，台账里没有邮箱 1 封" in out) == (3, True)
    assert len(man.mails) == 3
    code, out, _ = xxgk("remind", "--send", "--unit", "u02", *where)
    assert (code, "已经发过" in out, len(man.mails)) == (0, True, 3)
    assert [len(list(folder.iterdir())) for folder in sorted((office.outputs / FOLDER).iterdir())] == [9, 3]
    code, _, err = xxgk("remind", "--unit", "U02", *where)
    assert (code, "没有单位代码 U02" in err) == (2, True)


def test_a_complete_county_reminds_nobody(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=1)
    office.returns("u01")
    office.run()
    code, out, _ = xxgk("remind", "--year", str(YEAR), "-w", str(office.workspace.root))
    assert (code, "没有要催的单位" in out) == (0, True)


def test_a_correction_that_was_changed_is_not_sent(office: Office, postman: tuple[Postman, int]) -> None:
    man, port = postman
    (office.workspace.root / "xxgk.toml").write_text(
        f'[mail]\nurl = "mailto://127.0.0.1:{port}?from=xxgk@example.cn"\n'
    )
    folder = office.outputs / "corrections"
    (folder / "u02_第2镇人民政府_退改.xlsx").write_bytes(b"PK nothing of ours")
    (folder / "u03_第3镇人民政府_退改.xlsx").unlink()
    results = [d.result for d in send(office, list_reminders(office.workspace, YEAR, DUE))]
    assert results == ["lost", "lost", "sent", "no_address"]
    assert [to for to, _ in man.mails] == [["u04@example.cn"]]
    office.run(now=NOW + dt.timedelta(hours=1))  # puts back what the night made
    results = [d.result for d in send(office, list_reminders(office.workspace, YEAR, DUE))]
    assert results == ["sent", "sent", "already", "no_address"]


def test_the_office_restyles_the_letter(office: Office) -> None:
    own = office.workspace.root / "workbook_templates"
    assert xxgk("template", "-w", str(office.workspace.root))[0] == 0
    document = Document(str(own / "letter.docx"))
    document.paragraphs[0].text = "县政府办公室便函：{{ title }}（{{ year }}）"
    document.save(str(own / "letter.docx"))
    assert xxgk("template", "check", "-w", str(office.workspace.root))[0] == 0
    office.run(now=NOW + dt.timedelta(hours=1))
    write(office, list_reminders(office.workspace, YEAR, DUE))
    letter = Document(str(office.outputs / FOLDER / "2025-01-20" / "u05_第5镇人民政府_催报.docx"))
    assert letter.paragraphs[0].text == "县政府办公室便函：关于2024年度政府信息公开工作年度报告统计表的催报通知（2024）"
    assert [p.text for p in letter.paragraphs[-3:]] == [
        "有疑问请联系：方正县人民政府办公室，电话 0451-9。", "方正县人民政府办公室", "2025年1月20日",
    ]  # fmt: skip
    document.paragraphs[1].text = "{{ unti }}："
    document.save(str(own / "letter.docx"))
    code, out, _ = xxgk("template", "check", "-w", str(office.workspace.root))
    assert (code, "letter.docx" in out, "{{ unti }} 没有对应的数据" in out.replace("\n", "")) == (3, True, True)
    code, _, err = xxgk("remind", "--year", str(YEAR), "-w", str(office.workspace.root))
    assert (code, "{{ unti }} 没有对应的数据" in err.replace("\n", "")) == (2, True)


def test_the_group_is_told_once_a_day(office: Office, postman: tuple[Postman, int], group: tuple[Group, int]) -> None:
    (_, port), (robot, door) = postman, group
    (office.workspace.root / "robot").write_text(f"json://127.0.0.1:{door}/robot\n")
    (office.workspace.root / "xxgk.toml").write_text(
        f'[mail]\nurl = "mailto://127.0.0.1:{port}?from=xxgk@example.cn"\ngroup_file = "robot"\n'
    )
    reminders = list_reminders(office.workspace, YEAR, DUE)
    told = [notify_group(office.workspace, YEAR, reminders, now=NOW) for _ in range(2)]
    assert [notice.result for notice in told if notice] == ["sent", "already"]
    assert [post["message"].split("\n") for post in robot.posts] == [
        [
            "截至2025年1月20日，还有4个单位：", "退回（1个）：第2镇人民政府", "待说明（1个）：第3镇人民政府",
            "未报（2个）：第4镇人民政府、第5镇人民政府", "有疑问请联系：方正县人民政府办公室，电话 0451-9。",
        ]
    ]  # fmt: skip
    robot.deaf = True
    code, out, _ = xxgk("remind", "--send", "--year", str(YEAR), "-w", str(office.workspace.root))
    assert (code, "群通知：没有发出：发信服务器没有接受" in out) == (3, True)
    robot.deaf = False
    code, out, _ = xxgk("remind", "--send", "--unit", "u02", "--year", str(YEAR), "-w", str(office.workspace.root))
    assert (code, "群通知" in out, len(robot.posts)) == (0, False, 1)


def test_nothing_is_sent_by_an_old_night(office: Office, postman: tuple[Postman, int]) -> None:
    man, port = postman
    (office.workspace.root / "xxgk.toml").write_text(
        f'[mail]\nurl = "mailto://127.0.0.1:{port}?from=xxgk@example.cn"\n'
    )
    where = ["--year", str(YEAR), "-w", str(office.workspace.root)]
    office.returns("u04", name="补.xlsx")
    code, _, err = xxgk("remind", "--send", *where)
    assert (code, "上次汇总以后有变化" in err, man.mails) == (2, True, [])
    code, out, _ = xxgk("remind", *where)
    assert (code, "请先运行 xxgk run 再催" in out.replace("\n", "")) == (0, True)
    office.run(now=NOW + dt.timedelta(hours=1))
    office.write_control({"免报": [("u05", "撤并", "王五"), ("u06", "撤并", "王五")]})
    assert xxgk("remind", "--send", *where)[0] == 2
    office.run(now=NOW + dt.timedelta(hours=2))
    assert xxgk("remind", "--send", *where)[0] == 0
    assert [to for to, _ in man.mails] == [["u02@example.cn"], ["u03@example.cn"]]


def test_who_has_only_not_reported_is_left_alone_until_it_is_time(office: Office, postman: tuple[Postman, int]) -> None:
    _, port = postman
    (office.workspace.root / "xxgk.toml").write_text(
        f'[mail]\nurl = "mailto://127.0.0.1:{port}?from=xxgk@example.cn"\n'
    )
    reminders = list_reminders(office.workspace, YEAR, DUE - dt.timedelta(days=30))
    assert "还有30天" in reminders[2].letter.lines[0]
    deliveries = send_reminders(office.workspace, YEAR, reminders, now=NOW)
    assert [(d.letter.unit.code, d.result) for d in deliveries] == [
        ("u02", "sent"), ("u03", "sent"), ("u04", "early"), ("u05", "early"),
    ]  # fmt: skip


def test_the_same_matter_is_told_once_a_day(office: Office, postman: tuple[Postman, int]) -> None:
    """A new telephone of the office is nothing to write again about; another state of the unit is."""
    man, port = postman
    (office.workspace.root / "xxgk.toml").write_text(
        f'[mail]\nurl = "mailto://127.0.0.1:{port}?from=xxgk@example.cn"\n'
    )
    send(office, list_reminders(office.workspace, YEAR, DUE))
    office.write_control({"年报信息": [*PROFILE, ("报送期限", DUE.isoformat()), ("电话", "0451-1")]})
    office.run(now=NOW + dt.timedelta(hours=1))
    results = [d.result for d in send(office, list_reminders(office.workspace, YEAR, DUE))]
    assert results == ["already", "already", "already", "no_address"]
    office.returns("u04", {"t3.received.natural": 5}, name="补.xlsx")
    office.run(now=NOW + dt.timedelta(hours=2))
    results = [d.result for d in send(office, list_reminders(office.workspace, YEAR, DUE))]
    assert results == ["already", "already", "sent", "no_address"]
    assert len(man.mails) == 4


def test_a_later_return_that_does_not_pass_is_written_about(office: Office) -> None:
    office.returns("u01", {"t3.received.natural": 5}, name="更正.xlsx")
    office.run(now=NOW + dt.timedelta(days=1))
    first = list_reminders(office.workspace, YEAR, DUE)[0]
    assert (first.unit.code, first.state, first.letter.attachment is not None) == ("u01", "退回", True)
    assert first.letter.lines[0].endswith("目前仍按此前通过的一份计入。")


def test_several_addresses_and_one_that_is_none(office: Office, postman: tuple[Postman, int]) -> None:
    man, port = postman
    man.refused = {"b@example.cn"}
    (office.workspace.root / "xxgk.toml").write_text(
        f'[mail]\nurl = "mailto://127.0.0.1:{port}?from=xxgk@example.cn"\n'
    )
    roster = [list(row) for row in office.control_sheets["单位名录"]]
    roster[1][8], roster[2][8] = "a@example.cn；b@example.cn", "张三 <c@example.cn>"
    office.write_control({"单位名录": roster})
    outcome = office.run(now=NOW + dt.timedelta(hours=1))
    assert [f.expected for f in outcome.findings if f.code == "T3"] == ["电子邮箱地址，几个的用分号隔开"]
    found = send(office, list_reminders(office.workspace, YEAR, DUE))
    assert [(d.letter.unit.code, d.address, d.result, d.why) for d in found] == [
        ("u02", "a@example.cn", "sent", ""), ("u02", "b@example.cn", "failed", "对方邮箱不存在或拒收"),
        ("u03", "", "bad_address", ""), ("u04", "u04@example.cn", "sent", ""), ("u05", "", "no_address", ""),
    ]  # fmt: skip
    man.refused = set()
    assert [d.result for d in send(office, list_reminders(office.workspace, YEAR, DUE))][:2] == ["already", "sent"]


FAILURES = [
    ("mailto://127.0.0.1:9?from=xxgk@example.cn", "连不上发信服务器"),
    ("mailto://nowhere.invalid?from=xxgk@example.cn", "找不到发信服务器，请核对地址"),
]


@pytest.mark.parametrize(("url", "why"), FAILURES)
def test_why_a_letter_did_not_go_out(office: Office, url: str, why: str) -> None:
    (office.workspace.root / "xxgk.toml").write_text(f'[mail]\nurl = "{url}"\n')
    assert [d.why for d in send(office, list_reminders(office.workspace, YEAR, DUE, "u02"))] == [why]
    code, out, err = xxgk("remind", "--send", "--unit", "u02", "--year", str(YEAR), "-w", str(office.workspace.root))
    assert (code, f"没有发出：{why}" in (out + err).replace("\n", "")) == (3, True)


def test_a_group_alone_needs_no_mail(office: Office, group: tuple[Group, int]) -> None:
    robot, door = group
    (office.workspace.root / "xxgk.toml").write_text(f'[mail]\ngroup = "json://127.0.0.1:{door}/robot"\n')
    code, out, _ = xxgk("remind", "--send", "--year", str(YEAR), "-w", str(office.workspace.root))
    assert (code, "群通知：已发送" in out, len(robot.posts)) == (0, True, 1)


def test_a_file_that_is_still_being_copied_is_waited_for(office: Office) -> None:
    path = office.drop("u05_第5镇人民政府.xlsx", b"PK\3\4 nothing")
    os.utime(path, None)
    office.run(now=dt.datetime.now(dt.UTC))
    assert [r.unit.code for r in list_reminders(office.workspace, YEAR, DUE)] == ["u02", "u03", "u04"]


def test_an_address_that_stands_twice_gets_one_letter(office: Office, postman: tuple[Postman, int]) -> None:
    man, port = postman
    (office.workspace.root / "xxgk.toml").write_text(
        f'[mail]\nurl = "mailto://127.0.0.1:{port}?from=xxgk@example.cn"\n'
    )
    roster = [list(row) for row in office.control_sheets["单位名录"]]
    roster[1][8] = "a@example.cn；b@example.cn, a@example.cn"
    office.write_control({"单位名录": roster})
    office.run(now=NOW + dt.timedelta(hours=1))
    send(office, list_reminders(office.workspace, YEAR, DUE, "u02"))
    assert [to for to, _ in man.mails] == [["a@example.cn"], ["b@example.cn"]]
