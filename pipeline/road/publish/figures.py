"""The run for machines: run.json (docs/run.schema.json) and data/figures.csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from pipeline.form import LOCAL, Figure, Form, Item, print_figure
from pipeline.layout import LOCAL_SHEET
from pipeline.model.changes import Changes
from pipeline.model.county import Difference
from pipeline.model.finding import Finding
from pipeline.model.outcome import Outcome
from pipeline.model.received import Received
from pipeline.model.standing import Judged, Standing
from pipeline.road.publish.indented import indented

SCHEMA_VERSION = 1
_COLUMNS = ("年度", "汇总单位", "指标代码", "表", "行", "列", "计量单位", "数值")


def figures_csv(outcome: Outcome) -> bytes:
    """Every county figure in a row; UTF-8 with BOM so that Excel and WPS open it as Chinese."""
    county = outcome.county
    return figures_table(
        outcome.form,
        outcome.control.profile.root,
        outcome.year,
        county.figures,
        counted=len(county.counted),
        missing=[standing.unit.name for standing in county.missing],
        provisional=[standing.unit.name for standing in county.provisional],
        complete=county.complete,
    )


def figures_table(
    form: Form,
    root: str,
    year: int,
    figures: Mapping[str, Figure | None],
    *,
    counted: int,
    missing: Sequence[str],
    provisional: Sequence[str],
    complete: bool,
) -> bytes:
    """The same from its parts. Each row says whether the figure is complete and who is missing, so that a single row
    can be used alone.
    """
    state = {
        "完整": "是" if complete else "否",
        "已计入单位数": counted,
        "尚缺单位数": len(missing),
        "尚缺单位": "、".join(missing),
        "经认可暂计入单位": "、".join(provisional),
    }
    out = io.StringIO()
    rows = (
        {
            "年度": year,
            "汇总单位": root,
            "指标代码": item.code,
            "表": sheet_of(form, item),
            "行": " / ".join(item.row_path),
            "列": " / ".join(item.column_path),
            "计量单位": item.unit,
            "数值": _print(figures[item.code]),
            **state,
        }
        for item in form.items
        if item.code in figures
    )
    writer = csv.DictWriter(out, (*_COLUMNS, *state), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def sheet_of(form: Form, item: Item) -> str:
    """The name of the sheet an item stands on: 表二, 表三, 表四, 基本情况, 本地指标."""
    sheets = {table.code: table.sheet for table in form.tables} | {"info": "基本情况", LOCAL: LOCAL_SHEET}
    return sheets[item.table]


def run_json(outcome: Outcome) -> bytes:
    """The run as data. Money is a string, a figure without a source is null; the content does not depend on the clock."""
    county = outcome.county
    document: dict[str, Any] = {
        "schema": SCHEMA_VERSION,
        "year": outcome.year,
        "form": {"id": outcome.form.id, "digest": outcome.form.digest},
        "root": outcome.control.profile.root,
        "complete": county.complete,
        "open_points": list(outcome.open_points),
        "counted": [standing.unit.code for standing in county.counted],
        "provisional": [standing.unit.code for standing in county.provisional],
        "missing": [standing.unit.code for standing in county.missing],
        "figures": _figures(outcome.form, county.figures),
        "differences": [_difference(outcome.form, difference) for difference in county.differences],
        "groups": [
            {"type": group.type, "units": list(group.units), "figures": _figures(outcome.form, group.figures)}
            for group in county.groups
        ],
        "changes": None if outcome.changes.first else _changes(outcome.form, outcome.changes),
        # each is made when it is written
        "units": map(_unit, outcome.standings),
        "arrivals": map(_arrival, outcome.arrivals),
        "findings": map(_finding, outcome.findings),
    }
    out = io.BytesIO()
    with io.TextIOWrapper(out, encoding="utf-8", newline="\n") as text:  # the whole as one list of words would be large
        text.writelines(indented(document))
        text.write("\n")
        text.flush()
        return out.getvalue()


def _figures(form: Form, figures: Mapping[str, Figure | None]) -> dict[str, int | str | None]:
    return {item.code: _plain(figures[item.code], item) for item in form.items if item.code in figures}


def _difference(form: Form, difference: Difference) -> dict[str, Any]:
    return asdict(difference) | {"amount": _plain(difference.amount, form.item(difference.item))}


def _changes(form: Form, changes: Changes) -> dict[str, Any]:
    return {
        "units": [asdict(unit) | {"reason": unit.reason.value} for unit in changes.units],
        "items": [
            {
                "item": change.item,
                **_step(form, change.item, change.before, change.after),
                "causes": [
                    asdict(cause) | {"reason": cause.reason.value} | _step(form, change.item, cause.before, cause.after)
                    for cause in change.causes
                ],
            }
            for change in changes.items
        ],
    }


def _step(form: Form, code: str, before: Figure | None, after: Figure | None) -> dict[str, int | str | None]:
    item = form.item(code)
    return {"before": _plain(before, item), "after": _plain(after, item)}


def _print(value: Figure | None) -> str:
    return "" if value is None else print_figure(value)


def _plain(value: Figure | None, item: Item) -> int | str | None:
    return print_figure(value) if isinstance(value, Decimal) or (value is not None and item.kind == "money") else value


def _unit(standing: Standing) -> dict[str, Any]:
    unit, decisive = standing.unit, standing.decisive
    return {
        "code": unit.code,
        "name": unit.name,
        "type": unit.type,
        "counted": unit.counted,
        "state": standing.state.value,
        "provisional": standing.provisional,
        "next_step": standing.next_step,
        "refused": list(standing.refused),
        "file": decisive.submission.arrival.name if decisive else None,
        "sha256": decisive.submission.arrival.sha256 if decisive else None,
        "returns": [_return(judged) for judged in standing.returns],
    }


def _return(judged: Judged) -> dict[str, Any]:
    arrival = judged.submission.arrival
    return {
        "file": arrival.name,
        "sha256": arrival.sha256,
        "state": judged.state.value,
        "findings": [_finding(finding) for finding in judged.findings],
        "unevaluated": list(judged.unevaluated),
    }


def _arrival(received: Received) -> dict[str, Any]:
    """``sha256`` and ``first_seen`` are null while a file could not be read whole."""
    arrival = received.arrival
    return {
        "names": list(arrival.names),
        "sha256": arrival.sha256 or None,
        "size": arrival.size,
        "first_seen": arrival.first_seen.isoformat(timespec="seconds") if arrival.sha256 else None,
        "unit": received.unit.code if received.unit else None,
        "state": received.state,
        "next_step": received.next_step,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    fields = ((name, getattr(finding, name)) for name in Finding.__slots__)
    return {name: value for name, value in fields if value not in ("", False, ())}
