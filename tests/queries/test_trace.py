"""From a published figure back to the cells: every figure of a night is proven, and each answer says what it must."""

from __future__ import annotations

import datetime as dt
import io
import json
import sqlite3
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from pipeline.errors import AskedError, PublishError, WorkspaceError
from pipeline.night.replay import replay_night
from pipeline.queries.trace import Trace, Tree, every_tree, trace
from pipeline.workbook.annex import SOURCE_HEADINGS, SOURCES, TITLES, sources_in
from tests.test_cli import xxgk
from tests.workspaces import NOW, PROFILE, YEAR, Office

LATER = NOW + dt.timedelta(days=1)
ADJUSTMENTS = [
    ("t3.received.natural", "-1", "两镇重复登记", "县长"),
    ("t3.granted.natural", "-1", "两镇重复登记", "县长"),
    ("t2.fees.amount", "0.5", "漏报", "县长"),
    ("t2.fees.amount", "0.5", "漏报", "县长"),
]
BLANK_IS_ZERO = tuple((key, "按0计" if key == "空白处理" else value) for key, value in PROFILE)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Two nights: a unit corrects itself, one is accepted with an error, one never comes, and the office adjusts."""
    accepted = [("u03", "R3", "系统故障，已核实", "分管领导")]
    office = Office(
        tmp_path_factory.mktemp("county"), units=5, profile=BLANK_IS_ZERO, control={"认可": accepted},
        not_counted=["u05"],
    )  # fmt: skip
    figures = {"t3.received.natural": 3, "t3.granted.natural": 3, "info.site_items": 2210}
    office.returns("u01", figures | {"text.problems": "公开不够\n及时"}, name="一/u01.xlsx")
    # two versions on one evening: the names say otherwise, the files' own times decide
    office.returns("u02", {"info.trainings": 9}, name="乙.xlsx", hour=8)
    office.returns("u02", {"info.trainings": "４场", "info.consultations": None}, name="甲.xlsx", hour=9)
    office.returns("u03", {"t3.received.natural": 2, "t3.granted.natural": 1, "t2.fees.amount": Decimal("1.25")})
    office.returns("u05", {"info.trainings": 100})
    office.run()
    office.write_control({"差额调整": ADJUSTMENTS})
    office.returns("u01", figures | {"t3.received.natural": 5, "t3.granted.natural": 5}, name="更正/u01.xlsx", hour=10)
    office.run(now=LATER)
    return office


def asked(office: Office, what: str, **more: object) -> Trace:
    return trace(office.workspace, YEAR, what, **more)  # type: ignore[arg-type]


def values(tree: Tree) -> list[tuple[str, object]]:
    return [(branch.unit, branch.value) for branch in tree.branches if not branch.idle]


@pytest.mark.parametrize("run", [1, 2])
def test_every_published_figure_is_proven(office: Office, run: int) -> None:
    """The sum over the branches of each of the 200 cells and of the indicators is what stands in that night's ledger."""
    with office.workspace.open_ledger() as ledger:
        night = replay_night(office.workspace, ledger, YEAR, run)
        trees = {tree.item.code: tree for tree in every_tree(night)}
        published = ledger.nights.figures(YEAR, until=run)
    assert trees.keys() == published.keys()
    assert len(trees) == 214
    assert all(tree.holds for tree in trees.values()), [code for code, tree in trees.items() if not tree.holds]
    assert trees["t3.total.total"].total == {1: 4, 2: 5}[run]
    assert trees["t2.fees.amount"].total == {1: Decimal("1.25"), 2: Decimal("2.25")}[run]


def test_the_last_night_is_what_lies_in_the_outputs(office: Office) -> None:
    figures = json.loads((office.outputs / "run.json").read_text(encoding="utf-8"))["figures"]
    with office.workspace.open_ledger() as ledger:
        trees = list(every_tree(replay_night(office.workspace, ledger, YEAR)))
    assert {tree.item.code: tree.total for tree in trees} == {
        code: Decimal(value) if isinstance(value, str) else value for code, value in figures.items()
    }


