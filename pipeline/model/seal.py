"""The seal on an issued workbook: which form, unit and year it was issued for, and a code that proves it.

The secret lies in ``inputs/签发密钥`` (readable by its owner only): together with the 台账 it is all that issuing
depends on, so the same issue can be repeated byte for byte.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from pipeline.files.system import protect_file

SECRET_FILE = "签发密钥"  # noqa: S105
_SHORTEST = 16
"""Bytes a secret must have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The content of the hidden identity sheet."""

    form: str
    form_digest: str
    unit: str
    year: str
    issue_id: str
    hmac: str

    def genuine(self, secret: bytes) -> bool:
        """Whether this office issued it for exactly this unit, form and year."""
        code = _code(secret, self.form, self.form_digest, self.unit, self.year)
        return hmac.compare_digest(code.encode(), self.hmac.encode("utf-8", "surrogatepass"))


def make_seal(secret: bytes, *, form: str, form_digest: str, unit: str, year: int) -> Seal:
    """The seal for one issued workbook; the same facts give the same seal."""
    code = _code(secret, form, form_digest, unit, str(year))
    return Seal(form=form, form_digest=form_digest, unit=unit, year=str(year), issue_id=code[:12], hmac=code)


def read_secret(path: Path) -> bytes:
    """The office's secret. Raises ``FileNotFoundError``, and ``ValueError`` when it is empty, too short or damaged."""
    secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    if len(secret) < _SHORTEST:
        raise ValueError(f"a secret of {len(secret)} bytes")
    return secret


def make_secret(path: Path) -> bytes:
    """Create the secret if there is none; readable and writable by its owner only."""
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
        protect_file(path)
    return read_secret(path)


def _code(secret: bytes, *facts: str) -> str:
    return hmac.new(secret, "\x1f".join(facts).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
