"""A night costs what changed, and comes to what a night that does everything anew comes to, byte for byte."""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from pipeline.model.finding import notice
from pipeline.model.submission import Obstacle, Reason, Submission, Unclaimed
from pipeline.night import keys as fingerprints
from pipeline.night.close import lock_year
from pipeline.night.run import Effort, run_night
from pipeline.road.check import Checker
from pipeline.road.read import Reader
from pipeline.workspace import bundled_templates
from tests import ROOT
from tests.hostile import hostile
from tests.ledger.ledgers import contents
from tests.road.intake.containers import archive
from tests.scripted_year import requests
from tests.workspaces import NOW, YEAR, Office, tree

SEQUENCES = int(os.environ.get("INCREMENTAL_SEQUENCES", "6"))
STEPS = 7
UNITS = 4


# ---------------------------------------------------------------- whatever happens, incremental is cold
class Days:
    """What may happen to an office by day; every choice is drawn from ``chance``."""

    def __init__(self, office: Office, chance: random.Random) -> None:
        self.office, self.chance = office, chance
        self.hostile = list(hostile(office.filled("u01"), times=1))
        self.sheets: dict[str, list[tuple[str, ...]]] = {
            sheet: list(rows) for sheet, rows in office.control_sheets.items()
        }
        self.count = 0

    def happens(self) -> str:
        """On the first day every unit reports; then one thing or more a day, in the mail or in the office."""
        if not self.count:
            for unit in self.office.units:
                self.office.returns(unit.code, self.figures(), name=self.name())  # type: ignore[arg-type]
            return "everybody"
        mail, office = ([name for name in dir(self) if name.startswith(kind)] for kind in ("mail_", "office_"))
        chosen = self.chance.sample(office, k=self.chance.choice([0, 1, 1]))
        chosen += self.chance.sample(mail, k=self.chance.choice([0, 1, 2]) if chosen else 1)
        for name in chosen:
            getattr(self, name)()
        return " ".join(chosen)

    def name(self) -> str:
        self.count += 1
        return f"{self.chance.choice(['', '邮件/', '第二批/'])}{self.count}.xlsx"

    def unit(self) -> str:
        return self.chance.choice(self.office.units).code

    def any_file(self) -> Path | None:
        files = sorted(p for p in self.office.inputs.rglob("*") if p.is_file() and p.name != "台账.xlsx")
        return self.chance.choice(files) if files else None

    def figures(self) -> dict[str, object]:
        received = self.chance.randrange(4)
        odd = self.chance.choice([0, 0, 1])
        text = "本单位主动公开信息 3 条，依法办理依申请公开，严格落实保密审查，认真开展政府信息公开培训 1 次。" * 3
        texts = {"text.disclosure": text} if self.chance.random() < 0.5 else {}
        slip = {"t2.rules.issued": 4} if self.chance.random() < 0.15 else {}
        rare = {"t3.other.other.natural": 1} if self.chance.random() < 0.2 else {}
        blank = {"t3.received.legal": None} if self.chance.random() < 0.2 else {}
        return {**requests(received + odd + len(rare), received), **texts, **slip, **rare, **blank}

    # ------------------------------------------------------------ arrivals
    def mail_a_return(self) -> None:
        self.office.returns(self.unit(), self.figures(), name=self.name())  # type: ignore[arg-type]

    def mail_an_attachment(self) -> None:
        inside = {f"{unit.code}.xlsx": self.office.filled(unit.code, requests(2)) for unit in self.office.units[:2]}
        self.office.drop(self.name().replace("xlsx", "zip"), archive(inside))

    def mail_renamed(self) -> None:
        if path := self.any_file():
            path.rename(path.with_name(f"改名{self.chance.randrange(9)}_{path.name}"))

    def mail_deleted(self) -> None:
        if path := self.any_file():
            path.unlink()

    def mail_copied(self) -> None:
        if path := self.any_file():
            shutil.copy2(path, self.office.inputs / f"副本{self.chance.randrange(9)}_{path.name}")

    def mail_touched(self) -> None:
        if path := self.any_file():
            os.utime(path, (path.stat().st_mtime + 60, path.stat().st_mtime + 60))

    def mail_hostile(self) -> None:
        name, content = self.chance.choice([each for each in self.hostile if "炸弹" not in each[0]])
        self.office.drop(name, content)

    def mail_named_after_another(self) -> None:
        self.office.returns(self.unit(), requests(1), name="第1镇人民政府.xlsx")

    def mail_nothing(self) -> None: ...

    # ------------------------------------------------------------ the 台账
    def toggle(self, sheet: str, row: tuple[str, ...]) -> None:
        rows = self.sheets.setdefault(sheet, [])
        if row in rows:
            rows.remove(row)
        else:
            rows.append(row)
        self.office.write_control({sheet: rows})

    def office_acceptance(self) -> None:
        self.toggle("认可", (self.unit(), self.chance.choice(["R3", "R5", "P4"]), "已核实", "王五"))

    def office_waiver(self) -> None:
        self.toggle("免报", (self.unit(), "机构撤并", "王五"))

    def office_adjustment(self) -> None:
        self.toggle("差额调整", (f"t3.{self.chance.choice(['received', 'granted'])}.natural", "1", "漏报", "王五"))

    def office_claim(self) -> None:
        if path := self.any_file():
            self.toggle("来件认领", (path.name, self.unit(), "电话核实", "王五"))

    def office_threshold(self) -> None:
        self.toggle("年报信息", ("N6.至多", "5"))

    def office_blanks(self) -> None:
        self.profile("空白处理", "退回", "按0计")

    def office_root(self) -> None:
        self.profile("汇总单位", "方正县人民政府", "第3镇县人民政府")

    def office_deadline(self) -> None:
        self.toggle("年报信息", ("报送期限", "2025-01-15"))

    def profile(self, key: str, one: str, other: str) -> None:
        now = dict(self.sheets["年报信息"])
        new = other if now[key] == one else one
        self.sheets["年报信息"] = [(k, new if k == key else v) for k, v, *_ in self.sheets["年报信息"]]
        self.office.write_control({"年报信息": self.sheets["年报信息"]})

    def office_name_of_a_unit(self) -> None:
        """Now and then to one that no return agrees with."""
        self.roster(self.chance.choice(["第{}镇人民政府", "第{}镇政府", "平安乡第{}街道办事处"]), "")

    def office_alias_of_a_unit(self) -> None:
        self.roster("第{}镇人民政府", self.chance.choice(["第{}镇", "别名{}", "改名{}"]))

    def office_type_of_a_unit(self) -> None:
        self.sheets["单位名录"][-1] = tuple(
            "部门" if n == 4 and cell == "乡镇" else cell for n, cell in enumerate(self.sheets["单位名录"][-1])
        )
        self.office.write_control({"单位名录": self.sheets["单位名录"]})

    def roster(self, name: str, alias: str) -> None:
        at = self.chance.randrange(len(self.sheets["单位名录"]))
        code, credit, _, _, *rest = self.sheets["单位名录"][at]
        self.sheets["单位名录"][at] = (code, credit, name.format(at + 1), alias.format(at + 1), *rest)
        self.office.write_control({"单位名录": self.sheets["单位名录"]})

    def office_a_unit_leaves_or_comes_back(self) -> None:
        self.toggle("单位名录", self.sheets["单位名录"][-1] if len(self.sheets["单位名录"]) > 3 else self.first_last)

    @property
    def first_last(self) -> tuple[str, ...]:
        n = UNITS
        return f"u{n:02d}", "", f"第{n}镇人民政府", f"第{n}镇", "乡镇", "是", "", "", "", ""


