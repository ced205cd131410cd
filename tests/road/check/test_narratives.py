"""The rules of the narrative over the sentences of sixty published reports, and over sentences written for them.

The sixty are masked to their grammar: 某 stands for every word that carries no figure. ``expected`` tells what is right.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from pipeline.form import Form, Value
from pipeline.model.control import Unit
from pipeline.road.check.case import Case, Hit
from pipeline.road.check.kinds import FUNCTIONS
from pipeline.road.check.quantities import read_listings, read_quantities
from pipeline.road.check.statements import _claim
from tests import ROOT

DOCS = ROOT / "docs" / "narrative.md"
REPORTS: list[dict[str, Any]] = json.loads((ROOT / "tests/fixtures/narratives.json").read_text(encoding="utf-8"))
CODES = {
    "R": "t3.received.total", "C": "t3.carried_in.total", "O": "t3.carried_out.total", "D": "t3.total.total",
    "G": "t3.granted.total", "P": "t3.partial.total", "N": "t3.denied.process_info.total",
    "U": "t3.unavailable.not_held.total", "X": "t3.rejected.petition.total", "T": "t3.other.other.total",
    "V": "t4.review.total", "VP": "t4.review.pending", "L": "t4.direct.total", "LP": "t4.direct.pending",
    "NI": "t2.normative.issued", "NR": "t2.normative.repealed", "NF": "t2.normative.in_force",
    "PER": "t2.permit.decisions", "PEN": "t2.penalty.decisions", "COE": "t2.coercion.decisions", "FEE": "t2.fees.amount",
}  # fmt: skip
DENIED = {"R": "申请", "V": "复议", "L": "诉讼"}


def figures(report: Mapping[str, Any], *, shift: int = 0) -> dict[str, int]:
    """The figures of a report's tables by letter, those it does not tell chosen so that 表三 balances."""
    told = {**report["tables"], **report["filler"], **report["stated"]}
    found = {letter: 0 if text == "-" else int(text) for letter, text in told.items() if letter != "RC"}
    if "RC" in told:
        found["R"] = int(told["RC"]) - found.get("C", 0)
    received, done = found.get("R", 0), found.get("D")
    if done is None:
        found["D"] = received + found.setdefault("C", 0) - found.setdefault("O", 0)
    elif "C" not in found:
        surplus = done + found.get("O", 0) - received
        found["C"], found["O"] = max(surplus, 0), found.get("O", max(-surplus, 0))
    else:
        found.setdefault("O", max(0, received + found["C"] - done))
    return {letter: value + shift for letter, value in found.items()}


def values(form: Form, found: Mapping[str, int]) -> dict[str, Value]:
    zeros: dict[str, Value] = {i.code: Decimal(0) if i.kind == "money" else 0 for i in form.items if i.numeric}
    return zeros | {CODES[letter]: value for letter, value in found.items()}


def hits(form: Form, report: Mapping[str, Any], figures_by_code: Mapping[str, Value]) -> Iterator[tuple[str, Hit]]:
    """Everything the rules of the narrative say, with the rule; likeness to other texts is not asked."""
    unit = Unit(code="a", name=report["unit"], type=report["unit_type"])
    case = Case(form=form, unit=unit, year=report["year"], values={**figures_by_code, **report["texts"]})
    for rule in form.rules:
        if rule.id[0] == "N" and rule.kind in FUNCTIONS and rule.kind != "similar":
            yield from ((rule.id, hit) for hit in FUNCTIONS[rule.kind](rule, case) or ())


