"""What changed and because of what: two nights, two years, two versions of one return."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.control import build_control
from pipeline.errors import AskedError, PublishError, WorkspaceError
from pipeline.model.past import Past
from pipeline.night.issue import issue_workbooks
from pipeline.night.run import Effort, run_night
from pipeline.queries.compare import ComparedFigure, NightDiff, diff_nights, diff_versions, diff_years, runs
from pipeline.road.issue import file_name
from pipeline.workbook.fill import fill
from tests.test_cli import xxgk
from tests.workspaces import NOW, PROFILE, YEAR, Office, zeros

NEXT = YEAR + 1


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Three nights of 2024 and one of 2025.

    Night 1: u01 passes, u02 is wrong, u03 missing. Night 2: u01 and u02 are corrected, the office adjusts. A night of
    2025 comes between. Night 4: the adjustment goes, u03 is waived, the source of the website's figures is u02.
    """
    office = Office(tmp_path_factory.mktemp("county"))
    first = {"t3.received.natural": 3, "t3.granted.natural": 3, "info.site_items": 7}
    office.returns("u01", first | {"text.problems": "一"}, name="一.xlsx", hour=8)
    office.returns("u02", {"t3.received.natural": 2, "info.site_items": 9, "t2.fees.amount": Decimal("0.5")})
    office.run()
    office.returns("u01", first | {"t3.granted.natural": 2, "t3.partial.natural": 1}, name="二.xlsx", hour=9)
    right = {"t3.received.natural": 2, "t3.granted.natural": 2, "info.site_items": 9, "t2.fees.amount": Decimal("0.5")}
    office.returns("u02", right, name="更正/u02.xlsx", hour=9)
    office.write_control({"差额调整": [("info.trainings", "2", "局机关自办", "主任")]})
    office.run(now=NOW + dt.timedelta(days=1))
    _next_year(office)
    changed = tuple((key, "u02" if key == "网站数据单位" else value) for key, value in PROFILE)
    office.write_control({"差额调整": [], "免报": [("u03", "机构撤销", "主任")], "年报信息": changed})
    office.run(now=NOW + dt.timedelta(days=3))
    return office


def _next_year(office: Office) -> None:
    """One unit reports for 2025."""
    inputs = office.workspace.year_inputs(NEXT)
    inputs.mkdir()
    sheets = dict(office.control_sheets) | {
        "年报信息": tuple((key, str(NEXT) if key == "年度" else value) for key, value in PROFILE),
        "差额调整": [],
    }
    build_control(office.form, office.workspace.control(NEXT), sheets)
    issue_workbooks(office.workspace, NEXT)
    name = file_name(office.units[0])
    blank = (office.workspace.year_outputs(NEXT) / "issued" / name).read_bytes()
    figures = {"t3.received.natural": 4, "t3.granted.natural": 4, "info.trainings": 1, "info.site_items": 7}
    (inputs / name).write_bytes(fill(blank, office.form, office.layout, zeros(office.form) | figures))
    run_night(office.workspace, NEXT, now=NOW + dt.timedelta(days=2), effort=Effort(workers=0))


def changes(found: NightDiff) -> dict[str, tuple[object, object]]:
    return {change.code: (change.before, change.after) for change in found.figures}