def stamps(folder: Path) -> dict[str, int]:
    return {path.as_posix(): path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]}


@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_incremental_is_cold(tmp_path: Path, seed: int) -> None:
    office = Office(tmp_path / "office", units=UNITS)
    days, story = Days(office, random.Random(seed)), []
    for day in range(STEPS):
        story.append(days.happens())
        now = NOW + dt.timedelta(days=day)
        cold = office.copied(tmp_path / f"cold{day}")
        shutil.rmtree(cold.outputs)
        outcome = run_night(office.workspace, YEAR, now=now, effort=Effort(workers=0))
        assert run_night(cold.workspace, YEAR, now=now, effort=Effort(workers=0, anew=True)) is not None, story
        assert tree(office.outputs) == tree(cold.outputs), story
        assert (outcome is None) <= (day > 0), story
        if outcome is not None:
            assert contents(office.workspace.ledger) == contents(cold.workspace.ledger), story
        shutil.rmtree(cold.workspace.root)
        before = stamps(office.outputs)
        with office.workspace.open_ledger() as ledger:
            last = ledger.nights.last(YEAR)
        assert last is not None
        if last.key:  # without it some reader gave up, and the file is tried again every night
            assert run_night(office.workspace, YEAR, now=now, effort=Effort(workers=0)) is None, story
            assert stamps(office.outputs) == before, story


