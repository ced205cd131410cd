"""Open data: the figures as CSV and JSON, every unit's as a long table, described by a datapackage.json.

Source: Frictionless Data, Data Package and Table Schema, version 1.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
from decimal import Decimal
from typing import Any

from pipeline.faces.recorded import Recorded
from pipeline.form import Figure, print_figure
from pipeline.queries.tables import long_table
from pipeline.road.publish import figures_table, sheet_of

_UNIT_COLUMNS = {
    "单位代码": "string", "单位名称": "string", "类型": "string", "指标代码": "string", "指标": "string", "数值": "number",
}  # fmt: skip
_FIGURE_COLUMNS = {
    "年度": "year", "汇总单位": "string", "指标代码": "string", "表": "string", "行": "string", "列": "string",
    "计量单位": "string", "数值": "number", "完整": "boolean", "已计入单位数": "integer", "尚缺单位数": "integer",
    "尚缺单位": "string", "经认可暂计入单位": "string",
}  # fmt: skip
_BOOLEAN = {"trueValues": ["是"], "falseValues": ["否"]}


def open_data(recorded: Recorded) -> dict[str, bytes]:
    """Return the files of the data package, by name."""
    files = {
        "figures.csv": _figures_csv(recorded),
        "units.csv": _units_csv(recorded),
        "figures.json": _figures_json(recorded),
        **_units_parquet(recorded),
    }
    return {**files, "datapackage.json": _package(recorded, files)}


def _figures_csv(recorded: Recorded) -> bytes:
    night = recorded.night
    return figures_table(
        night.form,
        night.control.profile.root,
        night.row.year,
        night.figures,
        counted=len(night.counted),
        missing=[missing.name for missing in night.missing],
        provisional=[row.name for row in night.counted if row.provisional],
        complete=recorded.complete,
    )


def _units_csv(recorded: Recorded) -> bytes:
    """A row for every unit and item, exact to the last decimal."""
    table = long_table(recorded.night)
    shown = table.map(lambda value: print_figure(value) if isinstance(value, Decimal) else value)
    return bytes(shown.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig"))


def _units_parquet(recorded: Recorded) -> dict[str, bytes]:
    """The same as Parquet with exact decimals, where pyarrow is installed (``xxgk[parquet]``)."""
    if importlib.util.find_spec("pyarrow") is None:
        return {}
    out = io.BytesIO()
    table = long_table(recorded.night)
    table["数值"] = table["数值"].map(Decimal)
    table.to_parquet(out, engine="pyarrow", index=False)
    return {"units.parquet": out.getvalue()}


def _figures_json(recorded: Recorded) -> bytes:
    """Every figure with its labels, measure and legal clause; amounts are texts, so that no reader rounds them."""
    night = recorded.night
    document = {
        "year": night.row.year,
        "root": night.control.profile.root,
        "form": {"id": night.form.id, "title": night.form.title, "basis": night.form.basis},
        "complete": recorded.complete,
        "figures": [
            {
                "code": item.code,
                "table": sheet_of(night.form, item),
                "row": list(item.row_path),
                "column": list(item.column_path),
                "unit": item.unit,
                "clause": item.clause,
                "value": _plain(night.figures[item.code]),
            }
            for item in night.form.items
            if item.code in night.figures
        ],
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _plain(value: Figure | None) -> int | str | None:
    return print_figure(value) if isinstance(value, Decimal) else value


def _package(recorded: Recorded, files: dict[str, bytes]) -> bytes:
    night = recorded.night
    root, year = night.control.profile.root, night.row.year

    def table(name: str, title: str, columns: dict[str, str], **schema: Any) -> dict[str, Any]:
        fields = [{"name": n, "type": t} | (_BOOLEAN if t == "boolean" else {}) for n, t in columns.items()]
        return {
            "name": name,
            "path": f"{name}.csv",
            "title": title,
            "profile": "tabular-data-resource",
            "format": "csv",
            "encoding": "utf-8-sig",
            "bytes": len(files[f"{name}.csv"]),
            "hash": f"sha256:{hashlib.sha256(files[f'{name}.csv']).hexdigest()}",
            "schema": {"fields": fields, **schema},
        }

    parquet = {"name": "units-parquet", "path": "units.parquet", "title": "各单位的数（Parquet）", "format": "parquet"}
    document = {
        "name": f"xxgk-{year}",
        "title": f"{root}{year}年{night.form.title}数据",
        "profile": "data-package",
        "resources": [
            table("figures", "汇总数", _FIGURE_COLUMNS, primaryKey=["指标代码"]),
            table("units", "各单位的数", _UNIT_COLUMNS, primaryKey=["单位代码", "指标代码"]),
            {
                "name": "figures-json",
                "path": "figures.json",
                "title": "汇总数，带行列名称、计量单位、依据",
                "format": "json",
            },
            *([parquet] if "units.parquet" in files else []),
        ],
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
