"""The commands as their users call them: what they print, and the exit code."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT
from tests.prior_year.reports import cms_html, published
from tests.workspaces import YEAR, Office


def xxgk(*arguments: str, cwd: Path | None = None) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["--help"], 0, "用法：xxgk [选项] 命令 [参数]..."),
        (["run", "--help"], 0, "每晚的汇总"),
        (["template", "--help"], 0, "检查改过样式的模板缺了什么"),
        (["run"], 2, "没有找到工作区"),
        (["trace"], 2, "缺少必填的 指标"),
        (["schedule", "--at", "25:00"], 2, "应当是 时:分"),
        (["backup", "x"], 2, "不是工作区"),
        (["restore", "x.zip", "y"], 2, "没有找到备份文件"),
        (["run", "--year", "今年"], 2, "--year 的值不对"),
        (["run", "--yaer", "2024"], 2, "没有 --yaer 这个选项"),
        (["rum"], 2, "没有 rum 这个命令，是不是 run"),
        (["run", "--year", "2024"], 2, "没有 inputs/2024 文件夹"),
        (["status", "--year", "2024"], 2, "没有 inputs/2024 文件夹"),
        (["history", "--help"], 0, "从已公开的年报或留存的报表导入"),
        (["history", "import", "a.docx", "--year", "2023"], 2, "二者写一个"),
        (["init", "x", "--year", "2015"], 2, "没有适用于 2015 年度的表式"),
    ],
)
def test_words_and_exit_codes(tmp_path: Path, arguments: list[str], code: int, text: str) -> None:
    found, out, err = xxgk(*arguments, cwd=tmp_path)
    assert found == code, err
    assert text in out + err
    assert "Traceback" not in err
    assert not any(word in out + err for word in ("Usage", "Options", "Commands", "Error", "Missing", "Show this"))
    assert list(tmp_path.iterdir()) == []


def test_a_year_from_init_to_status(tmp_path: Path) -> None:
    office = tmp_path / "office"
    code, out, _ = xxgk("init", str(office), "--year", "2024")
    assert code == 0
    assert "下一步：填好台账" in out
    assert (office / "inputs" / "签发密钥").stat().st_mode & 0o777 == 0o600
    code, _, err = xxgk("init", str(office), "--year", "2024")
    assert code == 2
    assert "已经存在，没有改动" in err
    code, _, err = xxgk("issue", "--year", "2024", "-w", str(office))
    assert code == 2
    assert "里没有一个单位" in err


def test_run_and_status_speak_json(tmp_path: Path) -> None:
    office = Office(tmp_path, units=2)
    office.returns("u01", {"t3.received.natural": 1})
    code, out, _ = xxgk("run", "--year", str(YEAR), cwd=tmp_path)
    assert code == 3
    assert "退回 第1镇人民政府：表三D6" in out
    assert "尚未完成，缺 2 个单位：第1镇人民政府、第2镇人民政府" in out
    code, out, _ = xxgk("run", "--year", str(YEAR), "--json", cwd=tmp_path)
    assert code == 3
    assert [unit["state"] for unit in json.loads(out)["units"]] == ["退回", "未报"]
    code, out, _ = xxgk("status", "--year", str(YEAR), "--json", "-w", str(tmp_path))
    assert code == 3
    assert json.loads(out)["missing"] == ["u01", "u02"]
    office.returns("u01", name="更正/u01.xlsx")
    office.returns("u02")
    code, out, _ = xxgk("run", "--year", str(YEAR), cwd=tmp_path)
    assert code == 0, out
    assert "已汇总完成：2 个单位全部计入" in out
    code, out, _ = xxgk("status", "--year", str(YEAR), cwd=tmp_path)
    assert code == 0
    assert "更正/u01.xlsx" in out


def test_status_before_the_first_night(tmp_path: Path) -> None:
    Office(tmp_path, units=1)
    code, _, err = xxgk("status", "--year", str(YEAR), cwd=tmp_path)
    assert code == 2
    assert "还没有汇总过" in err


def test_templates_are_written_once_and_checked(tmp_path: Path) -> None:
    code, out, _ = xxgk("template", cwd=tmp_path)
    assert code == 0
    assert out.count("已生成") == 10
    code, out, _ = xxgk("template", cwd=tmp_path)
    assert out.count("已存在，未动") == 6
    assert xxgk("template", "check", cwd=tmp_path)[:2] == (0, "模板完好。\n")
    (tmp_path / "workbook_templates" / "xxgk-2021" / "return.xlsx").write_bytes(b"gone")
    code, _, err = xxgk("template", "check", cwd=tmp_path)
    assert code == 2
    assert "无法读取" in err


@pytest.mark.parametrize("command", ["run", "template", "doctor", "issue"])
def test_a_template_without_its_form_is_told(tmp_path: Path, command: str) -> None:
    office = Office(tmp_path, units=1)
    folder = office.workspace.root / "workbook_templates" / "xxgk-2021"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "workbook_templates" / "xxgk-2021" / "report.docx", folder)
    code, out, err = xxgk(command, cwd=tmp_path)
    assert code in (2, 3)
    assert "里没有表式（form.toml）" in " ".join((out + err).split())
    assert "Traceback" not in err


def test_one_of_two_forms_that_is_gone_is_missed(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    assert xxgk("template", cwd=tmp_path)[0] == 0
    (office.workspace.root / "workbook_templates" / "xxgk-2021" / "form.toml").unlink()
    for command in (("template", "check"), ("run",)):
        code, out, err = xxgk(*command, cwd=tmp_path)
        assert (code, out) == (2, "")
        assert "xxgk-2021 里没有表式（form.toml）" in err


def test_a_folder_in_the_place_of_a_template_is_told(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    assert xxgk("template", cwd=tmp_path)[0] == 0
    report = office.workspace.root / "workbook_templates" / "xxgk-2021" / "report.docx"
    report.unlink()
    report.mkdir()
    code, _, err = xxgk("run", cwd=tmp_path)
    assert code == 2
    assert "report.docx 是一个文件夹，不是文件。请把它移到别处" in err
    report.rmdir()
    assert xxgk("template", cwd=tmp_path)[0] == 0
    assert xxgk("run", cwd=tmp_path)[0] in (0, 3)


def test_what_is_no_report_is_not_verified_as_one(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    office.run()
    (tmp_path / "a.txt").write_text("本年度收到申请3件。", encoding="utf-8")
    (tmp_path / "a.docx").write_bytes(b"%PDF-1.7")
    for file, words in (
        ("outputs/2024/county.xlsx", "它是另一种格式的文件（xlsx），不是报告"),
        ("a.txt", "不是报告"),
        ("a.docx", "它是PDF 文档，不是报告"),
    ):
        code, _, err = xxgk("verify", file, cwd=tmp_path)
        assert (code, words in err) == (2, True), err


def test_nothing_is_restored_among_other_files(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=1)
    office.run()
    code, out, err = xxgk("backup", str(tmp_path / "备份"), "-w", str(office.workspace.root))
    assert code == 0, out + err
    (archive,) = (tmp_path / "备份").glob("*.zip")
    (tmp_path / "别处").mkdir()
    (tmp_path / "别处" / "信.txt").write_text("别的", encoding="utf-8")
    code, _, err = xxgk("restore", str(archive), str(tmp_path / "别处"))
    assert (code, "又不是工作区" in err) == (2, True)
    assert [path.name for path in (tmp_path / "别处").iterdir()] == ["信.txt"]
    assert xxgk("restore", str(archive), str(tmp_path / "新"))[0] == 0


def test_form_check(tmp_path: Path) -> None:
    code, out, _ = xxgk("form", "check", cwd=tmp_path)
    assert code == 0
    assert "xxgk-2021：229 个指标，43 条规则（70 个等式）" in out
    code, out, _ = xxgk("form", "check", "--json", cwd=tmp_path)
    remarks = json.loads(out)
    assert remarks["xxgk-2021"] == []
    assert {remark["level"] for remark in remarks["xxgk-2019"]} == {"hint"}, "no rule of ours looks at its 表二"
    xxgk("template", cwd=tmp_path)
    form = tmp_path / "workbook_templates" / "xxgk-2021" / "form.toml"
    form.write_text(form.read_text(encoding="utf-8").replace("basis =", "base ="), encoding="utf-8")
    code, _, err = xxgk("form", "check", cwd=tmp_path)
    assert code == 3
    assert "form.toml.base: 不认识的键；可用的键：basis、crosswalk、from_year" in err


def test_our_own_fault_has_its_own_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pipeline.cli import main

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("pipeline.night.run.run_night", broken)
    monkeypatch.setattr(sys, "argv", ["xxgk", "run", "--year", "2024"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 1
    assert "这不是您的数据的问题" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe that nobody reads is told otherwise there")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["rules", "list", "--markdown"], 0), (["status", "--year", "2024"], 3), (["run", "--help"], 0)],
    ids=["long", "with findings", "help"],
)
def test_a_reader_that_goes_away_changes_neither_the_work_nor_its_exit_code(
    tmp_path: Path, arguments: list[str], code: int
) -> None:
    Office(tmp_path, units=1).run()
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=tmp_path,
        stdout=theirs,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
    )
    os.close(theirs)
    assert (done.returncode, done.stderr) == (code, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no such device")
def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", "rules", "list"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.decode().startswith("错误：有内容写不出去（磁盘满了）。")
    assert done.stderr.count(b"\n") == 1
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "pipeline", "nosuch"]
        silent = subprocess.run(
            command, cwd=tmp_path, stderr=full, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False
        )
    assert silent.returncode == 2


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(13, "Permission denied", "inputs/2024/台账.xlsx"), "inputs/2024/台账.xlsx 不能读写（没有权限"),
        (OSError(5, "Input/output error", "outputs"), "outputs 不能读写（磁盘读写出错）"),
    ],
)
def test_a_fault_of_the_machine_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], error: OSError, sentence: str
) -> None:
    from pipeline.cli import entry

    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(entry, "app", broken)
    monkeypatch.setattr(entry.screen, "stop_printing", lambda: None)
    assert entry._called(["run"], "1") == 2
    said = capfd.readouterr().err
    assert sentence in said
    assert "Traceback" not in said


def test_history_is_imported_and_shown(tmp_path: Path) -> None:
    office = Office(tmp_path, units=2)
    title = "第1镇人民政府2023年政府信息公开工作年度报告"
    for name, changes in (("good.html", {}), ("bad.html", {"t3.total.total": "4", "t2.permit.decisions": ""})):
        page = cms_html(office.form, published(office.form) | changes, title=title)
        (tmp_path / name).write_bytes(page.replace("2024年".encode(), "2023年".encode()))
    code, out, err = xxgk("history", "import", "good.html", "--unit", "u01", "--year", "2023", cwd=tmp_path)
    assert code == 0, err
    assert "已保存 为 u01 第1镇人民政府 2023 年度的历史（200 格，年报），只用来与以后的年度比较，不算报送" in out
    assert "其余 22 行全是 0" in out
    code, out, _ = xxgk("history", "import", "bad.html", "--unit", "u01", "--year", "2023", cwd=tmp_path)
    assert code == 3
    assert "核实性 H7 bad.html 原文件的数自己不平（R1）" in out
    assert "│ 行政许可 │" in out
    assert "？" in out
    code, out, _ = xxgk("history", "import", "bad.html", "--unit", "u02", "--year", "2023", cwd=tmp_path)
    assert code == 3
    assert "没有保存 u02 第2镇人民政府 2023 年度的历史" in out
    code, _, err = xxgk("history", "import", "bad.html", "--unit", "u9", "--year", "2023", cwd=tmp_path)
    assert code == 2
    assert "单位名录里没有代码 u9" in err
    code, out, _ = xxgk("history", "show", "--year", "2023", cwd=tmp_path)
    assert code == 0
    assert "10/10" in out
    assert "没有" in out
    code, out, _ = xxgk("history", "show", "--year", "2023", "--unit", "u01", "--json", cwd=tmp_path)
    values = json.loads(out)["units"]["u01"]
    assert (values["t3.total.total"]["value"], values["t3.total.total"]["file"]) == (4, "bad.html")
    assert (values["t2.permit.decisions"]["value"], values["t2.permit.decisions"]["file"]) == (0, "good.html")
    code, out, _ = xxgk("history", "show", "--year", "2023", "--unit", "u02", cwd=tmp_path)
    assert (code, "没有历史" in out) == (0, True)


def test_status_is_asked_of_the_ledger(tmp_path: Path) -> None:
    """``outputs/<year>/`` may be deleted; what the last night found is known without it."""
    office = Office(tmp_path, units=2)
    office.returns("u01")
    office.drop("谁的.xlsx", b"%PDF-1.7 no workbook")
    office.run()
    whole = xxgk("status", "--year", str(YEAR), cwd=tmp_path)
    assert "谁的.xlsx" in whole[1]
    document = xxgk("status", "--year", str(YEAR), "--json", cwd=tmp_path)
    shutil.rmtree(office.outputs)
    assert xxgk("status", "--year", str(YEAR), cwd=tmp_path) == whole
    assert xxgk("status", "--year", str(YEAR), "--json", cwd=tmp_path) == document
    with sqlite3.connect(office.workspace.ledger / "ledger.sqlite") as ledger:
        ledger.execute("DELETE FROM documents")  # a night of a build that did not keep it
    ledger.close()
    code, out, _ = xxgk("status", "--year", str(YEAR), "--json", cwd=tmp_path)
    known = json.loads(out)
    assert (code, known["counted"], known["missing"], known["arrivals"]) == (3, ["u01"], ["u02"], [])
    states = [(unit["code"], unit["state"], unit["next_step"], unit["file"]) for unit in known["units"]]
    assert states == [("u01", "通过", "无", "u01.xlsx"), ("u02", "未报", "催报", None)]


def test_a_second_command_of_one_process_keeps_nothing_of_the_first(tmp_path: Path) -> None:
    program = (
        "import gc, sys\n"
        "from pipeline.cli import main\n"
        "counts = []\n"
        "for _ in range(3):\n"
        "    try:\n"
        "        main()\n"
        "    except SystemExit:\n"
        "        counts.append(gc.get_freeze_count())\n"
        "print(counts[0] > 10_000, counts[1] <= counts[0], counts[2] <= counts[0], file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", program, "rules", "R3", "--workspace", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stderr.split() == ["True", "True", "True"]
