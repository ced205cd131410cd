"""What ``xxgk history`` prints: the figures of a former year, where they are from, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from pipeline.cli import screen, show
from pipeline.cli.words import word
from pipeline.form import Band, Form, Value, print_figure
from pipeline.form import Table as Statutory
from pipeline.model.past import Past
from pipeline.prior_year.importing import WHOLE, Known, Recalled

UNKNOWN = "？"


def recalled(result: Recalled, year: int, *, json: bool) -> None:
    """One import: the figures, the findings, and what became of it."""
    if json:
        screen.document(_document(result, year))
        return
    values = result.past.values if result.past else result.imported.values
    form = result.form if result.past else result.imported.form
    if form is not None and values:
        figures(form, values)
    show.findings(result.findings)
    who = f"{result.unit.code} {result.unit.name}".strip()
    if result.past is None:
        screen.put(f"[red]没有保存[/] {word(who)} {year} 年度的历史，原因见上。")
        return
    screen.put(
        f"[green]已保存[/] 为 {word(who)} {year} 年度的历史（{len(values)} 格，{result.past.source}），"
        "只用来与以后的年度比较，不算报送，不计入汇总。"
    )


def withdrawn(past: Past) -> None:
    """An import that was taken back, and the next step."""
    file = f"{past.source} {past.file}（哈希 {past.sha256[:12]}）"
    screen.put(
        f"[green]已撤回[/] {word(past.unit or WHOLE)} {past.year} 年度的历史：{word(file)}。撤回的记录和文件仍留在台账历史库里。"
    )
    which = f" --unit {word(past.unit)}" if past.unit else ""
    screen.put(f"下一步：运行 xxgk history show --year {past.year}{which}，看现在还知道些什么。")


def figures(form: Form, values: Mapping[str, Value]) -> None:
    """The statutory tables as far as they are known; rows of nothing but zeros are only counted."""
    for table in form.tables:
        if any(code.startswith(f"{table.code}.") for code in values):
            for band in table.bands:
                _band(table, band, values)


def _band(table: Statutory, band: Band, values: Mapping[str, Value]) -> None:
    rows = [
        (row, [values.get(f"{table.code}.{row.code}.{column.code}") for column in band.columns]) for row in band.rows
    ]
    nonzero = [(row, figures) for row, figures in rows if any(figure is None or figure for figure in figures)]
    title, zeros = " ".join(part for part in (table.sheet, band.label) if part), len(rows) - len(nonzero)
    if not nonzero:
        screen.put(f"{title}：全是 0")
        return
    drawn = Table(title=title, title_justify="left", caption_justify="left")
    drawn.caption = f"其余 {zeros} 行全是 0" if zeros else None
    drawn.add_column("", overflow="ellipsis", no_wrap=True, max_width=36)
    for column in band.columns:
        drawn.add_column(column.path[-1], justify="right", overflow="fold")
    for row, figures in nonzero:
        drawn.add_row(word(row.path[-1]), *(_show_value(figure) for figure in figures))
    screen.put(drawn)


def _show_value(value: Value) -> str:
    return UNKNOWN if value is None else value if isinstance(value, str) else print_figure(value)


def known(result: Known, year: int, unit: str, *, json: bool) -> None:
    """What is known of a year: the units in a table, or one unit's figures and their files."""
    if json:
        screen.document(_known_json(result, year, unit))
        return
    if unit:
        _one(result, year, unit)
        return
    tables = result.form.tables
    drawn = Table(title=f"{year} 年度的历史（{result.form.id}）")
    for heading in ("单位代码", "单位名称", *(table.sheet for table in tables), "来源"):
        drawn.add_column(heading, overflow="fold")
    for row in result.units:
        values = result.values.get(row.code, {})
        counts = (_count(table.code, values, result.form) for table in tables)
        drawn.add_row(row.code, word(row.name), *counts, word("；".join(_files(values)) or "没有"))
    screen.put(drawn)


def _one(result: Known, year: int, unit: str) -> None:
    name = next((row.name for row in result.units if row.code == unit), unit)
    values = result.values.get(unit, {})
    screen.put(f"{word(unit)} {word(name)} {year} 年度：" + ("" if values else "没有历史。"))
    figures(result.form, {code: value for code, (value, _) in values.items()})
    for file in _files(values):
        screen.put(f"  来源：{word(file)}")


def _count(table: str, values: Mapping[str, Any], form: Form) -> str:
    return f"{sum(code.startswith(f'{table}.') for code in values)}/{len(form.of_table(table))}"


def _files(values: Mapping[str, tuple[Value, Any]]) -> list[str]:
    """The files the values are from, each once, as 年报 a.docx（哈希 …）."""
    pasts = [past for _, past in values.values()]
    return list(dict.fromkeys(f"{past.source} {past.file}（哈希 {past.sha256[:12]}）" for past in pasts))


def _plain(value: Value) -> int | str | None:
    return value if isinstance(value, int | str) or value is None else print_figure(value)


def _document(result: Recalled, year: int) -> dict[str, Any]:
    past = result.past
    return {
        "unit": result.unit.code,
        "year": year,
        "file": result.imported.name,
        "sha256": result.imported.sha256,
        "source": result.imported.source,
        "kept": past is not None,
        "form": past.form if past else None,
        "values": {code: _plain(value) for code, value in past.values.items()} if past else {},
        "findings": [
            {"code": finding.code, "severity": finding.severity, "message": finding.message, "remedy": finding.remedy}
            for finding in result.findings
        ],
    }


def _known_json(result: Known, year: int, unit: str) -> dict[str, Any]:
    return {
        "year": year,
        "form": result.form.id,
        "units": {
            code: {
                item: {"value": _plain(value), "source": past.source, "file": past.file, "sha256": past.sha256}
                for item, (value, past) in values.items()
            }
            for code, values in result.values.items()
            if not unit or code == unit
        },
    }
