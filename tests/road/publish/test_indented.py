"""JSON piece by piece is what Python's own encoder writes."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from pipeline.road.publish.indented import indented

PLAIN = st.none() | st.booleans() | st.integers() | st.text()
VALUES = st.recursive(PLAIN, lambda part: st.lists(part) | st.dictionaries(st.text(), part), max_leaves=30)


@given(VALUES)
def test_the_text_is_that_of_the_standard_encoder(value: object) -> None:
    assert "".join(indented(value)) == json.dumps(value, ensure_ascii=False, indent=1)


def test_an_iterator_and_a_tuple_are_lists() -> None:
    value = {"空": iter(()), "单": map(str, (1, 2)), "组": ("甲", ("乙",), ())}
    assert json.loads("".join(indented(value))) == {"空": [], "单": ["1", "2"], "组": ["甲", ["乙"], []]}
    assert "".join(indented(iter(()))) == "[]"
