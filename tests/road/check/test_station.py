"""The whole station on counties: nothing fires on consistent returns, every corrupted cell is found, and it is quick."""

from __future__ import annotations

import random
import time
from decimal import Decimal

import pytest

from pipeline.form import Equation, Form, Value
from pipeline.form.expressions import total
from pipeline.layout import Layout
from pipeline.model.control import Unit
from pipeline.model.past import History
from pipeline.road.check import Balances, Checker
from tests.road.check.test_cases import control_of, submission

COLUMNS = ("natural", "business", "research", "welfare", "legal", "other")
TEXT = "{name}主动公开信息{n}条，重点做好{topic}，办事指南随时更新，群众来电来访由专人解答，资料存放在服务大厅。"


def settled(form: Form, values: dict[str, Value]) -> dict[str, Value]:
    """Every total computed anew."""
    for _ in range(3):
        for code, equation in form.formulas.items():
            values[code] = total(equation.right, lambda name: values[name])  # type: ignore[return-value, arg-type]
    return values


def consistent(form: Form, chance: random.Random, last: dict[str, Value] | None = None) -> dict[str, Value]:
    """A random return that keeps every balance and every stock and flow, and agrees with the year before."""
    values: dict[str, Value] = {i.code: Decimal(0) if i.kind == "money" else 0 for i in form.items if i.numeric}
    results = [i.code for i in form.items if i.table == "t3" and i.mode == "entered"]
    for column in COLUMNS:
        for code in chance.sample([c for c in results if c.endswith("." + column)], 6):
            values[code] = chance.randint(0, 9)
        carried = int(last[f"t3.carried_out.{column}"]) if last else 0  # type: ignore[arg-type]
        values[f"t3.carried_in.{column}"] = carried
        values[f"t3.carried_out.{column}"] = chance.randint(0, 2)
        out = sum(int(values[c] or 0) for c in results if c.endswith("." + column)  # type: ignore[arg-type]
                  and not c.startswith(("t3.received", "t3.carried_in")))  # fmt: skip
        if out < carried:
            values[f"t3.granted.{column}"] = int(values[f"t3.granted.{column}"] or 0) + carried - out  # type: ignore[arg-type]
            out = carried
        values[f"t3.received.{column}"] = out - carried
    for block in ("review", "direct", "after_review"):
        for code in ("upheld", "corrected", "other"):
            values[f"t4.{block}.{code}"] = chance.randint(0, 3)
    stock = int(last["t2.normative.in_force"]) if last else chance.randint(0, 20)  # type: ignore[arg-type]
    issued, repealed = chance.randint(0, 5), chance.randint(0, min(stock, 4))
    values |= {"t2.normative.issued": issued, "t2.normative.repealed": repealed}
    values["t2.normative.in_force"] = stock + issued - repealed
    values |= {f"t2.{row}.decisions": chance.randint(90, 110) for row in ("permit", "penalty", "coercion")}
    values["t2.fees.amount"] = Decimal(chance.randint(0, 99_999)) / 10_000
    return settled(form, values)


def county(form: Form, layout: Layout, size: int = 60):  # type: ignore[no-untyped-def]
    chance = random.Random(f"county of {size}")
    units = [Unit(code=f"u{n:02d}", name=f"第{n}镇人民政府", type="乡镇") for n in range(size)]
    last = {unit.code: consistent(form, chance) for unit in units}
    now = {}
    for n, unit in enumerate(units):
        text = TEXT.format(
            name=unit.name,
            n=n + 3,
            topic="".join(chance.sample("水电路讯教科文卫农林牧渔工商财税医保养老托幼公园桥梁隧道", 20)),
        )
        said = {"text.disclosure": text, "meta.preparer": "甲", "meta.reviewer": "乙"}
        now[unit.code] = consistent(form, chance, last[unit.code]) | said
    return Checker(form, control_of(*units), History(values=last)), now


def test_nothing_fires_on_sixty_consistent_returns(form: Form, layout: Layout) -> None:
    checker, now = county(form, layout)
    found = checker.check([submission(form, layout, unit, said) for unit, said in now.items()])
    fired = [(f.unit, f.key, f.message) for each in found for f in each.findings]
    assert [each for each in fired if each[1][0] in "SR" or each[1].split(".")[0] in ("Y1", "Y2", "Y3", "Y5")] == []
    assert not [f for each in found for f in each.findings if f.severity == "error"]
    assert not [each for each in fired if each[1][0] in "NAM"]


