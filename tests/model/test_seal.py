"""The seal holds for exactly one form, digest, unit and year, and for this office's secret."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

import pytest

from pipeline.model.seal import Seal, make_seal

SECRET = b"The secret of an office in tests"
FACTS = {"form": "xxgk-2021", "form_digest": "ab" * 32, "unit": "u01", "year": "2024"}


def by_hand(*facts: str) -> str:
    """The code as the issue's format tells it: the four facts with a separator that stands in none of them."""
    return hmac.new(SECRET, "\x1f".join(facts).encode("utf-8"), hashlib.sha256).hexdigest()


def seal() -> Seal:
    return make_seal(SECRET, form="xxgk-2021", form_digest="ab" * 32, unit="u01", year=2024)


def test_the_code_is_over_all_four_facts_in_their_order() -> None:
    code = by_hand("xxgk-2021", "ab" * 32, "u01", "2024")
    assert (seal().hmac, seal().issue_id, seal().year) == (code, code[:12], "2024")
    assert seal().genuine(SECRET)
    assert not seal().genuine(SECRET[::-1])


@pytest.mark.parametrize("fact", FACTS)
def test_another_fact_is_another_seal(fact: str) -> None:
    assert not replace(seal(), **{fact: FACTS[fact] + "0"}).genuine(SECRET)


def test_what_moves_from_one_fact_to_the_next_is_noticed() -> None:
    moved = replace(seal(), form_digest="ab" * 32 + "u", unit="01")
    assert not moved.genuine(SECRET)
    assert make_seal(SECRET, form="a", form_digest="bc", unit="d", year=2024).hmac != (
        make_seal(SECRET, form="ab", form_digest="c", unit="d", year=2024).hmac
    )


@pytest.mark.parametrize("code", ["", "密" * 64, "0" * 64])
def test_a_code_of_another_kind_is_no_seal(code: str) -> None:
    assert not replace(seal(), hmac=code).genuine(SECRET)
