"""The sheets in their order: the return, then what explains it."""

from __future__ import annotations

from pipeline.model.outcome import Outcome
from pipeline.road.publish.county_workbook import arrived, charts, sources, sums, upward
from pipeline.road.publish.county_workbook.pen import Pen


def county_workbook(outcome: Outcome) -> bytes:
    """The county's workbook; the same outcome gives the same bytes."""
    pen = Pen(outcome)
    listed = sources.list_sources(pen)
    rows = sources.first_rows(listed)
    upward.tables(pen, rows)
    upward.basics(pen, rows)
    upward.local(pen, rows)
    upward.texts(pen)
    upward.checks(pen)
    arrived.states(pen)
    arrived.findings(pen)
    sums.changes(pen)
    sums.differences(pen)
    sums.groups(pen)
    charts.charts(pen)
    arrived.arrivals(pen)
    arrived.versions(pen)
    sums.matrix(pen)
    sources.write_collected(pen)
    sources.sources(pen, listed)
    del listed  # the largest list, and no longer needed while the parts are written
    if outcome.seal:
        upward.identity(pen, outcome.seal)
    return pen.bytes()
