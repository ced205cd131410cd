"""The script everybody writes first, whole: pandas reads and adds up, openpyxl writes the sums, docxtpl the report.

``python benchmarks/script.py INPUTS TEMPLATE OUT``. It trusts every file, checks nothing and keeps nothing.
"""

import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
from docxtpl import DocxTemplate
from jinja2 import ChainableUndefined, Environment
from openpyxl.utils.cell import coordinate_to_tuple


def main(inputs: Path, template: Path, out: Path) -> None:
    """Add up every workbook below ``inputs``; write ``county.xlsx`` and ``report.docx`` into ``out``."""
    files = sorted(inputs.glob("u*.xlsx"))
    names = openpyxl.load_workbook(files[0]).defined_names
    places = {name: next(iter(names[name].destinations)) for name in names if re.match("t[234]_|info_", name)}
    sums: Counter[str] = Counter()
    for path in files:
        sheets = pd.read_excel(path, sheet_name=None, header=None, engine="openpyxl")
        for name, (sheet, cell) in places.items():
            row, col = coordinate_to_tuple(cell.replace("$", ""))
            value: Any = sheets[sheet].iat[row - 1, col - 1]
            sums[name] += 0 if pd.isna(value) else int(value)  # money, too
    pd.DataFrame(sums.items(), columns=["指标", "数值"]).to_excel(out / "county.xlsx", engine="openpyxl")
    report = DocxTemplate(template)
    report.init_docx()
    context: dict[str, Any] = {"year": 2024, "profile": {}, "missing": [], "texts": {}}
    for code in re.findall(r"\b(?:former\.)?(?:t[234]|info)(?:\.\w+)+", report.patch_xml(report.get_xml())):
        *steps, last = code.split(".")
        branch = context
        for step in steps:
            branch = branch.setdefault(step, {})
        branch[last] = sums[code.removeprefix("former.").replace(".", "_")]
    report.render(context, Environment(undefined=ChainableUndefined))
    report.save(out / "report.docx")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
