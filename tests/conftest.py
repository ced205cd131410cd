"""Programs from outside Python that some tests need: skipped without them, unless REQUIRE_EXTERNAL=1."""

from __future__ import annotations

import os
import shutil

import pytest


@pytest.fixture(scope="session")
def soffice() -> str:
    found = shutil.which("soffice")
    if found is None:
        message = "LibreOffice (soffice) is not installed"
        if os.environ.get("REQUIRE_EXTERNAL") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return found
