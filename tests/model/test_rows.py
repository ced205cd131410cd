"""A reading as a row, and back: the same submission, also under the form of another year."""

from __future__ import annotations

from pathlib import Path

from pipeline.model.rows import Packing, Shape, packed_findings, unpacked_findings
from pipeline.model.submission import Submission, Unclaimed
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