def test_a_sum_with_versions_an_adjustment_an_acceptance_and_a_missing_unit(office: Office) -> None:
    found = asked(office, "本年新收 自然人")
    assert (found.run.id, found.counted, found.tree.published, found.tree.total) == (2, 3, 6, 6)
    assert [(unit.code, unit.state) for unit in found.missing] == [("u04", "未报")]
    first, second, third = found.tree.branches
    assert (first.file, first.version, first.versions, first.value) == ("更正/u01.xlsx", 2, 2, 5)
    assert (first.sheet, first.cell, first.raw, first.provisional) == ("表三", "D6", "5", False)
    assert second.idle
    assert second.raw is None
    assert (third.value, third.provisional, third.versions) == (2, True, 1)
    assert [remark.code for remark in third.remarks] == ["R3"]
    assert "系统故障，已核实" in third.remarks[0].answer
    assert [(row.detail, row.approver, row.cell) for row in third.accepted] == [("R3", "分管领导", "A3")]
    assert [(row.amount, row.reason, row.approver, row.where) for row in found.tree.signed] == [
        (-1, "两镇重复登记", "县长", "台账 差额调整!A3")
    ]
    before = asked(office, "t3.received.natural", run=1)
    assert values(before.tree) == [("u01", 3), ("u03", 2)]
    assert before.tree.branches[0].file == "一/u01.xlsx"
    assert (before.tree.branches[0].version, before.tree.branches[0].versions) == (1, 1)
    assert (before.tree.signed, before.tree.published) == ((), 5)


def test_equal_adjustments_in_two_rows_count_twice(office: Office) -> None:
    tree = asked(office, "表二!B16").tree
    assert tree.item.code == "t2.fees.amount"
    assert [(row.amount, row.where) for row in tree.signed] == [
        (Decimal("0.5"), "台账 差额调整!A5"),
        (Decimal("0.5"), "台账 差额调整!A6"),
    ]
    assert (tree.total, tree.published) == (Decimal("2.25"), Decimal("2.25"))


def test_a_repaired_cell_shows_what_stood_in_it(office: Office) -> None:
    (branch,) = (b for b in asked(office, "培训场次").tree.branches if not b.idle)
    assert (branch.unit, branch.value, branch.raw) == ("u02", 4, "“４场”")
    assert (branch.file, branch.version, branch.versions) == ("甲.xlsx", 2, 2)
    assert [remark.code for remark in branch.remarks] == ["V1"]
    assert "按 4 读取" in branch.remarks[0].message


def test_blanks_counted_as_zero_are_said_so(office: Office) -> None:
    tree = asked(office, "info.consultations", every=True).tree
    blank = next(b for b in tree.branches if b.unit == "u02")
    assert (blank.value, blank.raw, [r.code for r in blank.remarks], blank.idle) == (0, "空白", ["V2"], True)
    _, out, _ = xxgk("trace", "info.consultations", "--year", str(YEAR), "-w", str(office.workspace.root))
    assert "3 个单位为 0（其中 1 个没有填，按 0 计）" in out


def test_a_source_a_text_and_what_is_none_of_the_countys(office: Office) -> None:
    tree = asked(office, "info.site_items").tree
    assert (tree.source, values(tree), tree.total) == ("第1镇人民政府（u01）", [("u01", 2210)], 2210)
    tree = asked(office, "text.problems", run=1).tree
    assert [(b.unit, b.value) for b in tree.branches] == [("u01", "公开不够\n及时")]
    assert tree.silent == ("第2镇人民政府", "第3镇人民政府")
    with pytest.raises(AskedError, match="不汇总"):
        asked(office, "meta.preparer")


