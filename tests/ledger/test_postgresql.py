"""The ledger in the office's PostgreSQL: the same nights, the same rows, one machine at a time, no password told."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from pipeline.cli import main
from pipeline.errors import PublishError
from pipeline.ledger import Ledger
from pipeline.night import run as road_of_a_night
from pipeline.night.run import Effort, run_night
from pipeline.workbook.fill import fill
from tests.ledger.ledgers import contents
from tests.postgresql import PASSWORD, Server
from tests.scripted_year import UNITS, YEAR_OF_THE_COUNTY, county, requests, told
from tests.workspaces import NOW, YEAR, Office, tree, zeros

pytestmark = pytest.mark.external("postgres")


def test_the_same_year_on_both_databases(tmp_path: Path, postgresql: Server) -> None:
    address = postgresql.database()
    here, there = county(tmp_path / "here"), county(tmp_path / "there", address=address)
    for (night, _), _ in zip(told(here), told(there), strict=True):
        assert tree(here.outputs) == tree(there.outputs), night.title
    rows, others = contents(here.workspace.ledger), contents(there.workspace.ledger, address)
    assert {name: len(table) for name, table in rows.items()} == {name: len(table) for name, table in others.items()}
    assert rows == others
    assert len(rows["runs"]) == len(YEAR_OF_THE_COUNTY)
    assert len(rows["issues"]) == UNITS
    assert not (there.workspace.ledger / "ledger.sqlite").exists()
    originals = [tree(office.workspace.ledger / "originals") for office in (here, there)]
    assert originals[0] == originals[1]


def test_what_a_stranger_writes_is_kept_in_postgresql_too(tmp_path: Path, postgresql: Server) -> None:
    """NUL, which no PostgreSQL stores, stands in a reason, a text and the 台账 (as Excel writes it); the night goes on."""
    office = Office(tmp_path, units=1, address=postgresql.database())
    odd = "撤回_x0000_甲_xD800_乙_xFFFF_丙🏛一件"
    values = zeros(office.form) | requests(1, 0) | {"t3.other.other.natural": 1, "text.disclosure": odd}
    office.drop("u01.xlsx", fill(office.issued("u01"), office.form, office.layout, values, {"P4.other": odd}))
    office.write_control(
        {"来件认领": [("aZ0000Z", "u01", "Z0000Zb", "王Z0000Z五")], "免报": [("u01", "Z0000Zc", "丁")]}
    )
    control = office.workspace.control(YEAR)
    control.write_bytes(replaced(control.read_bytes(), b"Z0000Z", b"_x0000_"))
    outcome = office.run()
    assert office.states(outcome) == {"u01": "通过"}
    assert [f.answer for f in outcome.findings if f.code == "P4"] == ["出错说明：撤回甲_xD800_乙_xFFFF_丙🏛一件"]
    with office.workspace.open_ledger() as ledger:
        decided = [(row.kind, row.subject, row.reason, row.approver) for row in ledger.nights.decisions(YEAR)]
        assert [row.text for row in ledger.nights.explanations(YEAR)] == ["撤回甲_xD800_乙_xFFFF_丙🏛一件"]
    assert decided == [("免报", "u01", "c", "丁"), ("来件认领", "a", "b", "王五")]
    assert run_night(office.workspace, YEAR, now=NOW, effort=Effort(workers=0)) is None


def replaced(workbook: bytes, old: bytes, new: bytes) -> bytes:
    """The workbook with some bytes of its parts exchanged."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as source, zipfile.ZipFile(written, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(old, new))
    return written.getvalue()


def test_a_second_machine_waits(tmp_path: Path, postgresql: Server) -> None:
    address = postgresql.database()
    here, there = Office(tmp_path / "here", units=1, address=address), tmp_path / "there"
    with here.workspace.open_ledger() as ledger, ledger.alone():
        with pytest.raises(PublishError, match="另一台机器正在运行，请等它结束后再试。"):
            here.run()
        with pytest.raises(PublishError, match="另一台机器正在运行"), Ledger(there, address) as other, other.alone():
            pass
    here.run()


def test_two_machines_make_the_tables_at_the_same_moment(tmp_path: Path, postgresql: Server) -> None:
    address = postgresql.database()
    code = f"from pathlib import Path; from pipeline.ledger import Ledger; Ledger(Path({str(tmp_path)!r}), {address!r})"
    machines = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for _ in range(2)]
    assert [(machine.communicate()[1], machine.returncode) for machine in machines] == [(b"", 0)] * 2


