"""The text of a report as lines, each with its place: the heading it stands under and its number there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.form import Form, Item
from pipeline.form.numerals import read_numeral
from pipeline.layout import plain

FRONT = "标题和引言"
NOTES = ("脚注", "尾注")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of text. ``heading`` is the statutory heading above it, `FRONT` before the first; ``sub`` is the （一）
    heading above it; ``number`` counts from 1 under both.
    """

    text: str
    heading: str
    sub: str = ""
    number: int = 0

    @property
    def place(self) -> tuple[str, str]:
        """The place as a person finds it."""
        return "".join((self.heading, self.sub)), f"第 {self.number} 段" if self.number else ""


def headings(form: Form) -> list[str]:
    """The statutory headings of a report, in their order: 一、总体情况 … 六、其他需要报告的事项."""
    found = {item.row_path[0] for item in form.of_table("text")} | {table.heading for table in form.tables}
    return sorted(found, key=lambda heading: read_numeral(heading.partition("、")[0]) or 0)


def list_lines(form: Form, text: str) -> list[Line]:
    """Return the lines of a report's text with their places; headings themselves have no number."""
    top = {plain(heading): heading for heading in headings(form)}
    below = {plain(path[1]): path[1] for item in form.of_table("text") if len(path := item.row_path) > 1}
    lines: list[Line] = []
    heading, sub, number = FRONT, "", 0
    for words in text.split("\n"):
        bare = plain(words)
        if bare in top:
            heading, sub, number = top[bare], "", 0
        elif bare in below:
            sub, number = below[bare], 0
        else:
            number += 1
            lines.append(Line(text=words, heading=heading, sub=sub, number=number))
            continue
        lines.append(Line(text=words, heading=heading, sub=sub))
    return lines


def lines_of(lines: Sequence[Line], item: Item) -> Iterator[Line]:
    """Yield the lines of a part of the narrative."""
    return (line for line in lines if line.number and is_of(line, item))


def is_of(line: Line, item: Item) -> bool:
    """Whether a line stands in a part of the narrative."""
    heading, *rest = item.row_path
    sub = rest[0] if rest and rest[0].startswith("（") else ""
    return line.heading == heading and (not sub or line.sub == sub)
