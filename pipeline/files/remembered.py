"""A bounded memory of what was worked out before, for results that depend on their key alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """At most ``most`` results by key; the one put in first makes room. Nothing that is read may depend on it."""

    def __init__(self, most: int) -> None:
        self._most, self._found = most, dict[K, V]()

    def get(self, key: K) -> V | None:
        """Return the result of ``key``, if it is still there."""
        return self._found.get(key)

    def holds(self, key: K) -> bool:
        """Whether a result of ``key`` is there."""
        return key in self._found

    def get_all(self, keys: Iterable[K]) -> list[V | None]:
        """Return the result of every key."""
        return list(map(self._found.get, keys))

    def put(self, key: K, value: V) -> None:
        """Remember a result."""
        if key not in self._found and len(self._found) >= self._most:
            del self._found[next(iter(self._found))]
        self._found[key] = value

    def clear(self) -> None:
        """Forget everything."""
        self._found.clear()


class Worked(dict[bytes, V]):
    """Results of ``work``, looked up like those of a dictionary; what is not there is worked out and put in.

    When ``most`` are there all make room, and a key of more than ``longest`` bytes is not kept. Nothing that is read
    may depend on what is there.
    """

    def __init__(self, work: Callable[[bytes], V], *, most: int, longest: int) -> None:
        super().__init__()
        self._work, self._most, self._longest = work, most, longest

    def __missing__(self, key: bytes) -> V:
        result = self._work(key)
        if len(key) <= self._longest:
            if len(self) >= self._most:
                self.clear()
            self[key] = result
        return result
