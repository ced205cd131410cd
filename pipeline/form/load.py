"""form.toml and rules.toml to a `Form`: every key is known or refused, every fault carries its path.

All faults of a form are collected and reported at once, as one `FormError`.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pipeline.errors import FormError
from pipeline.form import expressions
from pipeline.form.expressions import Equation, ExpressionError
from pipeline.form.model import Aggregation, Band, Form, Item, Kind, Line, Rule, RuleKind, Severity, Table

_KEYS: Mapping[str, frozenset[str]] = {
    "form": frozenset(
        {"id", "title", "basis", "from_year", "to_year", "table", "identity", "indicator", "text"}
    ),
    "table": frozenset({"code", "sheet", "heading", "band"}),
    "band": frozenset({"label", "corner", "header", "arrangement", "rows", "columns"}),
    "line": frozenset({"code", "path", "kind", "scale", "unit", "clause", "note", "computed"}),
    "identity": frozenset({"code", "label", "kind", "locked", "note"}),
    "indicator": frozenset(
        {"code", "label", "kind", "scale", "unit", "aggregation", "source", "clause", "note"}
    ),
    "text": frozenset({"code", "part", "label", "limit", "clause", "note"}),
    "rules": frozenset({"rule"}),
    "rule": frozenset(
        {
            "id", "kind", "severity", "title", "message", "remedy", "clause", "table", "for_each", "check",
            "computes", "levels", "from_year", "to_year", "rules",
        }
    ),
}  # fmt: skip
_REQUIRED: Mapping[str, frozenset[str]] = {
    "form": frozenset({"id", "title", "basis", "from_year", "table"}),
    "table": frozenset({"code", "sheet", "heading", "band"}),
    "band": frozenset({"rows", "columns"}),
    "line": frozenset({"code", "path"}),
    "identity": frozenset({"code", "label"}),
    "indicator": frozenset({"code", "label", "aggregation"}),
    "text": frozenset({"code", "part", "label"}),
    "rules": frozenset({"rule"}),
    "rule": frozenset({"id", "kind", "severity", "title", "message", "remedy"}),
}
_TYPES: Mapping[str, type] = {
    "from_year": int, "to_year": int, "scale": int, "limit": int, "computed": bool, "locked": bool, "computes": bool,
    "path": list, "rows": list, "columns": list, "band": list, "identity": list, "indicator": list,
    "text": list, "rule": list, "levels": list, "rules": list,
}  # fmt: skip
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "aggregation": get_args(Aggregation),
    "severity": get_args(Severity),
    "arrangement": ("stacked", "side_by_side"),
}


class _Faults(list[str]):
    """Collects faults; ``table()`` checks one TOML table against the keys it may have."""

    def check(self, kind: str, raw: object, path: str) -> dict[str, Any]:
        if not isinstance(raw, dict):
            self.append(f"{path}: 应当是一张表（键 = 值）")
            return {}
        allowed = _KEYS[kind]
        for key in raw:
            if key not in allowed:
                self.append(f"{path}.{key}: 不认识的键；可用的键：{'、'.join(sorted(allowed))}")
        for key in sorted(_REQUIRED[kind] - raw.keys()):
            self.append(f"{path}: 缺少键 {key}")
        good = {key: raw[key] for key in raw if key in allowed and self._typed(key, raw[key], f"{path}.{key}", kind)}
        return good if _REQUIRED[kind] <= good.keys() else {}

    def _typed(self, key: str, value: object, path: str, kind: str) -> bool:
        wanted = list if (kind, key) == ("form", "table") else _TYPES.get(key, str)
        if key == "for_each":
            ok = isinstance(value, str | list)
        else:
            ok = type(value) is wanted
        if not ok:
            names = {int: "整数", bool: "true 或 false", list: "列表", str: "文字"}
            self.append(f"{path}: 应当是{names[wanted]}，实际是 {value!r}")
            return False
        choices = _CHOICES.get(key) or (get_args(RuleKind if kind == "rule" else Kind) if key == "kind" else None)
        if choices and value not in choices:
            self.append(f"{path}: “{value}”不可用；可用的值：{'、'.join(choices)}")
            return False
        return True

    def each(self, kind: str, raw: object, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for n, entry in enumerate(raw if isinstance(raw, list) else [], 1):
            where = f"{path}[{n}]"
            if good := self.check(kind, entry, where):
                yield where, good


def load_form(folder: Path) -> Form:
    """Read the form in ``folder``; raises `FormError` with every fault found."""
    faults = _Faults()
    texts = {}
    for name in ("form.toml", "rules.toml"):
        try:
            texts[name] = (folder / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise FormError([f"{folder / name}: 读不到（{error.__class__.__name__}）"]) from error
    return parse_form(texts["form.toml"], texts["rules.toml"], faults=faults)


def parse_form(form_toml: str, rules_toml: str, *, faults: _Faults | None = None) -> Form:
    """Build a form from the two texts; raises `FormError` with every fault found."""
    faults = _Faults() if faults is None else faults
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
    rules = tuple(_rules(_toml(rules_toml, "rules.toml"), tables, items, faults))
    formulas = _formulas(rules, items, faults)
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
        rules=rules,
        formulas=formulas,
    )


def _toml(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FormError([f"{name}: 不是有效的 TOML：{error}"]) from error


def _tables(raw: Mapping[str, Any], faults: _Faults) -> Iterator[Table]:
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
        yield Table(code=table["code"], sheet=table["sheet"], heading=table["heading"], bands=bands)


def _lines(raw: object, path: str, faults: _Faults) -> Iterator[Line]:
    for where, line in faults.each("line", raw, path):
        if not line["path"] or not all(isinstance(step, str) and step.strip() for step in line["path"]):
            faults.append(f"{where}.path: 应当是一串非空的标题")
            continue
        yield Line(**{**line, "path": tuple(line["path"])})


def _items(raw: Mapping[str, Any], tables: tuple[Table, ...], faults: _Faults) -> Iterator[Item]:
    for path, identity in faults.each("identity", raw.get("identity"), "form.toml: identity"):
        yield Item(
            code=_prefixed(identity["code"], "meta.", path, faults),
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
            code=_prefixed(entry["code"], "info.", path, faults),
            table="info",
            row_path=(entry["label"],),
            column_path=(),
            kind=kind,
            scale=entry.get("scale", 0),
            aggregation=aggregation,
            unit=entry.get("unit", ""),
            source=entry.get("source", ""),
            clause=entry.get("clause", ""),
            note=entry.get("note", ""),
            required=aggregation == "sum",
        )
    for table in tables:
        yield from _table_items(table)
    for path, text in faults.each("text", raw.get("text"), "form.toml: text"):
        yield Item(
            code=_prefixed(text["code"], "text.", path, faults),
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


def _prefixed(code: str, prefix: str, path: str, faults: _Faults) -> str:
    if not code.startswith(prefix):
        faults.append(f"{path}.code: “{code}”应当以 {prefix} 开头")
    return code


def _table_items(table: Table) -> Iterator[Item]:
    for band in table.bands:
        for row in band.rows:
            for column in band.columns:
                computed = row.computed or column.computed
                yield Item(
                    code=f"{table.code}.{row.code}.{column.code}",
                    table=table.code,
                    row_path=((band.label,) if band.label else ()) + row.path,
                    column_path=column.path,
                    kind=row.kind,
                    scale=row.scale,
                    unit=row.unit or "件",
                    mode="computed" if computed else "entered",
                    aggregation="computed" if computed else "sum",
                    clause=row.clause,
                    note=row.note,
                )


def _rules(
    raw: Mapping[str, Any], tables: tuple[Table, ...], items: tuple[Item, ...], faults: _Faults
) -> Iterator[Rule]:
    top = faults.check("rules", raw, "rules.toml")
    seen: set[str] = set()
    for path, rule in faults.each("rule", top.get("rule"), "rules.toml: rule"):
        if rule["id"] in seen:
            faults.append(f"{path}.id: 规则 {rule['id']} 出现两次")
        seen.add(rule["id"])
        linear = rule["kind"] == "linear"
        if linear != ("check" in rule):
            faults.append(f'{path}.check: kind = "linear" 的规则、且只有它，要有 check')
            continue
        for_each = rule.pop("for_each", None)
        equations: tuple[Equation, ...] = ()
        if linear:
            try:
                equations = tuple(_equations(rule, for_each, tables, items))
            except ExpressionError as error:
                faults.append(f"{path}.check: {error}")
        rule |= {key: tuple(rule[key]) for key in ("levels", "rules") if key in rule}
        yield Rule(**rule, equations=equations)


def _equations(
    rule: Mapping[str, Any], for_each: object, tables: tuple[Table, ...], items: tuple[Item, ...]
) -> Iterator[Equation]:
    """One equation for each row or column the rule quantifies over; names on the other axis are bound to it."""
    sides = expressions.parse(rule["check"])
    codes = {item.code for item in items}
    if for_each is None:
        names = {code: code for code in codes}
        yield _bound(rule["id"], "", "", sides, names)
        return
    table = next((table for table in tables if table.code == rule.get("table")), None)
    if table is None:
        raise ExpressionError(f"table “{rule.get('table', '')}”不是已定义的表")
    rows = {row.code: row for band in table.bands for row in band.rows}
    columns = {column.code: column for band in table.bands for column in band.columns}
    if for_each == "row":
        over, by_row = rows, True
    elif for_each == "column":
        over, by_row = columns, False
    elif isinstance(for_each, list) and all(code in columns for code in for_each):
        over, by_row = {code: columns[code] for code in for_each}, False
    elif isinstance(for_each, list) and all(code in rows for code in for_each):
        over, by_row = {code: rows[code] for code in for_each}, True
    else:
        raise ExpressionError('for_each 应当是 "row"、"column"，或者本表的行代码列表、列代码列表')
    for code, line in over.items():
        names = {
            other: full
            for other in (columns if by_row else rows)
            if (full := f"{table.code}.{code}.{other}" if by_row else f"{table.code}.{other}.{code}") in codes
        }
        yield _bound(rule["id"], code, "·".join(line.path[-2:]), sides, names)


def _bound(rule: str, over: str, over_label: str, sides: expressions.Sides, names: Mapping[str, str]) -> Equation:
    return Equation(
        rule=rule,
        over=over,
        over_label=over_label,
        left=expressions.bind(sides.left, names),
        op=sides.op,
        right=expressions.bind(sides.right, names),
    )


def _formulas(rules: tuple[Rule, ...], items: tuple[Item, ...], faults: _Faults) -> dict[str, Equation]:
    """For every computed item the first equation that defines it: alone on the left, under ``computes``."""
    computed = {item.code for item in items if item.mode == "computed"}
    formulas: dict[str, Equation] = {}
    for rule in rules:
        for equation in rule.equations if rule.computes else ():
            target = equation.left[0].name
            if len(equation.left) != 1 or equation.left[0].factor != 1 or equation.op != "==":
                faults.append(f"rules.toml: {rule.id}.check: computes 要求左边只有一个合计项，并用 ==")
                break
            if target in computed:
                formulas.setdefault(target, equation)
    faults.extend(f"form.toml: {code}: 标为 computed，但没有规则计算它" for code in sorted(computed - formulas.keys()))
    return formulas
