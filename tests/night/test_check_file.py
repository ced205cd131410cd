"""`xxgk check`: the same answer as the night gives, at once, and nothing is stored; also without a workspace."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from email.message import EmailMessage
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from pipeline.form import Value
from pipeline.layout import reason_keys
from pipeline.night.check_file import Answer, check_alone, check_files
from pipeline.night.close import lock_year
from pipeline.workbook.patch import patch_workbook
from tests.hostile import hostile
from tests.ledger.ledgers import contents
from tests.road.intake.containers import archive
from tests.test_cli import xxgk
from tests.workspaces import NOW, PROFILE, YEAR, Office, tree

RETURNS: dict[str, tuple[dict[str, object], str, int, int]] = {
    "sound": ({"t3.received.natural": 5, "t3.granted.natural": 5}, "通过", 0, 0),
    "does not balance": ({"t3.received.natural": 5}, "退回", 1, 0),
    "wants a reason": ({"t2.normative.issued": 3, "t2.normative.in_force": 1}, "待说明", 0, 1),
    "no figure": ({"t4.review.upheld": "2件多"}, "退回", 1, 0),
    "a contradiction": ({"text.requests": "全年收到政府信息公开申请9件。", "t3.received.natural": 5, "t3.granted.natural": 5}, "待说明", 0, 1),
}  # fmt: skip


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "office", units=2)


def one(office: Office, path: Path, *, corrected: bool = False) -> Answer:
    (answer,) = check_files(office.workspace, YEAR, [path], now=NOW, corrected=corrected)
    return answer


@pytest.mark.parametrize(("values", "state", "correct", "explain"), RETURNS.values(), ids=RETURNS)
def test_it_says_what_the_night_says(
    values: dict[str, object], state: str, correct: int, explain: int, office: Office, tmp_path: Path
) -> None:
    path = tmp_path / "u01.xlsx"
    path.write_bytes(office.filled("u01", values))  # type: ignore[arg-type]
    answer = one(office, path)
    assert answer.judged is not None
    assert (answer.judged.state.value, answer.to_correct, answer.to_explain, answer.fit) == (
        state, correct, explain, state == "通过",
    )  # fmt: skip
    office.drop("u01.xlsx", path.read_bytes())
    (standing, _) = office.run().standings
    assert standing.state.value == state
    (judged,) = standing.returns
    assert sorted(map(repr, answer.findings)) == sorted(map(repr, judged.findings))
    alone = check_alone([path], now=NOW)[0]
    assert (alone.unit.code if alone.unit else "", alone.year, alone.to_correct, alone.to_explain) == ("u01", YEAR, correct, explain)  # fmt: skip


def test_nothing_is_stored(office: Office, tmp_path: Path) -> None:
    office.returns("u02")
    office.run()
    path = tmp_path / "u01.xlsx"
    path.write_bytes(office.filled("u01", {"t3.received.natural": 5}))
    before = files_of(office), contents(office.workspace.ledger)
    one(office, path, corrected=True)
    assert (files_of(office), contents(office.workspace.ledger)) == before


def files_of(office: Office) -> dict[str, bytes]:
    """Every file but the database, whose content is compared by its rows."""
    return {name: content for name, content in tree(office.workspace.root).items() if "ledger.sqlite" not in name}


def test_the_marked_workbook_goes_back_and_forth(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "u01.xlsx"
    path.write_bytes(office.filled("u01", {"t3.received.natural": 5}))
    where = ["--year", str(YEAR), "-w", str(office.workspace.root)]
    code, out, _ = xxgk("check", str(path), "--correction", str(tmp_path / "标注.xlsx"), *where)
    assert (code, "需改正 1 处" in out, "标好问题的报表" in out) == (3, True, True)
    assert CalamineWorkbook.from_path(str(tmp_path / "标注.xlsx")).sheet_names[0] == "修改意见"
    answer = one(office, tmp_path / "标注.xlsx")
    assert (answer.unit.code if answer.unit else "", answer.to_correct) == ("u01", 1)


def test_several_files_one_of_them_hostile(office: Office, tmp_path: Path) -> None:
    files = []
    for name, content in [("好.xlsx", office.filled("u01")), *hostile(office.filled("u02"), times=1)]:
        files.append(tmp_path / Path(name).name)
        files[-1].write_bytes(content)
    answers = check_files(office.workspace, YEAR, files, now=NOW)
    assert [answer.fit for answer in answers] == [True, *[False] * (len(files) - 1)]
    assert all(answer.refused or answer.findings for answer in answers[1:])
    lonely = check_alone(files, now=NOW)
    assert [answer.fit for answer in lonely] == [True, *[False] * (len(files) - 1)]
    assert all(answer.refused or answer.findings for answer in lonely[1:])


def test_by_sheet_and_cell_with_the_remedy(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "u01.xlsx"
    path.write_bytes(office.filled("u01", {"t3.received.natural": 5, "t4.review.upheld": -2}))
    code, out, _ = xxgk("check", str(path), "--year", str(YEAR), "-w", str(office.workspace.root))
    lines = [line.rstrip() for line in out.splitlines()]
    assert code == 3
    assert lines[0].endswith("u01 第1镇人民政府 2024 年度")
    assert lines.index("  表三") < lines.index("  表四")
    at = lines.index("  表三")
    assert lines[at + 1].startswith("    D6　强制性 R3")
    assert lines[at + 2].startswith("        请核对本列")
    assert "  需改正 2 处。" in lines


def test_as_data(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "u01.xlsx"
    path.write_bytes(office.filled("u01", {"t3.received.natural": 5}))
    code, out, _ = xxgk("check", str(path), "--json", "--year", str(YEAR), "-w", str(office.workspace.root))
    (document,) = json.loads(out)
    assert (code, document["unit"], document["fit"], document["to_correct"], document["state"]) == (
        3,
        "u01",
        False,
        1,
        "退回",
    )
    assert [finding["cell"] for finding in document["findings"]] == ["D6"]


def test_without_a_workspace(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "乡镇的电脑"
    folder.mkdir()
    (folder / "我镇的表.xlsx").write_bytes(office.filled("u01"))
    shutil.rmtree(office.workspace.root)
    monkeypatch.chdir(folder)
    code, out, err = xxgk("check", "我镇的表.xlsx")
    assert (code, err) == (0, "")
    assert "u01 第1镇人民政府 2024 年度" in out
    assert "可以报送。" in out
    assert "没有工作区，请留意：" in out
    assert "上年的数只知道表上带着的；以前报过的报表和写过的出错说明、台账里的认可、报送期限都不知道。" in out
    assert "Y1" in out
    assert list(folder.iterdir()) == [folder / "我镇的表.xlsx"]
    (folder / "别的.xlsx").write_bytes(b"PK\3\4")
    assert xxgk("check", "别的.xlsx")[0] == 3
    (folder / "inputs").mkdir()  # a folder of that name is no workspace
    (folder / "2024年报").mkdir()
    code, out, err = xxgk("check", "没有.xlsx", "我镇的表.xlsx", "2024年报", "别的.xlsx")
    assert (code, out.count("可以报送。"), out.count("不能报送。")) == (2, 1, 1)
    assert err == (
        "错误：没有 没有.xlsx 这个文件，没有核对。请核对文件名和文件夹。\n"
        "错误：2024年报 是文件夹，没有核对。请写明里面的文件，可以一次写几份。\n"
    )
    code, out, _ = xxgk("check", "没有.xlsx", "我镇的表.xlsx", "--json")
    assert (code, [(each["opened"], each["fit"]) for each in json.loads(out)]) == (2, [(False, False), (True, True)])


def test_what_does_not_go_together(office: Office, tmp_path: Path) -> None:
    where = ["--year", str(YEAR), "-w", str(office.workspace.root)]
    for arguments in (["a.xlsx", "b.xlsx", "--correction", "c.xlsx"], ["a.xlsx", "--correction", "c.docx"]):
        code, _, err = xxgk("check", *arguments, *where)
        assert (code, "--correction" in err) == (2, True)
    code, _, err = xxgk("check", *where)
    assert (code, "文件" in err) == (2, True)


def test_attachments_are_answered_as_the_night_names_them(office: Office, tmp_path: Path) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Date"] = "a@example.com", "b@example.com", "Mon, 20 Jan 2025 10:00:00 +0800"
    mail.set_content("见附件")
    packed = archive({"甲/u01.xlsx": office.filled("u01", {"t3.received.natural": 5}), "说明.txt": b"x"})
    mail.add_attachment(packed, maintype="application", subtype="zip", filename="年报.zip")
    path = office.drop("邮件/来信.eml", mail.as_bytes())
    answers = check_files(office.workspace, YEAR, [path], now=NOW)
    outcome = office.run()
    night = {received.arrival.name: received for received in outcome.arrivals}
    assert [answer.name for answer in answers] == [
        "邮件/来信.eml/年报.zip/甲/u01.xlsx",
        "邮件/来信.eml/年报.zip/说明.txt",
    ]
    for answer in answers:
        received = night[answer.name]
        assert answer.unit == received.unit
        findings = [each for each in outcome.findings if each.file == answer.name]
        assert sorted(map(repr, answer.findings)) == sorted(map(repr, findings))


def test_a_closed_year_only_registers(office: Office, tmp_path: Path) -> None:
    for unit in ("u01", "u02"):
        office.returns(unit)
    office.run()
    lock_year(office.workspace, YEAR, by="王五", reason="定稿", now=NOW)
    path = tmp_path / "u01.xlsx"
    path.write_bytes(office.filled("u01", {"t3.received.natural": 5, "t3.granted.natural": 5}))
    answer = one(office, path)
    assert (answer.sound, answer.fit, answer.barred) == (True, False, "年度已经封存")
    assert answer.remarks == (
        "2024 年度已经由王五在 2025-01-20 封存：这份文件报来只登记，不计入。确需改的，先由汇总单位解除封存（xxgk unlock）。",
    )
    assert one(office, office.inputs / "u01.xlsx").remarks == (
        "2024 年度已经封存，这份文件封存以前已经收到，再报也不改变封存的结果。",
    )
    code, out, err = xxgk("check", str(path), "-w", str(office.workspace.root))
    assert (code, "  年度已经封存。" in out.splitlines()) == (3, True)
    assert "有台账的年度都已封存，取最新的" in err


def test_a_file_the_office_set_aside_would_not_count(office: Office) -> None:
    office.write_control({"来件认领": [("收件/u01.xlsx", "u01", "已另报", "张三", "不采用")]})
    answer = one(office, office.drop("收件/u01.xlsx", office.filled("u01")))
    assert (answer.sound, answer.fit, answer.barred) == (True, False, "台账“来件认领”里写了不采用这份文件")


LATE = [*PROFILE, ("报送期限", "2025-01-17")]


def test_nobody_is_late_with_a_file_that_was_not_sent(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=2, profile=LATE)
    path = tmp_path / "u01.xlsx"
    path.write_bytes(office.filled("u01"))
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    answer = one(office, path)
    assert (answer.findings, answer.fit) == ((), True)
    assert answer.remarks == ("报送期限是 2025-01-17，已经过了 4 天：报来要登记为逾期，数字照常核对、计入。",)
    early = dt.datetime(2025, 1, 10, tzinfo=dt.UTC).timestamp()
    os.utime(path, (early, early))
    assert one(office, path).remarks == ()
    # what has been sent came on a day, and that is told as the night tells it
    office.drop("u01.xlsx", path.read_bytes())
    office.run()
    answer = one(office, office.inputs / "u01.xlsx")
    assert [finding.message for finding in answer.findings] == ["首次报送 2025-01-20（按文件的时间），比期限晚 3 天。"]
    assert answer.remarks == ()


def test_a_reason_that_was_given_before_still_counts(office: Office, tmp_path: Path) -> None:
    odd: dict[str, Value] = {"t2.normative.issued": 3, "t2.normative.in_force": 1}
    path = tmp_path / "u01.xlsx"
    path.write_bytes(office.filled("u01", odd))
    (asked,) = [finding for finding in one(office, path).findings if finding.needs_reason]
    reason = next(office.layout.named[name] for name, key in reason_keys(office.form).items() if key == asked.key)
    office.drop("u01.xlsx", patch_workbook(path.read_bytes(), {reason: "两件当年废止"}))
    office.run()
    path.write_bytes(office.filled("u01", odd | {"t3.received.natural": 5, "t3.granted.natural": 5}))
    answer = one(office, path)
    assert (answer.fit, answer.to_explain, [finding.answer for finding in answer.findings]) == (
        True, 0, ["出错说明：两件当年废止"],
    )  # fmt: skip
    night = office.drop("后报.xlsx", path.read_bytes()) and office.run(now=NOW + dt.timedelta(days=1)).standings[0]
    (judged,) = [each for each in night.returns if each.submission.arrival.name == "后报.xlsx"]
    # the night counts versions too, which a file that was not sent is none of
    assert [(finding.severity, finding.answer) for finding in judged.findings] == [
        ("warning", "出错说明：两件当年废止"),
        ("info", ""),
    ]
    path.write_bytes(office.filled("u01", odd | {"t2.normative.issued": 4}))
    assert one(office, path).to_explain == 1
