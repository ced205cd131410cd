"""Every unit's own annual report, from what it reported: the same template, the unit's figures and texts, the same gate."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.errors import AskedError
from pipeline.files.atomic import publish_files
from pipeline.form import Figure, Value
from pipeline.layout import plain
from pipeline.model.control import Unit
from pipeline.model.finding import Finding
from pipeline.model.past import History
from pipeline.model.standing import State
from pipeline.night.gate import Printed, gate_findings
from pipeline.night.replay import Remembered, replay_night
from pipeline.prior_year.known import load_history
from pipeline.road.publish import ReportContent, render_report
from pipeline.road.templates import passage
from pipeline.workspace import Workspace, template_file

FOLDER, TODO = "unit_reports", "待写清单.csv"
_TODO_COLUMNS = ("单位代码", "单位名称", "状态", "报告", "还要写的部分")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitReport:
    """A unit and its report. ``content`` is empty while its return has not passed; ``unwritten`` are the parts that
    have neither text nor figures, ``findings`` what the gate says.
    """

    unit: Unit
    state: str
    content: bytes = b""
    unwritten: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def lacking(self) -> bool:
        """Whether it should be there and is not."""
        return not self.content and self.state != State.WAIVED

    @property
    def name(self) -> str:
        """The file name."""
        return f"{self.unit.file_stem}.docx" if self.content else ""


def write_unit_reports(workspace: Workspace, year: int, unit: str = "") -> list[UnitReport]:
    """Write the report of one unit, or of all, to ``outputs/<year>/unit_reports/``; with all comes a list of what every
    unit still has to write.

    Raises `WorkspaceError` when there has been no night, `AskedError` for a unit that is not in the roster,
    `TemplateError` when the template cannot be filled.
    """
    workspace.require_inputs(year)
    with workspace.alone() as ledger:
        night = replay_night(workspace, ledger, year)
        history = load_history(ledger, night.control, night.form, year)
        units = night.control.units
        if unit and unit not in night.control.by_code:
            raise AskedError(f"{year} 年度的单位名录里没有代码 {unit}。请核对 --unit。")
        wanted = [entry for entry in units if not unit or entry.code == unit]
        reports = [_make(workspace, night, entry, history) for entry in wanted]
        files = {f"{FOLDER}/{report.name}": report.content for report in reports if report.content}
        if not unit:
            files[f"{FOLDER}/{TODO}"] = _list_todo(reports)
        publish_files(workspace.year_outputs(year), files, replaces=() if unit else (FOLDER,))
    return reports


def _make(workspace: Workspace, night: Remembered, unit: Unit, history: History) -> UnitReport:
    states = night.states.get(unit.code)
    state = states.state if states else State.MISSING.value
    if unit.code not in night.accepted:
        return UnitReport(unit=unit, state=state)
    values, form, year = night.values(unit.code), night.form, night.row.year
    content = ReportContent(
        form=form,
        year=year,
        figures=_figures(night, values),
        texts={item.code: (text,) for item in form.of_table("text") if (text := _text(values.get(item.code)))},
        profile={"root": unit.name, "phone": unit.phone},
        missing=(),
        provisional=(),
        former=history.of(unit.code),
    )
    report = render_report(template_file(workspace.form(year)[1], "report.docx"), content)
    printed = Printed(form=form, root=unit.name, year=year, figures=content.figures, former=content.former)
    return UnitReport(
        unit=unit,
        state=state,
        content=report,
        unwritten=tuple(_list_unwritten(content)),
        findings=tuple(gate_findings(f"{FOLDER}/{unit.file_stem}.docx", report, printed)),
    )


def _figures(night: Remembered, values: Mapping[str, Value]) -> dict[str, Figure | None]:
    """The unit's figures; one that it was not asked for is unknown."""
    numeric = [item.code for item in night.form.items if item.numeric]
    return {code: None if isinstance(value := values.get(code), str) else value for code in numeric}


def _text(value: Value) -> str:
    return value.strip() if isinstance(value, str) else ""


def _list_unwritten(content: ReportContent) -> Iterator[str]:
    """Yield the parts for which the unit wrote nothing; with figures of ours they are short, without they are empty."""
    for item in content.form.of_table("text"):
        if not content.texts.get(item.code) and plain(item.row_path[-1]):
            generated = passage(content.form, item.code) is not None
            yield item.row_path[-1] + ("（只有数字）" if generated else "")


def _list_todo(reports: list[UnitReport]) -> bytes:
    """The list for the office, as a table that Excel and WPS open as Chinese."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_TODO_COLUMNS)
    for report in reports:
        why = "报表还没有通过，报告没有生成" if report.lacking else "不用报送"
        unwritten = "、".join(report.unwritten) if report.content else why
        writer.writerow([report.unit.code, report.unit.name, report.state, report.name, unwritten])
    return out.getvalue().encode("utf-8-sig")
