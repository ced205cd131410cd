"""A letter to one unit: as text, as a Word file by the office's template, and what goes with it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from pipeline.files.atomic import publish_files
from pipeline.files.filling import clean, fill_template, open_template, save_document
from pipeline.model.control import Unit
from pipeline.night.replay import Remembered
from pipeline.workspace import Workspace

_CORRECTIONS = "corrections"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter. ``kind`` is 催报 or 回执, ``name`` the stem of its files; ``lines`` are its paragraphs.

    ``keys`` say what it is about: a letter goes out once for each of them, whatever it says. ``attachment`` is the marked
    workbook, ``None`` where none is asked for; ``lost`` tells that one is and the published file is not what the night
    made, so that the letter must not go out.
    """

    unit: Unit
    kind: str
    name: str
    title: str
    lines: tuple[str, ...]
    contact: str
    compiler: str
    day: dt.date
    year: int
    keys: tuple[str, ...] = ()
    attachment: bytes | None = None
    lost: bool = False

    @property
    def dated(self) -> str:
        """The day of the letter in words."""
        return f"{self.day.year}年{self.day.month}月{self.day.day}日"

    @property
    def workbook(self) -> str:
        """The name of the marked workbook of its unit among the outputs."""
        return f"{self.unit.file_stem}_退改.xlsx"

    @property
    def text(self) -> str:
        """The letter as plain text."""
        body = "\n".join(f"    {line}" for line in self.lines)
        return f"{self.unit.name}：\n\n{body}\n\n{self.contact}\n\n{self.compiler}\n{self.dated}"


def daily_key(day: dt.date, *texts: str) -> str:
    """The key of a letter that may go out again on another day."""
    return digest("\n".join((day.isoformat(), *texts)))


def digest(text: str) -> str:
    """What is booked of a letter: the beginning of a SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def write_letters(
    workspace: Workspace, folder: Path, letters: Sequence[Letter], others: Mapping[str, bytes] | None = None
) -> Path:
    """Write one letter or more, and ``others``, into a folder of their day below ``folder``; return it.

    What lies there is never touched, since people write into it: when it is not the same any more, the next folder of the
    day is taken. Raises `TemplateError` when the template of the letters cannot be filled.
    """
    files = dict(others or {})
    template = workspace.letter_template()
    for letter in letters:
        files[f"{letter.name}.txt"] = ("\ufeff" + letter.text.replace("\n", "\r\n") + "\r\n").encode()
        files[f"{letter.name}.docx"] = _fill(template, letter)
    day = letters[0].day
    for place in (folder / (f"{day}" if n == 1 else f"{day}_{n}") for n in count(1)):
        if not place.exists():
            with workspace.lock():
                publish_files(folder.parent, {f"{folder.name}/{place.name}/{n}": c for n, c in files.items()})
            return place
        if _holds(place, files):
            return place
    raise AssertionError("the numbers of folders do not end")


def _holds(place: Path, files: Mapping[str, bytes]) -> bool:
    """Whether a folder holds exactly these files."""
    try:
        return {path.name: path.read_bytes() for path in place.iterdir()} == dict(files)
    except OSError:
        return False


def _fill(template: Path, letter: Letter) -> bytes:
    document = open_template(template)
    context = {
        "title": letter.title,
        "unit": clean(letter.unit.name),
        "lines": [clean(line) for line in letter.lines],
        "contact": clean(letter.contact),
        "compiler": clean(letter.compiler),
        "dated": letter.dated,
        "year": letter.year,
    }
    fill_template(document, template, context, what="信")
    return save_document(document, letter.year, letter.title)


def read_correction(workspace: Workspace, night: Remembered, unit: Unit, suffix: str = ".xlsx") -> bytes | None:
    """The correction of a unit, or its letter (``说明.txt``), as the night made it; ``None`` when it is not there any more
    or was changed.
    """
    name = f"{_CORRECTIONS}/{unit.file_stem}_退改{suffix}"
    try:
        content = (workspace.year_outputs(night.row.year) / name).read_bytes()
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == night.row.manifest.get(name) else None
