"""联合发文 counted once: units that list the same document number must not all have it in the county's count.

A unit whose count equals the numbers it lists has counted them all; one whose count equals the numbers nobody else
lists has counted none of the shared ones. Of the units that counted a document all but the first are deducted, each as
a row of the 差额表. For any other unit it is uncertain: nothing is deducted, and the office is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.form import Form, Item
from pipeline.model.control import Control
from pipeline.model.county import Difference
from pipeline.model.decisions import Adjustment
from pipeline.model.documents import alike, document_numbers, list_owners
from pipeline.model.finding import Finding, notice
from pipeline.model.standing import CountedReturn
from pipeline.model.submission import Arrival

_AMOUNT = -1
_CONSOLIDATION = "县区"
"""A unit whose return is itself a consolidation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """The result for shared document numbers; ``texts`` is the county's own list of counted numbers by item code."""

    differences: tuple[Difference, ...]
    findings: tuple[Finding, ...]
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lister:
    """A unit with the numbers it lists and its count; ``shared`` of the numbers others list too."""

    counted: CountedReturn
    listed: int
    shared: int
    count: int | None

    @property
    def counted_all(self) -> bool:
        """A consolidation lists the very numbers it counted, beside documents without one."""
        if self.count is None:
            return False
        return self.count == self.listed or (self.counted.unit.type == _CONSOLIDATION and self.count > self.listed)

    @property
    def counted_none(self) -> bool:
        """Whether it counted none of the shared numbers."""
        return self.count == self.listed - self.shared and not self.counted_all


def count_once(form: Form, control: Control, counted: Sequence[CountedReturn]) -> Joint:
    """Count every document number of the counted units once, for every item of the form that lists some."""
    differences: list[Difference] = []
    findings: list[Finding] = []
    texts: dict[str, str] = {}
    for item in form.items:
        if item.once:
            shared = _Shared(form, control, counted, item)
            differences += shared.differences()
            findings += shared.findings()
            texts[item.code] = "；".join(shared.counted)
    return Joint(differences=tuple(differences), findings=tuple(findings), texts=texts)


class _Shared:
    """The document numbers of one item: who lists them, and which the office has already decided about."""

    def __init__(self, form: Form, control: Control, counted: Sequence[CountedReturn], item: Item) -> None:
        self._form, self._control, self._item = form, control, item
        texts = {counting.unit.code: _text(counting, form.position[item.code]) for counting in counted}
        self._owners = list_owners((code, text) for code, text in texts.items())
        self._listers = {each.unit.code: self._lister(each, texts[each.unit.code]) for each in counted}
        rules = (rule for rule in form.rules if rule.kind == "shared_numbers" and rule.word("item") == item.code)
        rule = next(rules, None)
        self._rule, self._clause = (rule.id, rule.clause) if rule else ("", item.clause)

    def _lister(self, counted: CountedReturn, text: str) -> _Lister:
        numbers = document_numbers(text)
        count = counted.submission.values[self._form.position[self._item.once]]
        return _Lister(
            counted=counted,
            listed=len(numbers),
            shared=sum(len(self._owners[number]) > 1 for number in numbers),
            count=count if isinstance(count, int) else None,
        )

    @property
    def counted(self) -> list[str]:
        """The numbers that are certainly in the county's count, each once."""
        return [number for number in self._owners if self._counting(number)]

    def _counting(self, number: str) -> list[_Lister]:
        return [lister for lister in self._all(number) if lister.counted_all]

    def _all(self, number: str) -> list[_Lister]:
        return [self._listers[code] for code in self._owners[number]]

    def _joint(self) -> Iterator[str]:
        return (number for number, units in self._owners.items() if len(units) > 1)

    def differences(self) -> Iterator[Difference]:
        """One row for every surplus listing, unless the office registered one for this number itself."""
        for number in self._joint():
            if not self._find_decision(self._item.once, number):
                for lister in self._counting(number)[1:]:
                    yield self._difference(number, lister)

    def _difference(self, number: str, lister: _Lister) -> Difference:
        arrival, sheet, cell = self._at(lister)
        basis = f"{self._clause}，规则 {self._rule}" if self._rule else self._clause
        return Difference(
            item=self._item.once,
            amount=_AMOUNT,
            reason=f"联合发文 {number} 由{self._names(number)}都计了数，汇总只计一次（{basis}）",
            approver=f"程序按规则 {self._rule} 自动登记" if self._rule else "程序自动登记",
            file=arrival.name,
            sha256=arrival.sha256,
            sheet=sheet,
            cell=cell,
            automatic=True,
        )

    def findings(self) -> Iterator[Finding]:
        """Yield what was deducted, what is uncertain, and where the stock may hold a document twice."""
        once, stock = self._item.once, self._item.stock
        for number in self._joint():
            listers, counting = self._all(number), self._counting(number)
            arrival, sheet, cell = self._at(listers[1])
            where = {"file": arrival.name, "sheet": sheet, "cell": cell}
            words = {"found": number, "units": self._names(number)}
            decided = self._find_decision(once, number)
            if len(counting) > 1 and not decided:
                label, surplus = self._form.item(once).label, len(counting) - 1
                yield notice("C1", where={**where, "item": once}, label=label, surplus=surplus, **words)
            if not counting or not all(lister.counted_all or lister.counted_none for lister in listers):
                label = self._form.item(once).label
                finding = notice("C3", where={**where, "item": once}, label=label, code=once, **words)
                yield finding.at(answer=_answer(decided))
            if stock:
                label = self._form.item(stock).label
                finding = notice("C2", where={**where, "item": stock}, label=label, code=stock, **words)
                yield finding.at(answer=_answer(self._find_decision(stock, number)))

    def _find_decision(self, code: str, number: str) -> Adjustment | None:
        """Return the row of the 台账 about this number, also one with amount 0."""
        rows = (adjustment for adjustment in self._control.adjustments if adjustment.subject == code)
        return next((row for row in rows if number in alike(row.reason)), None)

    def _names(self, number: str) -> str:
        return "、".join(lister.counted.unit.name for lister in self._all(number))

    def _at(self, lister: _Lister) -> tuple[Arrival, str, str]:
        submission = lister.counted.submission
        place = submission.places[self._item.code]
        return submission.arrival, place.sheet, place.cell


def _text(counted: CountedReturn, at: int) -> str:
    value = counted.submission.values[at]
    return value if isinstance(value, str) else ""


def _answer(decided: Adjustment | None) -> str:
    return f"差额调整 {decided.cell}：{decided.reason}（批准人 {decided.approver}）" if decided else ""