# ---------------------------------------------------------------- what is unchanged costs nothing
class Counted:
    """How often a file was read and a submission checked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read: list[str] = []
        self.checked: list[str] = []
        read, alone = Reader.read, Checker.alone

        def reading(reader: Reader, opened: object) -> object:
            self.read.append(opened.arrival.name)  # type: ignore[attr-defined]
            return read(reader, opened)  # type: ignore[arg-type]

        def checking(checker: Checker, submissions: Sequence[Submission]) -> object:
            self.checked += [each.arrival.name for each in submissions]
            return alone(checker, submissions)

        monkeypatch.setattr(Reader, "read", reading)
        monkeypatch.setattr(Checker, "alone", checking)

    def take(self) -> tuple[int, int]:
        """Files read and submissions checked since it was asked last."""
        counts = len(self.read), len(self.checked)
        self.read.clear()
        self.checked.clear()
        return counts


def edited(name: str, old: str, new: str) -> Callable[[Office], object]:
    """A change in one of the workspace's own files of the form."""

    def change(office: Office) -> None:
        path = office.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def severities(rule: str, kind: str, old: str, new: str) -> Iterator[str]:
    """The lines of rules.toml that say how severe a rule is, before and after."""
    for severity in (old, new):
        yield f'id = "{rule}"\nkind = "{kind}"\nseverity = "{severity}"'


def restyled(office: Office) -> None:
    """The template saved again: the same sheets, other bytes."""
    path = office.folder / "return.xlsx"
    with zipfile.ZipFile(path) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as target:
        for name, content in parts.items():
            target.writestr(zipfile.ZipInfo(name), content)


def profile(*more: tuple[str, str]) -> Callable[[Office], object]:
    changed = {key for key, _ in more}
    return lambda office: office.write_control(
        {"年报信息": [*(row for row in office.control_sheets["年报信息"] if row[0] not in changed), *more]}
    )


def signed(sheet: str, *row: str) -> Callable[[Office], object]:
    return lambda office: office.write_control({sheet: [row]})


def rostered(office: Office) -> None:
    rows = [list(row) for row in office.control_sheets["单位名录"]]
    rows[0][3] = "一镇"
    office.write_control({"单位名录": rows})


