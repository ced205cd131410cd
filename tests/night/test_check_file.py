"""`xxgk check`: the same answer as the night gives, at once, and nothing is stored; also without a workspace."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from pipeline.night.check_file import Answer, check_alone, check_files
from tests.hostile import hostile
from tests.ledger.ledgers import contents
from tests.test_cli import xxgk
from tests.workspaces import NOW, YEAR, Office, tree

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
    assert "没有工作区，上年的数、台账里的认可和本地指标都不知道" in out
    assert "Y1" in out
    assert list(folder.iterdir()) == [folder / "我镇的表.xlsx"]
    (folder / "别的.xlsx").write_bytes(b"PK\3\4")
    assert xxgk("check", "别的.xlsx")[0] == 3
    code, _, err = xxgk("check", "没有.xlsx")
    assert (code, "打不开" in err) == (2, True)


def test_what_does_not_go_together(office: Office, tmp_path: Path) -> None:
    where = ["--year", str(YEAR), "-w", str(office.workspace.root)]
    for arguments in (["a.xlsx", "b.xlsx", "--correction", "c.xlsx"], ["a.xlsx", "--correction", "c.docx"]):
        code, _, err = xxgk("check", *arguments, *where)
        assert (code, "--correction" in err) == (2, True)
    code, _, err = xxgk("check", *where)
    assert (code, "文件" in err) == (2, True)
