"""The rules of rules.toml, bound to the items of the form; every fault carries its path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from pipeline.form import expressions
from pipeline.form.expressions import LAST, Equation, ExpressionError, Sides
from pipeline.form.faults import Faults
from pipeline.form.kinds import KINDS, THRESHOLDS
from pipeline.form.model import Item, Line, Table
from pipeline.form.numerals import NUMBER
from pipeline.form.patterns import Pattern
from pipeline.form.rule_model import Fact, FactReading, Parameter, Rule, TextClaim

WHOLE = "全表"
"""The range of a rule that is about no single row or column."""
_OVER = re.compile(r"^[a-z][a-z0-9_]*$")


def rules(raw: Mapping[str, Any], tables: tuple[Table, ...], items: tuple[Item, ...], faults: Faults) -> Iterator[Rule]:
    """Every rule that can be used; what is wrong with the others goes to ``faults``."""
    top = faults.check("rules", raw, "rules.toml")
    seen: set[str] = set()
    for path, rule in faults.each("rule", top.get("rule"), "rules.toml: rule"):
        if rule["id"] in seen:
            faults.append(f"{path}.id: 规则 {rule['id']} 出现两次")
        seen.add(rule["id"])
        linear = rule["kind"] == "linear"
        if linear != ("check" in rule or "checks" in rule):
            faults.append(f'{path}.check: kind = "linear" 的规则、且只有它，要有 check')
            continue
        parameters = _parameters(rule, items, faults, f"{path}.with")
        entry_table: dict[str, Any] = {
            key: rule.pop(key) for key in ("for_each", "check", "checks", "given", "with") if key in rule
        }
        equations: tuple[Equation, ...] = ()
        if linear:
            try:
                equations = tuple(_equations(rule, entry_table, parameters, tables, items, faults, path))
            except ExpressionError as error:
                faults.append(f"{path}.check: {error}")
        rule |= {key: tuple(rule[key]) for key in ("levels", "rules", "unit_types") if key in rule}
        rule["exempt"] = {level: tuple(types) for level, types in rule.get("exempt", {}).items()}
        rule.setdefault("needs_reason", rule["severity"] == "warning")
        yield Rule(**rule, parameters=parameters, equations=equations, checks=tuple(_checks(entry_table)))


def formulas(rules: tuple[Rule, ...], items: tuple[Item, ...], faults: Faults) -> dict[str, Equation]:
    """For every computed item the first equation that defines it: alone on the left, under ``computes``."""
    computed = {item.code for item in items if item.mode == "computed"}
    found: dict[str, Equation] = {}
    for rule in rules:
        for equation in rule.equations if rule.computes else ():
            target = equation.left[0].name
            if len(equation.left) != 1 or equation.left[0].factor != 1 or equation.op != "==":
                faults.append(f"rules.toml: {rule.id}.check: computes 要求左边只有一个合计项，并用 ==")
                break
            if target in computed:
                found.setdefault(target, equation)
    faults.extend(f"form.toml: {code}: 标为 computed，但没有规则计算它" for code in sorted(computed - found.keys()))
    return found


def _checks(entry_table: Mapping[str, Any]) -> list[str]:
    """The comparisons as they are written, for people."""
    each = entry_table.get("checks", [entry_table] if "check" in entry_table else [])
    return [
        str(one.get("check", "")) + (f"（{one['given']} 时）" if one.get("given") else "")
        for one in each
        if isinstance(one, dict)
    ]


# ---------------------------------------------------------------- equations
def _equations(
    rule: Mapping[str, Any],
    entry_table: Mapping[str, Any],
    parameters: Mapping[str, Parameter],
    tables: tuple[Table, ...],
    items: tuple[Item, ...],
    faults: Faults,
    path: str,
) -> Iterator[Equation]:
    """One equation for each row or column the rule quantifies over, or for each of its ``checks``."""
    numbers = {name: value for name, value in parameters.items() if isinstance(value, int)}
    codes = {item.code for item in items if item.numeric}
    if "checks" in entry_table:
        for where, each in faults.each("check", entry_table["checks"], f"{path}.checks"):
            if not _OVER.match(each["over"]):
                faults.append(f"{where}.over: “{each['over']}”只能用小写字母、数字、下划线")
            sides = _sides(each, numbers)
            yield _bound(rule, each["over"], each["label"], sides, _whole(codes), each.get("unit_types", ()))
        return
    # one comparison for the whole rule, or the same one over each row or column
    sides = _sides(entry_table, numbers)
    if "for_each" not in entry_table:
        yield _bound(rule, "", WHOLE, sides, _whole(codes))
        return
    table = next((table for table in tables if table.code == rule.get("table")), None)
    if table is None:
        raise ExpressionError(f"table “{rule.get('table', '')}”不是已定义的表")
    rows = {row.code: row for band in table.bands for row in band.rows}
    columns = {column.code: column for band in table.bands for column in band.columns}
    over, by_row = _lines_of(entry_table["for_each"], rows, columns)
    for code, line in over.items():
        names = {
            other: full
            for other in (columns if by_row else rows)
            if (full := f"{table.code}.{code}.{other}" if by_row else f"{table.code}.{other}.{code}") in codes
        }
        names |= {LAST + name: LAST + full for name, full in names.items()}
        yield _bound(rule, code, "·".join(line.path[-2:]), sides, names)


def _lines_of(
    for_each: object, rows: Mapping[str, Line], columns: Mapping[str, Line]
) -> tuple[Mapping[str, Line], bool]:
    """The lines a rule quantifies over, and whether they are rows."""
    if for_each == "row":
        return rows, True
    if for_each == "column":
        return columns, False
    if isinstance(for_each, list) and all(code in columns for code in for_each):
        return {code: columns[code] for code in for_each}, False
    if isinstance(for_each, list) and all(code in rows for code in for_each):
        return {code: rows[code] for code in for_each}, True
    raise ExpressionError('for_each 应当是 "row"、"column"，或者本表的行代码列表、列代码列表')


def _sides(entry_table: Mapping[str, Any], numbers: Mapping[str, int]) -> tuple[Sides, Sides | None]:
    given = entry_table.get("given")
    return expressions.parse(entry_table["check"], numbers), expressions.parse(given) if given else None


def _whole(codes: set[str]) -> dict[str, str]:
    """Names that are item codes themselves, this year's and last year's."""
    return {code: code for code in codes} | {LAST + code: LAST + code for code in codes}


def _bound(
    rule: Mapping[str, Any],
    over: str,
    over_label: str,
    sides: tuple[Sides, Sides | None],
    names: Mapping[str, str],
    unit_types: object = (),
) -> Equation:
    main, given = sides
    return Equation(
        rule=rule["id"],
        over=over,
        over_label=over_label,
        left=expressions.bind(main.left, names),
        op=main.op,
        right=expressions.bind(main.right, names),
        given=given and _bound_sides(given, names),
        unit_types=tuple(unit_types) if isinstance(unit_types, list) else (),
    )


def _bound_sides(sides: Sides, names: Mapping[str, str]) -> Sides:
    return Sides(left=expressions.bind(sides.left, names), op=sides.op, right=expressions.bind(sides.right, names))


# ---------------------------------------------------------------- parameters
def _parameters(rule: Mapping[str, Any], items: tuple[Item, ...], faults: Faults, path: str) -> dict[str, Parameter]:
    """What stands under ``with``, read as the rule's kind says."""
    raw = rule.get("with", {})
    if rule["kind"] == "linear":
        wanted = dict.fromkeys(THRESHOLDS, "number")
        missing: set[str] = set()
    else:
        wanted = dict(KINDS[rule["kind"]].parameters)
        missing = wanted.keys() - raw.keys()
    allowed = "、".join(sorted(wanted)) or "（没有）"
    faults.extend(f"{path}: 缺少键 {name}" for name in sorted(missing))
    found: dict[str, Parameter] = {}
    for name, value in raw.items():
        if name not in wanted:
            faults.append(f"{path}.{name}: 不认识的键；可用的键：{allowed}")
            continue
        try:
            found[name] = _READERS[wanted[name]](value, items, faults, f"{path}.{name}")
        except (ExpressionError, re.error) as error:
            faults.append(f"{path}.{name}: {error}")
    return found


