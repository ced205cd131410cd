"""The decisions of the office in the 台账: signed rows by sheet, reasons for the next level up, and its own text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

from pipeline.control.cells import ControlRow, as_text
from pipeline.form import LOCAL, Form, Item
from pipeline.layout import plain
from pipeline.model.control import DROPPED, GENERATED, Profile
from pipeline.model.decisions import Acceptance, Adjustment, Claim, Correction, Treatment, Waiver
from pipeline.model.finding import messages


class Signature(TypedDict):
    """What every signed row carries."""

    subject: str
    reason: str
    approver: str
    sheet: str
    cell: str
    year: int | None


def _read_signature(row: ControlRow, subject: str, year: int) -> Signature | None:
    """Read the signature of a decision. A row without reason or approver is refused with a finding; a row of another
    year has no effect.
    """
    for column in (subject, "理由", "批准人"):
        if not row.text(column):
            row.note("T5", column)
            return None
    made_for = row.text("年度").removesuffix("年")
    if made_for and made_for != str(year):
        row.note("T22", "年度", found=row.text("年度"), expected=year)
        return None
    return {
        "subject": row.text(subject),
        "reason": row.text("理由"),
        "approver": row.text("批准人"),
        "sheet": row.sheet,
        "cell": row.cell(subject),
        "year": year if made_for else None,
    }


def _is_known(row: ControlRow, column: str, codes: set[str]) -> bool:
    if row.text(column) in codes:
        return True
    row.note("T6", column, found=row.text(column), expected="单位名录里的单位代码")
    return False


def waivers(table: Iterator[ControlRow], codes: set[str], year: int) -> Iterator[Waiver]:
    """免报: units that need not report."""
    for row in table:
        if (signed := _read_signature(row, "单位代码", year)) and _is_known(row, "单位代码", codes):
            yield Waiver(**signed)


def adjustments(table: Iterator[ControlRow], form: Form, year: int) -> Iterator[Adjustment]:
    """差额调整: what is added to a figure of the county."""
    seen: dict[tuple[object, ...], str] = {}
    for row in table:
        signed = _read_signature(row, "指标", year)
        item = _find_entry(row, form) if signed else None
        if signed is None or item is None:
            continue
        amount = row.number("调整数", scale=item.scale)
        if amount is None:
            continue
        adjustment = Adjustment(**signed, amount=amount)
        if first := seen.get(adjustment.identity):
            row.note("T25", "指标", found=item.code, first=first)
        seen.setdefault(adjustment.identity, adjustment.cell)
        yield adjustment


def _find_entry(row: ControlRow, form: Form) -> Item | None:
    """Find the item a row is about. It must be an entry cell, since totals follow from those."""
    code = row.text("指标")
    item = next((item for item in form.items if item.code == code and item.numeric and item.mode == "entered"), None)
    if item is None:
        row.note("T6", "指标", found=code, expected="一个填报指标的代码，如 t3.received.natural")
    return item


def corrections(table: Iterator[ControlRow], codes: set[str], form: Form, year: int) -> Iterator[Correction]:
    """上年更正: a figure of the year before put right, one row a unit and item."""
    seen: set[tuple[str, str]] = set()
    for row in table:
        signed = _read_signature(row, "单位代码", year)
        if not signed or not _is_known(row, "单位代码", codes):
            continue
        item = _find_entry(row, form)
        amount = row.number("更正为", scale=item.scale) if item else None
        if item is None or amount is None:
            continue
        if amount < 0:
            row.wrong("更正为", "不小于 0 的数")
        elif (signed["subject"], item.code) in seen:
            row.wrong("指标", "另一个指标；上面已有一行更正了本单位的这一项，这一行没有生效")
        else:
            seen.add((signed["subject"], item.code))
            yield Correction(**signed, item=item.code, amount=amount)


def acceptances(table: Iterator[ControlRow], codes: set[str], form: Form, profile: Profile) -> Iterator[Acceptance]:
    """认可: findings of a rule at a unit (or at the root, by its name) that the office lets pass."""
    rules = {rule.id for rule in form.rules} | {code for code, entry in messages().items() if "asks" in entry}
    for row in table:
        signed = _read_signature(row, "单位代码", profile.year)
        if not signed or not _is_known(row, "单位代码", codes | {profile.root}):
            continue
        if row.text("规则") not in rules:
            row.note("T6", "规则", found=row.text("规则"), expected="问题的编号，如 R3、V3、C2")
            continue
        yield Acceptance(**signed, rule=row.text("规则"), figures=row.text("适用的数"))


def claims(table: Iterator[ControlRow], codes: set[str], year: int) -> Iterator[Claim]:
    """来件认领: whose a file is, and whether it counts. One that is set aside need not be anybody's."""
    for row in table:
        signed = _read_signature(row, "文件名或哈希", year)
        treatment, unit = row.text("处理"), row.text("单位代码")
        if signed and treatment not in {each.value for each in Treatment}:
            row.wrong("处理", "采用、不采用或空白")
        elif signed and ((not unit and treatment == Treatment.REJECT) or _is_known(row, "单位代码", codes)):
            yield Claim(**signed, unit=unit, treatment=Treatment(treatment))


def texts(
    table: Iterator[ControlRow], form: Form
) -> tuple[dict[str, tuple[str, ...]], dict[str, str], tuple[str, ...]]:
    """Read the office's own paragraphs, by the text item that the first column names, with their cells; and the items
    whose generated sentences they replace.
    """
    texts = (*form.of_table("text"), *(item for item in form.of_table(LOCAL) if not item.numeric))
    labels = {plain(item.row_path[-1]): item.code for item in texts}
    found: dict[str, tuple[str, ...]] = {}
    cells: dict[str, str] = {}
    replaced: list[str] = []
    for row in table:
        code = labels.get(plain(row.text("部分")))
        if code is None:
            row.note("T6", "部分", found=row.text("部分"), expected="、".join(labels))
            continue
        if lines := tuple(line.strip() for line in as_text(row.raw("文字")).splitlines() if line.strip()):
            found[code], cells[code] = lines, row.cell("文字")
            choice = row.text("自动句子")
            if choice not in ("", *GENERATED):
                row.wrong("自动句子", "“保留”或“不要”，空着就是保留")
            elif choice == DROPPED:
                replaced.append(code)
    return found, cells, tuple(replaced)


def explanations(table: Iterator[ControlRow], form: Form) -> dict[str, str]:
    """Reasons for the next level up, by the id of a rule that may want one or by the key of one of its equations."""
    rules = [rule for rule in form.rules if rule.needs_reason]
    known = {rule.id for rule in rules} | {equation.key for rule in rules for equation in rule.equations}
    found: dict[str, str] = {}
    for row in table:
        if row.text("规则") not in known:
            row.note("T6", "规则", found=row.text("规则"), expected="核实性规则的编号，如 Y4 或 P4.other")
        elif not row.text("出错说明"):
            row.wrong("出错说明", "说明文字")
        else:
            found[row.text("规则")] = row.text("出错说明")
    return found