def test_two_nights_and_why_each_figure_changed(office: Office) -> None:
    found = diff_nights(office.workspace, YEAR, (1, 2))
    assert changes(found) == {
        "info.trainings": (0, 2),
        "t2.fees.amount": (0, Decimal("0.5")),
        "t3.received.natural": (3, 5),
        "t3.received.total": (3, 5),
        "t3.granted.natural": (3, 4),
        "t3.granted.total": (3, 4),
        "t3.partial.natural": (0, 1),
        "t3.partial.total": (0, 1),
        "t3.total.natural": (3, 5),
        "t3.total.total": (3, 5),
    }
    causes = {change.code: [(c.unit, c.before, c.after) for c in change.causes] for change in found.figures}
    assert causes["t3.received.natural"] == [("u02", None, 2)]
    assert causes["t3.granted.natural"] == [("u01", 3, 2), ("u02", None, 2)]
    assert causes["info.trainings"] == [("", 0, 2)]
    assert causes["t3.total.total"] == [("u02", None, 2)]
    assert [change.code for change in found.figures if change.computed] == [c for c in causes if "total" in c]
    assert [(row.unit, row.reason, row.file_before, row.file_after) for row in found.units] == [
        ("u01", "换了版本", "一.xlsx", "二.xlsx"),
        ("u02", "新计入", "", "更正/u02.xlsx"),
    ]
    assert [(row.unit, row.before, row.after) for row in found.states] == [("u02", "退回", "通过")]
    assert [(row.kind, row.subject, row.detail) for row in found.decisions_new] == [("差额调整", "info.trainings", "2")]
    assert found.decisions_gone == ()
    assert {(said["unit"], said["code"]) for said in found.findings_gone if said.get("unit")} == {("u02", "R3")}


def test_every_change_is_the_sum_of_its_causes(office: Office) -> None:
    for pair in ((1, 2), (2, 4), (1, 4), (4, 1)):
        for change in diff_nights(office.workspace, YEAR, pair).figures:
            assert change.difference == sum((cause.after or 0) - (cause.before or 0) for cause in change.causes), change


def test_the_two_last_nights_skip_those_of_another_year(office: Office) -> None:
    found = diff_nights(office.workspace, YEAR)
    assert (found.before.id, found.after.id) == (2, 4)
    assert changes(found) == {"info.site_items": (7, 9), "info.trainings": (2, 0)}
    (source, adjusted) = found.figures
    assert [(c.unit, c.reason, c.before, c.after) for c in source.causes] == [("u02", "换了取数单位", 7, 9)]
    assert [(c.unit, c.reason, c.before, c.after) for c in adjusted.causes] == [("", "差额变动", 2, 0)]
    assert found.units == ()
    assert [(row.unit, row.before, row.after) for row in found.states] == [("u03", "未报", "免报")]
    assert [(row.kind, row.subject) for row in found.decisions_new] == [("免报", "u03")]
    assert [(row.kind, row.subject) for row in found.decisions_gone] == [("差额调整", "info.trainings")]


def test_a_row_that_only_moved_in_the_control_workbook_is_no_change(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1, control={"差额调整": [("info.trainings", "2", "一", "甲")]})
    office.returns("u01")
    office.run()
    office.write_control({"差额调整": [("info.trainings", "1", "二", "乙"), ("info.trainings", "2", "一", "甲")]})
    office.run(now=NOW + dt.timedelta(days=1))
    found = diff_nights(office.workspace, YEAR)
    assert [(row.detail, row.cell) for row in found.decisions_new] == [("1", "A3")]
    assert found.decisions_gone == ()
    assert changes(found) == {"info.trainings": (2, 3)}


def test_two_years(office: Office) -> None:
    found = diff_years(office.workspace, YEAR, NEXT)
    told = {change.code: (change.before, change.after, change.difference, change.percent) for change in found.items}
    assert found.whose == "方正县人民政府"
    assert told["t3.received.natural"] == (5, 4, -1, Decimal("-20.0"))
    assert told["t3.granted.natural"] == (4, 4, 0, Decimal("0.0"))
    assert told["info.trainings"] == (0, 1, 1, None)
    assert told["t2.fees.amount"] == (Decimal("0.5"), 0, Decimal("-0.5"), Decimal("-100.0"))
    assert len(told) + found.zeros == 214
    mine = diff_years(office.workspace, YEAR, NEXT, "u01")
    told = {change.code: (change.before, change.after, change.difference, change.percent) for change in mine.items}
    assert mine.whose == "第1镇人民政府（u01）"
    assert told["t3.received.natural"] == (3, 4, 1, Decimal("33.3"))
    assert "meta.year" not in told
    assert "text.problems" not in told


