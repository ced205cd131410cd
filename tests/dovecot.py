"""A real IMAP server for tests: Dovecot with its own configuration and folder, on loopback ports, gone when the tests are."""

from __future__ import annotations

import datetime as dt
import imaplib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.postgresql import program

USER, PASSWORD = "office@fz.gov.cn", "授权码 p@ss%{x}"
_NOT_ROOT = "dovecot"
"""Whom the server runs as where the tests run as root; the package makes this user."""
_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
disable_plaintext_auth = no
auth_verbose = yes
auth_failure_delay = 0
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
mailbox_list_index = no
ssl = yes
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
ssl_dh =
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {secure}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 20
}}
"""


@dataclass(frozen=True, kw_only=True)
class ImapServer:
    """A running server, and its mailboxes: each ``user`` has its own, all with the same password."""

    folder: Path
    plain: int
    secure: int
    pid: int

    @property
    def ca(self) -> Path:
        return self.folder / "certificate.pem"

    def settings(self, user: str = USER, *, folder: str = "INBOX", more: str = "") -> str:
        """The section of xxgk.toml for a mailbox."""
        return (
            f'[mail]\nimap = "imaps://{user}@127.0.0.1:{self.secure}/{folder}"\nimap_password_file = "imap"\n'
            f'imap_ca_file = "{self.ca.as_posix()}"\n{more}'
        )

    @contextmanager
    def client(self, user: str = USER) -> Iterator[imaplib.IMAP4_SSL]:
        """Another mail program at the same mailbox."""
        context = ssl.create_default_context(cafile=str(self.ca))
        with imaplib.IMAP4_SSL("127.0.0.1", self.secure, ssl_context=context, timeout=30) as client:
            client.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())
            yield client

    def deliver(self, content: bytes, *, received: dt.datetime, user: str = USER, folder: str = "INBOX") -> None:
        """Put a mail into a mailbox, unread."""
        with self.client(user) as client:
            if folder != "INBOX":
                client.create(folder)
            answer = client.append(folder, "", imaplib.Time2Internaldate(received), content)
            assert answer[0] == "OK", answer

    def look(self, user: str = USER) -> list[bytes]:
        """Flags and places of every mail, as another program sees them."""
        with self.client(user) as client:
            client.select("INBOX", readonly=True)
            return [line for line in client.fetch("1:*", "(UID FLAGS INTERNALDATE)")[1] if isinstance(line, bytes)]


@contextmanager
def running() -> Iterator[ImapServer]:
    """Start a server, and stop it."""
    dovecot, openssl = program("dovecot"), program("openssl")
    assert dovecot, "Dovecot is not installed"
    assert openssl, "openssl is not installed"
    folder = Path(tempfile.mkdtemp(prefix="xxgk-imap-"))
    try:
        plain, secure = _free_ports()
        subprocess.run(
            [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "keyUsage=digitalSignature,keyCertSign",
             "-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")],
            check=True, capture_output=True,
        )  # fmt: skip
        (folder / "users").write_text(
            "".join(f"{user}:{{PLAIN}}{PASSWORD}::::::\n" for user in _users()), encoding="utf-8"
        )
        for name in ("run", "state", "mail", "home"):
            (folder / name).mkdir()
        words, owner = _owner(folder)
        (folder / "dovecot.conf").write_text(
            _CONFIGURATION.format(folder=folder, plain=plain, secure=secure, **owner), encoding="utf-8"
        )
        with (folder / "output").open("wb") as log:
            server = subprocess.Popen(
                [*words, dovecot, "-F", "-c", str(folder / "dovecot.conf")], stdout=log, stderr=log, cwd=folder
            )
        try:
            _wait(server, plain, folder)
            yield ImapServer(folder=folder, plain=plain, secure=secure, pid=server.pid)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _users() -> list[str]:
    return [USER, *(f"u{n}@fz.gov.cn" for n in range(30))]


def _owner(folder: Path) -> tuple[list[str], Mapping[str, object]]:
    """Words before a command that make it the user's who owns ``folder``, and who that is."""
    import grp
    import pwd  # not there on Windows

    user = pwd.getpwnam(_NOT_ROOT) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    owner = {"user": user.pw_name, "group": grp.getgrgid(user.pw_gid).gr_name, "uid": user.pw_uid, "gid": user.pw_gid}
    if os.geteuid() != 0:
        return [], owner
    for path in (folder, *folder.iterdir()):
        os.chown(path, user.pw_uid, user.pw_gid)
    folder.chmod(0o755)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"], owner


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return int(first.getsockname()[1]), int(second.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    def told() -> str:
        return "".join(
            path.read_text(encoding="utf-8", errors="replace")
            for path in (folder / "output", folder / "log")
            if path.exists()
        )

    for _ in range(200):
        assert server.poll() is None, told()
        try:
            imaplib.IMAP4("127.0.0.1", port, timeout=5).shutdown()
        except (OSError, imaplib.IMAP4.error):
            time.sleep(0.1)
        else:
            return
    raise AssertionError(told())
