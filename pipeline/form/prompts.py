"""The note a clerk sees when an entry cell is selected."""

from __future__ import annotations

from pipeline.form.model import Item

PROMPT_TITLE, PROMPT_TEXT = 32, 255
"""Excel's limits for a validation's title and text, in characters."""

LARGEST = 999_999_999
"""The largest figure an entry cell takes."""


CARRIED = "已按上年年报印好，请核对，不用填。与上年年报不符的，请联系下发单位更正，不要自行改动。"
"""What the note of a cell says instead when last year's figure is printed in it."""


def reminder(item: Item, figure: str) -> str:
    """The line added to the note of a cell that is compared with its own figure of last year."""
    return f"上年年报本项是 {figure} {item.unit}。"


def prompt(item: Item) -> tuple[str, str]:
    """Title and text of the note; `lint` sees to it that the text fits, a long label is cut with an ellipsis."""
    label = item.row_path[-1]
    title = label if len(label) <= PROMPT_TITLE else label[: PROMPT_TITLE - 1] + "…"
    rest = {
        "count": f"填{'整数，减少的填负数' if item.signed else ' 0 或正整数'}，没有请填 0，不要留空。",
        "money": f"以{item.unit}为单位，最多 {item.scale} 位小数，没有请填 0。",
        "text": "",
        "date": "",
    }[item.kind]
    return title, "\n".join(part for part in (item.note, rest) if part)


def stop(item: Item) -> tuple[str, str]:
    """Title and text of what a clerk is told who types something else than the item's figure."""
    if item.kind == "count":
        return "只能填整数", f"请填{'整数，减少的填负数' if item.signed else ' 0 或正整数'}，只填数字；没有请填 0。"
    return "只能填金额", f"请填不小于 0 的数字，单位是{item.unit}；没有请填 0。"
