"""Every live rule in LibreOffice: typed wrong the line of 校验 shows ✗, typed right ✓, as the check itself says.

A rule that compares years does so where the workbook was issued with last year's figures, and is silent elsewhere.
"""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.form import Equation, Form, Value
from pipeline.layout import Layout
from pipeline.layout.design import check_rows
from pipeline.model.control import Unit
from pipeline.model.past import History
from pipeline.road.check import Balances
from pipeline.road.issue import Stamper
from tests.libreoffice import XLSX, at_the_desk
from tests.road.check.test_cases import control_of
from tests.workspaces import basis_of

pytestmark = pytest.mark.external

Entries = dict[str, int | float]


LAST_YEAR: dict[str, Value] = {
    **{f"t3.carried_out.{who}": 2 for who in ("natural", "business", "research", "welfare", "legal", "other")},
    **{f"t4.{block}.pending": 1 for block in ("review", "direct", "after_review")},
    "t3.carried_out.total": 12,
    "t2.normative.in_force": 4,
    "t4.review.total": 1,
}


def zero(form: Form) -> Entries:
    return {item.code: 0 for item in form.items if item.numeric and item.mode == "entered" and item.required}


def wrongly(form: Form, equation: Equation) -> tuple[str, Entries]:
    """A unit type the equation is asked of, and entries (or a total typed over) that break it."""
    kind = (equation.unit_types or form.rule(equation.rule).unit_types or ("乡镇",))[0]
    target = equation.left[0].name
    match equation.rule:
        case "R1" | "R2" | "R4":
            return kind, {target: 5}
        case "P3" if equation.over == "enforcement":
            return kind, {}
        case "P2":
            return kind, {"info.fee_yuan": 30.5, "t2.fees.amount": 0.0030}
        case "P5":
            return kind, {"t3.other.no_payment.natural": 1}
        case "P7":
            return kind, {"t4.review.upheld": 1}
        case "P12":
            return kind, {"t3.received.natural": 7, "t3.carried_out.natural": 2}
        case "Y1" | "Y2" | "P10":
            return kind, {}  # nothing typed, last year there was something
        case "Y3" if equation.over == "repealed":
            return kind, {"t2.normative.repealed": 5}
        case "Y3":
            return kind, {"t2.normative.issued": 3}
        case "P9":
            return kind, {"t4.after_review.upheld": 2}
        case "R3" if equation.over == "total":
            return kind, {"t3.received.natural": 1}
        case "P4" | "P8" | "P11":
            return kind, {target.replace(".total", ".natural" if target.startswith("t3") else ".upheld"): 1}
    return kind, {target: 1}


def rightly(form: Form, equation: Equation) -> tuple[str, Entries]:
    kind, _ = wrongly(form, equation)
    match equation.rule:
        case "P2":
            return kind, {"info.fee_yuan": 30, "t2.fees.amount": 0.0030}
        case "P3" if equation.over == "enforcement":
            return kind, {"t2.penalty.decisions": 1}
        case "P12":
            return kind, {"t3.received.natural": 8, "t3.carried_out.natural": 2}
        case "P5":
            return kind, {"t3.other.no_payment.natural": 1, "info.fee_cases": 1}
        case "P7":
            return kind, {"t3.received.natural": 1, "t4.review.upheld": 1}
        case "Y1":
            return kind, {item.code: 2 for item in form.items if item.carry}
        case "Y2":
            return kind, {"t2.normative.in_force": 4}
        case "P9":
            return kind, {"t4.after_review.upheld": 1}
        case "P10":
            return kind, {f"t4.{equation.over}.pending": 1}
    return kind, {}


