"""Which of a unit's versions counts: what orders them, what is asked, and how the office's row settles it."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

import jsonschema
import pytest

from pipeline.errors import WorkspaceError
from pipeline.model.outcome import Outcome
from pipeline.model.standing import Standing
from pipeline.night.close import lock_year
from pipeline.night.run import Effort, run_night
from tests.workspaces import NOW, YEAR, Office

SCHEMA = Path(__file__).parents[2] / "docs" / "run.schema.json"
ITEM = "t2.permit.decisions"
BROKEN = {"t3.received.natural": 6}
Members = Sequence[tuple[str, bytes, tuple[int, int, int, int, int, int]]]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path, units=2)
    office.returns("u02")
    return office


def first(outcome: Outcome) -> Standing:
    return outcome.standings[0]


def counted(outcome: Outcome) -> int | None:
    """What u01 is counted with; ``None`` while it is not."""
    each = next((each for each in outcome.county.counted if each.unit.code == "u01"), None)
    value = each.submission.values[outcome.form.position[ITEM]] if each else None
    assert value is None or isinstance(value, int)
    return value


def packed(members: Members) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content, when in members:
            archive.writestr(zipfile.ZipInfo(name, when), content)
    return out.getvalue()


def saved(content: bytes, when: str) -> bytes:
    """The same workbook as an office program saved it at another time."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            part = old.read(info)
            if info.filename == "docProps/core.xml":
                part = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + when.encode(), part)
            new.writestr(info, part)
    return out.getvalue()


JAN = (2025, 1, 5, 9, 0, 0)
ZIPS = {
    "ten days apart": ((2025, 1, 15, 9, 0, 0), 20),
    "an hour apart": ((2025, 1, 5, 10, 0, 0), 20),
    "older than the first": ((2025, 1, 4, 9, 0, 0), 10),
    "seconds apart": ((2025, 1, 5, 9, 0, 40), None),
    "the same time": (JAN, None),
    "no time of its own": ((1980, 1, 1, 0, 0, 0), 20),  # the package's own, which is later
    "later than the package": ((2031, 1, 1, 0, 0, 0), 20),
}


@pytest.mark.parametrize(("when", "expected"), ZIPS.values(), ids=ZIPS)
def test_members_of_a_package_have_their_own_time(office: Office, when: tuple[int, ...], expected: int | None) -> None:
    members = [("乙.xlsx", office.filled("u01", {ITEM: 10}), JAN), ("甲.xlsx", office.filled("u01", {ITEM: 20}), when)]
    office.drop("两份.zip", packed(members))  # type: ignore[arg-type]
    assert counted(office.run()) == expected


NAMES = [
    ("报表.xlsx", "报表(修改后).xlsx"), ("报表.xlsx", "报表-改.xlsx"), ("报表.xlsx", "报表(1).xlsx"),
    ("第二次.xlsx", "第三次.xlsx"), ("v9.xlsx", "v10.xlsx"), ("终稿.xlsx", "终稿（真）.xlsx"), ("b.xlsx", "a.xlsx"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), NAMES)
def test_a_name_orders_nothing_and_the_office_is_asked(office: Office, one: str, other: str) -> None:
    office.returns("u01", {ITEM: 10}, name=one)
    office.returns("u01", {ITEM: 20}, name=other)
    outcome = office.run()
    assert (first(outcome).state.value, counted(outcome), outcome.attention) == ("已收", None, True)
    (finding,) = [f for f in outcome.findings if f.code == "J1"]
    assert f"“{one}”" in finding.message
    assert f"“{other}”" in finding.message
    assert re.search(r"本年处理决定数量 (10、20|20、10)", finding.message)
    assert "处理写“采用”" in finding.remedy
    assert {each.state for each in outcome.arrivals if each.unit and each.unit.code == "u01"} == {"待定"}


