"""退改件: for every unit that must act, its own workbook with marks, and a letter. They are made anew every night, so the
folder holds exactly what has to be sent out today.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from pipeline.form import Form, Value, local_items
from pipeline.layout import Layout, areas_of, defined_names, print_area
from pipeline.model.control import Profile, Unit
from pipeline.model.finding import Finding
from pipeline.model.outcome import Outcome
from pipeline.model.standing import Judged
from pipeline.model.submission import Submission
from pipeline.road.publish.letters import SENDING, Reply, letter, meaning, origin
from pipeline.road.publish.marking import mark_workbook
from pipeline.road.publish.opinion_sheet import Face
from pipeline.workbook.fill import fill
from pipeline.workbook.patch import UnpatchableError

FOLDER = "corrections"
_ORDER = ("error", "warning", "info")


def corrections(outcome: Outcome, fresh: Callable[[Unit], bytes]) -> dict[str, bytes]:
    """The files below ``outputs/<year>/corrections/`` by name; ``fresh`` gives the issued workbook of a unit."""
    files: dict[str, bytes] = {}
    for standing in outcome.standings:
        if judged := standing.to_correct:
            workbook, text = correct(
                outcome.form, outcome.control.profile, standing.unit, judged, outcome.findings, fresh
            )
            stem = f"{FOLDER}/{standing.unit.file_stem}"
            files |= {f"{stem}_退改.xlsx": workbook, f"{stem}_退改说明.txt": text}
    return files


def correct(
    form: Form,
    profile: Profile,
    unit: Unit,
    judged: Judged,
    sorted_findings: Sequence[Finding],
    fresh: Callable[[Unit], bytes],
) -> tuple[bytes, bytes]:
    """The marked workbook of one unit and its letter. Of ``sorted_findings`` those of the return are told."""
    findings = _standing_findings(sorted_findings, judged)
    reply = Reply(
        unit=unit,
        profile=profile,
        sent=judged.submission.arrival.name,
        workbook=f"{unit.file_stem}_退改.xlsx",
        findings=findings,
        retyped=False,
    )
    opens = {item.code for item in form.items if item.carry}
    try:
        if _is_outdated(form, unit, judged.submission):
            raise UnpatchableError("issued before the local indicators")
        sent, places = judged.submission.arrival.path.read_bytes(), judged.submission.places
        workbook = mark_workbook(sent, _face(reply), findings, places=places, opens=opens)
    except (UnpatchableError, OSError):
        reply = replace(reply, retyped=True)
        blank = fresh(unit)
        layout = _named_layout(form, blank)
        filled = _fill_issued(form, layout, blank, judged.submission)
        moved = [_move_to_issued(finding, layout) for finding in findings]
        workbook = _marked_or_plain(filled, _face(reply), moved, layout, opens)
    return workbook, letter(reply)


def _standing_findings(findings: Sequence[Finding], judged: Judged) -> list[Finding]:
    """Return the findings for the unit, the most severe first, without accepted and explained ones. A finding without a
    cell that needs no reason, such as a late return, concerns the office only.
    """
    here = set(judged.findings)
    found = [
        finding
        for finding in findings
        if finding in here
        and not finding.answer
        and (finding.cell or finding.severity == "error" or finding.needs_reason)
    ]
    return sorted(found, key=lambda finding: _ORDER.index(finding.severity))


def _face(reply: Reply) -> Face:
    reason = "核实后确实无误的，在右边“出错说明”一栏写明原因。" if reply.of("warning") else ""
    advice = f"{meaning(reply)}，点“单元格”一栏可跳到那一格。{reason}"
    return Face(
        title=f"退改意见：{reply.unit.name}（{reply.profile.year}年度）",
        advice=(f"共{reply.tally}。{origin(reply)}", f"{advice}{SENDING}{reply.deadline}。咨询：{reply.profile.ask}。"),
    )


def _is_outdated(form: Form, unit: Unit, submission: Submission) -> bool:
    """Whether the sent workbook lacks the cell of a local indicator, so that marks in it would not help."""
    items = local_items(form, unit=unit.code, unit_type=unit.type)
    return any(item.code not in submission.places for item in items)


# -------------------------------------------------------------------- a fresh workbook in place of the sent one
def _named_layout(form: Form, blank: bytes) -> Layout:
    """Return the layout of an issued workbook from its defined names; enough to fill it in."""
    with zipfile.ZipFile(io.BytesIO(blank)) as archive:
        names = defined_names(archive.read("xl/workbook.xml"))
    places = {item.code: names[item.name] for item in form.items if item.name in names}
    return Layout(places=places, anchors=(), named=names, sheets=())


def _fill_issued(form: Form, layout: Layout, blank: bytes, submission: Submission) -> bytes:
    """Fill the issued workbook with the certain values; its totals are computed by its formulas."""
    typed: Mapping[str, Value] = {
        item.code: value
        for item, value in zip(form.items, submission.values, strict=True)
        if item.mode == "entered" and value is not None
    }
    return fill(blank, form, layout, typed, submission.reasons)


def _marked_or_plain(
    filled: bytes, face: Face, findings: list[Finding], layout: Layout, opens: Collection[str]
) -> bytes:
    """Mark the issued workbook; a restyled one that cannot be marked stays plain, since the letter names every cell."""
    try:
        return mark_workbook(filled, face, findings, places=layout.places, opens=opens)
    except UnpatchableError:
        return filled


def _move_to_issued(finding: Finding, layout: Layout) -> Finding:
    """Move a finding to the cells of its items in the issued workbook; without an item it is about the sent file."""
    place = layout.places.get(finding.item)
    if place is None:
        return finding.at(sheet="", cell="")
    cells = [(there.row, there.col) for code in finding.items if (there := layout.places.get(code))]
    areas = areas_of(cells) if cells else []
    return finding.at(sheet=place.sheet, cell=print_area(areas[0]) if areas else place.cell)
