"""What a definition file may say: every key is known or refused with its path and the allowed ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pipeline.form.kinds import KINDS
from pipeline.form.model import Aggregation, Kind
from pipeline.form.rule_model import Severity

_KEYS: Mapping[str, frozenset[str]] = {
    "form": frozenset(
        {"id", "title", "basis", "from_year", "to_year", "table", "identity", "indicator", "text", "crosswalk"}
    ),
    "table": frozenset({"code", "sheet", "heading", "band"}),
    "band": frozenset({"label", "corner", "header", "arrangement", "rows", "columns"}),
    "line": frozenset(
        {"code", "path", "kind", "scale", "unit", "clause", "note", "computed", "also", "signed", "carry"}
    ),
    "identity": frozenset({"code", "label", "kind", "locked", "note"}),
    "indicator": frozenset(
        {"code", "label", "kind", "scale", "unit", "aggregation", "source", "once", "stock", "clause", "note"}
    ),
    "text": frozenset({"code", "part", "label", "limit", "clause", "note"}),
    "crosswalk": frozenset({"source", "same", "sums"}),
    "rules": frozenset({"rule"}),
    "rule": frozenset(
        {
            "id", "kind", "severity", "title", "message", "remedy", "clause", "table", "for_each", "check", "checks",
            "given", "computes", "levels", "exempt", "unit_types", "from_year", "to_year", "rules", "with",
            "needs_reason",
        }
    ),
    "check": frozenset({"over", "label", "check", "given", "unit_types"}),
    "fact": frozenset(
        {"label", "texts", "measures", "sentence", "before", "behind", "unless", "parts", "dated", "sole", "readings"}
    ),
    "reading": frozenset({"label", "value"}),
    "claim": frozenset({"says", "texts", "pattern", "given", "denies", "unless"}),
}  # fmt: skip
_REQUIRED: Mapping[str, frozenset[str]] = {
    "form": frozenset({"id", "title", "basis", "from_year", "table"}),
    "table": frozenset({"code", "sheet", "heading", "band"}),
    "band": frozenset({"rows", "columns"}),
    "line": frozenset({"code", "path"}),
    "identity": frozenset({"code", "label"}),
    "indicator": frozenset({"code", "label", "aggregation"}),
    "text": frozenset({"code", "part", "label"}),
    "crosswalk": frozenset({"source", "same"}),
    "rules": frozenset({"rule"}),
    "rule": frozenset({"id", "kind", "severity", "title", "message", "remedy"}),
    "check": frozenset({"over", "label", "check"}),
    "fact": frozenset({"label", "texts", "measures", "readings"}),
    "reading": frozenset({"label", "value"}),
    "claim": frozenset({"says", "texts", "pattern", "given"}),
}
_TYPES: Mapping[str, type] = {
    "from_year": int, "to_year": int, "scale": int, "limit": int, "computed": bool, "locked": bool, "computes": bool,
    "needs_reason": bool, "signed": bool, "parts": bool, "dated": bool, "sole": bool, "denies": bool, "path": list,
    "also": list, "same": list, "sums": dict, "crosswalk": list, "rows": list, "columns": list, "band": list, "identity": list,
    "indicator": list, "text": list, "texts": list, "rule": list, "levels": list, "rules": list, "unit_types": list,
    "checks": list, "readings": list, "with": dict, "exempt": dict,
}  # fmt: skip
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "aggregation": get_args(Aggregation),
    "severity": get_args(Severity),
    "arrangement": ("stacked", "side_by_side"),
}
_NAMES: Mapping[type, str] = {int: "整数", bool: "true 或 false", list: "列表", str: "文字", dict: "表（{ 键 = 值 }）"}


class Faults(list[str]):
    """Collects faults; ``check()`` holds one TOML table against the keys it may have."""

    def check(self, kind: str, raw: object, path: str) -> dict[str, Any]:
        """The keys of ``raw`` that can be used; empty when one it must have is missing or wrong."""
        if not isinstance(raw, dict):
            self.append(f"{path}: 应当是一张表（键 = 值）")
            return {}
        allowed = _KEYS[kind]
        for key in raw:
            if key not in allowed:
                self.append(f"{path}.{key}: 不认识的键；可用的键：{'、'.join(sorted(allowed))}")
        for key in sorted(_REQUIRED[kind] - raw.keys()):
            self.append(f"{path}: 缺少键 {key}")
        good = {
            key: raw[key] for key in raw if key in allowed and self._check_type(key, raw[key], f"{path}.{key}", kind)
        }
        return good if _REQUIRED[kind] <= good.keys() else {}

    def _check_type(self, key: str, value: object, path: str, kind: str) -> bool:
        wanted = list if (kind, key) == ("form", "table") else _TYPES.get(key, str)
        if key == "for_each":
            ok = isinstance(value, str | list)
        else:
            ok = type(value) is wanted
        if not ok:
            self.append(f"{path}: 应当是{_NAMES[wanted]}，实际是 {value!r}")
            return False
        choices = _CHOICES.get(key) or ((tuple(KINDS) if kind == "rule" else get_args(Kind)) if key == "kind" else None)
        if choices and value not in choices:
            self.append(f"{path}: “{value}”不可用；可用的值：{'、'.join(choices)}")
            return False
        return True

    def each(self, kind: str, raw: object, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every entry of an array of tables that can be used, with its path."""
        for n, entry in enumerate(raw if isinstance(raw, list) else [], 1):
            where = f"{path}[{n}]"
            if good := self.check(kind, entry, where):
                yield where, good
