"""`xxgk check` without a workspace: what the workbook contradicts is refused as the night refuses it, the rest is named."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import pytest

from pipeline.files.containers import Bounds
from pipeline.form import Value
from pipeline.layout import Place, switches
from pipeline.model.control import Control, Profile, Unit
from pipeline.model.past import History
from pipeline.model.submission import Arrival, Sheet, Unclaimed
from pipeline.night.alone import basis_alone
from pipeline.night.check_file import Answer, check_alone, check_files
from pipeline.prior_year.importing import sheets_of
from pipeline.road.intake.guard import inspect
from pipeline.road.issue import Stamper
from pipeline.workbook.patch import UnpatchableError, patch_workbook
from tests.road.intake.containers import archive, changed
from tests.test_cli import xxgk
from tests.workspaces import NOW, YEAR, Office, basis_of


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office") / "w", units=2)


def alone(path: Path, *, year: int | None = None, corrected: bool = False) -> Answer:
    (answer,) = check_alone([path], now=NOW, year=year, corrected=corrected)
    assert answer.alone
    return answer


def patched(office: Office, **cells: str | int) -> bytes:
    """A sound return with cells of 基本情况 written over."""
    places = {"B5": Place("基本情况", 4, 1), "B6": Place("基本情况", 5, 1)}
    return patch_workbook(office.filled("u01"), {places[cell]: value for cell, value in cells.items()})


CONTRADICTIONS: dict[str, tuple[dict[str, str | int], str]] = {
    "another unit's name": ({"B5": "第2镇人民政府"}, "U5"),
    "another year": ({"B6": YEAR - 1}, "U8"),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_name_or_year_that_is_not_the_seals(name: str, office: Office, tmp_path: Path) -> None:
    cells, code = CONTRADICTIONS[name]
    path = tmp_path / "报表.xlsx"
    path.write_bytes(patched(office, **cells))
    answer = alone(path)
    (night,) = check_files(office.workspace, YEAR, [path], now=NOW)
    for each in (answer, night):
        assert (each.fit, each.unit, [finding.code for finding in each.findings]) == (False, None, [code])
        assert [(finding.sheet, finding.cell) for finding in each.findings] == [("基本情况", next(iter(cells)))]
    # the night knows more candidates, and says the rest in the same words
    assert answer.findings[0].message == night.findings[0].message


def test_a_name_in_other_words_is_the_same(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "报表.xlsx"
    path.write_bytes(patched(office, B5="第1镇"))
    assert alone(path).fit


def test_a_year_that_the_file_is_not_for(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "报表.xlsx"
    path.write_bytes(office.filled("u01"))
    assert alone(path, year=YEAR).fit
    monkeypatch.chdir(tmp_path)
    code, out, _ = xxgk("check", "报表.xlsx", "--year", str(YEAR + 1))
    assert code == 3
    assert f"是 {YEAR} 年度下发的表，现在汇总的是 {YEAR + 1} 年度" in out


def test_what_only_the_office_knows_is_named(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "报表.xlsx"
    sources = [item.code for item in office.form.items if item.source]
    path.write_bytes(office.filled("u01", dict.fromkeys(sources)))
    answer = alone(path)
    (night,) = check_files(office.workspace, YEAR, [path], now=NOW)
    assert ([finding.code for finding in night.findings], night.fit) == (["S2", "S2"], False)
    assert (answer.fit, "S2" in answer.unasked) == (True, True)
    assert any(words.startswith("基本情况 B12:B15、B18 空着：") for words in answer.unknown)
    assert any(words.startswith("签发信息是不是汇总单位给 u01 的，没有密钥不能核实") for words in answer.unknown)
    assert any(words.startswith("空白是按“退回”核对的") for words in answer.unknown)
    path.write_bytes(office.filled("u01"))
    assert ("S2" in alone(path).unasked, any("B12" in words for words in alone(path).unknown)) == (False, False)


def test_remarks_on_the_file_are_kept(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "报表.xlsx"
    path.write_bytes(changed(office.filled("u01"), **{"xl/vbaProject.bin": b"x"}))
    (night,) = check_files(office.workspace, YEAR, [path], now=NOW)
    assert [finding.code for finding in alone(path).findings] == [finding.code for finding in night.findings] == ["I10"]


def test_a_zip_member_by_member(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "来件.zip"
    bad = office.filled("u02", {"t3.received.natural": 5})
    path.write_bytes(archive({"甲/u01.xlsx": office.filled("u01"), "u02.xlsx": bad, "说明.txt": "见附件".encode()}))
    answers = check_alone([path], now=NOW)
    assert [(answer.name, answer.fit, answer.unit and answer.unit.code) for answer in answers] == [
        ("来件.zip/甲/u01.xlsx", True, "u01"),
        ("来件.zip/u02.xlsx", False, "u02"),
        ("来件.zip/说明.txt", False, None),
    ]


def test_no_fresh_workbook_without_the_offices_secret(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A workbook that cannot be marked gets a fresh issue from the office, which nobody else can seal."""
    monkeypatch.setattr(import_module("pipeline.road.publish.corrections"), "mark_workbook", refuse_to_mark)
    path = tmp_path / "报表.xlsx"
    path.write_bytes(office.filled("u01", {"t3.received.natural": 5}))
    answer = alone(path, corrected=True)
    assert (answer.to_correct, answer.correction) == (1, b"")
    assert answer.remarks == ("问题标不到这种文件上：请把数填进下发的 .xlsx 再核对",)


