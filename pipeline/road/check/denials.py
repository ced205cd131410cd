"""Statements that there was none of something: 未收到…申请, 没有发生复议、诉讼, 无依申请公开事项."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from pipeline.road.check.quantities import stated_year

_NEGATOR = re.compile(
    r"(?:从未|尚未|暂未|均未|并未|未曾|未(?!办结|按|能|经|及时|公开|予|来|成年|结|完|审)|没有(?!及时|完全|做到|按)"
    r"|暂无|均无|尚无|无(?!法|偿|条件|关|需|须|论|人|效|疑|力|误|障碍|正当|异议|故)|不存在|零)"
    r"(?P<clause>[^，。；;！!？?\n]{2,80})"
)
_ON = re.compile(r"[，,](?P<clause>(?:被?提起|或者?|以及|和|及)[^，。；;！!？?\n]{2,60})")
_QUALIFIED = re.compile(
    r"被?(?:撤销|纠正|确认违法|责令|投诉|举报)|败诉|纠错|超期|逾期|违规|泄密|泄露|不当|错误|失误|过错|延期|差错|不良|负面|异议|重大"
)
"""A clause that denies something of what happened, and not that it happened."""


@dataclass(frozen=True, slots=True)
class Denial:
    """One negated clause: its position and its words, with the negation."""

    start: int
    end: int
    words: str


@lru_cache(maxsize=64)
def read_denials(text: str, year: int) -> tuple[Denial, ...]:
    """Read every clause of a text that denies something for this year. Several claims ask for the same."""
    return tuple(_denials(text, year))


def _denials(text: str, year: int) -> Iterator[Denial]:
    for match in _NEGATOR.finditer(text):
        sentence = re.split(r"[。；;！!？?\n]", text[: match.start()])[-1]
        if stated_year(sentence, year) != year:
            continue
        end = match.end()
        while following := _ON.match(text, end):
            end = following.end()
        words = text[match.start() : end]
        if not _QUALIFIED.search(words):
            yield Denial(match.start(), end, words)
