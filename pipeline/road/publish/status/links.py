"""What the page links to: files of the inputs, files beside it, places on it, telephones. All words from outside are
escaped here.
"""

from __future__ import annotations

import re
from html import escape
from urllib.parse import quote

from pipeline.model.control import RESERVED_FILES
from pipeline.model.outcome import Outcome
from pipeline.model.standing import Standing
from pipeline.model.submission import NAMING

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_UNSAFE = re.compile(r"[^\w./-]")
_CONTAINER = re.compile(r"(.*?\.(?:zip|rar|7z|eml))/", re.IGNORECASE | re.DOTALL)
_PHONE = re.compile(r"\+?\d[\d -]{5,}\d")
_LIST = "来件清单"
LIST_ANCHOR = "arrivals"


def as_text(words: str) -> str:
    """Words from outside as text of the page."""
    return escape(_UNSEEN.sub("�", words))


def as_href(path: str) -> str:
    """A path as an address. Letters stay as they are, which is a third of their length escaped.

    >>> as_href("收件/100% #1.xlsx")
    '收件/100%25%20%231.xlsx'
    """
    return _UNSAFE.sub(lambda match: quote(match.group().encode("utf-8", "surrogateescape")), path)


def as_anchor(code: str) -> str:
    """A unit's code as part of an id."""
    return quote(code, safe="").replace("%", "_")


def as_phone(words: str) -> str:
    """Telephone numbers as links, for a phone.

    >>> as_phone("0451-57001000 转 3")
    '<a href="tel:0451-57001000">0451-57001000</a> 转 3'
    """
    return _PHONE.sub(lambda found: f'<a href="tel:{found[0].replace(" ", "")}">{found[0]}</a>', as_text(words))


class Links:
    """The files of a night by name. A member of a package cannot be opened by itself: its package is linked."""

    def __init__(self, outcome: Outcome) -> None:
        self._inputs = f"../../inputs/{outcome.year}/"
        self._places = {
            name: place for place, received in enumerate(outcome.arrivals, 1) for name in received.arrival.names
        }
        self._packed = {
            received.arrival.name
            for received in outcome.arrivals
            if received.arrival.sha256 and received.arrival.path.name.startswith(received.arrival.sha256)
        }

    def file(self, name: str, sha256: str = "") -> str:
        """Return a file as a link, with the digits of its hash that name it in a claim; what is no file of the inputs as
        text.
        """
        digits = f"（哈希 {sha256[:NAMING]}）" if sha256 else ""
        if name not in self._places and name not in RESERVED_FILES:
            return as_text(name) + digits
        container = _CONTAINER.match(name)
        if name in self._packed and not container:
            return as_text(name) + digits
        target = container[1] if container else name
        return f'<a href="{as_href(self._inputs + target)}">{as_text(name)}</a>{digits}'

    def place(self, name: str) -> str:
        """Return the id of an arrival's row in the list of arrivals."""
        return f"a-{self._places[name]}"

    def next_step(self, standing: Standing) -> str:
        """Return a unit's next step, with links to the rows of the files it tells of."""
        step = as_text(standing.next_step)
        for name in standing.refused:
            quoted = as_text(f"“{name}”")
            step = step.replace(quoted, f'<a href="#{self.place(name)}">{quoted}</a>', 1)
        return step.replace(f"“{_LIST}”", f'<a href="#{LIST_ANCHOR}">“{_LIST}”</a>', 1)
