"""台账.xlsx to `Control`. A bad row is a finding at its cell. Only a 台账 without any usable unit stops the run."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from pipeline.control import decisions, local
from pipeline.control.cells import ControlRow
from pipeline.control.cells import rows as data_rows
from pipeline.control.extent import refuse_overgrown
from pipeline.errors import WorkspaceError, explain_fault
from pipeline.form import THRESHOLDS, Form, extend_form
from pipeline.layout import plain
from pipeline.model import control as model
from pipeline.model.control import (
    BLANKS,
    COLUMNS,
    CONTROL_FILE,
    LEVELS,
    PROFILE_KEYS,
    REQUIRED_PROFILE,
    UNIT_TYPES,
    Control,
    Profile,
    Unit,
)
from pipeline.model.finding import Finding, notice

_CODE = re.compile(r"^[0-9A-Za-z_-]{1,32}$")
_NUMBERED = re.compile(r"([A-Za-z_-]{0,20}?)([0-9]{1,9})")
_CREDIT = re.compile(r"^[0-9A-HJ-NPQRTUWXY]{18}$")
_CREDIT_DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_FORMER = re.compile(r"[(（]原[^)）]*[)）]")
_YES_NO = {"是": True, "否": False, "": True}


def read_control(path: Path, form: Form, *, year: int) -> Control:
    """Read the 台账 of a year.

    Raises `WorkspaceError` when the file is missing, is no workbook, or names no unit at all.
    """
    if not path.is_file():
        raise WorkspaceError(f"没有找到台账 {path}。请先运行 xxgk init，或把本年度台账放到这个位置。")
    try:
        refuse_overgrown(path)
        book = CalamineWorkbook.from_path(str(path))
        sheets = {name: book.get_sheet_by_name(name) for name in book.sheet_names if name in COLUMNS}
        grids = {name: (sheet.start or (0, 0), sheet.to_python()) for name, sheet in sheets.items()}
    except OSError as error:
        raise WorkspaceError(
            f"台账 {path} 打不开（{explain_fault(error)}）。请检查文件夹权限，关闭正在使用它的程序。"
        ) from error
    except CalamineError as error:
        raise WorkspaceError(
            f"台账 {path} 打不开（{explain_fault(error)}）。请确认它没有密码，用 Excel 或 WPS 打开再另存一次；它们也打不开的，从备份恢复。"
        ) from error
    findings: list[Finding] = []

    def each(sheet: str) -> Iterator[ControlRow]:
        if sheet in grids:
            yield from data_rows(sheet, *grids[sheet], COLUMNS[sheet], findings)
        else:
            findings.append(notice("T1", where={"file": CONTROL_FILE, "sheet": sheet}, sheet=sheet))

    def each_if_there(sheet: str) -> Iterator[ControlRow]:
        """Yield the rows of an optional sheet."""
        return each(sheet) if sheet in grids else iter(())

    # the roster comes first: all other sheets refer to its codes
    units = tuple(_units(each(model.ROSTER)))
    if not any(unit.readable for unit in units):
        detail = "".join(f"\n  {finding.message}" for finding in findings)
        raise WorkspaceError(f"台账 {path} 的“{model.ROSTER}”里没有一个单位。{detail}")
    codes = {unit.code for unit in units if unit.readable}
    findings.extend(_twins(units))
    for unit in units:
        if unit.has_short_stem:
            where = {"file": CONTROL_FILE, "sheet": model.ROSTER, "unit": unit.code}
            findings.append(notice("T26", where=where, found=unit.name, name=unit.file_stem))
    profile = _profile({plain(row.text("项目")): row for row in each(model.PROFILE)}, form, codes, year, findings)
    # local rows extend the form, and the decisions below may name their items
    indicators = tuple(local.indicators(each_if_there(model.INDICATORS), form, codes))
    rules = tuple(local.rules(each_if_there(model.RULES), form, indicators))
    form = extend_form(form, indicators, rules)
    sources = {item.source: item.source for item in indicators if item.source}
    texts, text_cells, replaced = decisions.texts(each_if_there(model.TEXTS), form)
    return Control(
        profile=replace(profile, sources={**profile.sources, **sources}),
        units=units,
        waivers=tuple(decisions.waivers(each(model.WAIVERS), codes, year)),
        adjustments=tuple(decisions.adjustments(each(model.ADJUSTMENTS), form, year)),
        acceptances=tuple(decisions.acceptances(each(model.ACCEPTANCES), codes, form, profile)),
        claims=tuple(decisions.claims(each(model.CLAIMS), codes, year)),
        corrections=tuple(decisions.corrections(each_if_there(model.CORRECTIONS), codes, form, year)),
        texts=texts,
        text_cells=text_cells,
        replaced=replaced,
        explanations=decisions.explanations(each_if_there(model.EXPLANATIONS), form),
        findings=tuple(findings),
        indicators=indicators,
        rules=rules,
    )


def _twins(units: Sequence[Unit]) -> Iterator[Finding]:
    """Warn of units whose names differ only by 原 or by a former name in brackets: they may be one office."""
    seen: dict[str, Unit] = {}
    for unit in units:
        bare = _FORMER.sub("", plain(unit.name)).removeprefix("原")
        other = seen.setdefault(bare, unit)
        if other is not unit:
            where = {"file": CONTROL_FILE, "sheet": model.ROSTER, "unit": unit.code}
            yield notice("T24", where=where, found=unit.name, expected=other.name)


def _units(table: Iterator[ControlRow]) -> Iterator[Unit]:
    taken: dict[str, str] = {}
    every = list(table)
    proposed = propose_codes(row.text("单位代码") for row in every)
    for row in every:
        code, name = row.text("单位代码"), row.text("单位名称")
        if not _CODE.match(code):
            row.wrong("单位代码", f"1 至 32 位字母、数字、- 或 _，每个单位不同，例如 {next(proposed)}")
            yield _unreadable(row, f"第{row.line}行", name)
            continue
        if not name or name.startswith("#"):
            row.wrong("单位名称", "单位全称")
            taken[plain(code)] = code
            yield _unreadable(row, code, "")
            continue
        aliases = tuple(alias for alias in re.split(r"[;；,，、\n]", row.text("别名")) if alias.strip())
        clash = next((key for key in (code, name, *aliases) if plain(key) in taken), None)
        if clash is not None:
            row.note("T4", "单位代码" if clash == code else "单位名称", found=clash, other=taken[plain(clash)])
            if clash == code:
                yield _unreadable(row, f"第{row.line}行", name)
                continue
        taken |= {plain(key): f"{code} {name}" for key in (code, name, *aliases)}
        yield Unit(
            code=code,
            name=name,
            aliases=tuple(alias.strip() for alias in aliases),
            credit_code=_credit_code(row),
            type=_type(row),
            counted=_read_counted(row),
            contact=row.text("联系人"),
            phone=row.text("电话"),
            email=_email(row),
            due=row.date("报送期限"),
        )


def propose_codes(taken: Iterable[str]) -> Iterator[str]:
    """Yield free unit codes in the pattern that most existing codes follow.

    >>> from itertools import islice
    >>> list(islice(propose_codes(["X01", "B01", "B02"]), 2)), next(propose_codes([]))
    (['B03', 'B04'], '001')
    """
    used = set(taken)
    matches = [match for code in used if (match := _NUMBERED.fullmatch(code))]
    manner = Counter((match[1], len(match[2])) for match in matches).most_common(1)
    prefix, width = manner[0][0] if manner else ("", 3)
    last = max((int(match[2]) for match in matches if match[1] == prefix), default=0)
    return (code for n in count(last + 1) if (code := f"{prefix}{n:0{width}d}") not in used)


def _unreadable(row: ControlRow, code: str, name: str) -> Unit:
    """Make the unit of an unreadable row. It is waited for, since somebody must report there."""
    return Unit(code=code, name=name or f"单位名录第 {row.line} 行（读不出名称）", readable=False)


def _type(row: ControlRow) -> str:
    found = row.text("类型")
    if found in UNIT_TYPES:
        return found
    row.wrong("类型", "、".join(UNIT_TYPES) + "之一")
    return "其他"


def _read_counted(row: ControlRow) -> bool:
    found = row.text("计入汇总")
    if found not in _YES_NO:
        row.wrong("计入汇总", "是或否；改正之前按“是”处理")
    return _YES_NO.get(found, True)


def _email(row: ControlRow) -> str:
    """Read one address or several. What is none stays as it stands, so that whoever sends letters can say so."""
    found = row.text("邮箱")
    if found and not model.list_addresses(found):
        row.wrong("邮箱", "电子邮箱地址，几个的用分号隔开")
    return found


def _credit_code(row: ControlRow) -> str:
    """The unified social credit code with its check character (GB 32100-2015)."""
    found = row.text("统一社会信用代码").upper()
    if found and not (_CREDIT.match(found) and found[17] == credit_check_character(found[:17])):
        row.wrong("统一社会信用代码", "18 位且校验位正确的代码，可以留空")
    return found


def credit_check_character(body: str) -> str:
    """The 18th character for the first 17 (GB 32100-2015: weights 3^i modulo 31).

    >>> credit_check_character("91350100M000100Y4")
    '3'
    """
    weighted = sum(_CREDIT_DIGITS.index(char) * pow(3, n, 31) for n, char in enumerate(body))
    return _CREDIT_DIGITS[(31 - weighted % 31) % 31]


def _profile(
    entries: Mapping[str, ControlRow], form: Form, codes: set[str], year: int, findings: list[Finding]
) -> Profile:
    sources = tuple(dict.fromkeys(item.source for item in form.items if item.source))
    settings = {f"{rule.id}.{THRESHOLDS[name]}": (rule.id, name) for rule in form.rules for name in rule.thresholds}
    for key, row in entries.items():
        if "." in key and key not in settings:
            row.note("T7", "项目", found=key, allowed="、".join(settings))
        elif key not in PROFILE_KEYS and key not in sources and key not in settings:
            row.note("T7", "项目", found=key, allowed="、".join((*PROFILE_KEYS, *sources)))
    where = {"file": CONTROL_FILE, "sheet": model.PROFILE}
    for key in (*REQUIRED_PROFILE, *sources):
        if key not in entries or not entries[key].text("内容"):
            findings.append(notice("T9" if key in sources else "T8", where=where, key=key))

    def text(key: str, default: str = "") -> str:
        return entries[key].text("内容") if key in entries else default

    def date(key: str) -> dt.date | None:
        return entries[key].date("内容") if key in entries else None

    def days(key: str, default: int) -> int:
        found = text(key)
        if found and not (found.isdecimal() and 0 < int(found) < 366):
            entries[key].wrong("内容", f"1 到 365 的整数；改正之前按 {default} 天")
            return default
        return int(found) if found else default

    if "年度" in entries and text("年度").removesuffix("年") != str(year):
        entries["年度"].wrong("内容", str(year))
    return Profile(
        root=text("汇总单位"),
        level=_choice(entries, "级别", LEVELS, "县级"),
        compiler=text("编制单位"),
        year=year,
        address=text("地址"),
        postcode=text("邮编"),
        phone=text("电话"),
        website=text("网址"),
        due=date("报送期限"),
        return_by=date("退改期限"),
        submit_by=date("上报期限"),
        publish_by=date("公开期限"),
        blanks=BLANKS[_choice(entries, "空白处理", tuple(BLANKS), "退回")],
        preparer=text("填报人"),
        reviewer=text("审核人"),
        signed_on=date("填报日期"),
        signature=text("落款"),
        dated=date("成文日期"),
        near=days("催报提前天数", 3),
        very_late=days("严重逾期天数", 7),
        sources=_sources(entries, sources, codes),
        thresholds=_thresholds(entries, settings),
    )


def _thresholds(
    entries: Mapping[str, ControlRow], settings: Mapping[str, tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """The office's own thresholds; a row left empty keeps the rule's, one that is no positive integer is refused."""
    found = {}
    for key, row in entries.items():
        if key in settings and row.text("内容"):
            value = row.text("内容")
            if value.isdecimal() and int(value) > 0:
                found[settings[key]] = int(value)
            else:
                row.wrong("内容", "正整数；改正之前按规则原来的数")
    return found


def _choice(entries: Mapping[str, ControlRow], key: str, choices: tuple[str, ...], default: str) -> str:
    if key not in entries or not entries[key].text("内容"):
        return default
    found = entries[key].text("内容")
    if found not in choices:
        entries[key].wrong("内容", "、".join(choices) + f"之一；改正之前按“{default}”处理")
        return default
    return found


def _sources(entries: Mapping[str, ControlRow], keys: tuple[str, ...], codes: set[str]) -> dict[str, str]:
    found = {key: entries[key].text("内容") for key in keys if key in entries and entries[key].text("内容")}
    for key, code in found.items():
        if code not in codes:
            entries[key].note("T6", "内容", found=code, expected="单位名录里的单位代码")
    return {key: code for key, code in found.items() if code in codes}
