"""Every sentence the program can print, rendered: nobody ships a half-filled one."""

from __future__ import annotations

import os
import string
from pathlib import Path

import pytest

from pipeline.form import Form
from pipeline.model.finding import SEVERITY_LABELS, Finding, messages, notice, sort_findings, violation

GOLDEN = Path(__file__).with_name("messages.golden.txt")
SAMPLE = "某某"


def words(*sentences: str) -> dict[str, str]:
    fields = (field for sentence in sentences for _, field, _, _ in string.Formatter().parse(sentence) if field)
    return dict.fromkeys(fields, SAMPLE)


def rendered(form: Form) -> str:
    lines = []
    findings = [
        notice(code, **words(entry["message"], entry["remedy"], entry.get("expected", "")))
        for code, entry in messages().items()
    ]
    findings += [violation(rule, **dict.fromkeys(rule.words, SAMPLE)) for rule in form.rules]
    for finding in findings:
        lines.append(f"{finding.code} {SEVERITY_LABELS[finding.severity]}\n  {finding.message}\n  {finding.remedy}")
    return "\n".join(lines) + "\n"


def test_every_message_is_in_the_golden_file(form: Form) -> None:
    """Write it anew with UPDATE_GOLDEN=1 and read the difference as a clerk would."""
    if os.environ.get("UPDATE_GOLDEN") == "1":
        GOLDEN.write_text(rendered(form), encoding="utf-8")
    assert rendered(form) == GOLDEN.read_text(encoding="utf-8")


def test_messages_are_sentences_for_a_clerk() -> None:
    for code, entry in messages().items():
        assert entry["severity"] in SEVERITY_LABELS, code
        assert entry["message"].endswith("。"), code
        assert entry["remedy"].endswith("。"), code
        assert set(entry) <= {"severity", "message", "remedy", "expected", "asks", "needs_reason"}, code


def test_a_missing_word_and_an_unknown_code_raise() -> None:
    with pytest.raises(KeyError):
        notice("I1", name="x")
    with pytest.raises(KeyError):
        notice("I999")


def test_findings_are_read_in_the_order_of_the_workbook() -> None:
    def finding(sheet: str, cell: str, unit: str = "a", severity: str = "error") -> Finding:
        return Finding(code="S2", severity=severity, message="", remedy="", unit=unit, sheet=sheet, cell=cell)  # type: ignore[arg-type]

    mixed = [finding("表四", "A2"), finding("表三", "AA6"), finding("表三", "J6"), finding("表三", "D10"), finding("表二", "B5"),
             finding("表二", "B5", unit="b"), finding("表三", "J6", severity="info"), finding("表三", "D7:I30"),
             finding("", "", unit="")]  # fmt: skip
    found = [(f.unit, f.sheet, f.cell, f.severity) for f in sort_findings(mixed, ("表二", "表三", "表四"), ("b", "a"))]
    assert found == [
        ("", "", "", "error"), ("b", "表二", "B5", "error"), ("a", "表二", "B5", "error"), ("a", "表三", "J6", "error"),
        ("a", "表三", "AA6", "error"), ("a", "表三", "D7:I30", "error"), ("a", "表三", "D10", "error"),
        ("a", "表四", "A2", "error"), ("a", "表三", "J6", "info"),
    ]  # fmt: skip