def test_a_former_year_of_a_unit_that_was_imported(office: Office) -> None:
    with office.workspace.open_ledger() as ledger:
        past = Past(
            unit="u01", year=2022, form="xxgk-2021", source="年报", file="a.docx", sha256="0" * 64,
            values={"t3.received.natural": 6},
        )  # fmt: skip
        ledger.pasts.keep(past, now=NOW)
    found = {change.code: change for change in diff_years(office.workspace, 2022, YEAR, "u01").items}
    assert (found["t3.received.natural"].before, found["t3.received.natural"].after) == (6, 3)
    assert (found["t3.partial.natural"].before, found["t3.partial.natural"].difference) == (None, None)


def test_two_versions_of_one_return(office: Office) -> None:
    found = diff_versions(office.workspace, YEAR, "u01")
    assert (found.before.file, found.after.file, found.versions, found.counted) == ("一.xlsx", "二.xlsx", 2, 2)
    assert [(c.code, c.after_cell, c.before, c.after) for c in found.cells] == [
        ("t3.granted.natural", "表三!D8", 3, 2),
        ("t3.granted.total", "表三!J8", 3, 2),
        ("t3.partial.natural", "表三!D9", 0, 1),
        ("t3.partial.total", "表三!J9", 0, 1),
        ("text.problems", "文字材料!C9", "一", None),
    ]
    back = diff_versions(office.workspace, YEAR, "u01", (2, 1))
    assert [(c.before, c.after) for c in back.cells] == [(c.after, c.before) for c in found.cells]


@pytest.mark.parametrize(
    ("before", "after", "difference", "percent"),
    [
        (3, 5, 2, "66.7"),
        (8, 7, -1, "-12.5"),
        (400, 401, 1, "0.3"),
        (0, 5, 5, None),
        (5, 0, -5, "-100.0"),
        (None, 5, None, None),
        ("一", "二", None, None),
        (Decimal("0.3"), Decimal("0.1"), Decimal("-0.2"), "-66.7"),
    ],
)
def test_differences(before: object, after: object, difference: object, percent: str | None) -> None:
    change = ComparedFigure(code="", label="", before=before, after=after)  # type: ignore[arg-type]
    assert (change.difference, change.percent) == (difference, Decimal(percent) if percent else None)


def test_runs(office: Office) -> None:
    assert [(row.id, row.kind, row.complete) for row in runs(office.workspace, YEAR)] == [
        (1, "汇总", False),
        (2, "汇总", False),
        (4, "汇总", True),
    ]
    with pytest.raises(WorkspaceError, match="没有 inputs/2023"):
        runs(office.workspace, 2023)


def test_one_night_or_one_version_cannot_be_compared(tmp_path: Path) -> None:
    office = Office(tmp_path, units=2)
    with pytest.raises(WorkspaceError, match="还没有汇总过"):
        diff_nights(office.workspace, YEAR)
    office.returns("u01")
    office.run()
    with pytest.raises(WorkspaceError, match="只汇总过一次"):
        diff_nights(office.workspace, YEAR)
    for unit, told in (("u01", "只有一份报表"), ("u02", "没有能认定是它的报表"), ("u99", "没有单位代码 u99")):
        with pytest.raises(AskedError, match=told):
            diff_versions(office.workspace, YEAR, unit)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "没有写 --year"),
        (["--years", "2024"], "--years 的用法不对（后面要写 2 个值）"),
        (["--years", "2024", "明年"], "应为整数"),
        (["--years", "2024", "2025", "--year", "2024"], "只能再加 --unit"),
        (["--year", "2024", "--versions", "1", "2"], "要写 --unit"),
        (["--year", "2024", "--unit", "u01", "--runs", "1", "2"], "--runs 比整个汇总"),
        (["--year", "2024", "--unit", "u01", "--versions", "1", "7"], "共有 2 份报表，请用 1 到 2 的序号"),
        (["--year", "2024", "--runs", "1", "3"], "没有编号为 3 的汇总，现有：1、2、4"),
        (["--years", "2023", "2024"], "2023 年度还没有汇总过"),
        (["--years", "2023", "2024", "--unit", "u01"], "没有单位代码为 u01 的单位 2023 年度的数"),
    ],
)
def test_what_cannot_be_compared(office: Office, arguments: list[str], told: str) -> None:
    code, out, err = xxgk("diff", "-w", str(office.workspace.root), *arguments)
    assert (code, out) == (2, "")
    assert told in err


