"""Random seasons of one unit: versions, versions sent again, files moved, corrections that fail, decisions.

A small model of what people saw and decided says which figure counts, or that nobody can know. The county must have
that figure or ask.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.night.test_versions import BROKEN, ITEM, counted, first
from tests.workspaces import NOW, Office

SEASONS = int(os.environ.get("MUTATION_EXAMPLES", "25"))


@dataclass
class Season:
    """What happened so far, as a person would tell it."""

    office: Office
    chance: random.Random
    counts: int | None = None
    """The figure that counts; ``None`` while nothing has passed, or while nobody can know."""
    rivals: dict[str, int] = field(default_factory=dict)
    """While nobody can know: the files among which the office has to choose."""
    open: str = ""
    """A later file that did not pass and about which nothing was decided."""
    sent: dict[int, Path] = field(default_factory=dict)
    rows: list[tuple[str, ...]] = field(default_factory=list)
    number: int = 0
    events: list[str] = field(default_factory=list)

    def send(self, hour: int) -> tuple[str, int]:
        self.number += 1
        name, figure = f"第{self.number}份.xlsx", 10 * self.number
        self.sent[figure] = self.office.returns("u01", {ITEM: figure}, name=name, hour=hour)
        return name, figure

    def one_version(self) -> None:
        _, self.counts = self.send(self.chance.choice([9, 15]))
        self.rivals, self.open = {}, ""

    def two_in_their_order(self) -> None:
        self.send(9)
        _, self.counts = self.send(15)
        self.rivals, self.open = {}, ""

    def two_at_one_time(self) -> None:
        self.rivals = dict([self.send(9), self.send(9)])
        self.counts, self.open = None, ""

    def an_earlier_one_again(self) -> None:
        refused = {name for name, *_, treatment in self.rows if treatment == "不采用"}
        earlier = [figure for figure, path in self.sent.items() if figure != self.counts and path.name not in refused]
        if self.counts is None or not earlier:
            return
        figure = self.chance.choice(earlier)
        self.number += 1
        name = f"以这份为准{self.number}.xlsx"
        self.office.drop(name, self.sent[figure].read_bytes(), hour=9)
        self.rivals = {name: figure, self.sent[self.counts].name: self.counts}
        self.counts, self.open = None, ""

    def one_moved(self) -> None:
        if self.sent:
            figure = self.chance.choice(sorted(self.sent))
            path = self.sent[figure]
            if path.name in self.rivals:
                return
            (self.office.inputs / "旧").mkdir(exist_ok=True)
            self.sent[figure] = path.rename(self.office.inputs / "旧" / path.name)

    def one_that_fails(self) -> None:
        self.number += 1
        self.open = f"更正{self.number}.xlsx"
        self.office.returns("u01", BROKEN | {ITEM: self.number}, name=self.open)

    def decide(self) -> None:
        if self.rivals:
            name = self.chance.choice(sorted(self.rivals))
            treatment = self.chance.choice(["采用", "不采用"])
            other = next(each for each in self.rivals if each != name)
            self.counts = self.rivals[name if treatment == "采用" else other]
            self.rows.append((name, "u01", "电话核实", "主任", treatment))
            self.rivals = {}
        elif self.open and self.counts is not None:
            self.rows.append((self.open, "u01", "仍按原件", "主任", "不采用"))
            self.open = ""
        self.office.write_control({"来件认领": self.rows})

    def nothing(self) -> None:
        pass


EVENTS = [
    Season.one_version, Season.two_in_their_order, Season.two_at_one_time, Season.an_earlier_one_again, Season.one_moved,
    Season.one_that_fails, Season.decide, Season.decide, Season.nothing,
]  # fmt: skip


def test_mutations_of_a_season(tmp_path: Path) -> None:
    chance = random.Random("seasons")
    base = Office(tmp_path / "base", units=2)
    base.returns("u02")
    outcomes: Counter[str] = Counter()
    for n in range(SEASONS):
        season = Season(office=base.copied(tmp_path / f"s{n}"), chance=chance)
        for day in range(chance.randint(2, 5)):
            event = chance.choice(EVENTS)
            season.events.append(event.__name__)
            event(season)
            outcome = season.office.run(now=NOW + dt.timedelta(days=day), anew=chance.random() < 0.2)
            story = (n, season.events, season.rows, [(f.code, f.message) for f in outcome.findings])
            assert counted(outcome) == season.counts, story
            asked = {f.code for f in outcome.findings if f.unit == "u01" and f.severity != "info"}
            assert ("J1" in asked) is bool(season.rivals), story
            if season.open and season.counts is not None:
                assert (season.open in first(outcome).next_step, outcome.attention) == (True, True), story
            if season.counts is not None and not season.open:
                assert (first(outcome).state.value, first(outcome).next_step) == ("通过", "无"), story
            outcomes[
                "waits" if season.rivals else "open" if season.open else "counts" if season.counts else "none"
            ] += 1
        shutil.rmtree(tmp_path / f"s{n}")
    assert min(outcomes.values()) > SEASONS // 20, outcomes
    assert set(outcomes) == {"waits", "open", "counts", "none"}, outcomes
