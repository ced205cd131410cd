"""图解: one page with the year's figures and charts, which a portal can publish beside the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from pipeline.faces.recorded import Recorded
from pipeline.faces.web import Picture, draw, page
from pipeline.form import print_figure

_CARDS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("政府网站发布信息", ("info.site_items",), "条"),
    ("政务新媒体发布信息", ("info.new_media_items",), "条"),
    ("发布政策解读", ("info.interpretations",), "条"),
    ("编发政府公报", ("info.gazette_issues",), "期"),
    ("新收政府信息公开申请", ("t3.received.total",), "件"),
    ("上年结转申请", ("t3.carried_in.total",), "件"),
    ("年内办结申请", ("t3.total.total",), "件"),
    ("予以公开", ("t3.granted.total",), "件"),
    ("结转下年度继续办理", ("t3.carried_out.total",), "件"),
    ("制发行政规范性文件", ("t2.normative.issued",), "件"),
    ("现行有效的行政规范性文件", ("t2.normative.in_force",), "件"),
    ("行政许可决定", ("t2.permit.decisions",), "件"),
    ("行政处罚决定", ("t2.penalty.decisions",), "件"),
    ("行政强制决定", ("t2.coercion.decisions",), "件"),
    ("收到网民留言", ("info.messages_received",), "条"),
    ("政务公开培训", ("info.trainings",), "场"),
    ("政府信息公开行政复议", ("t4.review.total",), "件"),
    ("政府信息公开行政诉讼", ("t4.direct.total", "t4.after_review.total"), "件"),
)
"""Title, the items that are added up, measure."""


def infographic(recorded: Recorded, pictures: Sequence[Picture]) -> bytes:
    """Return the page; figures that are unknown or 0 are left out, apart from the requests received."""
    night = recorded.night
    root, year = night.control.profile.root, night.row.year
    title = f"图解：{root}{year}年政府信息公开工作年度报告"
    cards = "\n".join(
        f"<li><strong>{escape(value)}<small>{unit}</small></strong>{escape(name)}</li>"
        for name, value, unit in _cards(recorded)
    )
    notice = (
        "" if recorded.complete else '<p class="notice" role="note">【汇总未完成】还有单位没有计入，不是最终结果。</p>'
    )
    body = (
        f'<article class="xxgk-report">\n<h1>{escape(title)}</h1>\n{notice}<ul class="cards">\n{cards}\n</ul>\n'
        + "\n".join(draw(picture) for picture in pictures)
        + f'\n<p class="source">数据取自《{escape(root)}{year}年{escape(night.form.title)}》，统计时间为{year}年1月1日至12月31日。</p>\n</article>'
    )
    return page(title, body)


def _cards(recorded: Recorded) -> Iterator[tuple[str, str, str]]:
    for name, codes, unit in _CARDS:
        values = [value for code in codes if (value := recorded.night.figures.get(code)) is not None]
        whole = sum(values[1:], start=values[0]) if len(values) == len(codes) else None
        if whole is not None and (whole or "t3.received.total" in codes):
            yield name, print_figure(whole), unit
