"""The generated sentences of the report, as Jinja text; unknown or zero figures are left out.

A sentence is an opening and clauses; a clause is printed when its condition holds, so an unknown figure (``None``) is
never printed as a number. A clause that names an item the form does not have is dropped when the template is built, so
the same sentences serve every form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.form import Form

_CODE = re.compile(r"\b(?:t\d+|info|text)(?:\.[a-z_]\w*)+")
_NUMBERING = re.compile(r"^（[一二三四五六七八九十]+）|（.*）$")
_YEAR = "{{ year }}年，"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A few words, printed when ``when`` holds; an empty ``when`` always holds."""

    when: str
    words: str

    @property
    def codes(self) -> frozenset[str]:
        """The items the clause speaks of."""
        return frozenset(_CODE.findall(f"{self.when} {self.words}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """``opening`` and its clauses, joined by commas; not printed when no clause holds."""

    opening: str
    clauses: tuple[Clause, ...]

    @property
    def when(self) -> str:
        """The condition under which anything is printed; empty when always."""
        return _either(clause.when for clause in self.clauses)

    def jinja(self) -> str:
        """The sentence as template text."""
        clauses = "".join(
            f"{{% if {clause.when} %}}{{{{ comma() }}}}{clause.words}{{% endif %}}"
            if clause.when
            else f"{{{{ comma() }}}}{clause.words}"
            for clause in self.clauses
        )
        text = f'{{% set comma = joiner("，") %}}{self.opening}{clauses}。'
        return f"{{% if {self.when} %}}{text}{{% endif %}}" if self.when else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """All generated sentences of one section of the report."""

    sentences: tuple[Sentence, ...]

    @property
    def when(self) -> str:
        """The condition under which the passage says anything; empty when always."""
        return _either(sentence.when for sentence in self.sentences)

    def jinja(self) -> str:
        """The passage as the text of one paragraph."""
        return "".join(sentence.jinja() for sentence in self.sentences)


def passage(form: Form, text_code: str) -> Passage | None:
    """Return the generated passage for the section of ``text_code``; ``None`` when there is none."""
    sentences = []
    own = (_results(form), _ASSISTED) if text_code == "text.requests" else ()
    for sentence in (*_SENTENCES.get(text_code, ()), *own):
        clauses = tuple(clause for clause in sentence.clauses if clause.codes <= form.position.keys())
        if clauses:
            sentences.append(Sentence(opening=sentence.opening, clauses=clauses))
    return Passage(sentences=tuple(sentences)) if sentences else None


def _either(conditions: Iterator[str]) -> str:
    every = list(conditions)
    return " or ".join(every) if all(every) else ""


def _count_clause(code: str, before: str, unit: str) -> Clause:
    return Clause(when=code, words=f"{before}{{{{ {code} }}}}{unit}")


def _results(form: Form) -> Sentence:
    """Return the clauses on how the requests were answered, by the form's own groups: 予以公开 … 其他处理."""
    groups: dict[str, list[str]] = {}
    for item in form.of_table("t3"):
        if item.code.endswith(".total") and len(item.row_path) > 1 and not item.code.startswith("t3.total."):
            groups.setdefault(_NUMBERING.sub("", _NUMBERING.sub("", item.row_path[1])), []).append(item.code)
    clauses = (_count_clause(" + ".join(codes), label, "件") for label, codes in groups.items())
    return Sentence(opening="办结的申请中，", clauses=tuple(clauses))


_ASSISTED = Sentence(
    opening="另有",
    clauses=(_count_clause("info.assisted_requests", "协助其他单位办理的申请", "件，不计入以上件数"),),
)
_SENTENCES: dict[str, tuple[Sentence, ...]] = {
    "text.disclosure": (
        Sentence(
            opening=_YEAR,
            clauses=(
                _count_clause("t2.rules.issued", "制发规章", "件"),
                _count_clause("t2.normative.issued", "制发行政规范性文件", "件"),
                _count_clause("info.site_items", "政府网站发布信息", "条"),
                _count_clause("info.special_columns", "开设、维护专题专栏", "个"),
                _count_clause("info.interpretations", "发布政策解读", "条"),
                _count_clause("info.new_media_items", "政务新媒体发布信息", "条"),
                _count_clause("info.gazette_issues", "编发政府公报", "期"),
            ),
        ),
        Sentence(
            opening="全年作出",
            clauses=(
                _count_clause("t2.permit.decisions", "行政许可决定", "件"),
                _count_clause("t2.penalty.decisions", "行政处罚决定", "件"),
                _count_clause("t2.coercion.decisions", "行政强制决定", "件"),
            ),
        ),
    ),
    "text.requests": (
        Sentence(
            opening=_YEAR,
            clauses=(
                Clause(
                    when="",
                    words="{% if t3.received.total %}新收政府信息公开申请{{ t3.received.total }}件"
                    "{% else %}没有新收政府信息公开申请{% endif %}",
                ),
                _count_clause("t3.carried_in.total", "上年结转", "件"),
                _count_clause("t3.total.total", "年内办结", "件"),
                _count_clause("t3.carried_out.total", "结转下年度继续办理", "件"),
            ),
        ),
    ),
    "text.management": (
        Sentence(
            opening=_YEAR,
            clauses=(
                _count_clause("t2.normative.issued", "制发行政规范性文件", "件"),
                _count_clause("t2.normative.repealed", "废止行政规范性文件", "件"),
                _count_clause("info.normative_lapsed", "有效期届满等自然失效", "件"),
            ),
        ),
        Sentence(
            opening="截至{{ year }}年12月31日，",
            clauses=(
                _count_clause("t2.rules.in_force", "现行有效的规章", "件"),
                Clause(
                    when="",
                    words="{% if t2.normative.in_force %}现行有效的行政规范性文件共{{ t2.normative.in_force }}件"
                    "{% else %}没有现行有效的行政规范性文件{% endif %}",
                ),
            ),
        ),
    ),
    "text.platform": (
        Sentence(
            opening=_YEAR,
            clauses=(
                _count_clause("info.disclosure_corners", "设有政务公开专区", "个"),
                _count_clause("info.messages_received", "收到网民留言", "条"),
                Clause(
                    when="info.messages_received and info.messages_answered is not none",
                    words="{% if info.messages_answered == info.messages_received %}全部作了答复"
                    "{% elif info.messages_answered %}答复{{ info.messages_answered }}条"
                    "{% else %}尚未答复{% endif %}",
                ),
            ),
        ),
    ),
    "text.supervision": (
        Sentence(
            opening=_YEAR,
            clauses=(
                _count_clause("info.trainings", "举办政务公开培训", "场"),
                _count_clause("info.consultations", "开展意见征集调查", "次"),
            ),
        ),
    ),
    "text.other": (
        Sentence(
            opening=_YEAR,
            clauses=(
                _count_clause("info.fee_cases", "就政府信息公开申请发出收费通知", "件"),
                Clause(
                    when="info.fee_yuan is not none",
                    words="{% if info.fee_yuan %}共收取信息处理费{{ info.fee_yuan }}元"
                    "{% else %}没有收取信息处理费{% endif %}",
                ),
            ),
        ),
        Sentence(
            opening="",
            clauses=(Clause(when='text.other|join in ["无", "无。"]', words="没有其他需要报告的事项"),),
        ),
    ),
}
