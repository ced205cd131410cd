"""Where a published figure comes from: unit, file, version, cell, its literal content, and the signed adjustments.
Values, places and decisions are those the ledger has for that night; only the literal content of a cell is read again,
from the archived original. The branches are added up anew and must give the published figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pipeline.errors import AskedError
from pipeline.form import Figure, Item, Term, Value
from pipeline.form.local import asked_of
from pipeline.ledger import Accepted, Decided, NightRow
from pipeline.model.control import ACCEPTANCES
from pipeline.model.county import Contribution
from pipeline.model.submission import Repair
from pipeline.night.record import ADJUSTMENTS, AUTOMATIC
from pipeline.night.replay import Missing, Remembered, parse_figure, replay_night
from pipeline.queries.find import find_item, full_label
from pipeline.queries.originals import Originals
from pipeline.workspace import Workspace

SMALL = 40
"""A total whose whole tree has no more branches than this is shown down to the cells without being asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellRemark:
    """A remark at a cell: a repair, or a finding with an answer."""

    code: str
    message: str
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One unit's part of a figure: the file, its number among the unit's versions, the cell, and its content.

    ``raw`` is ``None`` where it was not looked up, ``trouble`` says why it could not be. ``accepted`` are the signed
    rows of the 台账 a unit with open errors is counted under. ``zeroed``: it was a blank
    that counts as 0. ``below`` is one level down, where the file is itself a
    consolidation.
    """

    unit: str
    name: str
    value: Value
    file: str
    sha256: str
    version: int
    versions: int
    sheet: str
    cell: str
    provisional: bool = False
    accepted: tuple[Decided, ...] = ()
    remarks: tuple[CellRemark, ...] = ()
    raw: str | None = None
    trouble: str = ""
    zeroed: bool = False
    below: tuple[Contribution, ...] = ()

    @property
    def idle(self) -> bool:
        """Whether it is a plain zero without remarks other than a blank counted as 0."""
        return self.value == 0 and self.founded and len(self.remarks) == self.zeroed

    @property
    def lower(self) -> Figure | None:
        """The sum of its own sources; ``None`` when the file names none."""
        return sum((source.value for source in self.below), start=Decimal(0)) if self.below else None

    @property
    def founded(self) -> bool:
        """Whether the file's own sources, if any, add up to the figure it reports."""
        return self.lower in (None, self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A difference in force that night: a signed row of the 台账, or what consolidation deducted by itself. ``where`` is
    the cell that proves it, with its file.
    """

    kind: str
    amount: Figure
    reason: str
    approver: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A figure with everything it was added up from.

    ``total`` is what the branches, the adjustments and the parts come to; ``factor`` how often it is part of the figure
    above. ``silent`` are the counted units that report nothing for it. The branches of a ``folded`` one are left out.
    """

    item: Item
    label: str
    published: Figure | None
    total: Figure | None
    factor: int = 1
    source: str = ""
    branches: tuple[Branch, ...] = ()
    signed: tuple[Signed, ...] = ()
    silent: tuple[str, ...] = ()
    parts: tuple[Tree, ...] = ()
    folded: bool = False

    @property
    def listed(self) -> bool:
        """Whether values are listed side by side and not added up."""
        return self.item.aggregation == "collect"

    @property
    def holds(self) -> bool:
        """Whether its parts add up to the published figure, on all levels."""
        return self.published == self.total and all(part.holds for part in self.parts)

    @property
    def founded(self) -> bool:
        """Whether every consolidation among its branches adds up to what it reports."""
        return all(branch.founded for branch in self.branches) and all(part.founded for part in self.parts)

    @property
    def size(self) -> int:
        """How many lines below it are worth showing."""
        own = sum(not branch.idle for branch in self.branches) + len(self.signed)
        return own + sum(1 + part.size for part in self.parts if not part.idle)

    @property
    def idle(self) -> bool:
        """Whether it is a plain zero without remarks other than a blank counted as 0."""
        return not self.total and self.holds and not self.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The answer: a figure of a night, its tree, and the units that are missing."""

    year: int
    root: str
    run: NightRow
    tree: Tree
    counted: int
    missing: tuple[Missing, ...]


def trace(
    workspace: Workspace, year: int, asked: str, *, run: int | None = None, deep: bool = False, every: bool = False
) -> Trace:
    """Return the tree of the figure that ``asked`` names, as of the last published night or of ``run``. ``deep`` shows
    a total down to all its cells, ``every`` looks up the cells that hold 0 too. Raises `WorkspaceError` where there was
    no night, `AskedError` where there is no such figure or run.
    """
    workspace.require_inputs(year)
    with workspace.open_ledger() as ledger:
        night = replay_night(workspace, ledger, year, run)
        item = _figure_of(night, find_item(night.form, asked))
        tracer = Tracer(night)
        tree = tracer.tree(item)
        tree = tracer.looked_up(tree if deep or tree.size <= SMALL else _fold_tree(tree), every=every)
    return Trace(
        year=year,
        root=night.control.profile.root,
        run=night.row,
        tree=tree,
        counted=len(night.counted),
        missing=night.missing,
    )


def _figure_of(night: Remembered, item: Item) -> Item:
    """``item``, if it is one the county has. Raises `AskedError`."""
    if item.aggregation == "none":
        raise AskedError(f"“{item.label}”是每个单位自己的信息，不汇总。")
    if item.aggregation != "collect" and item.code not in night.figures:
        raise AskedError(f"编号为 {night.row.id} 的汇总还没有“{item.label}”这个指标。")
    return item


class Tracer:
    """Builds the trees of one night."""

    def __init__(self, night: Remembered) -> None:
        self._night = night
        self._originals = Originals(night.ledger)
        self._remarks = _remarks(night)
        self._trees: dict[str, Tree] = {}

    def tree(self, item: Item) -> Tree:
        """The figure, its parts, its branches; what the cells say is not looked up yet."""
        if item.code not in self._trees:
            formula = self._night.form.formulas.get(item.code)
            self._trees[item.code] = self._total(item, formula.right) if formula else self._sum(item)
        return self._trees[item.code]

    def looked_up(self, tree: Tree, *, every: bool = False) -> Tree:
        """The same with what stands in the cells of its branches, those of plain zeros only if ``every``."""
        if tree.folded or tree.listed:
            return tree
        return replace(
            tree,
            branches=tuple(b if b.idle and not every else self._read(tree.item, b) for b in tree.branches),
            parts=tuple(self.looked_up(part, every=every) for part in tree.parts),
        )

    def _total(self, item: Item, terms: Sequence[Term]) -> Tree:
        parts = tuple(replace(self.tree(self._night.form.item(t.name)), factor=t.factor) for t in terms)
        total: Figure = 0
        for part in parts:
            total += (part.total or 0) * part.factor
        return Tree(
            item=item, label=self._label(item), published=self._published_figure(item), total=total, parts=parts
        )

    def _sum(self, item: Item) -> Tree:
        source = self._night.control.profile.sources.get(item.source, "") if item.source else ""
        asked = [
            row.unit
            for row in self._night.counted
            if (row.unit == source if item.source else self._is_asked(item, row))
        ]
        values = {unit: self._night.values(unit).get(item.code) for unit in asked}
        branches = tuple(self._branch(item, unit, value) for unit, value in values.items() if value is not None)
        signed = tuple(
            _signed_of(row)
            for row in self._night.decisions
            if row.kind in (ADJUSTMENTS, AUTOMATIC) and row.subject == item.code
        )
        return Tree(
            item=item,
            label=self._label(item),
            published=self._published_figure(item),
            total=_add_up(item, branches, signed),
            source=f"{self._night.name(source)}（{source}）" if source else "",
            branches=branches,
            signed=signed,
            silent=tuple(self._night.name(unit) for unit, value in values.items() if value is None),
        )

    def _label(self, item: Item) -> str:
        return full_label(self._night.form, item)

    def _published_figure(self, item: Item) -> Figure | None:
        return self._night.figures.get(item.code)

    def _is_asked(self, item: Item, row: Accepted) -> bool:
        unit = self._night.control.by_code.get(row.unit)
        return asked_of(item, unit=row.unit, unit_type=unit.type if unit else "")

    def _branch(self, item: Item, unit: str, value: Value) -> Branch:
        row, versions = self._night.accepted[unit], self._night.versions(unit)
        place = self._night.places(unit)[item.code]
        accepted = [d for d in self._night.decisions if (d.kind, d.subject) == (ACCEPTANCES, unit)]
        return Branch(
            unit=unit,
            name=self._night.name(unit),
            value=value,
            file=row.file,
            sha256=row.sha256,
            version=next((version.number for version in versions if version.sha256 == row.sha256), 1),
            versions=max(len(versions), 1),
            sheet=place.sheet,
            cell=place.cell,
            provisional=row.provisional,
            accepted=tuple(accepted) if row.provisional else (),
            remarks=self._remarks.get((unit, place.sheet, place.cell), ()),
            zeroed=Repair.ZEROED in self._night.repairs(unit).get(item.code, ()),
        )

    def _read(self, item: Item, branch: Branch) -> Branch:
        places = self._night.places(branch.unit)
        original = self._originals.open(branch.file, branch.sha256, places.values())
        if original.trouble:
            return replace(branch, trouble=original.trouble)
        return replace(branch, raw=original.texts.get(places[item.code]), below=original.below(item.code))


def _add_up(item: Item, branches: Sequence[Branch], signed: Sequence[Signed]) -> Figure | None:
    """Return the sum; ``None`` for a text, and for a figure without a source."""
    if item.aggregation == "collect" or (item.source and not branches and not signed):
        return None
    total: Figure = 0
    for value in (*(branch.value for branch in branches), *(row.amount for row in signed)):
        assert isinstance(value, int | Decimal), item.code
        total += value
    return total


def _signed_of(row: Decided) -> Signed:
    where = row.cell if row.kind == AUTOMATIC else f"台账 {row.kind}!{row.cell}"
    return Signed(kind=row.kind, amount=parse_figure(row.detail), reason=row.reason, approver=row.approver, where=where)


def _fold_tree(tree: Tree) -> Tree:
    """A total with its parts alone, each without what hangs below it."""
    bare = tuple(replace(part, branches=(), parts=(), folded=True) for part in tree.parts)
    return replace(tree, parts=bare)


def _remarks(night: Remembered) -> Mapping[tuple[str, str, str], tuple[CellRemark, ...]]:
    """Return the remarks of that night by unit, sheet and cell."""
    found: dict[tuple[str, str, str], list[CellRemark]] = {}
    for finding in night.findings:
        if finding.get("unit") and finding.get("cell"):
            remark = CellRemark(code=finding["code"], message=finding["message"], answer=finding.get("answer", ""))
            found.setdefault((finding["unit"], finding.get("sheet", ""), finding["cell"]), []).append(remark)
    return {where: tuple(remarks) for where, remarks in found.items()}


def every_tree(night: Remembered) -> Iterator[Tree]:
    """The trees of all figures of a night, in the order of the form."""
    tracer = Tracer(night)
    yield from (tracer.tree(item) for item in night.form.items if item.code in night.figures)
