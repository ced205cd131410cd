"""The morning page in a browser: how long Debian's Chromium takes to open, sort and search it.

``python -m benchmarks.page [UNITS] [ROUNDS]``; needs Chromium. The figures are those of the browser itself.
"""

from __future__ import annotations

import shutil
import statistics
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.county import YEAR, county
from benchmarks.ours import NOW
from pipeline.night.run import run_night

_OPENED = "performance.getEntriesByType('navigation')[0].loadEventEnd"
_ACTIONS = {
    "sort by name": "document.querySelectorAll('#units thead button')[1].click()",
    "sort by last return": "document.querySelectorAll('#units thead button')[5].click()",
    "search": "const f = document.getElementById('find'); f.value = '第99'; f.dispatchEvent(new Event('input'))",
}
_TIMED = "() => { const t = performance.now(); %s; document.body.offsetHeight; return performance.now() - t }"
"""Milliseconds of an action together with the layout that follows."""


def main() -> None:
    """Measure and print."""
    units, rounds = (int(text) for text in (*sys.argv[1:], *("1000", "5")[len(sys.argv) - 1 :]))
    workspace = county(Path("build") / "bench" / f"page-{units}", units)
    run_night(workspace, YEAR, now=NOW)
    page = workspace.year_outputs(YEAR) / "status.html"
    print(f"{units} units: status.html {page.stat().st_size / 1024:.0f} KiB")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        taken = [_round(browser, page) for _ in range(rounds)]
        browser.close()
    for what in taken[0]:
        times = [each[what] for each in taken]
        print(f"{what:>24} {min(times):8.0f} {statistics.median(times):8.0f} {max(times):8.0f} ms")


def _round(browser: Any, page: Path) -> dict[str, float]:
    view = browser.new_page()
    view.goto(page.absolute().as_uri())
    times = {"open": view.evaluate(_OPENED)}
    times |= {what: view.evaluate(_TIMED % action) for what, action in _ACTIONS.items()}
    view.close()
    return times


if __name__ == "__main__":
    main()
