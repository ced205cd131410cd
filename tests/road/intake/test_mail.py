"""Mails saved as .eml and dropped into inputs: opened like a zip, dated by themselves, bounded, and never anything else."""

from __future__ import annotations

import base64
import datetime as dt
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

import pytest

from pipeline.files.containers.bounds import Bounds, RefusedError
from pipeline.files.containers.mail import is_mail, mail_parts, read_head
from pipeline.road.intake.attachments import is_attachment, unpack
from tests.road.intake.containers import archive, compound
from tests.workspaces import NOW, Office

SENT = dt.datetime(2025, 1, 15, 17, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))
BOUNDS = Bounds()


def mail(*attached: tuple[str, bytes], sent: str = "Wed, 15 Jan 2025 17:30:00 +0800", subject: str = "报表") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"], message["Date"] = "镇长 <a@b.cn>", "c@d.cn", subject, sent
    message.set_content("请查收附件。")
    for name, content in attached:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def opened(content: bytes, bounds: Bounds = BOUNDS) -> list[tuple[str, object]]:
    return [
        (entry.path, entry.content.code if isinstance(entry.content, RefusedError) else entry.content)
        for entry in unpack("信.eml", content, bounds)
    ]


def test_a_mail_is_told_by_its_header() -> None:
    assert is_attachment(mail(("a.xlsx", b"x")), BOUNDS)
    assert is_mail(b"\xef\xbb\xbfReceived: by x\r\nFrom: a\r\nTo: b\r\n\r\n")
    for content in (
        b"From: <Saved by Blink>\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n",
        "单位,数\n甲,1\n".encode(),
        b"hello\n\nFrom: a\nTo: b\nDate: c\n",
        b"",
        b"PK\3\4From: a\nTo: b\nDate: c\n",
    ):
        assert not is_mail(content)


def test_attachments_with_their_names_and_the_date_of_the_mail() -> None:
    entries = list(unpack("信.eml", mail(("会发镇报表.xlsx", b"one"), ("../../a\\b.xlsx", b"two")), BOUNDS))
    assert [(entry.path, entry.content) for entry in entries] == [
        ("信.eml/会发镇报表.xlsx", b"one"),
        ("信.eml/a/b.xlsx", b"two"),
    ]
    assert [entry.modified for entry in entries] == [dt.datetime(2025, 1, 15, 17, 30)] * 2


@pytest.mark.parametrize(
    ("sent", "date"),
    [
        ("Wed, 15 Jan 2025 09:30:00 +0000", dt.datetime(2025, 1, 15, 17, 30)),
        ("Wed, 15 Jan 2025 09:30:00 -0000", dt.datetime(2025, 1, 15, 17, 30)),
        ("Wed, 15 Jan 2025 17:30:00", dt.datetime(2025, 1, 15, 17, 30)),
        ("not a date", None),
        ("", None),
        ("Wed, 99 Jan 99999 09:30:00 +0000", None),
    ],
)
def test_its_date_in_our_time(sent: str, date: dt.datetime | None) -> None:
    found = read_head(f"From: a\r\nTo: b\r\nDate: {sent}\r\n\r\nx".encode()).date
    assert (found.replace(tzinfo=None) if found else None) == date


def test_what_is_inside_is_opened_as_far_as_anything_is() -> None:
    inner = archive({"甲.xlsx": b"in a zip"})
    forwarded = EmailMessage()
    forwarded["From"], forwarded["To"], forwarded["Date"] = "x@y.cn", "z@y.cn", "Wed, 15 Jan 2025 17:30:00 +0800"
    forwarded.set_content("转发")
    original = EmailMessage()
    original["From"], original["To"], original["Date"] = "a@b.cn", "x@y.cn", "Tue, 14 Jan 2025 08:00:00 +0800"
    original.set_content("原信")
    original.add_attachment(b"deep", maintype="application", subtype="octet-stream", filename="乙.xlsx")
    forwarded.add_attachment(original)
    assert opened(mail(("包.zip", inner))) == [("信.eml/包.zip/甲.xlsx", b"in a zip")]
    assert opened(forwarded.as_bytes()) == [("信.eml/乙.xlsx", b"deep")]
    assert opened(archive({"信.eml": mail(("丙.xlsx", b"mailed"))})) == [("信.eml/信.eml/丙.xlsx", b"mailed")]


