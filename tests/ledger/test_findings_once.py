"""Every finding is kept once in the ledger, however many nights tell it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, insert, select

from pipeline.ledger import NightRow
from pipeline.ledger.nights import PUBLISHED, Nights
from pipeline.ledger.tables import FINDINGS, RUNS
from tests.workspaces import YEAR, Office


def stored(office: Office) -> int:
    with office.workspace.open_ledger() as ledger, ledger.nights.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(FINDINGS)).scalar_one())


def told(office: Office) -> list[list[dict[str, object]]]:
    with office.workspace.open_ledger() as ledger:
        return [ledger.nights.findings(row.id) for row in ledger.nights.runs(YEAR, published=True)]


def test_a_second_night_adds_only_what_is_new(tmp_path: Path) -> None:
    office = Office(tmp_path, units=3)
    office.returns("u01", {"t3.received.natural": 5})  # R3: received and not dealt with
    first = office.run()
    assert first is not None
    before = stored(office)
    assert before == len({repr(finding) for finding in first.findings}) > 0
    office.returns("u02")
    second = office.run()
    assert second is not None
    nights = told(office)
    assert [finding["message"] for finding in nights[0]] == [finding.message for finding in first.findings]
    assert [finding["message"] for finding in nights[1]] == [finding.message for finding in second.findings]
    new = [finding for finding in nights[1] if finding not in nights[0]]
    assert stored(office) == before + len(new)
    assert [finding for finding in nights[1] if finding in nights[0]]


def test_a_night_of_an_older_ledger_keeps_its_findings(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    office.run()
    with office.workspace.open_ledger() as ledger:
        nights: Nights = ledger.nights
        last = nights.last(YEAR)
        assert isinstance(last, NightRow)
        with nights.engine.begin() as connection:
            row = dict(connection.execute(select(RUNS).where(RUNS.c.id == last.id)).mappings().one())
            old = row | {"id": last.id + 1, "findings": '[{"code":"R3","message":"甲"}]', "kind": PUBLISHED}
            connection.execute(insert(RUNS).values(old))
        assert nights.findings(last.id + 1) == [{"code": "R3", "message": "甲"}]


def test_thousands_of_findings_come_back_in_their_order(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    office.run()
    contents = [f'{{"code":"R3","message":"{n % 1700}"}}' for n in range(3_000)]
    with office.workspace.open_ledger() as ledger:
        from pipeline.ledger.nights import _keep_findings

        last = ledger.nights.last(YEAR)
        assert last is not None
        with ledger.nights.engine.begin() as connection:
            packed = _keep_findings(connection, contents)
            connection.execute(RUNS.update().where(RUNS.c.id == last.id).values(findings=packed))
        assert [finding["message"] for finding in ledger.nights.findings(last.id)] == [
            str(n % 1700) for n in range(3_000)
        ]
