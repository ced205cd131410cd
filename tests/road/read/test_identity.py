"""Whose return is it: what agrees is held to a unit, what does not waits in 待认领 until the office says."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.model.submission import Submission, Unclaimed
from pipeline.road.intake import open_arrival
from pipeline.road.read.names import Roster
from tests.road.read import workbooks as w
from tests.road.read.workbooks import (
    Mutation,
    banner,
    control,
    declare,
    filled,
    identity_of,
    issued,
    mutated,
    set_identity,
)

ACCEPTED: dict[str, tuple[Mutation, ...]] = {
    "as it was issued": (),
    "name without the county": (declare("财政局"),),
    "county shortened to 县": (declare("县财政局"),),
    "name with spaces and full-width letters": (declare("方正县　财 政 局"),),
    "an alias": (declare("县财政"),),
    "an alias without the county": (declare("方正县财政和国资局"),),
    "declared name missing": (declare(None),),
    "sheets renamed": (w.rename_all_sheets,),
    "another issue id": (set_identity("issue_id", "x"),),
    "the line under the title gone": (banner("表三", ""),),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name: str, tmp_path: Path) -> None:
    result = w.read(tmp_path, mutated(filled(), *ACCEPTED[name]), "001_方正县财政局.xlsx")
    assert isinstance(result, Submission), result.findings
    assert result.unit == "001"
    assert not any(finding.code.startswith("U") for finding in result.findings)


def other_sheet(sheet: str) -> Mutation:
    """表三 pasted over from the workbook of 城关镇, the line with its name included."""
    return banner(sheet, "填报单位：方正县城关镇人民政府　报告年度：2024年　报送期限：2025年1月20日")


REFUSED: dict[str, tuple[str, tuple[Mutation, ...], str]] = {
    "another unit's hidden sheet": ("U5", (identity_of(issued("002")),), "002 方正县城关镇人民政府"),
    "another unit's hidden sheet and name": (
        "U5",
        (identity_of(issued("002")), declare("方正县城关镇人民政府")),
        "方正县财政局",
    ),
    "no hidden sheet": ("U6", (w.drop_identity,), "001 方正县财政局（表上写明）"),
    "hidden sheet emptied": ("U6", (set_identity("unit", ""),), "001 方正县财政局（表上写明）"),
    "unit code changed by hand": ("U1", (set_identity("unit", "002"),), "002 方正县城关镇人民政府（签发信息）"),
    "HMAC changed by hand": ("U1", (set_identity("hmac", "0" * 64),), "001 方正县财政局（表上写明）"),
    "HMAC missing": ("U1", (set_identity("hmac", ""),), "001 方正县财政局（表上写明）"),
    "year changed by hand": ("U2", (set_identity("year", "2023"),), "2023"),
    "form changed by hand": ("U3", (set_identity("form", "xxgk-2019"),), "xxgk-2019"),
    "declared name of another unit": ("U5", (declare("方正县民政局"),), "003 方正县民政局（表上写明）"),
    "declared name unknown": ("U5", (declare("方正县财正局"),), "001 方正县财政局（签发信息）"),
    "a sheet of another unit pasted in": ("U5", (other_sheet("表三"),), "002 方正县城关镇人民政府"),
    "a sheet of last year pasted in": ("U8", (banner("表三", "填报单位：方正县财政局　报告年度：2023年"),), "2023"),
    "报告年度 overwritten": ("U8", (lambda book: book["基本情况"].__setitem__("B6", 2023),), "2023"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, tmp_path: Path) -> None:
    code, mutations, told = REFUSED[name]
    result = w.read(tmp_path, mutated(filled(), *mutations))
    assert isinstance(result, Unclaimed)
    assert w.codes(result) == {code}
    (finding,) = result.findings
    assert told in finding.message + finding.remedy + finding.cell
    assert finding.file == "报送件.xlsx"


ISSUED_ELSEWHERE = {
    "another office's secret": ("U1", issued("001", secret=b"another office")),
    "last year's issue": ("U2", issued("001", year=2023)),
    "another form": ("U3", issued("001", form_id="xxgk-2019")),
}


@pytest.mark.parametrize("name", ISSUED_ELSEWHERE)
def test_issued_otherwise(name: str, tmp_path: Path) -> None:
    code, blank = ISSUED_ELSEWHERE[name]
    result = w.read(tmp_path, filled(blank))
    assert isinstance(result, Unclaimed)
    assert w.codes(result) == {code}


def test_unit_not_in_the_roster(tmp_path: Path) -> None:
    office = w.control()
    fewer = type(office)(**{**vars(office), "units": office.units[1:]})
    result = w.read(tmp_path, filled(), office=fewer)
    assert isinstance(result, Unclaimed)
    assert w.codes(result) == {"U4"}


FILE_NAMES = {
    "001_方正县财政局.xlsx": None,
    "报送件.xlsx": None,
    "财政局2024年年报（最终）.xlsx": None,
    "第一批/城关镇/001_方正县财政局.xlsx": None,
    "方正县财政局、方正县民政局.xlsx": None,
    "002_方正县城关镇人民政府.xlsx": "U7",
    "002_年报.xlsx": "U7",
    "城关镇.xlsx": "U7",
    "城关镇/年报.xlsx": "U7",
}


@pytest.mark.parametrize("name", FILE_NAMES)
def test_file_name(name: str, tmp_path: Path) -> None:
    result = w.read(tmp_path, filled(), name)
    expected = FILE_NAMES[name]
    assert isinstance(result, Submission if expected is None else Unclaimed)
    assert w.codes(result) == (set() if expected is None else {expected})


def test_a_copy_under_its_right_name_settles_the_wrong_one(tmp_path: Path) -> None:
    arrival = w.arrival(tmp_path, filled(), "城关镇.xlsx", "财政局.xlsx")
    assert isinstance(w.reader().read(open_arrival(arrival)), Submission)


def test_same_name_of_town_and_street_is_settled_by_the_hidden_sheet(tmp_path: Path) -> None:
    for unit, said in (("004", "和平"), ("005", "和平"), ("004", "和平镇"), ("005", "和平街道")):
        result = w.read(tmp_path, mutated(filled(issued(unit)), declare(said)))
        assert isinstance(result, Submission)
        assert result.unit == unit
    for unit, said in (("004", "和平街道"), ("005", "和平镇"), ("004", "和平乡")):
        assert w.codes(w.read(tmp_path, mutated(filled(issued(unit)), declare(said)))) == {"U5"}


UNSEALED = mutated(filled(), w.drop_identity)
DIGEST = hashlib.sha256(UNSEALED).hexdigest()

CLAIMS = {
    # the sheets name another unit of the roster, which weighs more than a file name
    "收件/年报.xlsx": "U11",
    "年报.xlsx": "U11",
    "收件\\年报.xlsx": "U11",
    DIGEST: "U10",
    DIGEST[:8]: "U10",
    DIGEST[:12].upper(): "U10",
    DIGEST[:7]: "U6",
    "别的.xlsx": "U6",
    "报.xlsx": "U6",
}


@pytest.mark.parametrize("subject", CLAIMS, ids=range(len(CLAIMS)))
def test_claims(subject: str, tmp_path: Path) -> None:
    result = w.read(tmp_path, UNSEALED, "收件/年报.xlsx", control((subject, "003")))
    assert w.codes(result) == {CLAIMS[subject]}
    if CLAIMS[subject] == "U10":
        assert isinstance(result, Submission)
        assert result.unit == "003"
        assert w.values(result) == w.truth()
        assert "来件认领”A2" in result.findings[0].message


@pytest.mark.parametrize("name", REFUSED)
def test_every_refused_return_can_be_claimed(name: str, tmp_path: Path) -> None:
    _, mutations, _ = REFUSED[name]
    data = mutated(filled(), *mutations)
    result = w.read(tmp_path, data, office=control((hashlib.sha256(data).hexdigest(), "003")))
    assert isinstance(result, Submission)
    assert result.unit == "003"
    assert w.codes(result) == {"U10"}


def test_a_file_name_claims_what_names_no_other_unit(tmp_path: Path) -> None:
    result = w.read(tmp_path, UNSEALED, "年报.xlsx", control(("年报.xlsx", "001")))
    assert isinstance(result, Submission)
    assert (result.unit, w.codes(result)) == ("001", {"U10"})


def test_the_same_bytes_under_the_name_of_another_unit(tmp_path: Path) -> None:
    data = filled()
    twice = w.arrival(tmp_path, data, "001_甲.xlsx", "003_乙.xlsx")
    result = w.reader().read(open_arrival(twice))
    assert isinstance(result, Submission)
    assert (result.unit, w.codes(result)) == ("001", {"U12"})


def test_a_hash_outweighs_a_name(tmp_path: Path) -> None:
    result = w.read(tmp_path, UNSEALED, "年报.xlsx", control(("年报.xlsx", "002"), (DIGEST[:10], "003")))
    assert isinstance(result, Submission)
    assert result.unit == "003"


def test_claims_that_contradict_each_other(tmp_path: Path) -> None:
    result = w.read(tmp_path, UNSEALED, "年报.xlsx", control(("年报.xlsx", "002"), ("年报.xlsx", "003")))
    assert isinstance(result, Unclaimed)
    assert w.codes(result) == {"U9"}


def test_a_claim_that_only_repeats_the_hidden_sheet_says_nothing(tmp_path: Path) -> None:
    assert w.codes(w.read(tmp_path, filled(), office=control(("报送件.xlsx", "001")))) == set()


def test_one_genuine_hidden_sheet_does_not_make_the_other_genuine(tmp_path: Path) -> None:
    def forged(book: w.Book) -> None:
        book.copy_worksheet(book["_xxgk"]).title = "_xxgk (2)"
        sheet = book["_xxgk (2)"]
        for row in sheet.iter_rows(max_col=2):
            if row[0].value == "hmac":
                row[1].value = "0" * 64

    assert w.codes(w.read(tmp_path, mutated(filled(), forged))) == {"U1"}


def test_two_hidden_sheets_are_nobodys(tmp_path: Path) -> None:
    def second(book: w.Book) -> None:
        book.copy_worksheet(book["_xxgk"]).title = "_xxgk (2)"
        book["_xxgk (2)"]["B3"] = "002"

    assert w.codes(w.read(tmp_path, mutated(filled(), second))) == {"U1"}


def test_a_similar_name_is_suggested_and_not_believed(tmp_path: Path) -> None:
    result = w.read(tmp_path, mutated(filled(), w.drop_identity, declare("方正县财正局"), *_no_banners()))
    assert isinstance(result, Unclaimed)
    assert "001 方正县财政局（名称相近）" in result.findings[0].remedy


def _no_banners() -> list[Mutation]:
    return [banner(sheet, "") for sheet in ("填报说明", "基本情况", "表二", "表三", "表四", "文字材料", "校验")]


MAILED = [
    (("caizheng@fz.gov.cn",), set()),  # its own
    (("zhen@fz.gov.cn",), {"U13"}),  # another unit's
    (("caizheng@fz.gov.cn", "zhen@fz.gov.cn"), set()),  # sent by both
    (("somebody@qq.com",), set()),  # nobody knows it
]


@pytest.mark.parametrize(("senders", "codes"), MAILED)
def test_the_address_that_mailed_it_is_only_told(senders: tuple[str, ...], codes: set[str], tmp_path: Path) -> None:
    post = {"001": "CaiZheng@fz.gov.cn", "002": "zhen@fz.gov.cn", "003": "caizheng@fz.gov.cn"}  # 001 and 003 share one
    units = tuple(replace(unit, email=post.get(unit.code, "")) for unit in w.UNITS)
    mailed = replace(w.arrival(tmp_path, filled(), "信.eml/报送件.xlsx"), senders=senders)
    result = w.reader(replace(control(), units=units)).read(open_arrival(mailed))
    assert isinstance(result, Submission)
    assert (result.unit, w.codes(result)) == ("001", codes)


def test_an_address_alone_claims_nothing_and_is_a_hint(tmp_path: Path) -> None:
    units = tuple(replace(unit, email="zhen@fz.gov.cn" if unit.code == "002" else "") for unit in w.UNITS)
    unsealed = mutated(filled(), w.drop_identity, declare(None), *_no_banners())
    mailed = replace(w.arrival(tmp_path, unsealed, "信.eml/报表.xlsx"), senders=("zhen@fz.gov.cn",))
    result = w.reader(replace(control(), units=units)).read(open_arrival(mailed))
    assert isinstance(result, Unclaimed)
    assert "可能是：002 方正县城关镇人民政府（发件邮箱）" in result.findings[0].remedy


def test_candidates_of_one_name_stand_in_the_order_of_their_codes(tmp_path: Path) -> None:
    """Seven units share an alias: which three are named does not depend on the order of a set."""
    shared = [replace(w.UNITS[1], code=f"1{n}", name=f"第{n}分局", aliases=("分局",)) for n in range(7)]
    unsealed = mutated(filled(), w.drop_identity, declare("分局"), *_no_banners())
    result = w.reader(replace(control(), units=(*w.UNITS, *shared))).read(
        open_arrival(w.arrival(tmp_path, unsealed, "报表.xlsx"))
    )
    assert isinstance(result, Unclaimed)
    assert "可能是：10 第0分局（表上写明）、11 第1分局（表上写明）、12 第2分局（表上写明）" in result.findings[0].remedy


def test_the_longest_name_that_a_path_holds() -> None:
    """A name within a longer one is not meant; what stands behind a name is looked at as well."""
    names = {"1": "城关镇", "2": "城关镇中心小学", "3": "小学教研室", "4": "财政局"}
    units = tuple(replace(control().units[0], code=code, name=name, aliases=()) for code, name in names.items())
    roster = Roster.of(replace(control(), units=units))
    found = {
        path: sorted(roster.find_mentioned(path))
        for path in (
            "城关镇.xlsx",
            "城关镇中心小学.xlsx",
            "城关镇中心小学教研室.xlsx",
            "财政局和城关镇.xlsx",
            "城关.xlsx",
            "财政局/a.xlsx",
            "",
        )
    }
    assert found == {
        "城关镇.xlsx": ["1"], "城关镇中心小学.xlsx": ["2"], "城关镇中心小学教研室.xlsx": ["2"],
        "财政局和城关镇.xlsx": ["1", "4"], "城关.xlsx": [], "财政局/a.xlsx": ["4"], "": [],
    }  # fmt: skip