def test_totals_open_where_they_are_small(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = asked(office, "总计 总计").tree
    (natural,) = (part for part in tree.parts if not part.idle)
    (granted,) = (part for part in natural.parts if not part.idle)
    assert (tree.folded, granted.folded, values(granted)) == (False, False, [("u01", 5), ("u03", 1)])
    assert granted.branches[0].raw == "5"
    monkeypatch.setattr("pipeline.queries.trace.SMALL", 3)
    folded = asked(office, "总计 总计").tree
    assert [(part.total, part.folded, part.parts) for part in folded.parts if not part.idle] == [(5, True, ())]
    deep = asked(office, "总计 总计", deep=True).tree
    assert deep == tree


def test_an_original_that_is_gone_or_was_changed_is_said_so(tmp_path: Path) -> None:
    office = Office(tmp_path, units=3)
    for unit in ("u01", "u02", "u03"):
        office.returns(unit, {"info.trainings": 1})
    office.run()
    first, second, third = (b.sha256 for b in asked(office, "info.trainings").tree.branches)
    originals = office.workspace.ledger / "originals"
    (originals / first).unlink()
    (originals / second).write_bytes(b"PK\3\4")
    found = asked(office, "info.trainings")
    assert found.tree.holds
    assert [(b.raw, b.trouble) for b in found.tree.branches] == [
        (None, "存档的原件打不开（没有这个文件或文件夹）"),
        (None, "存档的原件已被改动或损坏"),
        ("1", ""),
    ]
    code, out, _ = xxgk("trace", "info.trainings", "--year", str(YEAR), cwd=tmp_path)
    assert code == 0
    assert "已被改动或损坏" in out
    assert third


def test_a_sum_that_is_not_what_was_published_is_loud(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    office.returns("u01", {"t3.received.natural": 2, "t3.granted.natural": 2})
    office.run()
    with sqlite3.connect(office.workspace.ledger / "ledger.sqlite") as database:
        database.execute("UPDATE figures SET value = '7' WHERE item = 't3.granted.natural'")
    for what in ("t3.granted.natural", "总计 总计"):
        code, out, _ = xxgk("trace", what, "--year", str(YEAR), cwd=tmp_path)
        assert code == 3
        assert "7 件（以下合计 2）" in out
        assert "对不上" in out
    code, out, _ = xxgk("trace", "t3.granted.natural", "--year", str(YEAR), "--json", cwd=tmp_path)
    assert code == 3
    assert json.loads(out)["figure"]["holds"] is False


def test_the_answer_as_it_is_printed(office: Office) -> None:
    code, out, _ = xxgk("trace", "表三!D6", "--year", str(YEAR), "-w", str(office.workspace.root))
    assert code == 0, out
    hashes = {b.unit: b.sha256[:12] for b in asked(office, "表三!D6").tree.branches}
    assert out.splitlines() == [
        "表三　一、本年新收政府信息公开申请数量·自然人　t3.received.natural",
        "方正县人民政府 2024 年度，2025-01-21 22:00 的汇总（编号 2），计入 3 个单位",
        "6 件",
        "├── 5　第1镇人民政府（u01）",
        f"│   表三!D6　更正/u01.xlsx　第2份，共2份　{hashes['u01']}",
        "├── 2　第3镇人民政府（u03）　认可计入",
        f"│   表三!D6　u03.xlsx　第1份，共1份　{hashes['u03']}",
        "│   R3 表三“自然人”一列：本年新收加上年结转为 2，办理结果总计加结转下年度为 1，相差 1。",
        "│   认可 R3：系统故障，已核实（批准人 分管领导，台账 认可!A3）",
        "├── -1　差额调整：两镇重复登记（批准人 县长，台账 差额调整!A3）",
        "├── 其余 1 个单位为 0",
        "└── 尚缺 1 个单位",
        "    └── 第4镇人民政府（u04）未报",
        "以上合计 6，与公布的数一致。",
    ]


def test_as_json(office: Office) -> None:
    code, out, _ = xxgk("trace", "t2.fees.amount", "--year", str(YEAR), "-w", str(office.workspace.root), "--json")
    assert code == 0
    document = json.loads(out)
    assert document["run"] == {"id": 2, "at": "2025-01-21T22:00:00+00:00", "complete": False}
    figure = document["figure"]
    assert (figure["published"], figure["total"], figure["unit"]) == ("2.25", "2.25", "万元")
    assert [unit["value"] for unit in figure["units"]] == ["0", "0", "1.25"]
    assert figure["units"][2]["raw"] == "1.25"
    assert [row["amount"] for row in figure["adjustments"]] == ["0.5", "0.5"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["自然人"], "可以是 25 个指标"),
        (["没有的指标"], "没有“没有的指标”这个指标"),
        (["表三!D6", "--run", "9"], "没有编号为 9 的汇总，现有：1、2"),
    ],
)
def test_what_cannot_be_answered(office: Office, arguments: list[str], told: str) -> None:
    code, out, err = xxgk("trace", *arguments, "--year", str(YEAR), "-w", str(office.workspace.root))
    assert (code, out) == (2, "")
    assert told in err


