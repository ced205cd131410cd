"""Whether anything happened since the last night, for what must not act on an old one."""

from __future__ import annotations

import datetime as dt

from pipeline.ledger import Ledger
from pipeline.night.run import basis_key
from pipeline.road.intake import take_in
from pipeline.workspace import Workspace


def has_changed(workspace: Workspace, ledger: Ledger, year: int, now: dt.datetime) -> bool:
    """Whether files arrived, or the 台账, the templates or last year changed, since the last night of an open year. What
    arrived is noted, as every look into the folder is.
    """
    if ledger.closings.standing(year):
        return False
    intake = take_in(workspace.year_inputs(year), ledger, year=year, now=now)
    last = ledger.nights.last(year)
    return last is None or last.key != basis_key(workspace, ledger, year, intake)