def lowered(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The report with one total lowered by one, for every list whose parts come to it exactly."""
    for code, text in report["texts"].items():
        for listing in read_listings(text, read_quantities(text)):
            total, parts = listing.totals[0], [part.span.low for part in listing.parts]
            if len(parts) > 1 and sum(parts) == total.span.low:
                changed = text[: total.start] + re.sub(
                    r"\d+", str(int(total.span.low) - 1), text[total.start :], count=1
                )
                yield {**report, "texts": {**report["texts"], code: changed}}


def measure(form: Form, reports: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """How often the rules are right on some reports."""
    count: Counter[str] = Counter()
    for report in reports:
        right = {(e["rule"], e["section"]) for e in report["expected"]}
        found = list(hits(form, report, values(form, figures(report))))
        wrong = [(rule, hit) for rule, hit in found if (rule, hit.item) not in right and hit.severity != "info"]
        hard = [e for e in report["expected"] if e["hard"]]
        count["clean"] += not hard
        count["false"] += bool(wrong) and not hard
        count["errors"] += any(form.rule(rule).severity == "error" and hit.severity is None for rule, hit in wrong)
        count["hard"] += len(hard)
        count["hard found"] += sum(any((r, h.item) == (e["rule"], e["section"]) for r, h in found) for e in hard)
        changed = list(hits(form, report, values(form, figures(report, shift=7))))
        stated = [text for text in report["stated"].values() if text != "-"]
        count["stated"] += len(stated)
        count["stated found"] += sum(any(r == "N1" and h.words["found"] == text for r, h in changed) for text in stated)
        denied = [letter for letter, text in report["stated"].items() if text == "-"]
        against = values(form, figures(report)) | {CODES[letter]: 5 for letter in denied}
        said = [str(h.words["says"]) for r, h in hits(form, report, against) if r == "N11"]
        count["denied"] += len(denied)
        count["denied found"] += sum(any(DENIED[letter] in words for words in said) for letter in denied)
        for other in lowered(report):
            count["lists"] += 1
            count["lists found"] += any(
                r == "N2" and h.severity is None for r, h in hits(form, other, values(form, figures(report)))
            )
    return count


def page(form: Form) -> str:
    """docs/narrative.md's table."""
    rows = [
        ("一", [r for r in REPORTS if r["set"] == 1]),
        ("二", [r for r in REPORTS if r["set"] == 2]),
        ("合计", REPORTS),
    ]
    lines = [
        "| 组 | 报告 | 干净的误报 | 强制性误报 | 表全改后认出的数 | 认出的“没有” | 总数减 1 认出的分项 | 认出的真问题 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, reports in rows:
        c = measure(form, reports)
        lines.append(
            f"| {name} | {len(reports)} | {c['false']} / {c['clean']} | {c['errors']} "
            f"| {c['stated found']} / {c['stated']} | {c['denied found']} / {c['denied']} "
            f"| {c['lists found']} / {c['lists']} | {c['hard found']} / {c['hard']} |"
        )
    return "\n".join(lines) + "\n"


def test_on_sixty_published_reports(form: Form) -> None:
    count = measure(form, REPORTS)
    assert (count["false"], count["errors"]) == (0, 0), count
    assert count["clean"] > 50
    assert count["stated found"] >= 0.85 * count["stated"] > 60
    assert count["denied found"] >= 0.9 * count["denied"] > 25
    assert count["lists found"] >= 0.85 * count["lists"] > 15


def test_the_page_is_current(form: Form) -> None:
    """Write it anew from `page` when it is not."""
    assert page(form) in DOCS.read_text(encoding="utf-8")


STATED: list[tuple[str, list[tuple[str, str]]]] = [
    ("全年受理政府信息公开申请81件", [("收到申请", "81")]),
    ("共受理群众依申请公开81件", [("收到申请", "81")]),
    ("依申请公开14件", [("收到申请", "14")]),
    ("2024年，依申请公开0件", [("收到申请", "0")]),
    ("2024年共收到依申请公开事项12项，均按时答复", [("收到申请", "12")]),
    ("全年共收到政府信息公开申请5例", [("收到申请", "5")]),
    ("共收到公民提出的信息公开申请7次", [("收到申请", "7")]),
    ("共收到申请三件", [("收到申请", "3")]),
    ("共收到政府信息公开申请100余件", [("收到申请", "100")]),
    ("全年共收到12件政府信息公开申请，全部按期答复", [("收到申请", "12")]),
    ("收到并答复依申请公开申请9件", [("收到并办结", "9")]),
    (
        "新收政府信息公开申请20件，上年结转2件，办结21件，结转下年度1件",
        [("新收申请", "20"), ("上年结转", "2"), ("办结", "21"), ("结转下年", "1")],
    ),
    ("结转下年度继续办理3件", [("结转下年", "3")]),
    ("其中结转至2025年继续办理的3件", [("结转下年", "3")]),
    ("3件结转至2025年办理", [("结转下年", "3")]),
    ("另有3件顺延至下一年度答复", [("结转下年", "3")]),
    ("3件未到答复期限，结转下年度继续办理", [("结转下年", "3")]),
    (
        "收到申请20件，办结18件，2件正在办理中，结转下一年度",
        [("收到申请", "20"), ("办结", "18"), ("结转下年", "2")],
    ),
    ("收到申请20件，全部办结，没有结转下年度的申请", [("收到申请", "20")]),
    ("上年度结转4件，本年新收30件", [("上年结转", "4"), ("新收申请", "30")]),
    ("2023年结转申请4件", [("上年结转", "4")]),
    ("予以公开及部分公开42件", [("予以公开和部分公开", "42")]),
    (
        "予以公开10件，部分公开3件，不予公开2件，无法提供5件，不予处理1件，其他处理2件",
        [
            ("予以公开", "10"),
            ("部分公开", "3"),
            ("不予公开", "2"),
            ("无法提供", "5"),
            ("不予处理", "1"),
            ("其他处理", "2"),
        ],
    ),
    ("作出不予公开决定2件", [("不予公开", "2")]),
    ("因政府信息公开被申请行政复议3件，被提起行政诉讼1件", [("行政复议", "3"), ("行政诉讼", "1")]),
    ("发生行政复议案件3起、行政诉讼案件1起", [("行政复议", "3"), ("行政诉讼", "1")]),
    ("2件被提起行政复议", [("行政复议", "2")]),
    ("行政诉讼2件，其中1件维持、1件尚未审结", [("行政诉讼", "2")]),
    ("发生行政复议和行政诉讼案件共4件", []),
    ("全年共收到行政许可申请120件", []),
    ("受理信访件35件，办结35件", []),
    ("12345热线共收到工单500件，答复500件", []),
    ("办理人大代表建议12件、政协提案9件", []),
    ("公开信箱答复12件", []),
    ("其中网上申请10件，信函申请5件，当面申请2件", []),
    ("收到政府信息公开申请17件，其中网上申请10件，信函申请5件，当面申请2件", [("收到申请", "17")]),
    ("收到申请17件（自然人15件，法人2件）", [("收到申请", "17")]),
    ("2023年收到政府信息公开申请9件，2024年收到政府信息公开申请12件", [("收到申请", "12")]),
    ("共收到各类政府信息公开申请101件，较上年增长了20件，办结96件", [("收到申请", "101"), ("办结", "96")]),
    ("上半年收到政府信息公开申请5件", []),
    ("自2008年以来累计受理政府信息公开申请320件", []),
    ("主动公开政府信息312条", []),
    ("2024年共收到行政复议案件3件，其中政府信息公开类1件", []),
    ("今年以来，共收到各类申请15件，其中依申请公开12件，信访转来3件", []),
    ("经复议维持2件，纠正1件；经诉讼维持1件", []),
    ("没有收到不予公开的申请", []),
    (
        "新收政府信息公开申请数33件，结转上年3件，共办理36件",
        [("新收申请", "33"), ("上年结转", "3"), ("办理申请", "36")],
    ),
    ("对收到的21件申请，按时答复20件，1件转下年度办理", [("办结", "20"), ("结转下年", "1")]),
    (
        "制发规范性文件8件、废止规范性文件7件",
        [("制发规范性文件", "8"), ("废止规范性文件", "7")],
    ),
    (
        "行政规范性文件制发8件、废止3件、现行有效20件",
        [("制发规范性文件", "8"), ("废止规范性文件", "3"), ("现行有效规范性文件", "20")],
    ),
    ("发布规范性文件6份", [("制发规范性文件", "6")]),
    ("解读规范性文件6件", []),
    ("审查规范性文件12件", []),
    ("作出行政许可决定120件", [("行政许可", "120")]),
    ("公开行政许可信息120条、行政处罚信息30条", []),
    ("实施行政强制2件", [("行政强制", "2")]),
    ("行政事业性收费12.5万元", [("行政事业性收费", "12.5")]),
    ("公开行政事业性收费项目12项", []),
]


@pytest.mark.parametrize(("text", "expected"), STATED)
def test_what_a_sentence_states(text: str, expected: list[tuple[str, str]], form: Form) -> None:
    rule = form.rule("N1")
    others = re.compile(rule.word("others"))
    claims = (_claim(rule.facts(), "text.requests", q, others, 2024) for q in read_quantities(text))
    assert [(each.fact.label, str(each.quantity.span.low)) for each in claims if each] == expected


def test_what_adds_up_is_not_doubted(form: Form) -> None:
    text = "县政府办公室受理10件，各乡镇和部门受理26件，合计36件"
    report = {"unit": "某局", "unit_type": "部门", "year": 2024, "texts": {"text.requests": text}}
    for received, asked in ((36, 0), (35, 2)):
        found = [h for rule, h in hits(form, report, values(form, {"R": received})) if rule == "N1"]
        assert len(found) == asked


REQUEST, REVIEW, SUIT = "表三填有新收申请", "表四填有行政复议", "表四填有行政诉讼"
DENIALS: list[tuple[str, list[str]]] = [
    ("未收到政府信息公开申请", [REQUEST]),
    ("2024年未收到依申请公开政府信息的申请", [REQUEST]),
    ("全年没有接到信息公开申请", [REQUEST]),
    ("未接到公民、法人和其他组织的政府信息公开申请", [REQUEST]),
    ("无依申请公开事项", [REQUEST]),
    ("暂未收到依申请公开申请", [REQUEST]),
    ("2024年我镇没有依申请公开的件", [REQUEST]),
    ("未发生行政复议、行政诉讼", [REVIEW, SUIT]),
    ("没有发生因政府信息公开申请引起的行政复议和行政诉讼", [REVIEW, SUIT]),
    ("无因政府信息公开引发的行政复议、行政诉讼案件", [REVIEW, SUIT]),
    ("未因政府信息公开被申请行政复议", [REVIEW]),
    ("零行政诉讼、零行政复议", [REVIEW, SUIT]),
    ("不存在行政复议和行政诉讼情况", [REVIEW, SUIT]),
    ("我局未收到书面政府信息公开申请，也未发生行政复议、诉讼案件", [REQUEST, REVIEW, SUIT]),
    ("未出现行政复议被纠正的情况", []),
    ("未发生因政府信息公开败诉的行政诉讼", []),
    ("未收到行政许可申请", []),
    ("2023年未收到政府信息公开申请", []),
    ("没有超期未答复的政府信息公开申请", []),
    ("无不予公开的申请", []),
]


@pytest.mark.parametrize(("text", "expected"), DENIALS)
def test_what_a_sentence_denies(text: str, expected: list[str], form: Form) -> None:
    report = {"unit": "某局", "unit_type": "部门", "year": 2024, "texts": {"text.requests": text}}
    found = hits(form, report, values(form, dict.fromkeys(("R", "V", "L"), 5)))
    assert [hit.words["says"] for rule, hit in found if rule == "N11"] == expected


LISTS: list[tuple[str, str | None]] = [
    # the text; what the parts come to where that is told, with 提示 where it is no more than a remark
    ("公开信息62条，其中，动态49条；文件5条；其他8条", None),
    ("公开信息171条：部门124条，街道34条，其他13条", None),
    ("公开信息95条。其中包括动态64条，文件29条，通知2条", None),
    ("公开信息309条，其中动态99条（其中：时政90条，其他9条），文件210条", None),
    ("公开信息148篇，其中计划25篇、公报11期、文件112件", None),
    ("共收到申请14件（其中信函10件，网络4件），已办结12件，2件结转", None),
    ("因信息公开被复议2宗、诉讼1宗，其中2宗维持，1宗尚未审结", None),
    ("公开文件104份，历年累计1089份。其中政策4份，规划17份，其他83份", None),
    ("公开信息1000余条，其中动态800条，文件100余条", None),
    ("公开信息62条，其中动态49条，文件5条，通知9条", "63"),
    ("公开信息171条：部门124条，街道34条，其他14条", "172"),
    ("共收到申请14件（其中信函10件，网络5件），已办结12件", "15"),
    ("公开信息62条，其中动态49条，文件5条，通知7条", "61"),
    ("公开信息10526条，其中概况328条，动态301条，目录661条", "1290 提示"),
    ("公开信息1287条，其中动态159条，文件118条等", None),
]


@pytest.mark.parametrize(("text", "told"), LISTS)
def test_lists_and_their_totals(text: str, told: str | None, form: Form) -> None:
    report = {"unit": "某局", "unit_type": "部门", "year": 2024, "texts": {"text.disclosure": text}}
    found = [h for rule, h in hits(form, report, values(form, {})) if rule == "N2"]
    shown = [f"{h.words['found']}{' 提示' if h.severity else ''}" for h in found]
    assert shown == ([] if told is None else [told])


LEFT_OVER: list[tuple[str, str]] = [
    ("全年收到政府信息公开申请件，均已办结", ""),
    ("现行有效的规范性文件。", "warning"),
    ("全年公开信息 条，", "warning"),
    ("写做法和成效，数字要与表格一致。", "warning"),
    ("××镇收到申请3件", "error"),
    ("2024年，我县将采取（具体措施）", "error"),
    ("（本部分文字待补充）", "error"),
]


@pytest.mark.parametrize(("text", "severity"), LEFT_OVER)
def test_what_was_left_in_or_out(text: str, severity: str, form: Form) -> None:
    report = {"unit": "某镇", "unit_type": "乡镇", "year": 2024, "texts": {"text.disclosure": text}}
    found = [h.severity or "error" for rule, h in hits(form, report, values(form, {"R": 3})) if rule == "N3"]
    assert found == ([severity] if severity else [])


@pytest.mark.parametrize("text", ["9" * 32_000, "一" * 32_000, "其中3件，" * 5_000, "\n" * 32_000, "3件" * 16_000])
def test_long_texts_take_no_time(text: str, form: Form) -> None:
    """They took minutes, and a number of 4,301 digits was a traceback; the time limit of every test is the proof."""
    report = {"unit": "某镇", "unit_type": "乡镇", "year": 2024}
    for words in (text, f"收到政府信息公开申请{text}件"):
        sections = {"text.requests": words, "text.disclosure": words, "text.improvements": words}
        found = {rule for rule, _ in hits(form, {**report, "texts": sections}, values(form, {}))}
        assert found <= {"N1", "N2", "N6"}
