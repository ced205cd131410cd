"""The settings of a workspace: ``xxgk.toml`` beside ``inputs/`` and environment variables ``XXGK_…``, all optional.

::

    [ledger]
    address = "postgresql+psycopg://xxgk@db.local/xxgk"   # 不写就用 outputs/ledger/ledger.sqlite
    address_file = "/etc/xxgk/address"                    # 地址里有密码的，可以放在单独的文件里

    [run]
    workers = 2                                           # 同时读几份报送件；0 由程序决定
    engine = "dask"                                       # 由谁来读：local 这台机器（默认），dask 多台机器
    scheduler = "tls://10.0.0.5:8786"                     # dask 的调度程序在哪里
    [publish]
    faces = ["html", "infographic", "data", "material"]   # 每次汇总以后自动生成哪些；不写就只在 xxgk publish 时生成
    [mail]
    url = "mailtos://用户:密码@smtp.example.cn?from=xxgk@example.cn"   # 发催报和退改件用，写法见 Apprise
    url_file = "/etc/xxgk/mail"                           # 里面有密码，最好放在单独的文件里
    receipts = true                                       # 每次汇总以后给新来的件发回执
    group = "wecombot://…"                                # 群机器人的地址，催报时在群里通知一次；或写 group_file
    imap = "imaps://用户@imap.example.cn/INBOX"            # 收报送件的信箱，xxgk collect 用
    imap_password_file = "/etc/xxgk/imap"                 # 它的密码（授权码），放在单独的文件里
    imap_password = ""                                    # 或者用环境变量 XXGK_MAIL__IMAP_PASSWORD
    imap_ca_file = ""                                     # 服务器的证书是自己签发的，签发它的证书在哪里
    imap_plain = false                                    # 服务器不能加密，仍要连接
    collect = false                                       # 每次汇总以前先收信
    [log]
    keep = 10                                             # outputs/log 里保留几个写满的日志文件

An environment variable takes precedence: ``XXGK_LEDGER__ADDRESS``, ``XXGK_RUN__WORKERS``. pydantic-settings is imported
only when there is a file or a variable to read, so that starting the program does not get slower.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pipeline.errors import WorkspaceError, explain_fault

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

SETTINGS_FILE = "xxgk.toml"
ENVIRONMENT = "XXGK_"
WORKSPACE_VARIABLE = "XXGK_WORKSPACE"
_PREFIX = "postgresql"
_SECRET = ("ledger.address", "mail.url", "mail.group", "mail.imap_password")
_SECTIONS = ("ledger", "run", "publish", "mail", "log")
FACES = ("html", "infographic", "data", "material")
"""The faces of a night beyond Word and workbook; ``pdf`` is one more, which needs LibreOffice."""
PDF = "pdf"
ENGINES = ("local", "dask")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """The mailbox that returns come to. ``address`` is empty where none is set; ``password_file`` is read when the mailbox
    is opened, so that people who may not read it can use every other command. ``plain`` allows a connection that is not
    encrypted; ``collect`` fetches before every night.
    """

    address: str = ""
    password: str = field(default="", repr=False)
    password_file: Path | None = None
    ca_file: Path | None = None
    plain: bool = False
    collect: bool = False

    def read_password(self) -> str:
        """The password. Raises `WorkspaceError` when its file cannot be read."""
        return read_secret("mail.imap_password_file", self.password_file) if self.password_file else self.password


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """``ledger`` is the address of the office's PostgreSQL, empty for the SQLite beside the outputs. ``workers`` are the
    reading processes, 0 for as many as the machine suits; ``engine`` reads on this machine (``local``) or on those of the
    Dask ``scheduler`` (``dask``); ``faces`` are made after every night; ``mail`` is the address by
    which letters go out, ``group`` that of a group of an office messenger; with ``receipts`` every night answers what came.
    ``inbox`` is the mailbox that returns come to; ``log_files`` are the full log files that are kept.
    """

    ledger: str = ""
    workers: int = 0
    engine: str = "local"
    scheduler: str = ""
    faces: tuple[str, ...] = ()
    mail: str = ""
    group: str = ""
    receipts: bool = False
    inbox: Inbox = field(default_factory=Inbox)
    log_files: int = 10


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as people see it: its key, its value (secrets hidden), and the source of the value."""

    key: str
    value: str
    source: str


