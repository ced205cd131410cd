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

_CODE = re.compile(r"(?<![\w.])(?:former\.)?((?:t\d+|info|text)(?:\.[a-z_]\w*)+)")
_NUMBERING = re.compile(r"^（[一二三四五六七八九十]+）|（.*）$")
_YEAR = "{{ year }}年，{{ subject }}"
"""``subject`` is whom the report speaks for: 全县, 全镇, 本机关."""


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
        """The sentence as template text. The first clause printed follows the opening, commas stand before the others."""
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
    own = (_results(form), _ASSISTED, *_CONTESTED) if text_code == "text.requests" else ()
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


def _change_clause(code: str, unit: str) -> Clause:
    """The change against the year before, where that is known: 比上年增加2件，增长66.7%."""
    former = f"former.{code}"
    return Clause(
        when=f"{former} is not none and ({code} or {former})",
        words=f"{{% if {code} > {former} %}}比上年增加{{{{ {code} - {former} }}}}{unit}"
        f"{{% if {former} %}}，增长{{{{ percent({code} - {former}, {former}) }}}}%{{% endif %}}"
        f"{{% elif {code} < {former} %}}比上年减少{{{{ {former} - {code} }}}}{unit}"
        f"，下降{{{{ percent({former} - {code}, {former}) }}}}%{{% else %}}与上年持平{{% endif %}}",
    )


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
_SUITS = "t4.direct.total + t4.after_review.total"
_CONTESTED: tuple[Sentence, ...] = (
    Sentence(
        opening="因政府信息公开",
        clauses=(
            _count_clause("t4.review.total", "被申请行政复议", "件"),
            _count_clause("t4.review.upheld", "复议结果维持", "件"),
            _count_clause("t4.review.corrected", "复议结果纠正", "件"),
            _count_clause("t4.review.other", "复议作其他处理", "件"),
            _count_clause("t4.review.pending", "复议尚未审结", "件"),
        ),
    ),
    Sentence(
        opening="因政府信息公开",
        clauses=(
            _count_clause(_SUITS, "被提起行政诉讼", "件"),
            _count_clause("t4.direct.total", "未经复议直接起诉", "件"),
            _count_clause("t4.after_review.total", "复议后起诉", "件"),
            _count_clause("t4.direct.upheld + t4.after_review.upheld", "判决结果维持", "件"),
            _count_clause("t4.direct.corrected + t4.after_review.corrected", "判决结果纠正", "件"),
            _count_clause("t4.direct.other + t4.after_review.other", "以其他方式结案", "件"),
            _count_clause("t4.direct.pending + t4.after_review.pending", "诉讼尚未审结", "件"),
        ),
    ),
)
"""Review and litigation, when there was any; their table has no words of its own."""
_SENTENCES: dict[str, tuple[Sentence, ...]] = {
    "text.disclosure": (
        Sentence(
            opening=_YEAR,
            clauses=(
                _count_clause("info.site_items", "通过政府网站发布信息", "条"),
                _count_clause("info.special_columns", "开设、维护专题专栏", "个"),
                _count_clause("info.interpretations", "发布政策解读", "条"),
                _count_clause("info.new_media_items", "通过政务新媒体发布信息", "条"),
                _count_clause("info.gazette_issues", "编发政府公报", "期"),
            ),
        ),
        Sentence(
            opening="{{ subject }}共作出",
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
                _change_clause("t3.received.total", "件"),
                Clause(
                    when="t3.carried_in.total",
                    words="连同上年结转的{{ t3.carried_in.total }}件，应当办理"
                    "{{ t3.received.total + t3.carried_in.total }}件",
                ),
                _count_clause("t3.total.total", "年内办结", "件"),
                _count_clause("t3.carried_out.total", "结转下年度继续办理", "件"),
            ),
        ),
    ),
    "text.management": (
        Sentence(
            opening=_YEAR,
            clauses=(
                _count_clause("t2.rules.issued", "制发规章", "件"),
                _count_clause("t2.rules.repealed", "废止规章", "件"),
                _count_clause("t2.normative.issued", "制发行政规范性文件", "件"),
                _count_clause("t2.normative.repealed", "废止行政规范性文件", "件"),
                _count_clause("info.normative_lapsed", "有效期届满等自然失效", "件"),
            ),
        ),
        Sentence(
            opening="截至{{ year }}年12月31日，{{ subject }}",
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
