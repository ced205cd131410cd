"""What is remembered: bounded, and the same whether it is there or not."""

from __future__ import annotations

import pytest

from pipeline.files.remembered import Remembered, Worked


def test_the_first_makes_room() -> None:
    memory = Remembered[str, int](2)
    for n, key in enumerate("abc"):
        memory.put(key, n)
    assert memory.get_all("abc") == [None, 1, 2]


def test_work_is_done_once() -> None:
    asked: list[bytes] = []

    def work(key: bytes) -> int:
        asked.append(key)
        return len(key)

    memory = Worked(work, most=2, longest=3)
    assert list(map(memory.__getitem__, [b"a", b"bb", b"a", b"bb"])) == [1, 2, 1, 2]
    assert asked == [b"a", b"bb"]
    assert memory[b"ccc"] == 3  # the others made room
    assert dict(memory) == {b"ccc": 3}
    assert [memory[b"dddd"], memory[b"dddd"]] == [4, 4]  # too long to be kept
    assert (asked[2:], dict(memory)) == ([b"ccc", b"dddd", b"dddd"], {b"ccc": 3})


def test_nothing_is_kept_of_work_that_fails() -> None:
    memory = Worked(float, most=2, longest=3)
    for _ in range(2):
        with pytest.raises(ValueError, match="could not convert"):
            memory[b"x"]
    assert not memory
