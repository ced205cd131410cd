"""Realistic filled workbooks, made once: a county of any size whose every unit has returned."""

from __future__ import annotations

import random
import subprocess
import tempfile
from decimal import Decimal
from pathlib import Path

from pipeline.control import build_control
from pipeline.form import Value
from pipeline.layout import read_layout
from pipeline.model.control import Unit
from pipeline.model.seal import make_secret
from pipeline.night.basis import load_basis
from pipeline.road.issue import Stamper
from pipeline.workbook.fill import fill
from pipeline.workspace import Workspace, template_file

YEAR = 2024
APPLICANTS = ("natural", "business", "research", "welfare", "legal", "other")


def county(root: Path, units: int) -> Workspace:
    """A workspace at ``root`` with ``units`` good returns; one that is there already is used again."""
    workspace = Workspace(root)
    inputs = workspace.year_inputs(YEAR)
    if (root / "made").exists():
        return workspace
    inputs.mkdir(parents=True)
    form, folder = workspace.form(YEAR)
    roster = [(f"u{n:06d}", "", f"第{n}号单位", "", "部门", "是", "", "", "", "") for n in range(units)]
    profile = [("汇总单位", "测试县人民政府"), ("级别", "县级"), ("编制单位", "测试县人民政府办公室"), ("年度", str(YEAR)),
               ("网站数据单位", "u000000"), ("公报编发单位", "u000000")]  # fmt: skip
    build_control(form, workspace.control(YEAR), {"单位名录": roster, "年报信息": profile})
    layout = read_layout(form, template_file(folder, "return.xlsx"))
    make_secret(workspace.secret)
    with workspace.open_ledger() as ledger:
        stamper = Stamper(load_basis(workspace, ledger, YEAR))
    zeros: dict[str, Value] = {item.code: 0 for item in form.items if item.numeric and item.mode == "entered"}
    for n, row in enumerate(roster):
        blank = stamper.stamp(Unit(code=row[0], name=row[2]))
        (inputs / f"{row[0]}.xlsx").write_bytes(fill(blank, form, layout, zeros | figures(n)))
    (root / "made").touch()
    return workspace


def repeated(root: Path, units: int, times: int) -> Workspace:
    """The county with every return sent ``times`` times: other bytes each time (a zip comment), the same figures."""
    workspace = county(root, units)
    inputs = workspace.year_inputs(YEAR)
    returns = sorted(inputs.glob("u*.xlsx"))
    for number in range(2, times + 1):
        folder = inputs / f"第{number}次"
        folder.mkdir(exist_ok=True)
        for path in returns:
            content, comment = path.read_bytes(), f"{number:06d}".encode()
            (folder / path.name).write_bytes(content[:-2] + len(comment).to_bytes(2, "little") + comment)
    return workspace


def resaved(root: Path, units: int) -> Workspace:
    """The county with every return opened and saved by LibreOffice, as a unit without Excel does."""
    workspace = county(root, units)
    if (root / "resaved").exists():
        return workspace
    inputs = workspace.year_inputs(YEAR)
    returns = sorted(inputs.glob("u*.xlsx"))
    with tempfile.TemporaryDirectory() as folder:
        profile, out = Path(folder, "profile"), Path(folder, "out")
        command = ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", "xlsx"]
        subprocess.run([*command, "--outdir", str(out), *map(str, returns)], check=True, capture_output=True)
        for path in returns:
            path.write_bytes((out / path.name).read_bytes())
    (root / "resaved").touch()
    return workspace


def figures(n: int) -> dict[str, Value]:
    """A busy unit: requests of several kinds, some carried over, a fee, a few paragraphs."""
    rnd = random.Random(n)
    values: dict[str, Value] = {"t2.fees.amount": Decimal(rnd.randrange(10**7)).scaleb(-4)}
    for applicant in APPLICANTS:
        granted, denied, left = rnd.randrange(9) + 8, rnd.randrange(4), rnd.randrange(3)
        values |= {
            f"t3.received.{applicant}": granted + denied + left,
            f"t3.granted.{applicant}": granted,
            f"t3.denied.third_party.{applicant}": denied,
            f"t3.carried_out.{applicant}": left,
        }
    words = "".join(chr(0x4E00 + rnd.randrange(3_000)) for _ in range(160))
    values |= {"meta.preparer": "张三", "meta.reviewer": "李四"}
    values["text.disclosure"] = f"全年主动公开信息{rnd.randrange(90) + 10}条。{words[:100]}。"
    values["text.problems"] = f"{words[100:]}。"
    return values
