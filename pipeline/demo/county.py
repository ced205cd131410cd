"""The demo county as data: its 台账, the figures and texts of every unit, and which file arrives when.

``units.csv`` is the roster with what its clerks are like, ``arrivals.csv`` the files of the two evenings,
``county.toml`` the rest: profile, figures, slips, sentences.
"""

from __future__ import annotations

import csv
import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from typing import Any

from pipeline.form import Form, Item, Value
from pipeline.model.control import COLUMNS, ROSTER, WAIVERS

_CHINA = dt.timezone(dt.timedelta(hours=8))


@dataclass(frozen=True, slots=True, kw_only=True)
class Respondent:
    """A unit and its clerk. ``row`` is its line of the 台账, ``words`` what its sentences are made of.

    ``figures`` are what it counted, by item code, where that is not zero; ``number`` is its place in the roster.
    """

    code: str
    name: str
    type: str
    number: int
    row: tuple[str, ...]
    words: Mapping[str, str]
    figures: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One file of one evening.

    ``slips`` are the cells its clerk got wrong, by item code; ``reasons`` what it wrote under 出错说明, by rule.
    """

    evening: int
    unit: str
    file: str
    at: dt.datetime
    slips: Mapping[str, int | str]
    reasons: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evening:
    """The time of a night and the title it is shown under."""

    number: int
    title: str
    now: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCounty:
    """Everything the play needs. ``control`` are the rows of the 台账 by sheet, ``wording`` sentences by unit type."""

    year: int
    control: Mapping[str, Sequence[tuple[str, ...]]]
    respondents: Mapping[str, Respondent]
    evenings: tuple[Evening, ...]
    deliveries: tuple[Delivery, ...]
    wording: Mapping[str, Mapping[str, Sequence[str]]]

    def entries(self, form: Form, delivery: Delivery) -> dict[str, Value]:
        """What the clerk types into the entry cells of the workbook behind ``delivery``, by item code."""
        unit = self.respondents[delivery.unit]
        entered: dict[str, Value] = {
            item.code: Decimal(0) if item.kind == "money" else 0
            for item in form.items
            if item.numeric and item.required and item.mode == "entered"
        }
        entered |= unit.figures
        entered |= delivery.slips
        entered |= {
            "meta.preparer": unit.words["联系人"],
            "meta.reviewer": unit.words["审核人"],
            "meta.phone": unit.words["电话"],
            "meta.date": delivery.at.date().isoformat(),
        }
        return entered | self._sentences(unit, form.of_table("text"))

    def _sentences(self, unit: Respondent, items: Iterable[Item]) -> dict[str, str]:
        """One sentence a section, chosen so that neighbours in the roster do not write alike."""
        data = self.wording[unit.type]
        choices = ((n, item.code, data[item.code]) for n, item in enumerate(items) if item.code in data)
        return {
            code: sentences[(unit.number + n) % len(sentences)].format_map(unit.words) for n, code, sentences in choices
        }


def load_county() -> DemoCounty:
    """Read the three data files of this package."""
    data = tomllib.loads(_text("county.toml"))
    respondents = {
        row["单位代码"]: Respondent(
            code=row["单位代码"],
            name=row["单位名称"],
            type=row["类型"],
            number=number,
            row=tuple(row[column] for column in COLUMNS[ROSTER]),
            words=row,
            figures=data["figures"].get(row["单位代码"], {}),
        )
        for number, row in enumerate(_table("units.csv"))
    }
    return DemoCounty(
        year=data["year"],
        control=_control(data["control"], respondents.values()),
        respondents=respondents,
        evenings=tuple(Evening(**evening) for evening in data["evenings"]),
        deliveries=tuple(_delivery(row, data) for row in _table("arrivals.csv")),
        wording=data["wording"],
    )


def _control(data: Mapping[str, Any], respondents: Iterable[Respondent]) -> dict[str, list[tuple[str, ...]]]:
    """The rows of every sheet of the 台账: the roster, and what ``county.toml`` says by key."""
    sheets: dict[str, list[tuple[str, ...]]] = {ROSTER: [unit.row for unit in respondents]}
    for sheet, rows in data.items():
        sheets[sheet] = [(key, *rest) if sheet == WAIVERS else (key, rest) for key, rest in rows.items()]
    return sheets


def _delivery(row: Mapping[str, str], data: Mapping[str, Any]) -> Delivery:
    return Delivery(
        evening=int(row["晚上"]),
        unit=row["单位代码"],
        file=row["文件"],
        at=dt.datetime.fromisoformat(row["收到时间"]).replace(tzinfo=_CHINA),
        slips=data["slips"].get(row["文件"], {}),
        reasons=data["reasons"].get(row["文件"], {}),
    )


def _table(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(_text(name).splitlines()))


def _text(name: str) -> str:
    return resources.files("pipeline.demo").joinpath(name).read_text(encoding="utf-8")
