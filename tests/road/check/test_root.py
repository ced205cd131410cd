"""The rules about the county as a whole: each one holds on an honest county and fires on a doctored one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from pipeline.model.county import County
from pipeline.model.outcome import Outcome
from pipeline.road.check import Balances, root_findings
from tests.workspaces import YEAR, Office


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    office = Office(tmp_path_factory.mktemp("root"), units=2)
    office.returns("u01", {"t3.received.natural": 2, "t3.granted.natural": 2, "t2.fees.amount": Decimal("0.1")})
    carried = {"t3.received.natural": 4, "t3.granted.natural": 3, "t3.carried_out.natural": 1}
    office.returns("u02", {**carried, "t2.fees.amount": Decimal("0.2")})
    return office.run()


def found(outcome: Outcome, county: County) -> list[tuple[str, str, str, str]]:
    balances = Balances(outcome.form, level="县级", year=YEAR)
    return [
        (f.code, f.item, f.found, f.expected) for f in root_findings(outcome.form, outcome.control, county, balances)
    ]


def doctored(county: County, **figures: int | Decimal | None) -> County:
    return replace(county, figures={**county.figures, **{code.replace("__", "."): v for code, v in figures.items()}})


def test_an_honest_county(honest: Outcome) -> None:
    assert found(honest, honest.county) == []
    assert honest.county.figures["t2.fees.amount"] == Decimal("0.3")


def test_a1_sees_a_figure_that_is_not_the_sum(honest: Outcome) -> None:
    county = doctored(honest.county, t2__fees__amount=Decimal("0.30000000000000004"))
    assert found(honest, county) == [("A1", "t2.fees.amount", "0.30000000000000004", "0.3")]
    assert found(honest, doctored(honest.county, t2__permit__decisions=None)) == [
        ("A1", "t2.permit.decisions", "无", "0")
    ]


def test_a2_names_who_is_missing(honest: Outcome) -> None:
    county = replace(honest.county, missing=honest.county.counted[1:])
    balances = Balances(honest.form, level="县级", year=YEAR)
    (finding,) = root_findings(honest.form, honest.control, county, balances)
    assert (finding.code, finding.severity) == ("A2", "error")
    assert finding.message == "还有 1 个单位没有计入汇总：第2镇人民政府。"


def test_a3_sees_an_imbalance_on_the_root(honest: Outcome) -> None:
    county = doctored(honest.county, t4__review__total=1)
    assert [code for code, *_ in found(honest, county)] == ["A1", "A3"]