def test_every_live_rule_turns(tmp_path: Path, form: Form, layout: Layout, form_folder: Path) -> None:
    jobs, expected = [], []
    template = (form_folder / "return.xlsx").read_bytes()
    issued: dict[tuple[str, bool], str] = {}
    for row, equation in check_rows(form):
        if equation.rule in ("R1", "R2", "R3", "Y1") and equation.over not in _SHOWN:
            continue  # the same formula one row or column on; the sample below goes through every line
        cases = [(wrongly, True, "✗"), (rightly, True, "✓")]
        cases += [(wrongly, False, "无上年数")] if equation.historic else []
        for made, known, verdict in cases:
            kind, entries = made(form, equation)
            if (kind, known) not in issued:
                unit = Unit(code="u1", name="第1单位", type=kind)
                path = tmp_path / f"{kind}{known}.xlsx"
                path.write_bytes(material(form, layout, template, unit, known=known).stamp(unit))
                issued[kind, known] = str(path)
            said = zero(form) | entries
            cells = [[layout.places[code].sheet, layout.places[code].cell, value] for code, value in said.items()]
            line = [["校验", f"F{row + 1}"]]
            job = {"open": issued[kind, known], "save": str(tmp_path / "out.xlsx"), "filter": XLSX}
            jobs.append(job | {"cells": cells, "read": line})
            expected.append((equation.key, verdict))
    found = at_the_desk(tmp_path, jobs)
    assert [(key, shown) for (key, _), (shown,) in zip(expected, found, strict=True)] == expected
    assert {key.split(".")[0] for key, _ in expected} == {rule.id for rule in form.rules if rule.live}


def material(form: Form, layout: Layout, template: bytes, unit: Unit, *, known: bool) -> Stamper:
    history = History(values={unit.code: LAST_YEAR} if known else {})
    return Stamper(basis_of(form, layout, template, control_of(unit), secret=b"s" * 32, history=history))


_SHOWN = ("natural", "total", "received", "other.other", "carried_out")


def test_the_workbook_and_the_check_say_the_same(tmp_path: Path, form: Form, layout: Layout, form_folder: Path) -> None:
    """A sample of random entries: every line of 校验 in LibreOffice against the matrix."""
    chance = random.Random("live")
    unit = Unit(code="u1", name="第1镇人民政府", type="乡镇")
    template = (form_folder / "return.xlsx").read_bytes()
    known = material(form, layout, template, unit, known=True)
    (tmp_path / "issued.xlsx").write_bytes(known.stamp(unit))
    rows = list(check_rows(form))
    samples, jobs = [], []
    for _ in range(8):
        entries: Entries = zero(form)
        for code in chance.sample(sorted(entries), 40):
            entries[code] = chance.randint(0, 4)
        entries["t2.fees.amount"] = chance.randint(0, 9) / 10_000
        samples.append(entries)
        cells = [[layout.places[code].sheet, layout.places[code].cell, value] for code, value in entries.items()]
        lines = [["校验", f"F{row + 1}"] for row, _ in rows]
        job = {"open": str(tmp_path / "issued.xlsx"), "save": str(tmp_path / "out.xlsx"), "filter": XLSX}
        jobs.append(job | {"cells": cells, "read": lines})
    shown = at_the_desk(tmp_path, jobs)
    balances = Balances(form, level="县级", year=2024)
    for entries, lines in zip(samples, shown, strict=True):
        said: dict[str, Value] = {
            code: Decimal(str(value)) if form.item(code).kind == "money" else int(value)
            for code, value in entries.items()
        }
        for _ in range(3):
            for code, formula in form.formulas.items():
                said[code] = sum(int(said.get(t.name) or 0) * t.factor for t in formula.right)  # type: ignore[arg-type]
        vector = tuple(said.get(item.code) for item in form.items)
        (assessed,) = balances.assess([vector], last=[known.basis.history.vector(form, "u1")], unit_types=["乡镇"])
        wrong = {verdict.equation.key for verdict in assessed.breaches}
        asked = [equation.key for (_, equation), line in zip(rows, lines, strict=True) if line != "不适用"]
        assert {key for (_, e), line in zip(rows, lines, strict=True) if line == "✗" for key in [e.key]} == wrong & set(
            asked
        )
        assert not {"待填", "无上年数"} & set(lines)
        assert wrong <= set(asked) | {f"S4.{code}" for code in form.formulas}
