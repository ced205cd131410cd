"""One answer now: workbooks are read and checked as the night would, and nothing is stored.

With a workspace everything counts that holds for the unit: the roster, last year, decisions of the 台账, the reasons it
gave in earlier returns. Without one the issued workbook says for which unit, form and year it is; what needs more than
that is named. A zip or a mail is answered member by member.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path

from pipeline.ledger import Closing, Ledger
from pipeline.model.basis import Basis
from pipeline.model.control import Unit
from pipeline.model.finding import Finding
from pipeline.model.standing import Checked, Judged, Standing, State
from pipeline.model.submission import Arrival, Submission, Unclaimed
from pipeline.night.alone import TrustingReader, basis_alone, rules_in_part, unknown_alone
from pipeline.night.at_hand import Hand, NotOpenedError
from pipeline.night.basis import load_basis
from pipeline.prior_year.importing import sheets_of
from pipeline.road.check import Checker
from pipeline.road.intake import open_arrival
from pipeline.road.issue import Stamper
from pipeline.road.judge import judge
from pipeline.road.publish import correct
from pipeline.road.read import Reader, read_many
from pipeline.workspace import Workspace

_BETWEEN = frozenset({"similar", "shared_numbers"})
"""Kinds of rules that look at other units' returns, which are not at hand."""
_ASIDE = "台账“来件认领”里写了不采用这份文件"
_CHINA = dt.timezone(dt.timedelta(hours=8))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer for one file. ``unit`` and ``judged`` are ``None`` for what is no return of anybody, ``refused`` says why;
    a file that could not even be opened is not ``opened``.

    ``unasked`` are the rules that were not asked, or only in part; ``unknown`` says what that depends on, ``remarks`` are
    about sending it in. ``alone`` tells that there was no workspace, ``closed`` that the year is closed. ``correction``
    is the marked workbook where one was wanted and could be made.
    """

    name: str
    year: int
    unit: Unit | None = None
    judged: Judged | None = None
    refused: str = ""
    findings: tuple[Finding, ...] = ()
    unasked: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    opened: bool = True
    alone: bool = False
    barred: str = ""
    correction: bytes = b""

    @property
    def to_correct(self) -> int:
        """How many findings the unit must correct."""
        return sum(finding.severity == "error" and not finding.answer for finding in self.findings)

    @property
    def to_explain(self) -> int:
        """How many findings want a reason."""
        asked = (finding for finding in self.findings if finding.severity == "warning" and not finding.answer)
        return sum(finding.needs_reason for finding in asked)

    @property
    def sound(self) -> bool:
        """Whether nothing in it has to be corrected or explained."""
        return self.judged is not None and self.judged.state is State.PASSED

    @property
    def fit(self) -> bool:
        """Whether it can be sent in as it is."""
        return self.sound and not self.barred


def check_files(
    workspace: Workspace, year: int, files: Sequence[Path], *, now: dt.datetime, corrected: bool = False
) -> list[Answer]:
    """Check workbooks by the 台账 of a year. ``corrected`` asks for the marked workbook as well.

    Raises `WorkspaceError` when no form, 台账 or secret is there.
    """
    workspace.require_inputs(year)
    with workspace.open_ledger() as ledger, _folder() as folder:
        basis = load_basis(workspace, ledger, year)
        known = ledger.arrivals.load_known(year)
        inputs, sight = workspace.year_inputs(year), ledger.arrivals.last_sight(year) + 1
        hand = Hand(folder=folder, now=now, inputs=inputs, known=known, sight=sight)
        reader = Reader(form=basis.form, layout=basis.layout, control=basis.control, secret=basis.secret)
        closing = ledger.closings.standing(year)
        desk = _Desk(basis=basis, reader=reader, hand=hand, ledger=ledger, closing=closing, corrected=corrected)
        return list(_each(files, hand, desk.check, year))


def check_alone(
    files: Sequence[Path], *, now: dt.datetime, year: int | None = None, corrected: bool = False
) -> list[Answer]:
    """Check issued workbooks without a workspace, each by what its hidden sheet says; ``year`` is the report year they
    should be for.
    """
    with _folder() as folder:
        hand = Hand(folder=folder, now=now)

        def check(arrivals: Sequence[Arrival]) -> Iterator[Answer]:
            for arrival in arrivals:
                answer = _check_alone(arrival, hand, year, corrected=corrected)
                yield replace(answer, alone=True)

        return list(_each(files, hand, check, year or 0))


@contextmanager
def _folder() -> Iterator[Path]:
    """A private folder for members of attachments."""
    with tempfile.TemporaryDirectory(prefix="xxgk-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _each(
    files: Sequence[Path], hand: Hand, check: Callable[[Sequence[Arrival]], Iterator[Answer]], year: int
) -> Iterator[Answer]:
    """Yield the answers for every file; one that cannot be opened costs only itself."""
    taken: list[tuple[Arrival, ...] | Answer] = []
    for file in files:
        try:
            taken.append(hand.take(file))
        except NotOpenedError as error:
            taken.append(Answer(name=file.name or str(file), year=year, refused=str(error), opened=False))
    answers = check([arrival for each in taken if not isinstance(each, Answer) for arrival in each])
    for each in taken:
        yield from [each] if isinstance(each, Answer) else islice(answers, len(each))


def _check_alone(arrival: Arrival, hand: Hand, year: int | None, *, corrected: bool) -> Answer:
    (sheets,) = read_many(open_arrival, sheets_of, [arrival], workers=1)
    if isinstance(sheets, Unclaimed):
        return _refusal(sheets, year or 0)
    basis = basis_alone(sheets, year)
    if basis is None:
        why = "没有签发信息（不是下发的那一份，或者被另存成了别的格式），没有工作区就认不出是谁的、按哪一年的格式核对"
        return Answer(name=arrival.name, year=year or 0, refused=why)
    reader = TrustingReader(form=basis.form, layout=basis.layout, control=basis.control, secret=basis.secret)
    (answer,) = _Desk(basis=basis, reader=reader, hand=hand, corrected=corrected).check([arrival])
    if answer.judged is None:
        return answer
    submission, asked = answer.judged.submission, set(answer.unasked)
    asked |= {rule.id for rule in rules_in_part(basis.form, submission)}
    return replace(
        answer,
        unasked=tuple(rule.id for rule in basis.form.rules if rule.id in asked),
        unknown=tuple(unknown_alone(basis, submission, tuple(sheets))),
    )


def _refusal(result: Unclaimed, year: int) -> Answer:
    return Answer(name=result.arrival.name, year=year, refused=result.obstacle.words, findings=result.findings)


class _NoOriginalError(Exception):
    """A marked workbook could only be made from a fresh issue, for which the office's secret is missing."""


