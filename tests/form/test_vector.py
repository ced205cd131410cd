"""Packed values read back exactly as they were, and what is not exact is refused."""

from __future__ import annotations

import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.form import MISSING, Form, Value, Vector

SCALES = (0, 4, 0, 2)


def test_it_reads_like_the_values_it_was_made_of() -> None:
    vector = Vector.of(SCALES, (3, Decimal("12.5"), "甲", None))
    assert list(vector) == [3, Decimal("12.5000"), "甲", None]
    assert (vector[0], vector[1], vector[2], vector[-1], vector[-2]) == (3, Decimal("12.5"), "甲", None, "甲")
    assert vector[1:3] == (Decimal("12.5"), "甲")
    assert type(vector[0]) is int
    assert str(vector[1]) == "12.5000"  # always at the item's scale: a reason is bound to what is printed here
    assert vector == (3, Decimal("12.5"), "甲", None)
    assert vector != (3, Decimal("12.5"), "甲", 0)
    assert list(vector.figures) == [3, 125000, MISSING, MISSING]
    assert not vector.empty
    assert Vector.of(SCALES, [None] * 4).empty


@pytest.mark.parametrize(
    ("value", "scale"),
    [
        (Decimal("0.00001"), 4), (Decimal("NaN"), 2), (Decimal("Infinity"), 2), (Decimal("0.5"), 0), (0.5, 0), (True, 0),
        (1 << 62, 0), (-(1 << 62), 0), (Decimal(10) ** 18, 4),
    ],
)  # fmt: skip
def test_what_is_not_exact_is_refused(value: Value, scale: int) -> None:
    with pytest.raises(ValueError, match=r"figure|decimals|neither|large"):
        Vector.of((scale,), [value])


VALUES = st.none() | st.text(max_size=5) | st.integers(-(10**15), 10**15)


@given(st.lists(st.tuples(st.sampled_from([0, 2, 4]), VALUES), max_size=12))
def test_packed_and_loaded_again(cells: list[tuple[int, Value]]) -> None:
    scales = tuple(scale for scale, _ in cells)
    values = [Decimal(v).scaleb(-s) if s and isinstance(v, int) else v for s, v in cells]
    vector = Vector.of(scales, values)
    assert list(vector) == values
    assert len(vector.packed) == 8 * len(cells)
    for again in (Vector.load(scales, vector.packed, vector.texts), pickle.loads(pickle.dumps(vector))):
        assert again == vector
        assert list(again) == values


def test_a_form_packs_its_own(form: Form) -> None:
    values = [Decimal("1.5") if item.kind == "money" else 7 if item.numeric else "字" for item in form.items]
    vector = form.vector(values)
    assert list(vector) == values
    assert form.vector(vector) is vector
    assert form.blank.empty


def test_two_vectors_differ_where_a_figure_or_a_text_does() -> None:
    kept = Vector.of((0, 2, 0, 0, 0), (3, Decimal("12.50"), "甲", None, 1))
    other = Vector.of((0, 2, 0, 0, 0), (4, Decimal("12.5"), "乙", "丙", None))
    assert list(kept.differing(other)) == [0, 2, 3, 4]
    assert list(kept.differing(kept)) == []
