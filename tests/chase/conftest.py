"""A postman and a group for letters: a real SMTP server and a real receiver of webhooks on this machine."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message as Mail
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller


class Postman:
    """A real SMTP server on this machine that keeps what it gets, and refuses some addresses."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], Mail]] = []
        self.refused: set[str] = set()

    async def handle_RCPT(self, server, session, envelope, address, options):  # type: ignore[no-untyped-def]  # noqa: N802
        if address in self.refused:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # type: ignore[no-untyped-def]  # noqa: N802
        self.mails.append((list(envelope.rcpt_tos), message_from_bytes(envelope.content)))
        return "250 OK"


@pytest.fixture
def postman() -> Iterator[tuple[Postman, int]]:
    man = Postman()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(man, hostname="127.0.0.1", port=port)
    controller.start()
    yield man, port
    controller.stop()


class Group:
    """What a group's robot was told; ``deaf`` makes it refuse."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.deaf = False


@pytest.fixture
def group() -> Iterator[tuple[Group, int]]:
    told = Group()

    class Robot(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if not told.deaf:
                told.posts.append(json.loads(content))
            self.send_response(500 if told.deaf else 200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Robot)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield told, server.server_port
    server.shutdown()
    thread.join()
    server.server_close()
