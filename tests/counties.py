"""Counties in memory: units with values that have passed, without a file on the road."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from hypothesis import strategies as st

from pipeline.form import Figure, Form, Value
from pipeline.layout import Layout
from pipeline.model.control import Control, Profile, Unit
from pipeline.model.county import County, complete_totals
from pipeline.model.decisions import Adjustment
from pipeline.model.standing import Judged, Standing, State
from pipeline.model.submission import Arrival, Submission
from pipeline.road.consolidate import consolidate

WHEN = dt.datetime(2025, 1, 20, tzinfo=dt.UTC)
COLUMNS = ("natural", "business", "research", "welfare", "legal", "other")


def vector(form: Form, values: Mapping[str, Value]) -> tuple[Value, ...]:
    """A return with these figures, every other one nothing, every total right."""
    figures: dict[str, Figure | None] = {
        item.code: Decimal(0) if item.kind == "money" else 0
        for item in form.items
        if item.numeric and item.mode == "entered" and item.table != "meta"
    }
    figures |= {code: value for code, value in values.items() if not isinstance(value, str)}
    complete_totals(form, figures)
    said: dict[str, Value] = {**values, **figures}
    return tuple(said.get(item.code) for item in form.items)


def standing(
    form: Form,
    layout: Layout,
    unit: Unit,
    values: Mapping[str, Value],
    *,
    version: str = "1",
    provisional: bool = False,
) -> Standing:
    """A unit that has passed."""
    name = f"{unit.code}-{version}.xlsx"
    arrival = Arrival(
        sha256=(name.encode().hex() + "0" * 64)[:64],
        names=(name,),
        size=1,
        modified=WHEN,
        first_seen=WHEN,
        path=Path(name),
    )
    submission = Submission(
        arrival=arrival,
        unit=unit.code,
        values=form.vector(vector(form, values)),
        places=layout.places,
        reasons={},
        findings=(),
    )
    judged = Judged(submission=submission, findings=(), unevaluated=(), state=State.PASSED, provisional=provisional)
    return Standing(unit=unit, state=State.PASSED, decisive=judged, returns=(judged,))


def control(units: Iterable[Unit], *, adjustments: Sequence[Adjustment] = (), source: str = "") -> Control:
    """A 台账 with these units; ``source`` reports what is taken from one unit."""
    sources = {"网站数据单位": source, "公报编发单位": source} if source else {}
    profile = Profile(root="方正县人民政府", level="县级", compiler="办公室", year=2024, sources=sources)
    return Control(
        profile=profile,
        units=tuple(units),
        waivers=(),
        adjustments=tuple(adjustments),
        acceptances=(),
        claims=(),
        texts={},
        findings=(),
    )


def adjustment(item: str, amount: int | Decimal, reason: str = "漏报", row: int = 3) -> Adjustment:
    return Adjustment(subject=item, reason=reason, approver="张三", sheet="差额调整", cell=f"A{row}", amount=amount)


def county(
    form: Form,
    layout: Layout,
    returns: Sequence[Mapping[str, Value]],
    *,
    types: Sequence[str] = (),
    adjustments: Sequence[Adjustment] = (),
    source: str = "u01",
) -> County:
    """The consolidation of units u01, u02 … with these values."""
    kinds = list(types) or ["乡镇"] * len(returns)
    units = [Unit(code=f"u{n:02d}", name=f"第{n}镇", type=kind) for n, kind in enumerate(kinds, 1)]
    standings = [standing(form, layout, unit, values) for unit, values in zip(units, returns, strict=True)]
    return consolidate(form, control(units, adjustments=adjustments, source=source), standings)


@st.composite
def consistent(draw: st.DrawFn, form: Form) -> dict[str, Value]:
    """A random return that keeps every balance: results are drawn, receipts follow from them."""
    values: dict[str, Value] = {}
    entered = [item for item in form.items if item.mode == "entered" and item.numeric and item.table != "meta"]
    for item in draw(st.lists(st.sampled_from(entered), max_size=12, unique_by=lambda item: item.code)):
        if item.kind == "money":
            values[item.code] = Decimal(draw(st.integers(0, 10**9))).scaleb(-item.scale)
        else:
            values[item.code] = draw(st.integers(0, 9) | st.integers(0, 999_999))
    received = ("t3.received.", "t3.carried_in.")
    for column in COLUMNS:
        codes = [i.code for i in entered if i.table == "t3" and i.code.endswith(f".{column}")]
        outgoing = sum(int(values.get(code) or 0) for code in codes if not code.startswith(received))  # type: ignore[arg-type]
        carried = draw(st.integers(0, outgoing))
        values |= {f"t3.carried_in.{column}": carried, f"t3.received.{column}": outgoing - carried}
    return values | {f"t2.rules.{column}": 0 for column in ("issued", "repealed", "in_force")}
