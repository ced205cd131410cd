"""Material to write the report from: every unit's texts by part, with what is a copy and what stood there last year.

The units' words are material; what becomes of them is for the office to write.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from docx import Document
from docx.enum.text import WD_COLOR_INDEX
from docx.oxml.ns import qn
from rapidfuzz import fuzz

from pipeline.faces.recorded import Recorded
from pipeline.files.archive import settled_zip
from pipeline.form import Item, Value
from pipeline.model.past import History

_ILLEGAL = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SENTENCE = re.compile(r"(?<=[。；！？\n])")
_ALIKE, _SHORTEST = 90, 12
"""From how many percent on two sentences count as one; shorter ones are alike by chance."""
_GREY, _YELLOW = WD_COLOR_INDEX.GRAY_25, WD_COLOR_INDEX.YELLOW
_LEGEND = (
    "各单位报来的文字，按报告的小节排列，供起草用。灰底：与前面某个单位的句子相同或极相近；黄底：与本单位上年的句子相同或极相近。"
    "哪些写进报告、怎样写，由起草人定。"
)


def material(recorded: Recorded, history: History) -> bytes:
    """Return the material as a .docx. The same night gives the same bytes."""
    night = recorded.night
    document = Document()
    normal = document.styles["Normal"]
    normal.font.name = "Times New Roman"
    normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "仿宋_GB2312")
    document.add_heading(f"{night.control.profile.root}{night.row.year}年各单位文字材料", level=0)
    document.add_paragraph(_LEGEND)
    for item in night.form.of_table("text"):
        texts = list(_texts(recorded, item))
        document.add_heading("　".join(dict.fromkeys(item.row_path)), level=1)
        if not texts:
            document.add_paragraph("（没有单位写这一部分）")
        said: list[str] = []
        for unit, name, text in texts:
            paragraph = document.add_paragraph()
            paragraph.add_run(f"【{_clean(name)}】").bold = True
            former = _sentences(_last(history.of(unit), item))
            for sentence in _sentences(text):
                run = paragraph.add_run(_clean(sentence))
                if _is_among(sentence, former):
                    run.font.highlight_color = _YELLOW
                elif _is_among(sentence, said):
                    run.font.highlight_color = _GREY
            said += _sentences(text)
    return _save(document, night.row.year)


def _texts(recorded: Recorded, item: Item) -> Iterator[tuple[str, str, str]]:
    night = recorded.night
    for unit in night.accepted:
        text = night.values(unit).get(item.code)
        if isinstance(text, str) and text.strip() not in ("", "无", "无。"):
            yield unit, night.name(unit), text.strip()


def _last(known: Mapping[str, Value], item: Item) -> str:
    value = known.get(item.code)
    return value if isinstance(value, str) else ""


def _sentences(text: str) -> list[str]:
    return [sentence for sentence in _SENTENCE.split(text) if sentence.strip()]


def _is_among(sentence: str, others: list[str]) -> bool:
    bare = sentence.strip()
    return len(bare) >= _SHORTEST and any(fuzz.ratio(bare, other.strip()) >= _ALIKE for other in others)


def _clean(text: str) -> str:
    return _ILLEGAL.sub("", text)


def _save(document: Any, year: int) -> bytes:
    properties = document.core_properties
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.created = properties.modified = dt.datetime(year + 1, 1, 1)
    out = io.BytesIO()
    document.save(out)
    return settled_zip(out.getvalue())