def test_a_hint_of_the_name_is_shown_with_it(office: Office) -> None:
    office.returns("u01", {ITEM: 10}, name="报表.xlsx")
    office.returns("u01", {ITEM: 20}, name="报表(修改后).xlsx")
    (finding,) = [f for f in office.run().findings if f.code == "J1"]
    assert "从文件名看，“报表(修改后).xlsx”像是改过的，仅供参考。" in finding.message


@pytest.mark.parametrize(("treatment", "expected"), [("采用", 10), ("不采用", 20)])
def test_the_office_decides(office: Office, treatment: str, expected: int) -> None:
    office.returns("u01", {ITEM: 10}, name="甲.xlsx")
    office.returns("u01", {ITEM: 20}, name="乙.xlsx")
    office.run()
    office.write_control({"来件认领": [("甲.xlsx", "u01", "电话核实", "主任", treatment)]})
    outcome = office.run(now=NOW + dt.timedelta(days=1))
    assert (counted(outcome), first(outcome).state.value) == (expected, "通过")
    # a version that comes later is a new matter, and counts
    office.returns("u01", {ITEM: 30}, name="丙.xlsx", hour=8)
    assert counted(office.run(now=NOW + dt.timedelta(days=2))) == 30


def test_figures_alone_make_two_versions_different(office: Office) -> None:
    office.returns("u01", {ITEM: 10}, name="甲.xlsx")
    office.returns("u01", {ITEM: 10, "meta.phone": "0451-1"}, name="乙.xlsx")
    assert counted(office.run()) == 10


SAVED = {
    "saved a day later": ("2025-01-05T09:00:00Z", "2025-01-06T09:00:00Z", 20),
    "saved a day before": ("2025-01-06T09:00:00Z", "2025-01-05T09:00:00Z", 10),
    "saved within minutes": ("2025-01-05T09:00:00Z", "2025-01-05T09:04:00Z", None),
    "by a program without a clock": ("1970-01-01T00:00:00Z", "2025-01-05T09:04:00Z", None),
    "no date": ("今天", "2025-01-05T09:04:00Z", None),
}


@pytest.mark.parametrize(("one", "other", "expected"), SAVED.values(), ids=SAVED)
def test_when_the_workbook_was_saved_is_evidence(office: Office, one: str, other: str, expected: int | None) -> None:
    office.drop("甲.xlsx", saved(office.filled("u01", {ITEM: 10}), one))
    office.drop("乙.xlsx", saved(office.filled("u01", {ITEM: 20}), other))
    assert counted(office.run()) == expected


def test_evidence_that_contradicts_itself_orders_nothing(office: Office) -> None:
    office.drop("甲.xlsx", saved(office.filled("u01", {ITEM: 10}), "2025-01-08T09:00:00Z"), hour=8)
    office.drop("乙.xlsx", saved(office.filled("u01", {ITEM: 20}), "2025-01-05T09:00:00Z"), hour=12)
    assert counted(office.run()) is None


def test_a_clock_that_went_back(office: Office) -> None:
    office.returns("u01", {ITEM: 10}, name="甲.xlsx", hour=12)
    office.run()
    office.returns("u01", {ITEM: 20}, name="乙.xlsx", hour=9)
    outcome = office.run(now=NOW - dt.timedelta(days=300))
    assert counted(outcome) == 20
    assert [f.code for f in outcome.findings if f.code == "I22"] == ["I22"]


def test_the_earlier_file_sent_once_more(office: Office) -> None:
    office.returns("u01", {ITEM: 10}, name="甲.xlsx")
    office.run()
    office.returns("u01", {ITEM: 20}, name="乙.xlsx")
    assert counted(office.run(now=NOW + dt.timedelta(days=1))) == 20
    office.returns("u01", {ITEM: 10}, name="以这份为准.xlsx")
    outcome = office.run(now=NOW + dt.timedelta(days=2))
    assert (counted(outcome), [f.code for f in outcome.findings if f.code == "J1"]) == (None, ["J1"])
    assert counted(office.run(now=NOW + dt.timedelta(days=3), anew=True)) is None