def _number(value: object, items: tuple[Item, ...], faults: Faults, path: str) -> int:  # noqa: ARG001
    if type(value) is not int or value < 1:
        raise ExpressionError(f"应当是正整数，实际是 {value!r}")
    return value


def _word(value: object, items: tuple[Item, ...], faults: Faults, path: str) -> str:  # noqa: ARG001
    if not isinstance(value, str) or not value:
        raise ExpressionError(f"应当是文字，实际是 {value!r}")
    re.compile(value)
    return value


def _patterns(value: object, items: tuple[Item, ...], faults: Faults, path: str) -> tuple[str, ...]:
    return tuple(_word(part, items, faults, path) for part in _list(value))


def _items(value: object, items: tuple[Item, ...], faults: Faults, path: str) -> tuple[str, ...]:  # noqa: ARG001
    """Item codes; ``*`` stands for any part of one."""
    found: dict[str, None] = {}
    for pattern in _list(value):
        matching = [item.code for item in items if fnmatchcase(item.code, str(pattern))]
        if not matching:
            raise ExpressionError(f"“{pattern}”没有对应任何指标")
        found |= dict.fromkeys(matching)
    return tuple(found)


def _item(value: object, items: tuple[Item, ...], faults: Faults, path: str) -> str:
    return _items([value], items, faults, path)[0]