ALL = 3
COSTS: tuple[tuple[str, Callable[[Office], object], tuple[int, int]], ...] = (
    ("an acceptance", signed("认可", "u02", "R3", "已核实", "王五"), (0, 0)),
    ("a waiver", signed("免报", "u03", "机构撤并", "王五"), (0, 0)),
    ("an adjustment", signed("差额调整", "t3.received.natural", "1", "漏报", "王五"), (0, 0)),
    ("a deadline", profile(("报送期限", "2025-01-10")), (0, 0)),
    ("an address", profile(("地址", "方正县政府路 1 号")), (0, 0)),
    ("a threshold", profile(("P12.比例", "37")), (0, ALL)),
    ("a message", edited("rules.toml", "这种结果很少见", "这种结果不多见"), (0, ALL)),
    ("a severity", edited("rules.toml", *severities("P4", "linear", "warning", "error")), (0, ALL)),
    ("a remark", edited("rules.toml", 'id = "S2"', 'id = "S2"  # 空白'), (0, ALL)),
    ("a message of reading", edited("rules.toml", "空白不等于 0。", "空白不是 0。"), (ALL, ALL)),
    ("the county's name", profile(("汇总单位", "延寿县人民政府")), (ALL, ALL)),
    ("blank cells", profile(("空白处理", "按0计")), (ALL, ALL)),
    ("an alias", rostered, (ALL, ALL)),
    ("a claim", signed("来件认领", "u03.xlsx", "u03", "核实", "王五"), (1, 1)),
    ("a template", restyled, (ALL, ALL)),
    ("a file touched", lambda office: os.utime(office.inputs / "u01.xlsx", (1, 1)), (0, 0)),
    ("a file renamed", lambda office: (office.inputs / "u02.xlsx").rename(office.inputs / "二.xlsx"), (1, 1)),
    ("a file copied", lambda office: shutil.copy2(office.inputs / "u01.xlsx", office.inputs / "z.xlsx"), (1, 1)),
    ("a new file", lambda office: office.returns("u03", requests(5), name="新.xlsx"), (1, 1)),
    ("a file gone", lambda office: (office.inputs / "新.xlsx").unlink(), (0, 0)),
    ("a file back", lambda office: office.returns("u03", requests(5), name="新.xlsx"), (0, 0)),
    ("an old name", lambda office: (office.inputs / "z.xlsx").unlink(), (0, 0)),
    ("nothing", lambda office: None, (0, 0)),
)  # fmt: skip


def test_what_is_unchanged_is_neither_read_nor_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every change on top of those before it."""
    shutil.copytree(bundled_templates(), tmp_path / "workbook_templates")
    office, counted = Office(tmp_path, units=ALL), Counted(monkeypatch)
    for unit, granted in (("u01", 1), ("u02", 0), ("u03", 1)):
        office.returns(unit, requests(1, granted))
    office.run()
    assert counted.take() == (ALL, ALL)
    for n, (name, change, cost) in enumerate(COSTS, 1):
        change(office)
        outcome = run_night(office.workspace, YEAR, now=NOW + dt.timedelta(days=n), effort=Effort(workers=0))
        assert counted.take() == cost, name
        assert (outcome is None) == (name in ("nothing", "a file touched")), name
    office.run(anew=True)
    assert counted.take() == (ALL + 1, ALL + 1)


def test_another_process_finds_what_was_read(tmp_path: Path) -> None:
    """The keys hold nothing that differs from process to process, such as the order of a set."""
    office = Office(tmp_path, units=2)
    office.returns("u01", requests(1))
    office.run()
    office.write_control({"免报": [("u02", "机构撤并", "王五")]})
    before = contents(office.workspace.ledger)
    code = (
        "import datetime as dt; from pathlib import Path; from pipeline.night.run import Effort, run_night;"
        "from pipeline.workspace import Workspace;"
        f"run_night(Workspace(Path({str(tmp_path)!r})), {YEAR}, now=dt.datetime.now().astimezone(), effort=Effort(workers=0))"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "4711"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    after = contents(office.workspace.ledger)
    assert len(after["runs"]) == len(before["runs"]) + 1
    assert [len(after[name]) for name in ("readings", "checks")] == [1, 1]


def test_a_file_that_breaks_its_reader_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(tmp_path, units=2)
    office.returns("u01", requests(1))
    office.returns("u02", requests(2))
    read = Reader.read

    def panics(reader: Reader, opened: object) -> object:
        if opened.arrival.name == "u02.xlsx":  # type: ignore[attr-defined]
            raise RuntimeError
        return read(reader, opened)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Reader, "read", panics)
        outcome = run_night(office.workspace, YEAR, now=NOW, effort=Effort(workers=0))
        assert outcome is not None
        assert [w.findings[-1].code for w in outcome.unclaimed] == ["I1"]
        assert outcome.county.figures["t3.received.natural"] == 1
        assert run_night(office.workspace, YEAR, now=NOW, effort=Effort(workers=0)) is None
    again = run_night(office.workspace, YEAR, now=NOW, effort=Effort(workers=0, anew=True))
    assert again is not None
    assert again.county.figures["t3.received.natural"] == 3


def test_a_file_that_was_given_up_by_the_clock_is_tried_every_night(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path, units=1)
    office.returns("u01", requests(1))

    def given_up(*arguments: object, **_: object) -> Iterator[Unclaimed]:
        for each in arguments[2]:  # type: ignore[attr-defined]
            obstacle = Obstacle(reason=Reason.UNFINISHED, words="没有读完")
            yield Unclaimed(arrival=each, obstacle=obstacle, findings=(notice("I1", name=each.name, reason="慢"),))

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.night.engine.local.read_many", given_up)
        for _ in range(2):
            outcome = run_night(office.workspace, YEAR, now=NOW, effort=Effort(workers=0))
            assert outcome is not None
            assert outcome.county.figures["t3.received.natural"] == 0
    assert office.run().county.figures["t3.received.natural"] == 1
    assert run_night(office.workspace, YEAR, now=NOW, effort=Effort(workers=0)) is None


def test_a_night_by_a_real_clock_is_known_again(tmp_path: Path) -> None:
    """The clock of the machine knows microseconds and the name of its zone, the ledger neither."""
    office = Office(tmp_path, units=1)
    office.returns("u01")
    china = dt.timezone(dt.timedelta(hours=8), "CST")
    clock = [dt.datetime(2025, 1, 20, 22, 0, 0, 123456 + n, tzinfo=china) for n in range(3)]
    outcome = run_night(office.workspace, YEAR, now=clock[0], effort=Effort(workers=0))
    assert outcome is not None
    assert run_night(office.workspace, YEAR, now=clock[1], effort=Effort(workers=0)) is None
    lock_year(office.workspace, YEAR, by="主任", reason="定稿", now=clock[2])


def test_another_version_of_a_library_is_another_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader of workbooks that reads otherwise must not be answered by what the old one read."""
    before = fingerprints.program.__wrapped__()
    assert fingerprints.program.__wrapped__() == before
    known = fingerprints.version
    monkeypatch.setattr(fingerprints, "version", lambda name: "99" if name == "python-calamine" else known(name))
    assert fingerprints.program.__wrapped__() != before


