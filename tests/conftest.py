"""Fixtures every test may use, and what happens to tests that need a program from outside Python."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.form import Form, load_form
from pipeline.layout import Layout, read_layout
from pipeline.workspace import bundled_templates
from tests import dovecot
from tests.postgresql import Server, program, running

FORM_FOLDER = bundled_templates() / "xxgk-2021"
collect_ignore = ["uno_clerk.py"]  # runs under the Python that has LibreOffice's uno module
_PROGRAMS = ("soffice", "pdftoppm")
"""What a test needs that is marked external without saying what."""


def pytest_configure() -> None:
    """Hear Ctrl-C also where the tests were started in the background, so that the commands they start hear it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Report external tests as not run where a program is missing; with REQUIRE_EXTERNAL=1 let them fail."""
    if os.environ.get("REQUIRE_EXTERNAL") == "1":
        return
    for item in items:
        for marker in item.iter_markers("external"):
            missing = [name for name in marker.args or _PROGRAMS if program(name) is None]
            if missing:
                item.add_marker(pytest.mark.skip(reason=f"not run: {', '.join(missing)} not installed"))


@pytest.fixture(scope="session")
def form() -> Form:
    return load_form(FORM_FOLDER)


@pytest.fixture(scope="session")
def layout(form: Form) -> Layout:
    return read_layout(form, FORM_FOLDER / "return.xlsx")


@pytest.fixture(scope="session")
def form_folder() -> Path:
    return FORM_FOLDER


@pytest.fixture(scope="session")
def soffice() -> str:
    """LibreOffice, for tests marked external."""
    return str(shutil.which("soffice"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL of our own, for tests marked ``external("postgres")``."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def imap() -> Iterator[dovecot.ImapServer]:
    """A Dovecot of our own, for tests marked ``external("dovecot", "openssl")``."""
    with dovecot.running() as server:
        yield server