def read_settings(root: Path) -> Settings:
    """The settings of the workspace at ``root``; raises `WorkspaceError` for an unknown key or a wrong value."""
    table = _read_file(root / SETTINGS_FILE)
    if not table and not _variables():
        return Settings()
    values = _validate(root / SETTINGS_FILE, table)
    address = _secret_of(root, "ledger", "address", values)
    if address and not address.startswith(_PREFIX):  # not repeated: there may be a password in it
        raise WorkspaceError(
            f"设置文件 {root / SETTINGS_FILE} 里 ledger.address 应当以 {_PREFIX}:// 开头，"
            "后面是 用户名:密码@主机:5432/数据库名。"
        )
    return Settings(
        ledger=address.replace("postgresql://", "postgresql+psycopg://", 1),
        workers=int(values["run"]["workers"]),
        engine=str(values["run"]["engine"]),
        scheduler=str(values["run"]["scheduler"]),
        faces=tuple(values["publish"]["faces"]),
        mail=_secret_of(root, "mail", "url", values),
        group=_secret_of(root, "mail", "group", values),
        receipts=bool(values["mail"]["receipts"]),
        inbox=_inbox(root, values["mail"]),
        log_files=int(values["log"]["keep"]),
    )


def _inbox(root: Path, mail: Mapping[str, Any]) -> Inbox:
    return Inbox(
        address=str(mail["imap"]),
        password=str(mail["imap_password"]),
        password_file=root / file if (file := mail["imap_password_file"]) else None,
        ca_file=root / file if (file := mail["imap_ca_file"]) else None,
        plain=bool(mail["imap_plain"]),
        collect=bool(mail["collect"]),
    )


def list_settings(root: Path) -> list[Setting]:
    """Every setting with its value and where it comes from. Raises `WorkspaceError` like `read_settings`."""
    table, variables = _read_file(root / SETTINGS_FILE), _variables()
    values = _validate(root / SETTINGS_FILE, table)
    return [
        Setting(key=key, value=_shown(key, value), source=_source(key, table, variables))
        for section in _SECTIONS
        for name, value in values[section].items()
        for key in (f"{section}.{name}",)
    ]


def _shown(key: str, value: object) -> str:
    if isinstance(value, tuple):
        return "、".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return "（已设置，不显示）" if key in _SECRET and value else str(value)


def _source(key: str, table: Mapping[str, Any], variables: Mapping[str, str]) -> str:
    section, _, name = key.partition(".")
    variable = f"{ENVIRONMENT}{section}__{name}".upper()
    if variable in variables:
        return f"环境变量 {variable}"
    return SETTINGS_FILE if name in table.get(section, {}) else "默认"


def _variables() -> dict[str, str]:
    """The environment variables that hold settings; the one that names the workspace is none."""
    return {
        name.upper(): value
        for name, value in os.environ.items()
        if name.upper().startswith(tuple(f"{ENVIRONMENT}{section}__".upper() for section in _SECTIONS))
    }


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise WorkspaceError(f"设置文件 {path} 读不出来（{explain_fault(error)}）。请改正，或者删掉它。") from error


def _secret_of(root: Path, section: str, name: str, values: Mapping[str, Mapping[str, Any]]) -> str:
    """A setting that may hold a password, from the file that is named for it or from the setting itself."""
    file = str(values[section][f"{name}_file"])
    return read_secret(f"{section}.{name}_file", root / file) if file else str(values[section][name])


def read_secret(key: str, path: Path) -> str:
    """The text of a file that a setting names. Raises `WorkspaceError`, which does not repeat it."""
    try:
        return path.read_text(encoding="utf-8-sig").strip()
    except (OSError, ValueError) as error:
        reason = explain_fault(error) if isinstance(error, OSError) else "不是文本"
        raise WorkspaceError(f"{key} 指的文件 {path} 读不出来（{reason}）。请核对路径和权限。") from error


