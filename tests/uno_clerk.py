"""A clerk at LibreOffice: opens a workbook, types into cells, recalculates, saves. Runs under Debian's python3-uno.

Usage: python3 uno_clerk.py PIPE JOBS.json, where a job is {"open", "save", "filter", "cells": [[sheet, A1, value]],
"read": [[sheet, A1]]}; prints the cells read as JSON, one list a job.
"""

import json
import sys
import time
from contextlib import suppress
from pathlib import Path

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException


def connect(pipe):
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(300):
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except NoConnectException:
            time.sleep(0.2)
    raise SystemExit("LibreOffice did not answer")


def prop(name, value):
    made = PropertyValue()
    made.Name, made.Value = name, value
    return made


def main(pipe, jobs):
    context = connect(pipe)
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    results = []
    for job in jobs:
        document = desktop.loadComponentFromURL(
            uno.systemPathToFileUrl(job["open"]), "_blank", 0, (prop("Hidden", True),)
        )
        for sheet, cell, value in job["cells"]:
            target = document.Sheets.getByName(sheet).getCellRangeByName(cell)
            if isinstance(value, str):
                target.String = value
            else:
                target.Value = value
        document.calculateAll()
        results.append(
            [document.Sheets.getByName(sheet).getCellRangeByName(cell).String for sheet, cell in job["read"]]
        )
        document.storeToURL(uno.systemPathToFileUrl(job["save"]), (prop("FilterName", job["filter"]),))
        document.close(True)
    with suppress(Exception):  # the office closes the line while it answers
        desktop.terminate()
    print(json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")))
