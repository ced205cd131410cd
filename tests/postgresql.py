"""A real PostgreSQL for tests: its own folder under the temporary files, a loopback port, gone when the tests are."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL

USER, PASSWORD = "xxgk", "p@ss:word/绝密%"
_DEBIAN = Path("/usr/lib/postgresql")
_numbers = count(1)


def program(name: str) -> str | None:
    """Where a program lies; Debian keeps those of PostgreSQL off the path, a folder a version, and servers in sbin."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    beside = [place for place in _DEBIAN.glob(f"*/bin/{name}") if place.parts[-3].isdigit()]
    return found or (str(max(beside, key=lambda place: int(place.parts[-3]))) if beside else None)


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server. ``database`` makes a new empty database and gives its address."""

    port: int

    def address(self, database: str) -> URL:
        return URL.create("postgresql+psycopg", USER, PASSWORD, host="127.0.0.1", port=self.port, database=database)

    def database(self) -> str:
        name = f"county_{next(_numbers)}"
        with psycopg.connect(_plain(self.address("postgres")), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.address(name).render_as_string(hide_password=False)


def _plain(url: URL) -> str:
    """The same address for psycopg itself."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def running() -> Iterator[Server]:
    """Start a server, and stop it. As root it is run by ``postgres``, for it refuses root."""
    postgres, initdb = program("postgres"), program("initdb")
    assert postgres, "PostgreSQL is not installed"
    assert initdb, "PostgreSQL is not installed"
    folder = Path(tempfile.mkdtemp(prefix="xxgk-pg-"))
    try:
        (folder / "password").write_text(PASSWORD, encoding="utf-8")
        as_user = _owner(folder)
        data = folder / "data"
        options = ["-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-U", USER]
        subprocess.run(
            [*as_user, initdb, "-D", str(data), *options, "--pwfile", str(folder / "password")],
            check=True, capture_output=True, cwd=folder,
        )  # fmt: skip
        port = _free_port()
        settings = [f"port={port}", "listen_addresses=127.0.0.1", "fsync=off", f"unix_socket_directories={folder}"]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [*as_user, postgres, "-D", str(data), *(word for each in settings for word in ("-c", each))],
                stdout=log, stderr=log, cwd=folder,
            )  # fmt: skip
        try:
            _wait(server, Server(port=port), folder / "log")
            yield Server(port=port)
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: nobody wants the data any more
            server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner(folder: Path) -> list[str]:
    """Words before a command that make it the user's who owns ``folder``."""
    if os.geteuid() != 0:
        return []
    import pwd  # not there on Windows

    user = pwd.getpwnam("postgres")
    for path in (folder, *folder.iterdir()):
        os.chown(path, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], here: Server, log: Path) -> None:
    for _ in range(200):
        assert server.poll() is None, log.read_text(encoding="utf-8", errors="replace")
        try:
            psycopg.connect(_plain(here.address("postgres"))).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace"))
