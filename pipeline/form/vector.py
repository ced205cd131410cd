"""The values of one return, packed, so that a thousand returns fit into memory.

Figures are scaled 64-bit integers in the order of ``Form.items``, texts beside them. A vector reads like any sequence
of `Value`; many vectors become matrix columns without an object for every cell.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import compress
from typing import Any, overload

from pipeline.form.values import Figure, Value

MISSING = -(1 << 63)
"""Stands for nothing certain; no figure of a return or a county comes near it."""
_MOST = 1 << 62


class Vector(Sequence[Value]):
    """Values ordered like ``Form.items``; money is exact at its item's scale, always with all its decimals."""

    __slots__ = ("_scales", "figures", "texts")

    def __init__(self, scales: Sequence[int], figures: array[int], texts: Mapping[int, str]) -> None:
        self._scales, self.figures, self.texts = scales, figures, texts

    @classmethod
    def of(cls, scales: Sequence[int], values: Iterable[Value]) -> Vector:
        """Pack ``values``. Raises ``ValueError`` for a figure that its item's scale cannot hold exactly."""
        if isinstance(values, Vector):
            return values
        figures, texts = list[Any](values), {}
        others = [
            at
            for at, (scale, value) in enumerate(zip(scales, figures, strict=True))
            if scale or type(value) is not int or not -_MOST < value < _MOST
        ]
        for at in others:
            value = figures[at]
            if isinstance(value, str):
                texts[at] = value
            figures[at] = MISSING if value is None or isinstance(value, str) else _scale(value, scales[at])
        return cls(scales, array("q", figures), texts)

    @classmethod
    def load(cls, scales: Sequence[int], packed: bytes, texts: Mapping[int, str]) -> Vector:
        """Restore a vector from its `packed` bytes."""
        figures = array("q")
        figures.frombytes(packed)
        if sys.byteorder == "big":
            figures.byteswap()
        return cls(scales, figures, texts)

    @property
    def packed(self) -> bytes:
        """The figures as bytes: 8 each, little-endian on every machine."""
        if sys.byteorder == "little":
            return self.figures.tobytes()
        turned = array("q", self.figures)
        turned.byteswap()
        return turned.tobytes()

    @overload
    def __getitem__(self, at: int) -> Value: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Value, ...]: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            return tuple(self[n] for n in range(*at.indices(len(self))))
        figure, scale = self.figures[at], self._scales[at]
        if figure == MISSING:
            return self.texts.get(at if at >= 0 else at + len(self))
        return unscale(figure, scale)

    def __iter__(self) -> Iterator[Value]:
        figures, texts = self.figures, self.texts
        values: list[Value] = [texts.get(at) if figure == MISSING else figure for at, figure in enumerate(figures)]
        for at in compress(range(len(values)), self._scales):
            if figures[at] != MISSING:
                values[at] = unscale(figures[at], self._scales[at])
        return iter(values)

    def __len__(self) -> int:
        return len(self.figures)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def differing(self, other: Vector) -> Iterator[int]:
        """Yield the positions at which another vector of the same form has another value."""
        for at, (mine, theirs) in enumerate(zip(self.figures, other.figures, strict=True)):
            if mine != theirs or (mine == MISSING and self.texts.get(at) != other.texts.get(at)):
                yield at

    @property
    def empty(self) -> bool:
        """Whether nothing at all is known."""
        return not self.texts and all(figure == MISSING for figure in self.figures)


def unscale(figure: int, scale: int) -> Figure:
    """Return a packed figure as it was.

    >>> unscale(12500, 4), unscale(3, 0)
    (Decimal('1.2500'), 3)
    """
    return Decimal(figure).scaleb(-scale) if scale else figure


def _scale(value: int | Decimal, scale: int) -> int:
    """The figure as an integer at ``scale``; only true integers and exact decimals are taken."""
    if type(value) is int:
        figure: int = value * 10**scale
    elif isinstance(value, Decimal):
        try:
            moved = value.scaleb(scale)
            figure = int(moved)
        except (InvalidOperation, OverflowError, ValueError) as error:
            raise ValueError(f"{value} is no figure") from error
        if figure != moved:
            raise ValueError(f"{value} has more than {scale} decimals")
    else:
        raise ValueError(f"{value!r} is neither an integer nor a decimal")
    if not -_MOST < figure < _MOST:
        raise ValueError(f"{value} is too large")
    return figure
