"""The explanation loop by way of a correction: a reason written on 修改意见 travels back and is believed."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path

from pipeline.layout import defined_names
from pipeline.workbook.patch import patch_workbook
from tests.workspaces import NOW, Office

ODD = {
    "t3.received.natural": 1, "t3.other.other.natural": 1,
    "meta.preparer": "张三", "meta.reviewer": "李四", "meta.phone": "0451-57000000",
}  # fmt: skip


def test_a_reason_on_the_correction_is_read_back(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    office.returns("u01", ODD)
    first = office.run()
    assert office.states(first) == {"u01": "待说明"}
    asked = [finding for finding in first.findings if finding.needs_reason and not finding.answer]
    assert {finding.code for finding in asked} == {"P4"}
    (correction,) = (office.outputs / "corrections").glob("*.xlsx")
    content = correction.read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = defined_names(archive.read("xl/workbook.xml"))
    reasons = {place: "申请人当面撤回" for name, place in names.items() if name.startswith("reason_")}
    assert len(reasons) == len(asked)
    office.drop("回复/u01.xlsx", patch_workbook(content, reasons), hour=10)
    second = office.run(now=NOW + dt.timedelta(days=1))
    assert office.states(second) == {"u01": "通过"}
    answers = {finding.answer for finding in second.findings if finding.code == "P4"}
    assert answers == {"出错说明：申请人当面撤回"}
    assert second.county.figures["t3.other.other.total"] == 1