def test_as_it_is_printed(office: Office) -> None:
    root = str(office.workspace.root)
    code, out, _ = xxgk("diff", "--year", "2024", "-w", root)
    assert code == 0
    assert out.splitlines()[:7] == [
        "2024 年度：2025-01-21 22:00 的汇总（编号 2） → 2025-01-23 22:00 的汇总（编号 4）",
        "├── 汇总数变了：2",
        "│   ├── 7 → 9（+2）　政府网站发布信息数　info.site_items",
        "│   │   因为第1镇人民政府 → 第2镇人民政府 7 → 9（+2）",
        "│   └── 2 → 0（-2）　政务公开培训场次　info.trainings",
        "│       因为差额变动 2 → 0（-2）",
        "├── 状态变了：1",
    ]
    assert xxgk("diff", "--year", "2024", "--runs", "2", "2", "-w", root)[1].endswith("没有任何差别。\n")
    code, out, _ = xxgk("diff", "--year", "2024", "--unit", "u01", "-w", root)
    assert "表三!D8　3 → 2（-1）　表三　三、本年度办理结果·（一）予以公开·自然人　t3.granted.natural" in out
    code, out, _ = xxgk("diff", "--years", "2024", "2025", "-w", root)
    row = next(line for line in out.splitlines() if "本年新收政府信息公开申请数量·自然人" in line)
    assert [cell.strip() for cell in row.split("│")[2:6]] == ["5", "4", "-1", "-20"]
    code, out, _ = xxgk("runs", "--year", "2024", "-w", root)
    assert code == 0
    assert "2025-01-23 22:00" in out


@pytest.mark.parametrize(
    ("arguments", "path", "value"),
    [
        (["diff", "--year", "2024"], ("figures", 0, "causes", 0, "before"), 7),
        (["diff", "--year", "2024"], ("figures", 0, "difference"), 2),
        (["diff", "--year", "2024", "--runs", "1", "2"], ("figures", 1, "after"), "0.5"),
        (["diff", "--years", "2024", "2025"], ("whose",), "方正县人民政府"),
        (["diff", "--year", "2024", "--unit", "u01"], ("cells", 0, "after_cell"), "表三!D8"),
        (["runs", "--year", "2024"], (2, "id"), 4),
    ],
)
def test_as_json(office: Office, arguments: list[str], path: tuple[str | int, ...], value: object) -> None:
    code, out, err = xxgk(*arguments, "--json", "-w", str(office.workspace.root))
    assert code == 0, err
    document = json.loads(out)
    for step in path:
        document = document[step]
    assert document == value


def test_a_damaged_archived_control_is_told_by_its_name(tmp_path: Path) -> None:
    """It is the ledger's, no clerk can save it once more in Excel."""
    office = Office(tmp_path, units=1)
    office.run()
    with office.workspace.open_ledger() as ledger:
        (night,) = ledger.nights.runs(YEAR)
        ledger.original(night.control).write_bytes(b"junk")
    office.write_control({"差额调整": [("info.trainings", "2", "局机关自办", "主任")]})
    assert office.run().changes.first  # no night stops for it
    with pytest.raises(PublishError, match="已损坏。请从备份恢复"):
        diff_nights(office.workspace, YEAR)