def test_bounds_and_what_is_not_there() -> None:
    assert opened(mail()) == [("信.eml", "I19")]
    many = mail(*((f"{n}.xlsx", b"x") for n in range(5)))
    assert [found for _, found in opened(many, Bounds(members=3))] == [b"x", b"x", b"x", "I6"]
    assert opened(mail(("大.xlsx", b"x" * 2_000)), Bounds(file=1_000)) == [("信.eml/大.xlsx", "I6")]
    broken = mail(("a.xlsx", b"x")).replace(b"base64", b"no-such-coding")
    assert [path for path, _ in opened(broken)] == ["信.eml/a.xlsx"]


def test_the_road_by_mail_is_the_road_by_folder(tmp_path: Path) -> None:
    """The same returns, dropped as files or as mails, come to the same county."""
    folder = Office(tmp_path / "folder", units=3)
    values = {f"u0{n}": {"t3.received.natural": n, "t3.granted.natural": n} for n in (1, 2, 3)}
    for unit, figures in values.items():
        folder.returns(unit, figures)  # type: ignore[arg-type]
    post = Office(tmp_path / "post", units=3)
    for unit, figures in values.items():
        post.drop(f"邮件/{unit}.eml", mail((f"{unit}.xlsx", post.filled(unit, figures))), hour=20)  # type: ignore[arg-type]
    first, second = folder.run(now=NOW), post.run(now=NOW)
    assert first.county.figures == second.county.figures
    assert [standing.state.value for standing in second.standings] == ["通过"] * 3
    assert second.arrivals[0].arrival.names == ("邮件/u01.eml/u01.xlsx",)
    assert second.arrivals[0].arrival.written == SENT


def test_a_later_mail_counts(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=1)
    for name, sent, figure in (
        ("更正.eml", "Thu, 16 Jan 2025 08:00:00 +0800", 20),
        ("报表.eml", "Wed, 15 Jan 2025 08:00:00 +0800", 10),
    ):
        content = office.filled("u01", {"t3.received.natural": figure, "t3.granted.natural": figure})
        office.drop(name, mail(("表.xlsx", content), sent=sent), hour=20)
    assert office.run().county.figures["t3.received.natural"] == 20


def test_a_mail_of_outlook_is_named(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=1)
    office.drop("信.msg", compound({"__properties_version1.0": b"x" * 5_000}))
    found = [f for f in office.run().findings if f.file == "信.msg"]
    assert [(f.code, "附件另存" in f.remedy) for f in found] == [("I18", True)]


NAME = "会发镇（堃）报表.xlsx"
GB = NAME.encode("gb18030")


def encoded(raw: bytes, charset: str) -> bytes:
    return b"=?" + charset.encode() + b"?B?" + base64.b64encode(raw) + b"?="


SPELT = {
    "GB18030 as it is": b'attachment; filename="' + GB + b'"',
    "UTF-8 as it is": b'attachment; filename="' + NAME.encode() + b'"',
    "RFC 2047, more than the charset it names": b'attachment; filename="' + encoded(GB, "gb2312") + b'"',
    "RFC 2047 without quotes": b"attachment; filename=" + encoded(NAME.encode(), "utf-8"),
    "RFC 2047 in two words that part a character": b'attachment; filename="' + encoded(NAME.encode()[:10], "utf-8")
    + b"\r\n " + encoded(NAME.encode()[10:], "utf-8") + b'"',
    "RFC 2231": b"attachment; filename*=utf-8''" + quote(NAME).encode(),
    "RFC 2231, more than the charset it names": b"attachment; filename*=gb2312''" + quote(GB).encode(),
    "RFC 2231 in pieces": b"attachment;\r\n filename*0*=UTF-8''" + quote(NAME[:4]).encode() + b";\r\n filename*1*="
    + quote(NAME[4:]).encode(),
}  # fmt: skip


def raw_mail(*parts: bytes, head: bytes = b"") -> bytes:
    start = head or b"From: a@b.cn\r\nTo: c@d.cn\r\nDate: x\r\n"
    body = b"".join(b"--B\r\n" + part + b"\r\n" for part in parts)
    return start + b"Content-Type: multipart/mixed; boundary=B\r\n\r\n" + body + b"--B--\r\n"


@pytest.mark.parametrize("spelling", SPELT)
def test_names_as_mail_programs_write_them(spelling: str) -> None:
    part = b"Content-Disposition: " + SPELT[spelling] + b"\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD"
    assert list(mail_parts(raw_mail(part))) == [(NAME, b"ABC")]