@pytest.mark.parametrize("seed", range(8))
def test_every_corrupted_cell_is_found_and_named(form: Form, layout: Layout, seed: int) -> None:
    """One statutory cell of k units is changed behind the totals' back: those units, those cells, nobody else."""
    checker, now = county(form, layout)
    chance = random.Random(seed)
    wrong = {}
    for unit in chance.sample(sorted(now), 7):
        code = chance.choice([i.code for i in form.items if i.table in ("t3", "t4")])
        value = now[unit][code]
        assert isinstance(value, int)
        now[unit] = now[unit] | {code: value + chance.randint(1, 50)}
        wrong[unit] = code
    found = checker.check([submission(form, layout, unit, said) for unit, said in now.items()])
    errors = {each.submission.unit: [f for f in each.findings if f.severity == "error"] for each in found}
    assert {unit for unit, findings in errors.items() if findings} == set(wrong)
    for unit, code in wrong.items():
        (finding,) = errors[unit]
        table, *row, _ = code.split(".")
        if table == "t4":  # one balance and nothing to cross it with: the block is named at its total
            assert finding.item == f"{table}.{'.'.join(row)}.total"
        else:
            assert (finding.item, finding.cell) == (code, layout.places[code].cell)


def test_the_matrix_agrees_with_brute_force_on_ten_thousand_value_sets(form: Form) -> None:
    """The same breaches as evaluating every equation by itself, term by term, with blanks among the values."""
    chance = random.Random("brute force")
    balances = Balances(form, level="县级", year=2024)
    linear = [each for _, each in form.linear(level="县级", year=2024)]
    unlimited = [each for each in linear if not each.unit_types and not form.rule(each.rule).unit_types]
    codes = [item.code for item in form.items]
    pool: list[Value] = [0, 0, 1, 2, 3, 999_999_999, None]
    good = consistent(form, chance)
    batches = []
    for _ in range(10_000):
        said = dict(good)
        for code in chance.sample([c for c in good if not c.startswith("info.site")], 3):
            value = chance.choice(pool)
            said[code] = Decimal(value) if form.item(code).kind == "money" and isinstance(value, int) else value
        batches.append(said)
    vectors = [tuple(said.get(code) for code in codes) for said in batches]
    found = balances.check(vectors)
    for said, breaches in zip(batches, found, strict=True):
        expected = {each.key for each in unlimited if known(form, each, said) and broken(each, said)}
        assert {v.equation.key for v in breaches if v.rule.id != "S4"} == expected


def known(form: Form, equation: Equation, said: dict[str, Value]) -> bool:
    """Whether every cell below the totals of an equation is filled."""
    parts = {code: [t.name for t in total.right] for code, total in form.formulas.items()}
    below = list(equation.codes)
    for code in below:
        below += parts.get(code, [])
    entered = [code for code in below if code not in parts]
    return all(said.get(code) is not None for code in (*equation.codes, *entered))


def broken(equation: Equation, said: dict[str, Value]) -> bool:
    """An independent reading of one equation."""
    if any(said.get(code) is None for code in equation.codes):
        return False

    def side(terms: object) -> Decimal:
        return sum((Decimal(t.factor) * Decimal(said[t.name] if t.name else 1) for t in terms), Decimal(0))  # type: ignore

    operators = {"==": Decimal.__eq__, "<=": Decimal.__le__, ">=": Decimal.__ge__}
    if equation.given and not operators[equation.given.op](side(equation.given.left), side(equation.given.right)):
        return False
    return not operators[equation.op](side(equation.left), side(equation.right))


def test_a_night_of_sixty_is_checked_at_once(form: Form, layout: Layout) -> None:
    checker, now = county(form, layout)
    submissions = [submission(form, layout, unit, said) for unit, said in now.items()]
    checker.check(submissions)
    began = time.perf_counter()
    checker.check(submissions)
    assert time.perf_counter() - began < 0.3


def test_a_copied_text_is_found_however_often_its_units_sent_theirs(form: Form, layout: Layout) -> None:
    """Two units, the text of one changed a little by the other; each sent its return five times."""
    units = (Unit(code="u1", name="第1镇人民政府", type="乡镇"), Unit(code="u2", name="第2镇人民政府", type="乡镇"))
    texts = (
        "一是主动公开意识不够强，二是公开内容不够全面，三是业务能力有待提高，需要加强学习培训，取长补短。",
        "一是主动公开意识不够强，二是公开内容不够全面，三是业务能力有待提高，需加强学习和培训，取长补短。",
    )
    for times in (1, 5):
        many = [
            submission(form, layout, unit.code, {"text.problems": text}, order=n)
            for n in range(times)
            for unit, text in zip(units, texts, strict=True)
        ]
        found = Checker(form, control_of(*units)).check(many)
        keys = [[finding.key for finding in each.findings if finding.code == "N5"] for each in found]
        assert keys == [["N5.text.problems"]] * 2 * times
