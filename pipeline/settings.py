"""The settings of a workspace: ``xxgk.toml`` beside ``inputs/``, all of it optional.

::

    [ledger]
    address = "postgresql+psycopg://xxgk@db.local/xxgk"   # 不写就用 outputs/ledger/ledger.sqlite
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import WorkspaceError

SETTINGS_FILE = "xxgk.toml"
_PREFIX = "postgresql"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """``ledger`` is the address of the office's PostgreSQL, empty for the SQLite beside the outputs."""

    ledger: str = ""


def read_settings(root: Path) -> Settings:
    """The settings of the workspace at ``root``; raises `WorkspaceError` for an unknown key."""
    path = root / SETTINGS_FILE
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError) as error:
        raise WorkspaceError(f"设置文件 {path} 读不出来（{error}）。请改正，或者删掉它。") from error
    ledger = settings.pop("ledger", {})
    unknown = [
        *settings,
        *(f"ledger.{key}" for key in (ledger if isinstance(ledger, dict) else {}) if key != "address"),
    ]
    address = ledger.get("address", "") if isinstance(ledger, dict) else None
    if unknown or not isinstance(address, str):
        raise WorkspaceError(
            f"设置文件 {path} 里有不认识的项：{'、'.join(unknown) or 'ledger'}。可用的：[ledger] address。"
        )
    if address and not address.startswith(_PREFIX):  # not repeated: there may be a password in it
        raise WorkspaceError(
            f"设置文件 {path} 里 ledger.address 应当以 {_PREFIX}:// 开头，后面是 用户名:密码@主机:5432/数据库名。"
        )
    return Settings(ledger=address.replace("postgresql://", "postgresql+psycopg://", 1))
