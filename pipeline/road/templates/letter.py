"""The Word template of the letters to the units, built once; afterwards the office may restyle it."""

from __future__ import annotations

from pathlib import Path

from docx.shared import Pt

from pipeline.road.templates.report import save_template
from pipeline.road.templates.typography import BODY, SIGNATURE, TITLE, add_paragraph, new_document

LETTER_NAMES = ("title", "unit", "lines", "contact", "compiler", "dated", "year")
"""What a letter template may use: 标题, 收信单位, 正文 (a line a paragraph), 联系, 落款, 日期, 年度."""


def build_letter(path: Path) -> None:
    """Write the template to ``path``; always the same bytes."""
    document = new_document()
    add_paragraph(document, "{{ title }}", TITLE).paragraph_format.space_after = Pt(29)
    add_paragraph(document, "{{ unit }}：", "Normal")
    add_paragraph(document, "{%p for line in lines %}", BODY)
    add_paragraph(document, "{{ line }}", BODY)
    add_paragraph(document, "{%p endfor %}", BODY)
    add_paragraph(document, "{{ contact }}", BODY)
    add_paragraph(document, "{{ compiler }}", SIGNATURE).paragraph_format.space_before = Pt(29)
    add_paragraph(document, "{{ dated }}", SIGNATURE)
    path.write_bytes(save_template(document, "给单位的信"))