@pytest.mark.parametrize("what", ["moved", "renamed", "touched", "packed"])
def test_a_file_that_only_moved_changes_nothing(office: Office, what: str) -> None:
    old = office.returns("u01", {ITEM: 10}, name="甲.xlsx")
    office.run()
    office.returns("u01", {ITEM: 20}, name="乙.xlsx")
    office.run(now=NOW + dt.timedelta(days=1))
    if what == "touched":
        os.utime(old, (NOW.timestamp() + 9e5,) * 2)
    elif what == "packed":
        office.drop("旧件.zip", packed([("甲.xlsx", old.read_bytes(), JAN)]))
        old.unlink()
    else:
        (office.inputs / "旧").mkdir()
        old.rename(office.inputs / "旧" / ("甲.xlsx" if what == "moved" else "旧件.xlsx"))
    assert counted(office.run(now=NOW + dt.timedelta(days=2))) == 20


def test_a_correction_that_does_not_pass(office: Office) -> None:
    """The figures that passed still count; what is open is named, sent back, and holds the closing up."""
    office.returns("u01", {ITEM: 10}, name="甲.xlsx")
    assert office.run().attention is False
    office.returns("u01", BROKEN, name="更正.xlsx")
    outcome = office.run(now=NOW + dt.timedelta(days=1))
    assert (first(outcome).state.value, counted(outcome), outcome.attention) == ("通过", 10, True)
    words = r"后报的“更正.xlsx”（哈希 (\w{8})）没有通过：.*在台账“来件认领”写哈希 \1，“处理”写“不采用”"
    assert re.search(words, first(outcome).next_step)
    assert [f.code for f in outcome.findings if f.unit == "u01" and f.severity == "error"] == ["R3"]
    assert (office.outputs / "corrections" / "u01_第1镇人民政府_退改.xlsx").is_file()
    run_night(office.workspace, YEAR, now=NOW + dt.timedelta(days=1), effort=Effort(workers=0))
    with pytest.raises(WorkspaceError, match=r"强制性 R3 u01 更正.xlsx 表三"):
        lock_year(office.workspace, YEAR, by="甲", reason="完成", now=NOW + dt.timedelta(days=2))
    office.write_control({"来件认领": [("更正.xlsx", "u01", "仍按原件", "主任", "不采用")]})
    outcome = office.run(now=NOW + dt.timedelta(days=2))
    assert (first(outcome).next_step, outcome.attention) == ("无", False)
    assert not (office.outputs / "corrections").exists()
    run = json.loads((office.outputs / "run.json").read_bytes())
    jsonschema.validate(run, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert [(each["names"], each["state"]) for each in run["arrivals"] if each["unit"] == "u01"] == [
        (["甲.xlsx"], "采用"), (["更正.xlsx"], "不采用"),
    ]  # fmt: skip
    lock_year(office.workspace, YEAR, by="甲", reason="完成", now=NOW + dt.timedelta(days=3))


def test_a_damaged_copy_in_the_archive_costs_nothing(office: Office) -> None:
    office.returns("u01", {ITEM: 10}, name="甲.xlsx")
    office.drop("两份.zip", packed([("第1镇.xlsx", office.filled("u01", {ITEM: 11}), JAN)]), hour=20)
    outcome = office.run()
    before = counted(outcome)
    for received in outcome.arrivals:
        copy = office.workspace.ledger / "originals" / received.arrival.sha256
        copy.write_bytes(copy.read_bytes()[:1000])
    outcome = office.run(now=NOW + dt.timedelta(days=1), anew=True)
    assert (counted(outcome), [f.code for f in outcome.findings if f.severity != "info"]) == (before, [])


def test_an_old_control_workbook_without_the_column_suffices(office: Office) -> None:
    office.write_control({"来件认领": [("甲.xlsx", "u01", "核实", "主任")]})
    office.returns("u01", {ITEM: 10}, name="甲.xlsx")
    assert counted(office.run()) == 10
