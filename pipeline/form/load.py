"""form.toml and rules.toml to a `Form`: unknown keys are refused, and every fault carries its path.

All faults of a form are collected and reported at once, as one `FormError`.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline.errors import FormError, explain_fault
from pipeline.form.faults import Faults
from pipeline.form.model import Band, Crosswalk, Form, Item, Line, Table
from pipeline.form.rules import formulas, rules


def load_form(folder: Path) -> Form:
    """Read the form in ``folder``; raises `FormError` with every fault found."""
    texts = {}
    for name in ("form.toml", "rules.toml"):
        try:
            texts[name] = (folder / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise FormError([f"{folder / name}: 读不出来（{explain_fault(error)}）"]) from error
    return _parse_cached(texts["form.toml"], texts["rules.toml"])


@lru_cache(maxsize=16)
def _parse_cached(form_toml: str, rules_toml: str) -> Form:
    """Parse the same two files once; a `Form` is frozen and can be shared."""
    return parse_form(form_toml, rules_toml)


def parse_form(form_toml: str, rules_toml: str) -> Form:
    """Build a form from the two texts; raises `FormError` with every fault found."""
    faults = Faults()
    raw = faults.check("form", _toml(form_toml, "form.toml"), "form.toml")
    if not raw:
        raise FormError(faults)
    tables = tuple(_tables(raw, faults))
    items = tuple(_items(raw, tables, faults))
    seen: set[str] = set()
    for item in items:
        if item.code in seen:
            faults.append(f"form.toml: 指标代码 {item.code} 出现两次")
        seen.add(item.code)
    faults.extend(_identify_documents(items))
    declared = tuple(rules(_toml(rules_toml, "rules.toml"), tables, items, faults))
    computed = formulas(declared, items, faults)
    crosswalks = {crosswalk.source: crosswalk for crosswalk in _crosswalks(raw, items, faults)}
    if faults:
        raise FormError(faults)
    return Form(
        id=raw["id"],
        title=raw["title"],
        basis=raw["basis"],
        from_year=raw["from_year"],
        to_year=raw.get("to_year", 9999),
        digest=hashlib.sha256(f"{form_toml}\0{rules_toml}".encode()).hexdigest(),
        tables=tables,
        items=items,
        rules=declared,
        formulas=computed,
        crosswalks=crosswalks,
    )


def _toml(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FormError([f"{name}: 不是有效的 TOML：{explain_fault(error)}"]) from error


def _tables(raw: Mapping[str, Any], faults: Faults) -> Iterator[Table]:
    for path, table in faults.each("table", raw["table"], "form.toml: table"):
        bands = tuple(
            Band(
                label=band.get("label", ""),
                corner=band.get("corner", ""),
                header=band.get("header", ""),
                arrangement=band.get("arrangement", "stacked"),
                rows=tuple(_lines(band["rows"], f"{where}.rows", faults)),
                columns=tuple(_lines(band["columns"], f"{where}.columns", faults)),
            )
            for where, band in faults.each("band", table["band"], f"{path}.band")
        )
        for band in bands:
            rows = {row.code for row in band.rows}
            faults.extend(
                f"{path}: {row.code}.carry: “{row.carry}”不是同一块的另一行"
                for row in band.rows
                if row.carry and (row.carry not in rows or row.carry == row.code)
            )
            faults.extend(f"{path}: {column.code}.carry: 只有行可以结转" for column in band.columns if column.carry)
        yield Table(code=table["code"], sheet=table["sheet"], heading=table["heading"], bands=bands)


def _lines(raw: object, path: str, faults: Faults) -> Iterator[Line]:
    for where, line in faults.each("line", raw, path):
        if not line["path"] or not all(isinstance(step, str) and step.strip() for step in line["path"]):
            faults.append(f"{where}.path: 应当是一串非空的标题")
            continue
        also = line.get("also", [])
        if not all(isinstance(wording, str) and wording.strip() for wording in also):
            faults.append(f"{where}.also: 应当是一串非空的标题")
            continue
        yield Line(**{**line, "path": tuple(line["path"]), "also": tuple(also)})


def _items(raw: Mapping[str, Any], tables: tuple[Table, ...], faults: Faults) -> Iterator[Item]:
    for path, identity in faults.each("identity", raw.get("identity"), "form.toml: identity"):
        yield Item(
            code=_prefix_code(identity["code"], "meta.", path, faults),
            table="meta",
            row_path=(identity["label"],),
            column_path=(),
            kind=identity.get("kind", "text"),
            mode="locked" if identity.get("locked") else "entered",
            aggregation="none",
            note=identity.get("note", ""),
            required=False,
        )
    for path, entry in faults.each("indicator", raw.get("indicator"), "form.toml: indicator"):
        aggregation, kind = entry["aggregation"], entry.get("kind", "count")
        if (aggregation == "source") != bool(entry.get("source")):
            faults.append(f'{path}.source: aggregation = "source" 的指标、且只有它，要写明台账里的来源单位项')
        if (aggregation == "collect") != (kind == "text"):
            faults.append(f"{path}.aggregation: 文字用 collect，数字用 sum 或 source")
        yield Item(
            code=_prefix_code(entry["code"], "info.", path, faults),
            table="info",
            row_path=(entry["label"],),
            column_path=(),
            kind=kind,
            scale=entry.get("scale", 0),
            aggregation=aggregation,
            unit=entry.get("unit", ""),
            source=entry.get("source", ""),
            once=entry.get("once", ""),
            stock=entry.get("stock", ""),
            clause=entry.get("clause", ""),
            note=entry.get("note", ""),
            required=aggregation == "sum",
        )
    for table in tables:
        yield from _table_items(table)
    for path, text in faults.each("text", raw.get("text"), "form.toml: text"):
        yield Item(
            code=_prefix_code(text["code"], "text.", path, faults),
            table="text",
            row_path=(text["part"], text["label"]),
            column_path=(),
            kind="text",
            aggregation="collect",
            clause=text.get("clause", ""),
            note=text.get("note", ""),
            limit=text.get("limit", 0),
            required=False,
        )


def _crosswalks(raw: Mapping[str, Any], items: tuple[Item, ...], faults: Faults) -> Iterator[Crosswalk]:
    """``same`` are patterns of codes both forms have; ``sums`` gives a row of this form the rows that add up to it."""
    codes = [item.code for item in items if item.numeric]
    for path, entry in faults.each("crosswalk", raw.get("crosswalk"), "form.toml: crosswalk"):
        found: dict[str, tuple[str, ...]] = {}
        for pattern in entry["same"]:
            matching = [code for code in codes if fnmatchcase(code, str(pattern))]
            if not matching:
                faults.append(f"{path}.same: “{pattern}”没有对应任何指标")
            found |= {code: (code,) for code in matching}
        for row, parts in entry.get("sums", {}).items():
            columns = [code.removeprefix(f"{row}.") for code in codes if code.startswith(f"{row}.")]
            if not columns or not isinstance(parts, list) or not parts:
                faults.append(f"{path}.sums.{row}: 应当是本表式的一行 = [另一表式的几行]")
                continue
            found |= {f"{row}.{column}": tuple(f"{part}.{column}" for part in parts) for column in columns}
        yield Crosswalk(source=entry["source"], codes=found)


def _identify_documents(items: tuple[Item, ...]) -> Iterator[str]:
    """``once`` and ``stock`` must name counts that are added up; there is no stock without a count."""
    counts = {
        item.code for item in items if item.kind == "count" and item.mode == "entered" and item.aggregation == "sum"
    }
    for item in items:
        for key, code in (("once", item.once), ("stock", item.stock)):
            if code and (item.kind != "text" or code not in counts):
                yield f"form.toml: {item.code}.{key}: “{code}”应当是一个相加的件数指标，并且只能写在列文号的文字指标里"
        if item.stock and not item.once:
            yield f"form.toml: {item.code}.stock: 有 stock 就要有 once"


def _prefix_code(code: str, prefix: str, path: str, faults: Faults) -> str:
    if not code.startswith(prefix):
        faults.append(f"{path}.code: “{code}”应当以 {prefix} 开头")
    return code


def _table_items(table: Table) -> Iterator[Item]:
    for band in table.bands:
        for row in band.rows:
            for column in band.columns:
                computed = row.computed or column.computed
                measured = column if column.kind != "count" or column.unit else row
                yield Item(
                    code=f"{table.code}.{row.code}.{column.code}",
                    table=table.code,
                    row_path=((band.label,) if band.label else ()) + row.path,
                    column_path=column.path,
                    kind=measured.kind,
                    scale=measured.scale,
                    unit=measured.unit or "件",
                    mode="computed" if computed else "entered",
                    aggregation="computed" if computed else "sum",
                    clause=row.clause,
                    note=row.note,
                    signed=row.signed or column.signed,
                    carry=f"{table.code}.{row.carry}.{column.code}" if row.carry and not computed else "",
                )
