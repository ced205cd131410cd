"""Which charts a recorded night has, each with one sentence that says what it shows."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.faces.recorded import Recorded
from pipeline.faces.web import Picture
from pipeline.model.breakdown import RECEIVED, by_applicant, by_result, most_first
from pipeline.road.publish.bars import bars_svg


def draw_charts(recorded: Recorded) -> list[Picture]:
    """Return the charts that have something to show. Raises ``ImportError`` without matplotlib."""
    night, found = recorded.night, []
    for name, title, rows in (
        ("results", "申请办理结果", by_result(night.form, night.figures)),
        ("applicants", "申请人构成", by_applicant(night.form, night.figures)),
        ("years", "历年新收政府信息公开申请", list(_years(recorded))),
        ("units", "各单位新收申请", _units(recorded)),
    ):
        is_curve = name == "years"
        if len(rows) > is_curve and any(count for _, count in rows):
            svg = bars_svg(name, title, rows, upright=is_curve)
            says = "，".join(f"{label} {count} 件" for label, count in rows)
            found.append(Picture(title=title if is_curve else f"{night.row.year}年{title}", says=says, svg=svg))
    return found


def _years(recorded: Recorded) -> Iterator[tuple[str, int]]:
    for year, figures in recorded.years.items():
        if (value := figures.get(f"{RECEIVED}.total")) is not None:
            yield f"{year}年", int(value)


def _units(recorded: Recorded) -> list[tuple[str, int]]:
    night = recorded.night
    values = ((night.name(row.unit), night.values(row.unit).get(f"{RECEIVED}.total")) for row in night.counted)
    return most_first([(name, value) for name, value in values if isinstance(value, int)])