def test_the_name_may_stand_with_the_type() -> None:
    part = b'Content-Type: application/octet-stream; name="' + GB + b'"\r\n\r\nABC'
    assert list(mail_parts(raw_mail(part))) == [(NAME, b"ABC")]


HEADS = {
    b"From: =?gb2312?B?" + base64.b64encode("镇长".encode("gbk")) + b"?= <Zhen@FZ.gov.cn>": ("zhen@fz.gov.cn", ""),
    b"Subject: " + "报表（堃）".encode("gb18030"): ("", "报表（堃）"),
    b"Subject: =?utf-8?B?5oql6KGo?=\r\n =?utf-8?B?77yB?=": ("", "报表！"),
    b"Subject: =?x-none?Q?plain?= text": ("", "plain text"),
    b"From: nobody": ("", ""),
    b"Subject: =?utf-7?Q?+2AA-?= \\ud800": ("", "+2AA- ?"),
    b"From: <a@b.cn>, c@d.cn\r\nFrom: second@b.cn": ("a@b.cn", ""),
    b"Subject: " + b"x" * 1_000_000: ("", "x" * 8192),
}


@pytest.mark.parametrize("head", HEADS, ids=range(len(HEADS)))
def test_sender_and_subject(head: bytes) -> None:
    found = read_head(head + b"\r\nMessage-ID: <1@b.cn>\r\n\r\nFrom: body@b.cn\r\n")
    assert (found.sender, found.subject, found.message_id) == (*HEADS[head], "<1@b.cn>")


def test_pictures_in_the_letter_and_signatures_are_no_files() -> None:
    logo = b"Content-Type: image/png; name=logo.png\r\nContent-ID: <1>\r\nContent-Disposition: inline\r\n\r\nx"
    photo = b"Content-Type: image/png; name=photo.png\r\nContent-ID: <2>\r\nContent-Disposition: attachment\r\n\r\nx"
    signed = b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nx"
    assert [name for name, _ in mail_parts(raw_mail(logo, signed, photo))] == ["photo.png"]
    assert opened(raw_mail(logo)) == [("信.eml", "I19")]


def test_a_mail_with_few_fields_and_one_with_a_giant_header_are_mails() -> None:
    part = b'Content-Disposition: attachment; filename="a.xlsx"\r\n\r\nABC'
    giant = b"X-Junk: " + b"x" * 200_000 + b"\r\nFrom: a@b.cn\r\nTo: c@d.cn\r\nDate: x\r\n"
    for head in (b"From: a@b.cn\r\nSubject: x\r\n", giant):
        content = raw_mail(part, head=head)
        assert is_mail(content)
        assert opened(content) == [("信.eml/a.xlsx", b"ABC")]


HOSTILE = {
    "parts in parts": raw_mail(
        *(b"Content-Type: multipart/mixed; boundary=B%d\r\n\r\n--B%d" % (n, n) for n in range(1)),
        b"\r\n".join(b"Content-Type: multipart/mixed; boundary=C%d\r\n\r\n--C%d" % (n, n) for n in range(3000)),
    ),
    "mails in mails": b"From: a@b.cn\r\nTo: c@d.cn\r\nDate: x\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 3000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_mail_the_parser_cannot_take_costs_only_itself(name: str, tmp_path: Path) -> None:
    assert opened(HOSTILE[name]) == [("信.eml", "I7")]
    office = Office(tmp_path / "office", units=1)
    office.drop("毁.eml", HOSTILE[name])
    office.returns("u01")
    outcome = office.run()
    assert office.states(outcome) == {"u01": "通过"}
    assert [f.code for f in outcome.findings if f.file == "毁.eml"] == ["I7"]


def test_the_sender_of_a_mail_is_evidence(tmp_path: Path) -> None:
    """The address of another unit is told and holds nothing up; a changed 邮箱 is read anew."""
    office = Office(tmp_path / "office", units=2)
    roster = [list(row) for row in office.control_sheets["单位名录"]]
    roster[1][8] = "A@b.cn"
    office.write_control({"单位名录": roster})
    office.drop("信.eml", mail(("表.xlsx", office.filled("u01"))))
    outcome = office.run()
    told = [(f.code, f.unit, f.file) for f in outcome.findings if f.code == "U13"]
    assert (told, office.states(outcome)["u01"]) == ([("U13", "u01", "信.eml/表.xlsx")], "通过")
    roster[0][8], roster[1][8] = "a@b.cn", ""
    office.write_control({"单位名录": roster})
    assert "U13" not in {f.code for f in office.run(now=NOW.replace(day=21)).findings}