def refuse_to_mark(*_: object, **__: object) -> bytes:
    raise UnpatchableError("not an xlsx")


KINDS: dict[str, tuple[str, str, dict[tuple[str, str], int], dict[str, Value]]] = {
    "a town": ("县级", "乡镇", {}, {}),
    "the government itself": ("县级", "本级政府", {("P12", "percent"): 40}, {"t3.carried_out.natural": 3}),
    "in a city": ("设区的市", "本级政府", {}, {"t2.normative.in_force": 7, "t4.review.pending": 0}),
    "in a province": ("省级", "部门", {}, {}),
}


@pytest.mark.parametrize("name", KINDS)
def test_the_hidden_sheet_tells_rules_thresholds_and_the_year_before(name: str, office: Office) -> None:
    level, kind, thresholds, last = KINDS[name]
    unit = Unit(code="u01", name="第1镇人民政府", type=kind)
    profile = Profile(root="方正县", level=level, compiler="", year=YEAR, sources={}, thresholds=thresholds)
    control = Control(
        profile=profile, units=(unit,), waivers=(), adjustments=(), acceptances=(), claims=(), texts={}, findings=()
    )
    template = (office.folder / "return.xlsx").read_bytes()
    there = basis_of(office.form, office.layout, template, control, history=History(values={"u01": last}))
    basis = basis_alone(sheets_in(Stamper(there).stamp(unit)))
    assert basis is not None
    (mine,) = basis.control.units
    assert (mine.code, mine.name, basis.year, basis.history.of("u01")) == ("u01", unit.name, YEAR, last)
    percent = office.form.rule("P12").thresholds["percent"]
    assert basis.control.profile.thresholds == {("P12", "percent"): thresholds.get(("P12", "percent"), percent)}
    # many kinds of units are asked the same; the one that is taken is asked what this one is
    asked = [switches(office.form, level=at, year=YEAR, unit_type=whose) for at, whose in
             ((level, kind), (basis.control.profile.level, mine.type))]  # fmt: skip
    assert asked[0] == asked[1]


def sheets_in(content: bytes) -> Mapping[str, Sheet]:
    arrival = Arrival(sha256="", names=("a.xlsx",), size=0, modified=NOW, first_seen=NOW, path=Path("a.xlsx"))
    found = sheets_of(inspect(arrival, content, Bounds()))
    assert not isinstance(found, Unclaimed)
    return found
