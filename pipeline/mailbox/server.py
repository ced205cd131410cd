"""The mailbox on its server, by IMAP. It is opened for reading only (EXAMINE, BODY.PEEK): nothing on it is marked or deleted.

IMAPClient (an extra, ``xxgk[mail]``) takes the protocol apart: literals, folder names in modified UTF-7, times.
Source: RFC 3501; RFC 2971 for ID, without which NetEase (163.com) opens no folder.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import ipaddress
import logging
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pipeline.errors import MailboxError, WorkspaceError, explain_fault
from pipeline.mailbox.letters import Fate, Incoming
from pipeline.settings import Inbox

if TYPE_CHECKING:
    from imapclient import IMAPClient

_EXAMPLE = "imaps://用户@imap.example.cn/INBOX"
_PORTS = {"imaps": 993, "imap": 143}
_CONNECTING, _READING = 20, 60
"""Seconds to wait for a server that does not answer."""
_BATCH = 200
_LONGEST_REASON = 200
_FIELDS = "BODY.PEEK[HEADER.FIELDS (FROM SUBJECT DATE MESSAGE-ID)]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a mailbox lies; ``tls`` from the first byte on."""

    user: str
    host: str
    port: int
    folder: str
    tls: bool

    @property
    def name(self) -> str:
        """The name of the mailbox in the ledger and for people, without a password."""
        return f"{self.user}@{self.host}/{self.folder}"

    @property
    def is_here(self) -> bool:
        """Whether the server is this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def parse_address(text: str) -> Address:
    """The address of ``imaps://user@host:993/folder``; the user may be a mail address. Raises `WorkspaceError`."""
    if not text:
        raise WorkspaceError(
            f"没有设置信箱。请在 xxgk.toml 的 [mail] 里写 imap，如 {_EXAMPLE}，密码另写一个文件，写 imap_password_file；"
            "没有信箱可连的，把信存成 .eml 放在一个文件夹里，用 --from 指明，或直接放进 inputs。"
        )
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    if parts.scheme not in _PORTS or not host or not parts.username:
        raise WorkspaceError(f"[mail] imap 的写法不对，应当像 {_EXAMPLE}。")
    if parts.password is not None:  # shown by `config show`, so that it must not stand here
        raise WorkspaceError(
            "[mail] imap 里不要写密码。请把密码放在单独的文件里，写 imap_password_file，"
            "或者用环境变量 XXGK_MAIL__IMAP_PASSWORD。"
        )
    return Address(
        user=unquote(parts.username),
        host=host,
        port=port or _PORTS[parts.scheme],
        folder=unquote(parts.path.strip("/")) or "INBOX",
        tls=parts.scheme == "imaps",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """An open mailbox. Every method raises `MailboxError` when the connection is lost."""

    client: IMAPClient
    address: Address
    validity: int

    def list_since(self, day: dt.date) -> list[int]:
        """The UIDs of the mails that the server received since a day, the oldest first."""
        with _told(self.address):
            return sorted(int(uid) for uid in self.client.search(["SINCE", day]))

    def fetch(self, uids: Sequence[int], largest: int) -> Iterator[Incoming]:
        """Yield these mails, one in memory at a time. One that is too large has its header only; one that was deleted in
        the meantime is left out.
        """
        for first in range(0, len(uids), _BATCH):
            batch = uids[first : first + _BATCH]
            with _told(self.address):
                sizes = self.client.fetch(batch, ["RFC822.SIZE", "INTERNALDATE"])
            for uid in batch:
                if uid in sizes:
                    yield from self._fetch(uid, sizes[uid], largest)

    def _fetch(self, uid: int, known: dict[bytes, Any], largest: int) -> Iterator[Incoming]:
        size = int(known.get(b"RFC822.SIZE") or 0)
        received = known.get(b"INTERNALDATE")
        if not isinstance(received, dt.datetime) or received.tzinfo is None:
            received = dt.datetime.now(dt.UTC)
        fate = Fate.TOO_LARGE if size > largest else None
        content = b""
        try:
            with _told(self.address):
                found = self.client.fetch([uid], [_FIELDS if fate else "BODY.PEEK[]"])
        except _RefusedMailError as error:
            yield Incoming(
                content=b"", received=received, size=size, validity=self.validity, uid=uid, name=str(error),
                fate=Fate.UNREADABLE,
            )  # fmt: skip
            return
        if uid not in found:
            return
        content = next((part for key, part in found[uid].items() if key.startswith(b"BODY[") and part), b"")
        yield Incoming(
            content=content, received=received, size=size or len(content), validity=self.validity, uid=uid,
            fate=fate or (None if content else Fate.UNREADABLE),
        )  # fmt: skip


@contextmanager
def open_mailbox(inbox: Inbox) -> Iterator[Mailbox]:
    """The mailbox of the settings, open for reading. Raises `WorkspaceError` when it is not set up, `MailboxError` when it
    cannot be reached.
    """
    address = parse_address(inbox.address)
    if importlib.util.find_spec("imapclient") is None:
        raise WorkspaceError('没有安装收信用的程序包。请运行 pip install "xxgk[mail]"。')
    password = inbox.read_password()
    if not password:
        raise WorkspaceError(
            "没有设置信箱的密码。请把它放在单独的文件里，在 [mail] 里写 imap_password_file，"
            "或者用环境变量 XXGK_MAIL__IMAP_PASSWORD。"
        )
    client = _connect(address, inbox)
    try:
        _log_in(client, address, password)
        client.normalise_times = False
        yield Mailbox(client=client, address=address, validity=_examine(client, address))
    finally:
        with suppress(Exception):  # the connection may be gone, and nothing on the server waits for this
            client.logout()
        with suppress(Exception):
            client.shutdown()


def _connect(address: Address, inbox: Inbox) -> IMAPClient:
    """A connection nobody else can read, unless the server is this machine or the settings allow it."""
    from imapclient import IMAPClient, SocketTimeout

    logging.getLogger("imapclient").setLevel(logging.CRITICAL)  # it would speak English on the screen

    try:
        context = ssl.create_default_context(cafile=str(inbox.ca_file) if inbox.ca_file else None)
    except OSError as error:
        raise WorkspaceError(f"[mail] imap_ca_file 指的文件 {inbox.ca_file} 不是可用的证书（PEM 格式）。") from error
    with _told(address):
        client = IMAPClient(
            address.host, address.port, ssl=address.tls, ssl_context=context if address.tls else None,
            timeout=SocketTimeout(_CONNECTING, _READING),
        )  # fmt: skip
        if address.tls or address.is_here or inbox.plain:
            return client
        if client.has_capability("STARTTLS"):
            client.starttls(context)
            return client
        client.shutdown()
    raise MailboxError(
        f"信箱服务器 {address.host}:{address.port} 不加密，密码和信会被别人看到，没有登录。请改用 imaps://（端口一般是 993）；"
        "确实只能这样连的，如在单位内网，在 [mail] 里写 imap_plain = true。"
    )


def _log_in(client: IMAPClient, address: Address, password: str) -> None:
    from imapclient.exceptions import CapabilityError, LoginError

    with _told(address):
        try:
            if f"{address.user}{password}".isascii():
                client.login(address.user, password)
            else:
                client.plain_login(address.user, password)
        except LoginError as error:
            raise MailboxError(
                f"信箱 {address.user} 登录不了，用户名或密码不对（{_reason(error)}）。163、QQ 等邮箱要先在网页上开通 IMAP，"
                "密码写网页上给的“授权码”，不是登录密码。"
            ) from None
        with suppress(CapabilityError):
            client.id_({"name": "xxgk", "version": version("xxgk")})


def _examine(client: IMAPClient, address: Address) -> int:
    """Open the folder for reading only; return its UIDVALIDITY."""
    with _told(address):
        try:
            opened = client.select_folder(address.folder, readonly=True)
        except client.AbortError:
            raise
        except client.Error as error:
            names = [str(name) for _, _, name in client.list_folders()]
            raise MailboxError(
                f"信箱里打不开文件夹“{address.folder}”（{_reason(error)}），现有：{'、'.join(names[:30]) or '没有'}。"
                "请改正 [mail] imap 末尾的文件夹。"
            ) from None
    return int(opened.get(b"UIDVALIDITY") or 0)


class _RefusedMailError(MailboxError):
    """The server answered, and does not give what was asked for."""


@contextmanager
def _told(address: Address) -> Iterator[None]:
    """Turn what libraries raise into a Chinese sentence."""
    from imaplib import IMAP4

    place = f"{address.host}:{address.port}"
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise MailboxError(
            f"信箱服务器 {place} 的证书不能核实（{error.verify_message}），没有登录。请核对主机名；"
            "服务器用自己签发的证书的，把签发它的证书存成文件，在 [mail] 里写 imap_ca_file。"
        ) from error
    except ssl.SSLError as error:
        raise MailboxError(
            f"信箱服务器 {place} 不能加密连接（{error.reason or error}）。请核对端口：imaps:// 一般是 993，imap:// 一般是 143。"
        ) from error
    except IMAP4.abort as error:
        raise MailboxError(f"与信箱服务器 {place} 的连接断了（{_reason(error)}）。请过一会儿再运行一次。") from error
    except IMAP4.error as error:
        raise _RefusedMailError(f"信箱服务器 {place} 没有照办（{_reason(error)}）。请过一会儿再运行一次。") from error
    except (LookupError, ValueError, TypeError, AttributeError) as error:  # the library over words no server should say
        raise MailboxError(
            f"信箱服务器 {place} 的应答看不懂。请核对 [mail] imap 的主机和端口是不是 IMAP 的。"
        ) from error
    except OSError as error:
        raise MailboxError(
            f"信箱服务器 {place} 连不上（{explain_fault(error)}）。请核对 [mail] imap 的主机和端口，以及这台机器的网络。"
        ) from error


def _reason(error: Exception) -> str:
    """The words of the server, which never hold the password."""
    words = str(error)
    if words.startswith("b'"):
        words = words[2:-1]
    return " ".join(words.split())[:_LONGEST_REASON].rstrip("。.")