def test_a_connection_lost_in_the_middle(tmp_path: Path, postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    address = postgresql.database()
    office = Office(tmp_path, units=1, address=address)
    office.returns("u01")
    before = tree(office.outputs)
    consolidate = road_of_a_night.consolidate

    def and_the_server_goes(*arguments: object) -> object:
        url = make_url(address)
        with psycopg.connect(host=url.host, port=url.port, dbname="postgres", user=url.username, password=url.password,
                             autocommit=True) as connection:  # fmt: skip
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [url.database]
            )
        return consolidate(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(road_of_a_night, "consolidate", and_the_server_goes)
        with pytest.raises(PublishError, match=r"不能用（.+）。请检查数据库是否启动"):
            office.run()
    outcome = office.run()
    assert office.states(outcome) == {"u01": "通过"}
    assert before.keys() < tree(office.outputs).keys()


# ---------------------------------------------------------------- addresses
def test_the_password_may_stand_elsewhere(tmp_path: Path, postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    url = make_url(postgresql.database())
    escaped = PASSWORD.replace(":", "\\:")
    (tmp_path / "pgpass").write_text(f"*:*:*:xxgk:{escaped}\n", encoding="utf-8")
    (tmp_path / "pgpass").chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
    address = url.set(password=None, drivername="postgresql").render_as_string(hide_password=False)
    assert "@" in address
    assert ":@" not in address
    Office(tmp_path / "office", units=1, address=address).run()


def told_by(root: Path, address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What ``xxgk run`` says when the ledger cannot be opened there; it must be code 2 and no traceback."""
    (root / "xxgk.toml").write_text(f"[ledger]\naddress = '{address}'\n", encoding="utf-8")
    said = ""
    for command in ("run", "status"):
        monkeypatch.setattr(sys, "argv", ["xxgk", command, "--year", str(YEAR), "-w", str(root)])
        with pytest.raises(SystemExit) as left:
            main()
        here = "".join(capsys.readouterr())
        assert (left.value.code, "Traceback" in here) == (2, False), here
        said += here
    return said


SAID = {
    "wrong password": (lambda url: url.set(password="Wr0ngSecret"), r"password authentication failed"),
    "wrong user": (lambda url: url.set(username="nobody", password="Wr0ngSecret"), r"password authentication failed"),
    "no such database": (lambda url: url.set(database="nowhere"), r'/nowhere 不能用（.*"nowhere" does not exist'),
    "nobody listens": (lambda url: url.set(port=1), r"127\.0\.0\.1/.* 不能用（.*请检查数据库是否启动"),
    "no such host": (lambda url: url.set(host="no.such.host.invalid"), r"no\.such\.host\.invalid/.* 不能用"),
}  # fmt: skip


def test_addresses_that_lead_nowhere(
    tmp_path: Path, postgresql: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    office = Office(tmp_path, units=1)
    office.run()
    good = make_url(postgresql.database())
    change: Callable[..., object]
    for name, (change, expected) in SAID.items():
        url = change(good)
        said = told_by(tmp_path, url.render_as_string(hide_password=False), monkeypatch, capsys)  # type: ignore[attr-defined]
        assert re.search(expected, said), (name, said)
        assert "台账历史库所在的数据库" in said, name
        assert not any(secret in said for secret in (PASSWORD, "Wr0ngSecret", "p%40ss")), name


MISWRITTEN = [
    "postgresql://xxgk:Secr@t99@127.0.0.1/xxgk",
    "postgresql+psycopg://xxgk:Secr@t99@x@127.0.0.1:5432/xxgk",
    "postgresql://xxgk:Secrt99@127.0.0.1:54x32/xxgk",
    "postgresql+psycopg//xxgk:Secrt99@127.0.0.1/xxgk",
    "postgresql:/xxgk:Secrt99@127.0.0.1/xxgk",
    "postgresql+mysql://xxgk:Secrt99@127.0.0.1/xxgk",
    "postgresqlx://xxgk:Secrt99@127.0.0.1/xxgk",
    "postgres://xxgk:Secrt99@127.0.0.1/xxgk",
    "mysql://xxgk:Secrt99@127.0.0.1/xxgk",
    "postgresql://xxgk:Secrt99@127.0.0.1/xxgk?sslmode=Secrt99",
    "postgresql://xxgk:Secrt99@127.0.0.1/xxgk?Secrt99=1",
]


def test_addresses_that_are_written_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Office(tmp_path, units=1).run()
    for address in MISWRITTEN:
        said = told_by(tmp_path, address, monkeypatch, capsys)
        assert "错误：" in said, address
        assert "t99" not in said, said
