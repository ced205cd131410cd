"""Bar charts by matplotlib, an extra (``xxgk[charts]``): SVG for pages, PNG for Word.

The same figures give the same SVG: no date, fixed ids, a fixed layout, and text that the reader's own fonts show. A PNG
is drawn with a Chinese font of this machine, so its bytes depend on it.
"""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Sequence
from typing import Any

Rows = Sequence[tuple[str, int]]
LACKING = '没有安装画图的程序包，图表没有生成。要图表的，请运行 pip install "xxgk[charts]"。'
NO_FONT = "这台机器上没有中文字体，图表没有生成。请装上一种（如 Noto Sans CJK、黑体）。"
_FONTS = ["Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "SimHei", "PingFang SC"]
_OTHER_NAMES = [
    "Noto Sans CJK JP",
    "Noto Serif CJK SC",
    "Noto Serif CJK JP",
    "SimSun",
    "AR PL UMing CN",
    "AR PL UKai CN",
]
"""Fonts with Chinese letters besides, as matplotlib names them: of a collection it knows the first face."""
_BLUE, _GREY = "#1f5a96", "#595959"
_ID = re.compile(r'(\bid="|href="#|url\(#)')
_DOTS = 200


def bars_svg(name: str, title: str, rows: Rows, *, upright: bool = False) -> str:
    """Return a chart as an element of a page: named for readers of screens, its ids its own. Raises ``ImportError``."""
    out = io.StringIO()
    settings = {"svg.hashsalt": name, "svg.fonttype": "none", "font.family": [*_FONTS, "sans-serif"]}
    _draw(rows, settings, out, "svg", upright=upright, metadata={"Date": None, "Creator": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :].strip()
    svg = _ID.sub(rf"\g<1>{name}-", svg)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)


def bars_png(rows: Rows) -> bytes:
    """Return a chart as a picture. Raises ``ImportError``, and ``LookupError`` without a Chinese font."""
    from matplotlib.font_manager import fontManager

    here = {entry.name for entry in fontManager.ttflist}
    font = next((name for name in (*_FONTS, *_OTHER_NAMES) if name in here), None)
    if font is None:
        raise LookupError(NO_FONT)
    out = io.BytesIO()
    _draw(rows, {"font.family": [font]}, out, "png", dpi=_DOTS, metadata={"Software": None})
    return out.getvalue()


def _draw(rows: Rows, settings: dict[str, Any], out: Any, kind: str, *, upright: bool = False, **options: Any) -> None:
    """Draw bars with their figures, the labels on the left or below."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # a font that is not on this machine is the reader's matter
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    together: Any = settings | {"font.size": 11}
    with mpl.rc_context(together), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        figure = Figure(figsize=(8, 3.2 if upright else 0.6 + 0.42 * len(rows)))
        _plot(figure, rows, upright=upright)
        figure.savefig(out, format=kind, **options)


def _plot(figure: Any, rows: Rows, *, upright: bool) -> None:
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
