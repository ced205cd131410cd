"""A pattern of a rule that can be sent to another process without being compiled there before it is looked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any


class Pattern:
    """A regular expression, compiled when it is first looked for: most are looked for in few texts.

    A form has some seventy, and to compile all of them takes a worker as long as to read ten returns.
    """

    __slots__ = ("finditer", "match", "pattern", "search")
    pattern: str
    search: Callable[[str], re.Match[str] | None]
    match: Callable[[str], re.Match[str] | None]
    finditer: Callable[[str], Iterator[re.Match[str]]]

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    @classmethod
    def checked(cls, pattern: str) -> Pattern:
        """Return a pattern that is compiled. Raises ``re.error`` when it cannot be."""
        made = cls(pattern)
        made._compile()
        return made

    def __getattr__(self, name: str) -> Any:
        if name not in ("finditer", "match", "search"):
            raise AttributeError(name)
        self._compile()
        return getattr(self, name)

    def _compile(self) -> None:
        compiled = re.compile(self.pattern)
        self.search, self.match, self.finditer = compiled.search, compiled.match, compiled.finditer

    def __reduce__(self) -> tuple[type[Pattern], tuple[str]]:
        return Pattern, (self.pattern,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and self.pattern == other.pattern

    def __hash__(self) -> int:
        return hash(self.pattern)

    def __repr__(self) -> str:
        return f"Pattern({self.pattern!r})"
