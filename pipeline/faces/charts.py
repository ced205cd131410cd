"""Charts of a recorded night, drawn by matplotlib as SVG with text that the reader's own fonts show.

The same figures give the same bytes: no date, fixed ids, a fixed layout. matplotlib is an extra (``xxgk[charts]``).
"""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.faces.recorded import Recorded
from pipeline.faces.web import Picture
from pipeline.model.breakdown import RECEIVED, by_applicant, by_result, most_first

LACKING = '没有安装画图的程序包，图表没有生成。要图表的，请运行 pip install "xxgk[charts]"。'
_FONTS = ["Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "SimHei", "PingFang SC", "sans-serif"]
_BLUE, _GREY = "#1f5a96", "#595959"
_ID = re.compile(r'(\bid="|href="#|url\(#)')


def draw_charts(recorded: Recorded) -> list[Picture]:
    """Return the charts that have something to show. Raises ``ImportError`` without matplotlib."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # a font that is not on this machine is the reader's matter
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

    night, found = recorded.night, []
    unit = "件"
    for name, title, rows in (
        ("results", "申请办理结果", by_result(night.form, night.figures)),
        ("applicants", "申请人构成", by_applicant(night.form, night.figures)),
        ("years", "历年新收政府信息公开申请", list(_years(recorded))),
        ("units", "各单位新收申请", _units(recorded)),
    ):
        least = 2 if name == "years" else 1
        if len(rows) < least or not any(count for _, count in rows):
            continue
        settings: Any = {"svg.hashsalt": name, "svg.fonttype": "none", "font.family": _FONTS, "font.size": 11}
        with mpl.rc_context(settings), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            figure = Figure(figsize=(8, 0.6 + 0.42 * len(rows) if name != "years" else 3.2))
            _plot(figure, rows, upright=name == "years")
            svg = _svg(figure, name, title)
        says = "，".join(f"{label} {count} {unit}" for label, count in rows)
        found.append(Picture(title=f"{night.row.year}年{title}" if name != "years" else title, says=says, svg=svg))
    return found


def _plot(figure: Any, rows: Sequence[tuple[str, int]], *, upright: bool) -> None:
    """Bars with their figures, the labels on the left or below."""
    labels, counts = [label for label, _ in rows], [count for _, count in rows]
    margin = 0.35 / figure.get_size_inches()[1]
    axes = figure.add_axes((0.08, 0.16, 0.88, 0.74) if upright else (0.32, margin / 2, 0.58, 1 - margin))
    bars = axes.bar(labels, counts, color=_BLUE, width=0.5) if upright else axes.barh(labels, counts, color=_BLUE)
    axes.bar_label(bars, labels=[str(count) for count in counts], padding=3, color="#1a1a1a")
    for side in ("top", "right", "bottom" if not upright else "left"):
        axes.spines[side].set_visible(False)
    if upright:
        axes.set_yticks([])
        axes.set_ylim(0, max(counts) * 1.15 or 1)
    else:
        axes.invert_yaxis()
        axes.set_xticks([])
        axes.set_xlim(0, max(counts) * 1.12 or 1)
    axes.tick_params(length=0, colors=_GREY)


def _svg(figure: Any, name: str, title: str) -> str:
    """Return the drawing as an element of a page: named for readers of screens, its ids its own."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :].strip()
    svg = _ID.sub(rf"\g<1>{name}-", svg)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)


def _years(recorded: Recorded) -> Iterator[tuple[str, int]]:
    for year, figures in recorded.years.items():
        if (value := figures.get(f"{RECEIVED}.total")) is not None:
            yield f"{year}年", int(value)


def _units(recorded: Recorded) -> list[tuple[str, int]]:
    night = recorded.night
    values = ((night.name(row.unit), night.values(row.unit).get(f"{RECEIVED}.total")) for row in night.counted)
    return most_first([(name, value) for name, value in values if isinstance(value, int)])