def _validate(path: Path, table: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every section with its defaults filled in. Raises `WorkspaceError` with all faults in one sentence."""
    from pydantic import ValidationError

    try:
        return dict(_model()(**table).model_dump())
    except ValidationError as error:
        faults = "；".join(_faults(error.errors()))
        raise WorkspaceError(f"设置文件 {path} 或环境变量 {ENVIRONMENT}… {faults}。{_KNOWN}") from None


@cache
def _model() -> type[BaseSettings]:
    """The model of the settings, made once and only when there is something to read."""
    from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
    from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

    class Section(BaseModel):
        model_config = ConfigDict(extra="forbid")

    number = Annotated[int, BeforeValidator(_refuse_truth)]

    class LedgerSection(Section):
        address: str = Field(default="", strict=True)
        address_file: str = Field(default="", strict=True)

    class RunSection(Section):
        workers: number = Field(default=0, ge=0, le=64)
        engine: Literal["local", "dask"] = "local"
        scheduler: str = Field(default="", strict=True)

    class PublishSection(Section):
        faces: tuple[Literal["html", "infographic", "data", "material", "pdf"], ...] = ()

    class MailSection(Section):
        url: str = Field(default="", strict=True)
        url_file: str = Field(default="", strict=True)
        receipts: bool = False
        group: str = Field(default="", strict=True)
        group_file: str = Field(default="", strict=True)
        imap: str = Field(default="", strict=True)
        imap_password: str = Field(default="", strict=True)
        imap_password_file: str = Field(default="", strict=True)
        imap_ca_file: str = Field(default="", strict=True)
        imap_plain: bool = False
        collect: bool = False

    class LogSection(Section):
        keep: number = Field(default=10, ge=1, le=1000)

    class Model(BaseSettings):
        model_config = SettingsConfigDict(env_prefix=ENVIRONMENT, env_nested_delimiter="__", extra="forbid")
        ledger: LedgerSection = LedgerSection()
        run: RunSection = RunSection()
        publish: PublishSection = PublishSection()
        mail: MailSection = MailSection()
        log: LogSection = LogSection()

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],  # noqa: ARG003
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return env_settings, init_settings

    return Model


def _refuse_truth(value: object) -> object:
    """Refuse ``true`` where a number belongs, which would pass for 1."""
    if isinstance(value, bool):
        from pydantic_core import PydanticCustomError

        raise PydanticCustomError("int_type", "")
    return value


_KNOWN = (
    "可用的：[ledger] address、address_file，[run] workers、engine、scheduler，[publish] faces，[mail] url、url_file、receipts、group、"
    "group_file、imap、imap_password、imap_password_file、imap_ca_file、imap_plain、collect，[log] keep。"
)


_KINDS = {"int": "整数", "bool": " true 或 false"}


def _faults(errors: Any) -> Iterator[str]:
    """The faults pydantic found, as Chinese clauses without the values, which may be secret."""
    unknown = []
    for error in errors:
        key = ".".join(str(step) for step in error["loc"])
        if error["type"] == "extra_forbidden":
            unknown.append(key)
        elif error["type"] in ("model_type", "model_attributes_type"):
            yield f"{key} 应当写成一节：先写一行 [{key}]，下面每行一项"
        elif "min_length" in error["type"] or error["type"] in ("greater_than_equal", "less_than_equal"):
            limit = error.get("ctx", {})
            yield f"{key} 应" + (f"不小于 {limit['ge']}" if "ge" in limit else f"不大于 {limit.get('le')}")
        elif error["type"] == "literal_error":
            yield f"{key} 应当是 {'、'.join(ENGINES if key == 'run.engine' else (*FACES, PDF))} 之一"
        else:
            yield f"{key} 应当是" + _KINDS.get(error["type"].partition("_")[0], "文字")
    if unknown:
        yield f"里有不认识的项：{'、'.join(unknown)}"
