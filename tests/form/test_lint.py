"""The linter: the real form is clean, and every kind of remark is shown once."""

from __future__ import annotations

import pytest

from pipeline.form import Form, lint, parse_form
from pipeline.form.prompts import PROMPT_TEXT, PROMPT_TITLE, prompt
from tests.form.test_load import GOOD_FORM, GOOD_RULES


def test_the_statutory_form_has_no_errors(form: Form) -> None:
    remarks = lint(form)
    assert [remark for remark in remarks if remark.level == "error"] == []
    assert remarks == []


@pytest.mark.parametrize(
    ("form_change", "rule_change", "text"),
    [
        (('sheet = "表"', 'sheet = "表/二"'), None, "工作表名“表/二”"),
        (('code = "x"', 'code = "items"'), None, "“items”在 Word 模板里另有含义"),
        (('code = "x"', 'code = "X-1"'), None, "代码只能用小写字母"),
        (('path = ["行一"]', f'path = ["行一"], note = "{"很" * 250}"'), None, "Excel 最多 255 个"),
        (('path = ["行一"]', 'path = ["行一"], kind = "money"'), None, "金额要写 scale"),
        (
            ('path = ["行一"]', 'path = ["行一"], kind = "money", scale = 2, carry = "y"'),
            None,
            "carry 指向的 t.y.a 与这一格不是同一类数字",
        ),
        (('path = ["行一"]', 'path = ["行一"], carry = "y"'), None, "没有规则把它与上年数核对"),
        (None, ('message = "{left}"', 'message = "{lefty}"'), "句子里的 {lefty} 不可用；可用的词"),
        (None, ('remedy = "改"', 'remedy = "改"\nrules = ["R9"]'), "rules 里的 R9 不是已定义的规则"),
        (None, None, "没有写 clause"),
    ],
)
def test_every_remark(form_change: tuple[str, str] | None, rule_change: tuple[str, str] | None, text: str) -> None:
    form = parse_form(
        GOOD_FORM.replace(*form_change, 1) if form_change else GOOD_FORM,
        GOOD_RULES.replace(*rule_change, 1) if rule_change else GOOD_RULES,
    )
    assert any(text in remark.text for remark in lint(form)), lint(form)


def test_prompts_fit_excel(form: Form) -> None:
    for item in form.items:
        title, text = prompt(item)
        assert 0 < len(title) <= PROMPT_TITLE
        assert len(text) <= PROMPT_TEXT
    long = form.item("t3.other.no_payment.natural")
    assert prompt(long)[0] == "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府…"
