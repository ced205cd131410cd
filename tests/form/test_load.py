"""The form as data: the 200 fixed codes, and one small bad file for every fault."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pipeline.errors import FormError
from pipeline.form import Form, parse_form
from pipeline.form.load import load_form

CODES = Path(__file__).with_name("item_codes.csv")

GOOD_FORM = """
id = "f"
title = "表"
basis = "依据"
from_year = 2021
[[table]]
code = "t"
sheet = "表"
heading = "标题"
[[table.band]]
columns = [{ code = "a", path = ["甲"] }, { code = "b", path = ["乙"] }, { code = "sum", path = ["计"], computed = true }]
rows = [{ code = "x", path = ["行一"] }, { code = "y", path = ["行二"] }]
"""
GOOD_RULES = """
[[rule]]
id = "R"
kind = "linear"
severity = "error"
title = "合计"
table = "t"
for_each = "row"
check = "sum == a + b"
computes = true
message = "{left}"
remedy = "改"
"""


def test_items_are_the_published_ones(form: Form) -> None:
    expected = list(csv.DictReader(CODES.read_text(encoding="utf-8").splitlines()))
    sheets = {table.code: table.sheet for table in form.tables}
    found = [
        {
            "code": item.code,
            "table": sheets[item.table],
            "row": " / ".join(item.row_path),
            "column": " / ".join(item.column_path),
            "kind": item.kind,
            "mode": item.mode,
        }
        for item in form.items
        if item.table in sheets
    ]
    assert found == expected
    assert len(found) == 200


def test_what_the_form_says_beyond_the_codes(form: Form) -> None:
    assert sum(item.mode == "computed" for item in form.items) == 34  # 31 in 表三, 3 in 表四
    fee = form.item("t2.fees.amount")
    assert (fee.kind, fee.scale, fee.unit, fee.aggregation) == ("money", 6, "万元", "sum")
    assert form.item("info.site_items").source == "网站数据单位"
    numbers = form.item("info.document_numbers")
    assert (numbers.aggregation, numbers.once, numbers.stock) == (
        "collect",
        "t2.normative.issued",
        "t2.normative.in_force",
    )
    assert [item.code for item in form.of_table("text")] == [
        "text.disclosure", "text.requests", "text.management", "text.platform", "text.supervision",
        "text.problems", "text.improvements", "text.other",
    ]  # fmt: skip
    assert form.formulas["t3.total.natural"].key == "R2.natural"
    assert form.formulas["t3.total.total"].key == "R1.total"
    counts = {"S": 4, "R": 5, "A": 4, "D": 1, "Y": 5, "P": 12, "N": 11, "M": 1}
    assert [rule.id for rule in form.rules] == [
        f"{kind}{n}" for kind, last in counts.items() for n in range(1, last + 1)
    ]


def test_rules_at_a_level_and_year(form: Form) -> None:
    def linear(level: str, year: int) -> set[str]:
        return {rule.id for rule, _ in form.linear(level=level, year=year)}

    assert linear("县级", 2024) == linear("设区的市", 2024)
    assert linear("县级", 2024) - linear("省级", 2024) == {"R5"}
    assert linear("县级", 2024) - linear("县级", 2023) == {"P8"}
    statutory = [each for rule, each in form.linear(level="县级", year=2024) if rule.id.startswith("R")]
    assert len(statutory) == 25 + 7 + 7 + 3 + 3


def test_a_threshold_of_the_office(form: Form) -> None:
    (equation,) = form.set({("P12", "percent"): 40}).rule("P12").equations
    assert [(term.name, term.factor) for term in (*equation.left, *equation.right)] == [
        ("t3.carried_out.total", 100),
        ("t3.received.total", 40),
    ]
    assert form.set({("Y4", "floor"): 5}).rule("Y4").thresholds == {"percent": 50, "floor": 5}
    assert form.rule("Y4").thresholds == {"percent": 50, "floor": 20}


def test_what_is_carried_over(form: Form) -> None:
    carried = {item.code: item.carry for item in form.items if item.carry}
    columns = ("natural", "business", "research", "welfare", "legal", "other")
    assert carried == {f"t3.carried_in.{column}": f"t3.carried_out.{column}" for column in columns}


def test_what_must_be_there_before_an_equation_speaks(form: Form) -> None:
    assert form.operands["Y1.legal"] == ("t3.carried_in.legal", "last.t3.carried_out.legal")
    assert set(form.operands["P9"]) == {
        "t4.after_review.total", "t4.review.total", "last.t4.review.total",
        *(f"t4.{block}.{result}" for block in ("review", "after_review")
          for result in ("upheld", "corrected", "other", "pending")),
    }  # fmt: skip
    assert len(form.remembered) == 12
    assert {code.split(".")[1] for code in form.remembered} == {"t2", "t3", "t4"}


def test_a_small_form_loads() -> None:
    form = parse_form(GOOD_FORM, GOOD_RULES)
    assert [item.code for item in form.items] == ["t.x.a", "t.x.b", "t.x.sum", "t.y.a", "t.y.b", "t.y.sum"]
    assert [equation.key for equation in form.rules[0].equations] == ["R.x", "R.y"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("id =", "idd ="), "form.toml.idd: 不认识的键；可用的键：basis、crosswalk、from_year、id"),
        (('title = "表"\n', ""), "form.toml: 缺少键 title"),
        (("from_year = 2021", 'from_year = "2021"'), "form.toml.from_year: 应当是整数，实际是 '2021'"),
        (("from_year = 2021", "from_year = true"), "form.toml.from_year: 应当是整数，实际是 True"),
        (('sheet = "表"', 'sheets = "表"'), "form.toml: table[1].sheets: 不认识的键"),
        (('path = ["甲"]', "path = []"), "form.toml: table[1].band[1].columns[1].path: 应当是一串非空的标题"),
        (('path = ["行一"]', 'path = ["行一"], kind = "integer"'), "rows[1].kind: “integer”不可用；可用的值：count、money"),
        (('code = "y"', 'code = "x"'), "form.toml: 指标代码 t.x.a 出现两次"),
        (("[[table.band]]", '[[table.band]]\narrangement = "wild"'), "arrangement: “wild”不可用；可用的值：stacked、side_by_side"),
        (('path = ["行一"]', 'path = ["行一"], also = [""]'), "rows[1].also: 应当是一串非空的标题"),
        (("[[table]]", '[[crosswalk]]\nsource = "g"\nsame = ["t.z.*"]\n[[table]]'), "crosswalk[1].same: “t.z.*”没有对应任何指标"),
        (
            ("[[table]]", '[[crosswalk]]\nsource = "g"\nsame = []\nsums = { "t.z" = ["t.q"] }\n[[table]]'),
            "crosswalk[1].sums.t.z: 应当是本表式的一行",
        ),
        (("[[table]]", "[[table"), "form.toml: 不是有效的 TOML"),
        (('path = ["行一"]', 'path = ["行一"], carry = "z"'), "form.toml: table[1]: x.carry: “z”不是同一块的另一行"),
        (('path = ["行一"]', 'path = ["行一"], carry = "x"'), "form.toml: table[1]: x.carry: “x”不是同一块的另一行"),
        (('path = ["甲"]', 'path = ["甲"], carry = "b"'), "form.toml: table[1]: a.carry: 只有行可以结转"),
    ],
)  # fmt: skip
def test_a_bad_form_is_refused_with_its_path(change: tuple[str, str], fault: str) -> None:
    with pytest.raises(FormError) as refused:
        parse_form(GOOD_FORM.replace(*change, 1), GOOD_RULES)
    assert any(fault in line for line in refused.value.faults), refused.value.faults


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("severity", "severty"), "rules.toml: rule[1].severty: 不认识的键"),
        (('"error"', '"fatal"'), "rule[1].severity: “fatal”不可用；可用的值：error、warning、info"),
        (('"linear"', '"magic"'), "rule[1].kind: “magic”不可用；可用的值：identity、filled"),
        (("a + b", "a + c"), "rule[1].check: “c”不是已定义的代码"),
        (("a + b", "a +"), "rule[1].check: “sum == a +”缺少一项"),
        (("a + b", "a ! b"), "rule[1].check: “sum == a ! b”第 9 个字符起看不懂"),
        (("==", "="), "个字符起看不懂"),
        (("sum ==", "2 * sum =="), "R.check: computes 要求左边只有一个合计项"),
        (('for_each = "row"', 'for_each = ["z"]'), "for_each 应当是"),
        (('table = "t"', 'table = "q"'), "table “q”不是已定义的表"),
        (("computes = true", "computes = false"), "form.toml: t.x.sum: 标为 computed，但没有规则计算它"),
        (("a + b", "{least} * a"), "“sum == {least} * a”里的 {least} 没有在 with 里给出"),
        (("computes = true", "with = { lots = 3 }"), "rule[1].with.lots: 不认识的键；可用的键：floor、large"),
        (("computes = true", "with = { least = 0 }"), "rule[1].with.least: 应当是正整数，实际是 0"),
        (('check = "sum == a + b"\n', ""), "rule[1].check: kind = \"linear\" 的规则、且只有它，要有 check"),
    ],
)  # fmt: skip
def test_a_bad_rule_is_refused_with_its_path(change: tuple[str, str], fault: str) -> None:
    with pytest.raises(FormError) as refused:
        parse_form(GOOD_FORM, GOOD_RULES.replace(*change, 1))
    assert any(fault in line for line in refused.value.faults), refused.value.faults


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ('{ items = ["t.*"], percent = 5 }', "rule[2].with: 缺少键 floor"),
        (
            '{ items = ["t.*"], percent = 5, floor = 1, top = 2 }',
            "with.top: 不认识的键；可用的键：floor、items、percent",
        ),
        ('{ items = ["q.*"], percent = 5, floor = 1 }', "with.items: “q.*”没有对应任何指标"),
        ('{ items = "t.x.a", percent = 5, floor = 1 }', "with.items: 应当是非空的列表，实际是 't.x.a'"),
        ('{ items = ["t.*"], percent = "5", floor = 1 }', "with.percent: 应当是正整数，实际是 '5'"),
    ],
)
def test_bad_parameters_of_a_kind(parameters: str, fault: str) -> None:
    swing = GOOD_RULES.split("table =")[0].replace('"R"', '"Y"').replace("linear", "swing")
    rules = f'{GOOD_RULES}\n{swing}message = "{{label}}"\nremedy = "改"\nwith = {parameters}\n'
    with pytest.raises(FormError) as refused:
        parse_form(GOOD_FORM, rules)
    assert any(fault in line for line in refused.value.faults), refused.value.faults


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ('once = "t.x.z"', "form.toml: info.n.once: “t.x.z”应当是一个相加的件数指标"),
        ('once = "t.x.sum"', "form.toml: info.n.once: “t.x.sum”应当是一个相加的件数指标"),
        ('stock = "t.x.a"', "form.toml: info.n.stock: 有 stock 就要有 once"),
    ],
)
def test_what_document_numbers_are_counted_in(keys: str, fault: str) -> None:
    indicator = '[[indicator]]\ncode = "info.n"\nlabel = "文号"\nkind = "text"\naggregation = "collect"\n'
    assert parse_form(f'{GOOD_FORM}{indicator}once = "t.x.a"', GOOD_RULES).item("info.n").once == "t.x.a"
    with pytest.raises(FormError) as refused:
        parse_form(f"{GOOD_FORM}{indicator}{keys}", GOOD_RULES)
    assert any(fault in line for line in refused.value.faults), refused.value.faults


def test_all_faults_are_reported_at_once() -> None:
    with pytest.raises(FormError) as refused:
        parse_form(GOOD_FORM.replace("sheet =", "shet =").replace("title =", "titel ="), GOOD_RULES)
    assert len(refused.value.faults) >= 2


def test_a_night_parses_every_form_once(form_folder: Path) -> None:
    """The same files give the same `Form`; a changed one is parsed again."""
    first = load_form(form_folder)
    assert load_form(form_folder) is first