def _list(value: object) -> list[object]:
    if not isinstance(value, list) or not value:
        raise ExpressionError(f"应当是非空的列表，实际是 {value!r}")
    return value


def _fits(value: object, items: tuple[Item, ...], faults: Faults, path: str) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(value, dict) or not value:
        raise ExpressionError(f"应当是表（{{ 键 = 值 }}），实际是 {value!r}")
    return {str(word): _patterns(fits, items, faults, path) for word, fits in value.items()}


def _facts(value: object, items: tuple[Item, ...], faults: Faults, path: str) -> tuple[Fact, ...]:
    codes = {item.code: item.code for item in items if item.numeric}
    return tuple(
        Fact(
            label=fact["label"],
            texts=_items(fact["texts"], items, faults, where),
            measures=frozenset(fact["measures"].split()),
            sentence=_compile_pattern(fact, "sentence"),
            before=_compile_pattern(fact, "before"),
            behind=_compile_pattern(fact, "behind"),
            unless=_compile_pattern(fact, "unless"),
            **{flag: bool(fact.get(flag, False)) for flag in ("parts", "dated", "sole")},
            readings=tuple(
                FactReading(
                    label=reading["label"],
                    value=expressions.bind(expressions.parse_sum(reading["value"]), codes),
                )
                for _, reading in faults.each("reading", fact["readings"], f"{where}.readings")
            ),
        )
        for where, fact in faults.each("fact", value, path)
    )


def _compile_pattern(entry: Mapping[str, Any], key: str) -> Pattern | None:
    """A pattern that may be left out; that for words before a quantity ends at it."""
    if key not in entry:
        return None
    return Pattern.checked(f"(?:{entry[key]})$" if key == "before" else entry[key])


def _claims(value: object, items: tuple[Item, ...], faults: Faults, path: str) -> tuple[TextClaim, ...]:
    codes = {item.code: item.code for item in items if item.numeric}
    return tuple(
        TextClaim(
            says=claim["says"],
            texts=_items(claim["texts"], items, faults, where),
            pattern=Pattern.checked(claim["pattern"].replace("{N}", f"(?:{NUMBER})")),
            given=_bound_sides(expressions.parse(claim["given"]), codes),
            denies=bool(claim.get("denies", False)),
            unless=_compile_pattern(claim, "unless"),
        )
        for where, claim in faults.each("claim", value, path)
    )


_READERS: Mapping[str, Callable[[object, tuple[Item, ...], Faults, str], Parameter]] = {
    "number": _number,
    "word": _word,
    "patterns": _patterns,
    "items": _items,
    "texts": _items,
    "item": _item,
    "fits": _fits,
    "facts": _facts,
    "claims": _claims,
}
