"""The ledger's database: opened, checked, brought to the newest tables. SQLite beside the originals, or PostgreSQL.

A database from before a change of the tables is migrated (Alembic, ``migrations/``); one from a newer program is left
alone. At every start SQLite looks its file over; a damaged ledger is never written to.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine, event, inspect, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from pipeline.errors import PublishError

REVISION = "0003"
"""The newest migration."""
_ADVISORY = 0x78786766
"""The key of the advisory lock in PostgreSQL."""


def opened(folder: Path, address: str) -> Engine:
    """The engine of the ledger in ``folder``, or of the PostgreSQL at ``address``. Raises `PublishError`."""
    try:
        engine = create_engine(address) if address else _sqlite(folder / "ledger.sqlite")
        with engine.begin() as connection:
            _look_over(connection, engine.url.render_as_string())
            _migrate(connection)
    except (OSError, ImportError, SQLAlchemyError) as error:
        where = "数据库" if address else folder
        raise PublishError(
            f"台账历史库 {where} 打不开（{_short(error)}）。请检查磁盘空间、文件夹权限和数据库地址。"
        ) from error
    return engine


def _sqlite(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _pragmas(connection: object, _: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=10000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def _look_over(connection: Connection, where: str) -> None:
    """Refuse a damaged SQLite file; PostgreSQL keeps its own pages whole."""
    if connection.dialect.name != "sqlite":
        return
    told = [str(row[0]) for row in connection.execute(text("PRAGMA quick_check(3)"))]
    if told != ["ok"]:
        raise PublishError(f"台账历史库已损坏（{told[0]}），没有写入任何内容。请从备份恢复 {where}。")


def _migrate(connection: Connection) -> None:
    """Bring the tables to `REVISION`; Alembic is slow to import and only needed when they are not there yet."""
    known = inspect(connection).has_table("alembic_version")
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar() if known else None
    if found == REVISION:
        return
    if found is not None and found > REVISION:
        raise PublishError("台账历史库是由更新的程序写的，这个版本不能打开。请升级程序。")
    from alembic import command
    from alembic.config import Config

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextmanager
def alone(engine: Engine) -> Iterator[None]:
    """Where several machines share one PostgreSQL, one of them at a time. Raises `PublishError`."""
    if engine.dialect.name != "postgresql":
        yield
        return
    with engine.connect() as connection:
        if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _ADVISORY}).scalar():
            raise PublishError("另一台机器正在运行，请等它结束后再试。")
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY})


def _short(error: Exception) -> str:
    """The reason alone, without the statement that failed."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0] if str(error) else type(error).__name__
