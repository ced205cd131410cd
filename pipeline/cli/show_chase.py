"""What `xxgk remind` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pipeline.chase.reminders import CALLS, FOLDER, Reminder
from pipeline.chase.sending import Delivery
from pipeline.cli import screen
from pipeline.cli.words import word

_RESULTS = {"sent": "已发送", "failed": "没有发出", "today": "今天已经发过", "no_address": "台账里没有邮箱"}


def reminders(given: Sequence[Reminder], deliveries: Sequence[Delivery], folder: Path, *, json: bool) -> None:
    """Whom to remind, at which stage, and what was sent."""
    results = {delivery.reminder.unit.code: delivery.result for delivery in deliveries}
    if json:
        screen.document(
            [
                {
                    "unit": reminder.unit.code, "name": reminder.unit.name, "state": reminder.state,
                    "stage": reminder.stage.value, "due": str(reminder.due) if reminder.due else None,
                    "days": reminder.days, "phone": reminder.unit.phone, "address": reminder.unit.email,
                    "attachment": reminder.attachment.name if reminder.attachment else None,
                    "result": results.get(reminder.unit.code),
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
        went = f"　{_RESULTS[results[unit.code]]}" if unit.code in results else ""
        screen.put(
            f"  {word(unit.code)} {word(unit.name)}　{reminder.state}　{reminder.stage.value}　{word(unit.phone)}{went}"
        )
    screen.put(f"要催 {len(given)} 个单位，信和{CALLS}在 {folder / FOLDER}")
    if deliveries:
        counts = Counter(delivery.result for delivery in deliveries)
        screen.put("，".join(f"{_RESULTS[result]} {count} 个" for result, count in counts.items()))
    else:
        screen.put(word("没有发送。要按 xxgk.toml 里 [mail] 的设置发出去，加 --send。"))
