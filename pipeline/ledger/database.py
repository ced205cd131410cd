"""The ledger's database: opened, checked, brought to the newest tables. SQLite beside the originals, or PostgreSQL.

A database from before a change of the tables is migrated (Alembic, ``migrations/``) in one transaction; one from a
newer program is refused. SQLite checks its file at every start; a damaged ledger is never written to. Between two
ledgers of one database the engine waits with the statements it has compiled, and without connections.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Column, Connection, MetaData, String, Table, create_engine, event, insert, inspect, text
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from pipeline.errors import PublishError
from pipeline.ledger.complaints import complaint, damaged
from pipeline.ledger.tables import METADATA

DATABASE = "ledger.sqlite"
REVISION = "0007"
"""The newest migration."""
_VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
"""Where Alembic keeps the migration that the tables are at."""
_RUNNING, _MIGRATING = 0x78786766, 0x78786767
"""The keys of the advisory locks in PostgreSQL."""
PRAGMAS = ("busy_timeout=10000", "journal_mode=DELETE", "synchronous=FULL", "foreign_keys=ON")
"""A rollback journal and not a write-ahead log: between two runs the ledger is one file, whatever happens."""

_PATIENCE = 10
"""Seconds to wait for a database that does not answer."""
_WAITING: dict[tuple[str, URL], Engine] = {}
"""Engines that no ledger uses now, by place and address, the one that was used last at the end."""
_MOST_WAITING = 4
_HAND_OVER = threading.Lock()


def open_database(folder: Path, address: str) -> Engine:
    """The engine of the ledger in ``folder``, or of the PostgreSQL at ``address``. Raises `PublishError`."""
    url = _parse_address(address) if address else URL.create("sqlite", database=str(folder / DATABASE))
    try:
        engine = _postgresql(url) if address else _sqlite(folder, url)
        with engine.begin() as connection:
            _look_over(connection, url)
            _migrate(connection)
    except ImportError as error:
        raise PublishError(
            '历史库设在 PostgreSQL，但没有安装连接它的程序包。请运行 pip install "xxgk[postgres]"，再运行一次。'
        ) from error
    except (OSError, SQLAlchemyError) as error:
        raise complaint(error, url) from error
    return engine


def close_database(engine: Engine) -> None:
    """Close the connections of an engine and keep it for the next ledger that opens the same database."""
    engine.dispose()
    with _HAND_OVER:
        _WAITING[engine.get_execution_options()["place"], engine.url] = engine
        while len(_WAITING) > _MOST_WAITING:
            del _WAITING[next(iter(_WAITING))]


def _take_waiting(place: str, url: URL) -> Engine | None:
    """Return the engine that waits for a ledger of this database; no two open ledgers ever share one."""
    with _HAND_OVER:
        return _WAITING.pop((place, url), None)


def _parse_address(address: str) -> URL:
    """Parse an address. The error does not repeat it, because it may contain a password."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        url = None
    if url is None or "@" in (url.host or ""):
        raise PublishError(
            "xxgk.toml 里 ledger.address 的写法不对，应当像 postgresql+psycopg://用户名:密码@主机:5432/数据库名；"
            "密码里的 @ 写成 %40，: 写成 %3A，/ 写成 %2F。"
        ) from None
    return url


def _postgresql(url: URL) -> Engine:
    return _take_waiting("", url) or create_engine(
        url, connect_args={"connect_timeout": _PATIENCE}, execution_options={"place": ""}
    )


def _sqlite(folder: Path, url: URL) -> Engine:
    """Make the SQLite engine. SQLAlchemy begins the transactions, because Python's driver leaves changes of tables out
    of them.
    """
    path = folder / DATABASE
    if not (path.exists() and path.stat().st_size) and any((folder / "originals").glob("*")):
        raise damaged(url, "文件是空的" if path.exists() else "原件还在，文件却不见了")
    if not may_write(folder):
        url = URL.create("sqlite", database=f"file:{quote(str(path))}", query={"mode": "ro", "uri": "true"})
    place = str(folder.absolute())  # what a relative path means changes with the working directory
    if waiting := _take_waiting(place, url):
        return waiting
    engine = create_engine(url, execution_options={"place": place})

    @event.listens_for(engine, "connect")
    def _prepare(connection: object, _: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]
        cursor = connection.cursor()  # type: ignore[attr-defined]
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def may_write(folder: Path) -> bool:
    """Whether this user may write the ledger; ``status`` and ``trace`` work without."""
    return os.access(folder, os.W_OK) and all(os.access(path, os.W_OK) for path in folder.glob(f"{DATABASE}*"))


def _look_over(connection: Connection, url: URL) -> None:
    """Refuse a damaged SQLite file; PostgreSQL keeps its own pages whole."""
    if connection.dialect.name != "sqlite":
        return
    verdict = str(connection.execute(text("PRAGMA quick_check(1)")).scalar())
    if verdict != "ok":
        raise damaged(url, "它自己的检查没有通过")


def _migrate(connection: Connection) -> None:
    """Bring the tables to `REVISION`. Alembic is slow to import and is imported only where something must change; in a
    new database the tables are made as they are today.
    """
    if _revision(connection) == REVISION:
        return
    if connection.dialect.name == "postgresql":  # two machines may find a new database at the same moment
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
    found = _revision(connection)
    if found > REVISION:
        raise PublishError("台账历史库是由更新的程序写的，这个版本不能打开。请升级程序。")
    if not found and not inspect(connection).get_table_names():
        METADATA.create_all(connection)
        _VERSION.create(connection)
        connection.execute(insert(_VERSION).values(version_num=REVISION))
        return
    from alembic import command
    from alembic.config import Config

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _revision(connection: Connection) -> str:
    """The migration the tables are at; empty for a new database, and for one from before there were migrations."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


@contextmanager
def alone(engine: Engine) -> Iterator[None]:
    """Hold an advisory lock, because several machines may share one PostgreSQL. Raises `PublishError`."""
    if engine.dialect.name != "postgresql":
        yield
        return
    # the lock is the session's; an open transaction would keep the database from tidying up all night
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _RUNNING}).scalar():
            raise PublishError("另一台机器正在运行，请等它结束后再试。")
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _RUNNING})
