"""What `xxgk collect` prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.cli import screen
from pipeline.cli.words import word
from pipeline.mailbox.fetch import MOST, Collected
from pipeline.mailbox.letters import FOLDER, Fate, Letter

_COLOURS = {Fate.KEPT: "green", Fate.TOO_LARGE: "red", Fate.UNREADABLE: "red"}
_MOST_FILES = 5


def collected(result: Collected, year: int, *, dry: bool, json: bool) -> None:
    """Every mail that was looked at, and the counts."""
    if json:
        screen.document(_document(result))
    else:
        screen.put(f"{word(result.source)}" + (f"，{result.since} 以来收到的信" if result.since else ""))
        for letter in result.letters:
            screen.put(f"  {_line(letter, dry=dry)}")
        screen.put(_counts(result, dry=dry))
        if result.count(Fate.KEPT) and not dry:
            screen.put(f"放在 {Path('inputs') / str(year) / FOLDER}，下次汇总（xxgk run）就会读取。")
    _warn(result)


def collected_before(result: Collected, *, json: bool) -> None:
    """The counts alone, and what a person must look at."""
    if not json:
        screen.put(f"收信：{_counts(result, dry=False)}")
    _warn(result)


def _line(letter: Letter, *, dry: bool) -> str:
    fate = "会收下" if dry and letter.fate is Fate.KEPT else letter.fate.value
    colour = _COLOURS.get(letter.fate, "dim")
    if letter.name and letter.fate in (Fate.TOO_LARGE, Fate.UNREADABLE):
        return f"[{colour}]{fate}[/]　{word(letter.name)}（{letter.size / 1e6:.1f} MB）"
    files = "、".join(letter.files[:_MOST_FILES]) + (
        f" 等 {len(letter.files)} 个" if len(letter.files) > _MOST_FILES else ""
    )
    size = f"　{letter.size / 1e6:.0f} MB" if letter.fate is Fate.TOO_LARGE else ""
    told = f"{letter.date:%Y-%m-%d %H:%M}　{letter.sender or '未知发件人'}　《{letter.subject or '无主题'}》"
    return f"[{colour}]{fate}[/]　{word(told)}{size}{'　' + word(files) if files else ''}"


def _counts(result: Collected, *, dry: bool) -> str:
    counts = [(f"{'会收下' if dry else '新收下'}", result.count(Fate.KEPT)), ("没有附件", result.count(Fate.BARE))]
    counts.append(("以前收过", result.known + result.count(Fate.TWICE)))
    counts += [(fate.value, result.count(fate)) for fate in (Fate.TOO_LARGE, Fate.UNREADABLE) if result.count(fate)]
    return "，".join(f"{what} {count} 封" for what, count in counts) + "。"


def _warn(result: Collected) -> None:
    """To stderr, so that it is seen with --quiet and in the mail of a scheduler."""
    if result.count(Fate.TOO_LARGE):
        screen.error("太大的信没有取：请把附件另存到 inputs 里，或请单位分开发；然后把信移出这个文件夹，就不再提示。")
    if result.count(Fate.UNREADABLE):
        screen.error("有的信取不下来：请在信箱里打开看看，把附件另存到 inputs 里。其他信不受影响。")
    if result.left:
        screen.error(f"一次最多收 {MOST} 封，还有 {result.left} 封没有看。请再运行一次。")
    if result.broken:
        screen.error(f"{result.broken}已经收下的都在，再运行一次接着收。")


def _document(result: Collected) -> dict[str, Any]:
    return {
        "source": result.source,
        "since": str(result.since) if result.since else None,
        "kept": result.count(Fate.KEPT),
        "without_attachment": result.count(Fate.BARE),
        "known": result.known + result.count(Fate.TWICE),
        "left": result.left,
        "error": result.broken or None,
        "mails": [
            {
                "fate": letter.fate.name.lower(), "sender": letter.sender, "subject": letter.subject,
                "date": letter.date.isoformat(timespec="seconds"), "size": letter.size, "attachments": list(letter.files),
                "file": letter.path or None, "name": letter.name or None,
            }
            for letter in result.letters
        ],
    }  # fmt: skip
