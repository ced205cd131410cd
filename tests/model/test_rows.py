"""A reading as a row, and back: the same submission, also under the form of another year."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipeline.form import Form
from pipeline.layout import Layout
from pipeline.model.finding import notice
from pipeline.model.rows import Packing, Shape, packed_findings, unpacked_findings, unpacked_rules
from pipeline.model.submission import Submission, Unclaimed
from tests.road.check.test_cases import submission
from tests.workspaces import Office


def test_every_reading_of_a_night_comes_back(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.returns("u01", {"t3.received.natural": "３件", "text.disclosure": "公开信息 12 条，换行\n再写。"})
    office.returns("u02", {"t3.received.natural": 2})
    office.drop("空.xlsx", b"")
    outcome = office.run()
    packing = Packing(form=office.form, layout=office.layout)
    submissions = [judged.submission for standing in outcome.standings for judged in standing.returns]
    results: list[Submission | Unclaimed] = [*submissions, *outcome.unclaimed]
    assert len(results) == 3
    for result in results:
        row = packing.pack(result)
        assert packing.unpack(row, result.arrival) == result
    shape = Shape.load(packing.shape.form, packing.shape.packed)
    assert shape == packing.shape
    assert shape.key == packing.shape.key
    row = packing.pack(submissions[1])
    assert shape.by_code(row)["t3.received.natural"] == 2
    assert shape.places(row)["t3.received.natural"].cell == "D6"


def test_findings_lose_nothing(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.returns("u01", {"t3.received.natural": 2, "t3.granted.natural": 1, "t4.review.upheld": 1})
    findings = office.run().findings
    assert findings
    assert unpacked_findings(packed_findings(findings)) == findings


def test_what_several_returns_say_alike_is_kept_once(form: Form, layout: Layout) -> None:
    """A text, a unit, the words of findings and ids of rules."""
    packing, rows = Packing(form=form, layout=layout), []
    for n in range(2):
        found = notice("V1", where={"unit": "u1", "cell": "D8"}, label="甲", found=str(n), value="3")
        values = form.vector("全年主动公开信息" if item.code == "text.disclosure" else None for item in form.items)
        rows.append(packing.pack(replace(submission(form, layout, "u1", {}), values=values, findings=(found,))))
    arrival = submission(form, layout, "u1", {}).arrival
    one, other = (packing.unpack(row, arrival) for row in rows)
    assert isinstance(one, Submission)
    assert isinstance(other, Submission)
    at = form.position["text.disclosure"]
    assert one.values[at] is other.values[at]
    assert one.unit is other.unit
    assert one.findings[0].remedy is other.findings[0].remedy
    assert (one.findings[0].found, other.findings[0].found) == ("0", "1")
    first, second = (unpacked_rules('["P1","R3"]') for _ in range(2))
    assert first == ("P1", "R3")
    assert all(mine is theirs for mine, theirs in zip(first, second, strict=True))
