"""What `xxgk remind` and `xxgk receipt` print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.chase.calls import CALLS
from pipeline.chase.letters import Letter
from pipeline.chase.reminders import Reminder
from pipeline.chase.sending import Delivery, Notice, Result
from pipeline.cli import screen
from pipeline.cli.words import word

_RESULTS: Mapping[Result, str] = {
    "sent": "已发送", "failed": "没有发出", "already": "已经发过", "no_address": "台账里没有邮箱",
    "bad_address": "台账里的邮箱写法不对", "lost": "退改件不在或被改过，没有发", "early": "离期限还早，没有发",
}  # fmt: skip


def reminders(
    given: Sequence[Reminder],
    deliveries: Sequence[Delivery],
    told: Notice | None,
    folder: Path,
    *,
    json: bool,
    changed: bool,
) -> None:
    """Whom to remind, at which stage, and what was sent; ``changed`` tells that the last night is not the latest state."""
    results = _results(deliveries)
    if json:
        screen.document(
            [
                {
                    "unit": reminder.unit.code, "name": reminder.unit.name, "state": reminder.state,
                    "stage": reminder.stage.value, "due": str(reminder.due) if reminder.due else None,
                    "days": reminder.days, "phone": reminder.unit.phone, "address": reminder.unit.email,
                    "attachment": reminder.letter.workbook if reminder.letter.attachment else None,
                    "results": results.get(reminder.unit.code, []),
                }
                for reminder in given
            ]
        )  # fmt: skip
        return
    if not given:
        screen.put("没有要催的单位。")
        return
    for reminder in given:
        unit = reminder.unit
        went = _went(results, unit.code)
        screen.put(
            f"  {word(unit.code)} {word(unit.name)}　{reminder.state}　{reminder.stage.value}　{word(unit.phone)}{went}"
        )
    screen.put(f"要催 {len(given)} 个单位，信和{CALLS}在 {folder}")
    if changed:
        screen.put(word("上次汇总以后又来了文件，或者台账、模板改过：这些是上次汇总的情况，请先运行 xxgk run 再催。"))
    if told:
        screen.put(f"群通知：{_RESULTS[told.result]}" + (f"：{told.why}" if told.why else ""))
    _close(deliveries)


def receipts(letters: Sequence[Letter], deliveries: Sequence[Delivery], folder: Path, *, json: bool) -> None:
    """Who is answered, and what was sent."""
    results = _results(deliveries)
    if json:
        screen.document(
            [
                {
                    "unit": letter.unit.code, "name": letter.unit.name, "address": letter.unit.email,
                    "title": letter.title, "returns": len(letter.keys), "attachment": letter.workbook if letter.attachment else None,
                    "results": results.get(letter.unit.code, []),
                }
                for letter in letters
            ]
        )  # fmt: skip
        return
    if not letters:
        screen.put("来件都回过了。")
        return
    for letter in letters:
        went = _went(results, letter.unit.code)
        screen.put(
            f"  {word(letter.unit.code)} {word(letter.unit.name)}　{'退改' if letter.attachment else '回执'}{went}"
        )
    screen.put(f"要回 {len(letters)} 个单位，信在 {folder}")
    _close(deliveries)


def tally(deliveries: Sequence[Delivery]) -> str:
    """How many letters ended in which way."""
    counts = Counter(delivery.result for delivery in deliveries)
    return "，".join(f"{_RESULTS[result]} {count} 封" for result, count in counts.items())


def undone(deliveries: Sequence[Delivery]) -> Iterator[str]:
    """The letters that did not go out, a sentence each."""
    for delivery in deliveries:
        unit = delivery.letter.unit
        if delivery.result == "failed":
            yield f"给 {unit.code} {unit.name}（{delivery.address}）的{delivery.letter.kind}没有发出：{delivery.why}。下次运行再发。"
        elif delivery.result == "lost":
            yield f"{unit.code} {unit.name} 的退改件不在或被改过，{delivery.letter.kind}没有发；请再运行一次 xxgk run。"
        elif delivery.result == "bad_address":
            yield f"{unit.code} {unit.name} 的邮箱“{unit.email}”写法不对，{delivery.letter.kind}没有发；请在台账“单位名录”里改正。"


def _results(deliveries: Sequence[Delivery]) -> dict[str, list[dict[str, str]]]:
    """What became of each unit's letter, address by address."""
    found: dict[str, list[dict[str, str]]] = {}
    for delivery in deliveries:
        found.setdefault(delivery.letter.unit.code, []).append(
            {"address": delivery.address, "result": delivery.result, "why": delivery.why}
        )
    return found


def _went(results: Mapping[str, Sequence[Mapping[str, str]]], unit: str) -> str:
    words = dict.fromkeys(_RESULTS[entry["result"]] for entry in results.get(unit, ()))  # type: ignore[index]
    return f"　{'、'.join(words)}" if words else ""


def _close(deliveries: Sequence[Delivery]) -> None:
    if not deliveries:
        screen.put(word("没有发送。要按 xxgk.toml 里 [mail] 的设置发出去，加 --send。"))
        return
    screen.put(tally(deliveries))
    for line in undone(deliveries):
        screen.put(word(line))