def test_ten_nights_of_sixty_units_are_one_night_at_the_end(tmp_path: Path) -> None:
    """What arrives over ten days, wrong first and put right later, comes to what one night over all of it comes to."""
    office, chance = Office(tmp_path / "ten", units=60), random.Random(12)
    at_once = office.copied(tmp_path / "one")
    due = {day: [unit.code for unit in office.units if chance.randrange(10) == day] for day in range(10)}
    late = [unit.code for unit in office.units if not any(unit.code in each for each in due.values())]
    due[9] += late
    again: dict[int, list[str]] = {}
    for day in range(10):
        now = NOW + dt.timedelta(days=day)
        arriving = [(unit, chance.random() < 0.25) for unit in due[day]] + [
            (unit, False) for unit in again.get(day, [])
        ]
        for n, (unit, wrong) in enumerate(arriving):
            asked = chance.randrange(1, 40)
            figures = {"t3.received.natural": asked, "t3.granted.natural": asked - (1 if wrong else 0)}
            content, name = office.filled(unit, figures), f"第{day}天/{n}_{unit}.xlsx"  # type: ignore[arg-type]
            for each in (office, at_once):
                path = each.drop(name, content)
                os.utime(path, (now.timestamp() - 3600 + n, now.timestamp() - 3600 + n))
            if wrong:
                again.setdefault(min(day + chance.randrange(1, 4), 9), []).append(unit)
        if day == 9:  # whoever is wrong on the last day stays wrong
            break
        office.run(now=now)
    last = NOW + dt.timedelta(days=9)
    ten, one = office.run(now=last), at_once.run(now=last)
    assert office.states(ten) == at_once.states(one)
    assert ten.county.figures == one.county.figures
    assert len(ten.county.counted) == 60 - len(ten.county.missing) > 40
    same = ("report.docx", "data/figures.csv")
    assert [tree(office.outputs)[name] for name in same] == [tree(at_once.outputs)[name] for name in same]
