"""来件清单 on the page: every arrival once. What needs somebody stands open, what is settled below it, folded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipeline.model.outcome import Outcome
from pipeline.model.received import ADOPTED, ASIDE, REPLACED, Received
from pipeline.model.submission import NAMING
from pipeline.road.publish.status.links import Links, as_text

_SETTLED = (ADOPTED, REPLACED, ASIDE)
_MOST = 2_000
"""Settled arrivals that are listed one by one; where there are more, replaced ones stand in county.xlsx alone."""
_HEADINGS = ("文件", "状态", "单位", "哈希", "原因和下一步")


def arrivals_list(outcome: Outcome, links: Links) -> str:
    """Return the two tables; the rows have the ids that `Links.place` gives."""
    reasons = {waiting.arrival.name: waiting.findings[0].message for waiting in outcome.unclaimed}
    waiting = [received for received in outcome.arrivals if received.state not in _SETTLED]
    settled = [received for received in outcome.arrivals if received.state in _SETTLED]
    parts = [_table("还没有处理完的来件", waiting, reasons, links)] if waiting else []
    if settled:
        counts = Counter(received.state for received in settled)
        words = "，".join(f"{state} {counts[state]}" for state in _SETTLED if counts[state])
        many = len(settled) > _MOST
        shown = [received for received in settled if received.state != REPLACED][:_MOST] if many else settled
        table = _table("已经处理的来件", shown, reasons, links)
        more = "\n<p>这里只列出一部分，全部见 county.xlsx 的“来件清单”。</p>" if many else ""
        parts.append(f"<details><summary>已经处理的 {len(settled)} 份（{words}）</summary>\n{table}{more}\n</details>")
    return "\n".join(parts) or "<p>还没有来件。</p>"


def _table(caption: str, listed: Sequence[Received], reasons: dict[str, str], links: Links) -> str:
    heads = "".join(f'<th scope="col">{heading}</th>' for heading in _HEADINGS)
    rows = "\n".join(_row(received, reasons, links) for received in listed)
    table = f'<table class="stack arrived"><caption>{caption}</caption><thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>'
    return f'<div class="wide" role="region" aria-label="{caption}" tabindex="0">\n{table}\n</div>'


def _row(received: Received, reasons: dict[str, str], links: Links) -> str:
    arrival = received.arrival
    names = "<br>".join(links.file(name) for name in arrival.names)
    unit = as_text(received.unit.name) if received.unit else ""
    step = "" if received.next_step == "无" else as_text(received.next_step)
    reason = as_text(reasons.get(arrival.name, ""))
    return (
        f'<tr id="{links.place(arrival.name)}"><td>{names}</td><td>{received.state}</td><td>{unit}</td>'
        f"<td>{arrival.sha256[:NAMING]}</td><td>{reason}{step}</td></tr>"
    )
