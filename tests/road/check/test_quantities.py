"""Patterns that look at the likeliest character first find what the plain ones find."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.form.numerals import NUMBER
from pipeline.road.check import quantities, wording

PLAIN = {
    "quantity": rf"(?<![第\d.]){NUMBER}\s{{0,2}}(?P<measure>{quantities._MEASURES})",
    "year": r"(?<!\d)((?:19|20)\d\d)年(?![^，。；]{0,6}(?:修订|修正|施行|实施|印发|颁布|发布|版))",
    "count": r"(?<![\d一两二三四五六七八九十])(?P<n>\d{1,9}|[一两二三四五六七八九十]{1,9})(?:个|大|点|项)"
    r"(?:方面|问题|不足|部分|环节|短板|举措|措施|工作)",
}
QUICK = {"quantity": quantities._QUANTITY, "year": wording._YEAR, "count": wording._COUNT}
PIECES = st.sampled_from(
    "约 不足 超过 第 . 1 20 2019 ２０ ٣ 三 十 〇 万 余 件 份 年 版 个 项 方面 问题 ， 。 公开 之".replace(
        "之", "\u3000"
    ).split(" ")
)


@pytest.mark.parametrize("name", PLAIN)
@settings(max_examples=300, deadline=None, derandomize=True)
@given(pieces=st.lists(PIECES, max_size=14))
def test_the_same_is_found(name: str, pieces: list[str]) -> None:
    text = "".join(pieces)
    expected = [(match.span(), match.groups()) for match in re.finditer(PLAIN[name], text)]
    assert [(match.span(), match.groups()) for match in QUICK[name].finditer(text)] == expected


def test_years_behind_a_longer_number() -> None:
    found = [match[1] for match in wording._YEAR.finditer("2024年，12023年，2022年，2021年修订，1999年")]
    assert found == ["2024", "2022", "1999"]
