"""The catalogue as people meet it: docs/rules.md is current, `xxgk rules` explains, `xxgk rules try` writes nothing."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path

from pipeline.form import Form, load_form
from pipeline.queries import catalogue
from pipeline.queries.try_rules import try_rules
from tests import ROOT
from tests.test_cli import xxgk
from tests.workspaces import YEAR, Office, tree

DOCS = ROOT / "docs" / "rules.md"


def test_the_page_of_rules_is_current(form: Form) -> None:
    """Write it anew with ``xxgk rules --markdown > docs/rules.md``."""
    assert DOCS.read_text(encoding="utf-8") == catalogue.markdown(form)


def test_every_rule_explains_itself(form: Form) -> None:
    for rule in form.rules:
        page = dict(catalogue.page(rule))
        assert {"级别", "说的是", "何时核对", "问题", "怎么办", "依据"} <= page.keys(), rule.id
        assert rule.remedy.endswith("。"), rule.id
        assert rule.message == "{detail}" or rule.message.endswith(("。", "{detail}")), rule.id


def test_the_command(tmp_path: Path) -> None:
    code, out, _ = xxgk("rules", "p12", cwd=tmp_path)
    assert code == 0
    assert "P12　结转下年度不超过本年新收的四分之一" in out
    assert "参数：P12.比例 = 25" in out
    code, out, _ = xxgk("rules", cwd=tmp_path)
    assert code == 0
    assert "43 条规则" in out
    code, _, err = xxgk("rules", "R99", cwd=tmp_path)
    assert code == 2
    assert "没有规则 R99" in err


def test_changed_rules_are_tried_and_nothing_is_written(tmp_path: Path) -> None:
    office = Office(tmp_path, units=3)
    office.returns("u01")
    office.returns("u02", {"t2.permit.decisions": 400})
    office.returns("u03", {"t3.received.natural": 1})
    office.drop("扫描件.xlsx", b"%PDF-1.7 no workbook")
    (office.inputs / "还在复制.xlsx").write_bytes(b"half a file, this very moment")
    outcome = office.run()
    assert office.states(outcome) == {"u01": "通过", "u02": "通过", "u03": "退回"}
    assert [each.state for each in outcome.arrivals if each.unit is None].count("留待下次") == 1
    rules = (office.folder / "rules.toml").read_text(encoding="utf-8")
    changed = tmp_path / "改过的.toml"
    changed.write_text(rules.replace('check = "rules == 0"', 'check = "rules == 0"', 1) + _NEW, encoding="utf-8")
    before = tree(tmp_path / "outputs")
    trial = try_rules(office.workspace, YEAR, changed)
    assert (trial.accepted, [(unit.code, [f.code for f in fs]) for unit, fs in trial.fallen]) == (2, [("u02", ["Z1"])])
    assert tree(tmp_path / "outputs") == before
    code, out, _ = xxgk("rules", "try", str(changed), "--year", str(YEAR), cwd=tmp_path)
    assert code == 3
    assert "通不过 第2镇人民政府" in out
    code, out, _ = xxgk("rules", "try", str(office.folder / "rules.toml"), "--year", str(YEAR), cwd=tmp_path)
    assert code == 0, out
    assert "全部仍然通过" in out


_NEW = """
[[rule]]
id = "Z1"
kind = "linear"
severity = "error"
title = "乡镇的许可不超过三百件"
check = "t2.permit.decisions <= 300"
unit_types = ["乡镇"]
message = "许可 {left} 件。"
remedy = "请核对。"
clause = "本办公室规定"
"""


def test_thresholds_of_the_control_workbook(tmp_path: Path) -> None:
    """P12.比例 in 年报信息 holds in the check and in the issued workbook; one nobody knows is said so."""
    from tests.workspaces import PROFILE

    office = Office(tmp_path, units=1, profile=(*PROFILE, ("P12.比例", "60"), ("P12.倍数", "3"), ("Y4.起点", "多")))
    carried = {"t3.received.natural": 2, "t3.granted.natural": 1, "t3.carried_out.natural": 1}
    office.returns("u01", carried)
    outcome = office.run()
    assert office.states(outcome) == {"u01": "通过"}
    assert [(f.code, f.found) for f in outcome.findings] == [("T3", "多"), ("T7", "P12.倍数")]
    office.write_control({"年报信息": PROFILE})
    assert office.states(office.run()) == {"u01": "待说明"}


def test_a_rule_of_the_form_can_be_changed_without_python(form: Form, form_folder: Path) -> None:
    assert load_form(form_folder).set({("N5", "percent"): 80}).rule("N5").number("percent") == 80


def test_rules_are_tried_on_the_arrival_times_the_ledger_knows(tmp_path: Path) -> None:
    """Returns that came in time and were first read six days later do not fall by being late."""
    from tests.workspaces import NOW, PROFILE

    office = Office(tmp_path, units=2, profile=(*PROFILE, ("报送期限", "2025-01-20")))
    office.returns("u01", hour=9)
    late = office.returns("u02", hour=10)  # read by the calendar of China
    os.utime(late, (NOW.timestamp() + 86400 * 3,) * 2)
    office.run(now=NOW + dt.timedelta(days=6))
    rules = (office.folder / "rules.toml").read_text(encoding="utf-8")
    before, after = rules.split('id = "M1"')
    changed = tmp_path / "改过的.toml"
    strict = after.replace("needs_reason = false", "needs_reason = true", 1)
    changed.write_text(f'{before}id = "M1"{strict}', encoding="utf-8")
    trial = try_rules(office.workspace, YEAR, changed)
    fallen = [(unit.code, [(f.code, f.found) for f in findings]) for unit, findings in trial.fallen]
    assert (trial.accepted, fallen) == (2, [("u02", [("M1", "2025-01-24")])])
    shutil.rmtree(office.outputs)
    assert try_rules(office.workspace, YEAR, changed) == trial