def test_a_year_without_nights(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    with pytest.raises(WorkspaceError, match="还没有汇总过"):
        asked(office, "表三!D6")


def test_a_joint_document_that_is_counted_once(tmp_path: Path) -> None:
    accepted = [(unit, "A4", "确为联合发文", "主任") for unit in ("u01", "u02")]
    office = Office(tmp_path, units=2, control={"认可": accepted})
    listed = {"t2.normative.issued": 1, "t2.normative.in_force": 1, "info.document_numbers": "方政发〔2024〕3号"}
    office.returns("u01", listed)
    office.returns("u02", listed)
    office.run()
    tree = asked(office, "t2.normative.issued").tree
    assert (tree.published, tree.total, values(tree)) == (1, 1, [("u01", 1), ("u02", 1)])
    (taken_off,) = tree.signed
    assert (taken_off.kind, taken_off.amount) == ("自动差额", -1)
    assert taken_off.where.startswith("u02.xlsx 基本情况!")
    assert "联合发文 方政发〔2024〕3号" in taken_off.reason
    with office.workspace.open_ledger() as ledger:
        assert all(tree.holds for tree in every_tree(replay_night(office.workspace, ledger, YEAR)))


@pytest.mark.parametrize("written", ["", "三", "inf", "nan"])
def test_sources_somebody_wrote_over_are_none(written: str) -> None:
    rows = [
        list(SOURCE_HEADINGS),
        ["t3.received.natural" if name == "指标代码" else written for name in SOURCE_HEADINGS],
    ]
    assert sources_in({SOURCES: rows}, "t3.received.natural") == []


# ---------------------------------------------------------------- one level down
@pytest.mark.parametrize("value", [7, "七"])
def test_a_return_that_is_a_consolidation_is_followed_down(tmp_path: Path, value: object) -> None:
    office = Office(tmp_path, units=1)
    book = openpyxl.load_workbook(io.BytesIO(office.filled("u01", {"info.trainings": 7})), data_only=True)
    sheet = book.create_sheet("来源")
    sheet.append([TITLES["来源"]])
    sheet.append(SOURCE_HEADINGS)
    sheet.append(["info.trainings", "培训场次", "X01", "方正镇", "a.xlsx", "基本情况", "B20", value, "0" * 64])
    sheet.append(["info.trainings", "培训场次", "X02", "会发镇", "b.xlsx", "基本情况", "B20", 0, "0" * 64])
    out = io.BytesIO()
    book.save(out)
    office.drop("县.xlsx", out.getvalue())
    office.run()
    found = asked(office, "info.trainings")
    (branch,) = found.tree.branches
    _, printed, _ = xxgk("trace", "info.trainings", "--year", str(YEAR), cwd=tmp_path)
    if value == 7:
        assert [(source.unit, source.value) for source in branch.below] == [("X01", 7), ("X02", 0)]
        assert "    └── 7　方正镇（X01）　a.xlsx　基本情况!B20" in printed
    else:  # a list somebody wrote words into leads nowhere, and the figure stands
        assert (found.tree.holds, branch.below) == (True, ())


def test_sources_that_do_not_come_to_what_was_reported_are_told(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    book = openpyxl.load_workbook(io.BytesIO(office.filled("u01", {"info.trainings": 7})), data_only=True)
    sheet = book.create_sheet(SOURCES)
    sheet.append(["来源：每个汇总数由哪些单元格相加而成"])
    sheet.append(list(SOURCE_HEADINGS))
    sheet.append(["info.trainings", "政务公开培训场次", "X01", "方正镇", "a.xlsx", "基本情况", "B20", 4, "ab"])
    out = io.BytesIO()
    book.save(out)
    office.drop("县.xlsx", out.getvalue())
    office.run()
    code, printed, _ = xxgk("trace", "info.trainings", "--year", str(YEAR), cwd=tmp_path)
    assert "└── 这份汇总表的“来源”相加是 4，与它报的数对不上" in printed
    assert "以上合计 7，与公布的数一致；但有下级的汇总表与它自己的“来源”对不上" in printed
    assert code == 3
    code, said, _ = xxgk("trace", "info.trainings", "--year", str(YEAR), "--json", cwd=tmp_path)
    figure = json.loads(said)["figure"]
    assert (code, figure["holds"], figure["founded"]) == (3, True, False)
    assert [unit["founded"] for unit in figure["units"]] == [False]


def test_the_ledger_of_a_night_whose_control_workbook_is_gone(tmp_path: Path) -> None:
    """A trace says what is missing; the next night goes on, with nothing to compare with."""
    office = Office(tmp_path, units=2)
    office.returns("u01", {"info.trainings": 4})
    assert not office.run().county.complete
    with office.workspace.open_ledger() as ledger:
        row = ledger.nights.last(YEAR)
        assert row is not None
        ledger.original(row.control).unlink()
    with pytest.raises(PublishError, match="请从备份恢复它"):
        asked(office, "info.trainings")
    office.write_control({"免报": [("u02", "机构撤并", "张三")]})
    office.returns("u01", {"info.trainings": 5}, name="又一份.xlsx", hour=12)
    outcome = office.run(now=NOW + dt.timedelta(days=2))
    assert outcome.changes.first
    assert outcome.county.figures["info.trainings"] == 5
    assert asked(office, "info.trainings").tree.total == 5
