"""A pattern is compiled where it is looked for, once, and nowhere else."""

from __future__ import annotations

import pickle
import re

import pytest

from pipeline.form import Form
from pipeline.form import patterns as room
from pipeline.form.patterns import Pattern


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was compiled."""
    done: list[str] = []
    inner = re.compile
    monkeypatch.setattr(room.re, "compile", lambda pattern: done.append(pattern) or inner(pattern))
    return done


def test_it_finds_what_its_expression_finds_and_is_compiled_once(compiled: list[str]) -> None:
    pattern = Pattern("收到(\\d+)件")
    assert compiled == []
    assert [match[1] for match in [pattern.search("共收到12件")] if match] == ["12"]
    assert pattern.match("共收到12件") is None
    assert [match.span() for match in pattern.finditer("收到1件，收到22件")] == [(0, 4), (5, 10)]
    assert compiled == ["收到(\\d+)件"]


def test_it_is_sent_without_being_compiled(compiled: list[str]) -> None:
    pattern = Pattern.checked("a|b")
    again = pickle.loads(pickle.dumps(pattern))
    assert compiled == ["a|b"]
    assert again == pattern
    assert hash(again) == hash(pattern)
    assert again != Pattern("a")
    assert again.search("xb").span() == (1, 2)
    assert compiled == ["a|b", "a|b"]


def test_a_form_is_received_without_compiling_any(form: Form, compiled: list[str]) -> None:
    received = pickle.loads(pickle.dumps(form))
    assert received.rules == form.rules
    assert compiled == []


def test_what_is_no_expression_is_refused_where_it_is_read() -> None:
    with pytest.raises(re.error):
        Pattern.checked("(")
    with pytest.raises(AttributeError, match="fullmatch"):
        Pattern("a").fullmatch("a")  # type: ignore[attr-defined]
