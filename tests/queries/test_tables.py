"""Tables of a night: exact figures, one row a unit and item, subtotals by type that add up."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from pipeline.errors import AskedError
from pipeline.queries.tables import write_table
from tests.test_cli import xxgk
from tests.workspaces import YEAR, Office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path, units=3)
    office.returns("u01", {"t2.fees.amount": Decimal("12.5"), "t2.permit.decisions": 1234567})
    office.returns("u02", {"t2.fees.amount": Decimal("0.1"), "t2.permit.decisions": 3})
    office.run()
    return office


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


def test_the_long_table(office: Office, tmp_path: Path) -> None:
    count = write_table(office.workspace, YEAR, tmp_path / "长表.csv")
    table = rows(tmp_path / "长表.csv")
    assert len(table) == count
    assert {row["单位代码"] for row in table} == {"u01", "u02"}
    fees = [(row["单位名称"], row["数值"]) for row in table if row["指标代码"] == "t2.fees.amount"]
    assert fees == [("第1镇人民政府", "12.5"), ("第2镇人民政府", "0.1")]
    assert [row["数值"] for row in table if row["指标代码"] == "t2.permit.decisions"] == ["1234567", "3"]


def test_the_wide_table_has_subtotals(office: Office, tmp_path: Path) -> None:
    assert write_table(office.workspace, YEAR, tmp_path / "宽表.csv", wide=True) == 4
    table = rows(tmp_path / "宽表.csv")
    assert [row["单位名称"] for row in table] == ["第1镇人民政府", "第2镇人民政府", "小计：乡镇", "各单位合计"]
    assert [row["t2.fees.amount"] for row in table] == ["12.5", "0.1", "12.6", "12.6"]
    assert [row["t2.permit.decisions"] for row in table] == ["1234567", "3", "1234570", "1234570"]


def test_the_command(office: Office, tmp_path: Path) -> None:
    code, out, _ = xxgk("table", "宽表.xlsx", "--year", str(YEAR), "--wide", cwd=tmp_path)
    assert (code, "4 行" in out) == (0, True)
    sheet = openpyxl.load_workbook(tmp_path / "宽表.xlsx").active
    assert sheet is not None
    assert [cell.value for cell in sheet[5]][:3] == [None, "各单位合计", None]
    assert 1234570 in [cell.value for cell in sheet[5]]
    assert xxgk("table", "表.pdf", "--year", str(YEAR), cwd=tmp_path)[0] == 2


def test_another_kind_of_file_is_refused(office: Office, tmp_path: Path) -> None:
    with pytest.raises(AskedError, match=r"“表.txt”不是 .csv 或 .xlsx 文件名"):
        write_table(office.workspace, YEAR, tmp_path / "表.txt")


def test_pandas_is_imported_by_no_other_command(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys, pipeline.cli.app, pipeline.night.run, pipeline.queries.trace; assert 'pandas' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