@dataclass(frozen=True, kw_only=True)
class _Desk:
    """Checks arrivals by one basis; without a ``ledger`` by what the workbook says alone."""

    basis: Basis
    reader: Reader
    hand: Hand
    ledger: Ledger | None = None
    closing: Closing | None = None
    corrected: bool = False
    _sent: dict[str, list[Submission]] = field(default_factory=dict)

    @property
    def _closed(self) -> str:
        return "年度已经封存" if self.closing else ""

    def check(self, arrivals: Sequence[Arrival]) -> Iterator[Answer]:
        """Yield the answer for every arrival."""
        results = list(self._read(arrivals))
        self._recall(result.unit for result in results if isinstance(result, Submission))
        for arrival, result in zip(arrivals, results, strict=True):
            if isinstance(result, Unclaimed):
                answer = _refusal(result, self.basis.year)
                yield replace(answer, remarks=tuple(self._remarks(arrival)), barred=self._closed)
            else:
                yield self._answer(arrival, result)

    def _read(self, arrivals: Sequence[Arrival]) -> Iterator[Submission | Unclaimed]:
        return read_many(open_arrival, self.reader.read, arrivals, workers=1)

    def _answer(self, arrival: Arrival, submission: Submission) -> Answer:
        basis = self.basis
        earlier = [each for each in self._sent.get(submission.unit, ()) if each.arrival.sha256 != arrival.sha256]
        standing = self._judge(submission, earlier)
        judged = next(each for each in standing.returns if each.submission.arrival.sha256 == arrival.sha256)
        concerned = (standing.decisive, standing.pending, *standing.rivals)
        about = standing.findings if any(judged is each for each in concerned) else ()
        sheets = ("", *basis.layout.sheets)
        findings = sorted(
            (*judged.findings, *about),
            key=lambda finding: sheets.index(finding.sheet) if finding.sheet in sheets else len(sheets),
        )
        unasked = {key.partition(".")[0] for key in judged.unevaluated}
        correction, trouble = self._mark(standing.unit, judged, findings)
        return Answer(
            name=arrival.name,
            year=basis.year,
            unit=standing.unit,
            judged=judged,
            findings=tuple(findings),
            unasked=tuple(rule.id for rule in basis.form.rules if rule.id in unasked or rule.kind in _BETWEEN),
            remarks=(*self._remarks(arrival, standing.unit, sent=bool(earlier)), *trouble),
            barred=self._closed or (_ASIDE if any(judged is each for each in standing.aside) else ""),
            correction=correction,
        )

    def _judge(self, submission: Submission, earlier: Sequence[Submission]) -> Standing:
        """Judge a return behind the earlier ones of its unit, whose reasons hold on."""
        if submission.arrival.sha256 in self.hand.known:
            checked = self._check([*earlier, submission], self._checker)
        else:
            # a file that nobody has sent has no day of arrival and no number
            checked = [*self._check(earlier, self._checker), *self._check([submission], self._undated)]
        standings = judge(self.basis.form, self.basis.control, checked, self.basis.precedents)
        return next(standing for standing in standings if standing.unit.code == submission.unit)

    @staticmethod
    def _check(submissions: Sequence[Submission], checker: Checker) -> list[Checked]:
        return checker.check(submissions) if submissions else []

    @cached_property
    def _checker(self) -> Checker:
        return Checker(self.basis.form, self.basis.control, self.basis.history)

    @cached_property
    def _undated(self) -> Checker:
        """The rules where nobody is late."""
        control = self.basis.control
        units = tuple(replace(unit, due=None) for unit in control.units)
        control = replace(control, profile=replace(control.profile, due=None), units=units)
        return Checker(self.basis.form, control, self.basis.history)

    def _recall(self, units: Iterable[str]) -> None:
        """Read again, from their archived copies, the returns of these units that the last night knew."""
        for read in self._read([arrival for unit in sorted(set(units)) for arrival in self._listed.get(unit, ())]):
            if isinstance(read, Submission):
                self._sent.setdefault(read.unit, []).append(read)

    @cached_property
    def _listed(self) -> Mapping[str, Sequence[Arrival]]:
        """What the last night knew to be a unit's, by its code."""
        listed: dict[str, list[Arrival]] = {}
        if self.ledger is None or (night := self.ledger.nights.last(self.basis.year)) is None:
            return listed
        document = self.ledger.nights.document(night.id) or {"arrivals": ()}
        for row in document["arrivals"]:
            if row["unit"] and row["sha256"] in self.hand.known:
                path, names = self.ledger.original(row["sha256"]), tuple(row["names"])
                listed.setdefault(row["unit"], []).append(self.hand.arrival(names, path, sha256=row["sha256"]))
        return listed

    def _remarks(self, arrival: Arrival, unit: Unit | None = None, *, sent: bool = False) -> Iterator[str]:
        """Yield what sending the file in would mean: the year is closed, the day is past."""
        year, closing = self.basis.year, self.closing
        if closing and arrival.sha256 in closing.arrivals:
            yield f"{year} 年度已经封存，这份文件封存以前已经收到，再报也不改变封存的结果。"
        elif closing:
            came = "封存以后收到，" if arrival.sha256 in self.hand.known else "报来"
            yield (
                f"{year} 年度已经由{closing.by}在 {closing.at[:10]} 封存：这份文件{came}只登记，不计入。"
                "确需改的，先由汇总单位解除封存（xxgk unlock）。"
            )
        elif unit and not sent and arrival.sha256 not in self.hand.known:
            due = unit.due or self.basis.control.profile.due
            day = min(arrival.first_seen, arrival.modified).astimezone(_CHINA).date()
            if due and day > due:
                yield f"报送期限是 {due}，已经过了 {(day - due).days} 天：报来要登记为逾期，数字照常核对、计入。"

    def _mark(self, unit: Unit, judged: Judged, findings: Sequence[Finding]) -> tuple[bytes, tuple[str, ...]]:
        """Return the marked workbook where one is wanted, or why there is none."""
        if not self.corrected or judged.state is State.PASSED:
            return b"", ()
        try:
            marked, _ = correct(self.basis.form, self.basis.control.profile, unit, judged, findings, self._fresh)
        except _NoOriginalError:
            return b"", ("问题标不到这种文件上：请把数填进下发的 .xlsx 再核对",)
        return marked, ()

    def _fresh(self, unit: Unit) -> bytes:
        if self.ledger is None:
            raise _NoOriginalError
        return Stamper(self.basis).stamp(unit)
