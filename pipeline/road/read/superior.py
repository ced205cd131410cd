"""The workbook the next level up issued to this office (上级报表.xlsx): the seal that county.xlsx will carry.

Only the next level has the secret, so the seal cannot be verified here; form, year and the name of the county can. The
seal of another county must not get onto this county's figures.
"""

from __future__ import annotations

from pipeline.form import Form
from pipeline.layout import plain
from pipeline.model.control import SUPERIOR_FILE, Control
from pipeline.model.finding import Finding, notice
from pipeline.model.seal import Seal
from pipeline.model.submission import Opened
from pipeline.road.read.identity import seals_of, search_declarations
from pipeline.road.read.locate import grid
from pipeline.road.read.parser import UnreadableError
from pipeline.road.read.workbook import read_workbook

_SUFFIXES = ("办公室", "人民政府", "政府")


def read_superior(opened: Opened, form: Form, control: Control) -> Seal | Finding:
    """Read the seal of an issued workbook behind the guard, or the finding why there is none."""
    profile = control.profile
    if not opened.format:
        return _refuse(opened.arrival.findings[-1].message.rstrip("。"))
    try:
        sheets = read_workbook(opened).sheets
    except UnreadableError as error:
        return _refuse(str(error))
    book = {name: grid(sheet) for name, sheet in sheets.items()}
    seals = seals_of(book)
    if len(seals) != 1:
        return _refuse("里面没有签发页" if not seals else "里面有几张签发页")
    (seal,) = seals
    if (seal.form, seal.year) != (form.id, str(profile.year)):
        return _refuse(f"它是 {seal.year} 年度、表式“{seal.form}”的，本年度是 {profile.year} 年、“{form.id}”")
    name = next((declaration.unit for declaration in search_declarations(book) if declaration.unit), "")
    if not _same(name, profile.root):
        return _refuse(f"它是发给“{name}”的，台账的汇总单位是“{profile.root}”")
    return seal


def _same(name: str, root: str) -> bool:
    """Whether two names can be one government's, with or without the places above it."""
    first, second = (_bare(part) for part in (name, root))
    return bool(first and second) and (first.endswith(second) or second.endswith(first))


def _bare(name: str) -> str:
    """
    >>> _bare("哈尔滨市方正县人民政府 办公室"), _bare("方正县")
    ('哈尔滨市方正县', '方正县')
    """
    key = plain(name)
    for suffix in _SUFFIXES:
        key = key.removesuffix(suffix)
    return key


def _refuse(reason: str) -> Finding:
    return notice("T21", where={"file": SUPERIOR_FILE}, name=SUPERIOR_FILE, reason=reason)
