"""A year of a small county as its clerk would tell it: what came in, what the office decided, where everybody stood.

Five units. 三镇 sends its return under another's name, 四镇's figures do not add up and the office accepts that, 五镇
no longer exists. It is the one story several tests tell: forwards, twice, on two databases.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.form import Value
from pipeline.model.outcome import Outcome
from pipeline.night.close import lock_year, unlock_year
from pipeline.night.run import Effort, run_night
from pipeline.workbook.fill import fill
from tests.workspaces import YEAR, Office, zeros

UNITS = 5
STATES = {"未": "未报", "退": "退回", "待": "待说明", "通": "通过", "免": "免报", "封": "封存"}


@dataclass(frozen=True, kw_only=True)
class Night:
    """One night: ``states`` a letter a unit, ``figures`` received and granted of the county, ``codes`` on the list.

    ``does`` is what happened by day; the run of the night follows unless the year was ``locked`` instead.
    """

    day: str
    title: str
    does: Callable[[Office], object] = field(default=lambda office: None)
    states: str
    figures: tuple[int, int]
    codes: str = ""
    by: str = "run"

    @property
    def at(self) -> dt.datetime:
        return dt.datetime.fromisoformat(f"{self.day}T22:00:00+08:00")


def requests(received: int, granted: int | None = None) -> dict[str, Value]:
    """A return with so many requests received and granted."""
    signed: dict[str, Value] = {"meta.preparer": "张三", "meta.reviewer": "李四", "meta.phone": "0451-57000000"}
    return signed | {
        "t3.received.natural": received,
        "t3.granted.natural": received if granted is None else granted,
    }


def came(unit: str, name: str, received: int, granted: int | None = None) -> Callable[[Office], object]:
    return lambda office: office.returns(unit, requests(received, granted), name=name)


def signed(sheet: str, *rows: tuple[str, ...]) -> Callable[[Office], object]:
    return lambda office: office.write_control({sheet: rows})


def corrected(unit: str, name: str, received: int) -> Callable[[Office], object]:
    """The unit writes the right figures into the correction it was sent, and sends that back."""

    def answer(office: Office) -> None:
        (correction,) = (office.outputs / "corrections").glob(f"{unit}_*.xlsx")
        values = zeros(office.form) | requests(received)
        office.drop(name, fill(correction.read_bytes(), office.form, office.layout, values))

    return answer


YEAR_OF_THE_COUNTY = (
    Night(day="2025-01-10", title="一镇报来", does=came("u01", "一镇.xlsx", 2), states="通未未未未", figures=(2, 2), codes="A2"),
    Night(
        day="2025-01-11", title="二镇报来，不平",
        does=came("u02", "二镇.xlsx", 5, 4), states="通退未未未", figures=(2, 2), codes="A2 R3",
    ),
    Night(
        day="2025-01-12", title="二镇在退改件上改好发回",
        does=corrected("u02", "回复/二镇.xlsx", 5), states="通通未未未", figures=(7, 7), codes="A2 M1",
    ),
    Night(
        day="2025-01-13", title="三镇的表用了一镇的名字",
        does=came("u03", "第1镇人民政府.xlsx", 1), states="通通未未未", figures=(7, 7), codes="A2 M1 U7",
    ),
    Night(
        day="2025-01-14", title="台账认领：那份是三镇的",
        does=signed("来件认领", ("第1镇人民政府.xlsx", "u03", "电话核实", "王五")),
        states="通通通未未", figures=(8, 8), codes="A2 M1 U10",
    ),
    Night(
        day="2025-01-15", title="四镇报来，不平，说没错",
        does=came("u04", "四镇.xlsx", 3, 2), states="通通通退未", figures=(8, 8), codes="A2 M1 R3 U10",
    ),
    Night(
        day="2025-01-16", title="台账认可四镇的 R3，汇总表随之不平",
        does=signed("认可", ("u04", "R3", "一件并案办理", "王五")), states="通通通通未", figures=(11, 10), codes="A2 A3 M1 R3 U10",
    ),
    Night(
        day="2025-01-17", title="台账差额调整把它补平",
        does=signed("差额调整", ("t3.granted.natural", "1", "并案一件", "王五")),
        states="通通通通未", figures=(11, 11), codes="A2 M1 R3 U10",
    ),
    Night(
        day="2025-01-18", title="五镇已经撤销，免报，全县报齐",
        does=signed("免报", ("u05", "机构撤并", "王五")), states="通通通通免", figures=(11, 11), codes="M1 R3 U10",
    ),
    Night(
        day="2025-01-19", title="一镇更正，后报的为准",
        does=came("u01", "更正/一镇.xlsx", 3), states="通通通通免", figures=(12, 12), codes="M1 R3 U10",
    ),
    Night(day="2025-01-20", title="封存", by="lock", states="封封封封免", figures=(12, 12), codes="M1 R3 U10"),
    Night(
        day="2025-01-21", title="封存后二镇又来一份，台账也被改了",
        does=lambda office: (
            came("u02", "迟到/二镇.xlsx", 50)(office),
            signed("差额调整", ("t3.granted.natural", "9", "改着玩", "王五"))(office),
        ),
        states="封封封封免", figures=(12, 12), codes="M1 R3 U10",
    ),
    Night(
        day="2025-01-22", title="解除封存，台账改回，计入二镇迟到的那份",
        does=lambda office: (
            signed("差额调整", ("t3.granted.natural", "1", "并案一件", "王五"))(office),
            unlock_year(office.workspace, YEAR, by="王五", reason="二镇补报", now=at("2025-01-22T09")),
        ),
        states="通通通通免", figures=(57, 57), codes="M1 R3 U10",
    ),
    Night(day="2025-01-23", title="再次封存", by="lock", states="封封封封免", figures=(57, 57), codes="M1 R3 U10"),
)  # fmt: skip


def at(when: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{when}:00:00+08:00")


def county(root: Path, address: str = "") -> Office:
    """The county before its first night."""
    return Office(root, units=UNITS, address=address)


def told(office: Office, nights: tuple[Night, ...] = YEAR_OF_THE_COUNTY) -> Iterator[tuple[Night, Outcome | None]]:
    """Night after night, with what each came to; ``None`` when it had nothing to do."""
    for night in nights:
        night.does(office)
        yield night, travelled(office, night)


def travelled(office: Office, night: Night) -> Outcome | None:
    if night.by == "lock":
        return lock_year(office.workspace, YEAR, by="王五", reason="核对无误", now=night.at)
    return run_night(office.workspace, YEAR, now=night.at, effort=Effort(workers=0))
