"""A workspace: the folder that holds ``inputs/`` and ``outputs/``, and the forms and templates that are in force."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from pipeline.errors import PublishError, TemplateError, WorkspaceError, explain_fault
from pipeline.form import Form, load_form
from pipeline.model.control import CONTROL_FILE, SUPERIOR_FILE
from pipeline.model.seal import SECRET_FILE, read_secret
from pipeline.settings import read_settings

if TYPE_CHECKING:
    from pipeline.ledger import Ledger

TEMPLATES, CONTROL_TEMPLATE, LETTER_TEMPLATE = "workbook_templates", "control.xlsx", "letter.docx"


@dataclass(frozen=True, slots=True)
class Workspace:
    """Paths of a workspace; nothing here touches the disk except to look."""

    root: Path

    @property
    def inputs(self) -> Path:
        """The truth: what the office and the units wrote."""
        return self.root / "inputs"

    @property
    def outputs(self) -> Path:
        """Derived files, and ``ledger/``, which is history."""
        return self.root / "outputs"

    @property
    def ledger(self) -> Path:
        """Durable history: the database and every file that ever arrived."""
        return self.outputs / "ledger"

    def open_ledger(self) -> Ledger:
        """The ledger, open; use as a context manager. Raises `PublishError`."""
        from pipeline.ledger import Ledger

        return Ledger(self.ledger, read_settings(self.root).ledger)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lock of the workspace, also where its ledger cannot be opened. Raises `PublishError`."""
        lock = FileLock(self.outputs / ".lock", timeout=0)
        try:
            self.outputs.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout as error:
            raise PublishError("另一个运行正在进行，请等它结束后再试。") from error
        except OSError as error:
            raise PublishError(
                f"无法写入 {self.outputs}（{explain_fault(error)}）。请检查磁盘空间和文件夹权限。"
            ) from error
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def alone(self) -> Iterator[Ledger]:
        """The ledger, for one run at a time: two must not write the same outputs. Raises `PublishError`."""
        with self.lock(), self.open_ledger() as ledger, ledger.alone():
            yield ledger

    @property
    def secret(self) -> Path:
        """The office's issuing secret."""
        return self.inputs / SECRET_FILE

    def load_secret(self) -> bytes:
        """The issuing secret. Raises `WorkspaceError` when it is not there or damaged."""
        try:
            return read_secret(self.secret)
        except FileNotFoundError as error:
            raise WorkspaceError(
                f"没有找到签发密钥 {self.secret}，无法核实报送件。请从备份恢复；如果还没有下发过报表，请先运行 xxgk issue。"
            ) from error
        except OSError as error:
            reason = explain_fault(error)
            raise WorkspaceError(
                f"签发密钥 {self.secret} 读不出来（{reason}），无法核实报送件。请检查它的权限，或者从备份恢复。"
            ) from error
        except ValueError as error:
            raise WorkspaceError(f"签发密钥 {self.secret} 已损坏，无法核实报送件。请从备份恢复。") from error

    def year_inputs(self, year: int) -> Path:
        """Where the 台账 and the returns of a year lie."""
        return self.inputs / str(year)

    def control(self, year: int) -> Path:
        """The 台账 of a year."""
        return self.year_inputs(year) / CONTROL_FILE

    def superior(self, year: int) -> Path:
        """The workbook the next level up issued to this office; it may not be there."""
        return self.year_inputs(year) / SUPERIOR_FILE

    def year_outputs(self, year: int) -> Path:
        """Everything derived for a year."""
        return self.outputs / str(year)

    def templates(self) -> Path:
        """The workspace's own templates where it has them, else those the program came with."""
        own = self.root / TEMPLATES
        return own if own.is_dir() else bundled_templates()

    def letter_template(self) -> Path:
        """The Word template of letters to the units: the workspace's own, else the one the program came with."""
        own = self.root / TEMPLATES / LETTER_TEMPLATE
        return own if own.is_file() else bundled_templates() / LETTER_TEMPLATE

    def forms(self) -> list[tuple[Form, Path]]:
        """Every form this workspace knows, with its folder, the newest last.

        Raises `FormError` when one is broken, `WorkspaceError` when there is none.
        """
        templates = self.templates()
        folders = sorted(path.parent for path in templates.glob("*/form.toml"))
        if not folders:
            raise WorkspaceError(
                f"{templates} 里没有表式（form.toml）。请先把这个文件夹改个名字，运行 xxgk template，"
                "再把改过的模板放进新生成的文件夹里。"
            )
        for known in sorted(bundled_templates().glob("*/form.toml")):
            folder = templates / known.parent.name
            if folder.is_dir() and folder not in folders:
                raise WorkspaceError(
                    f"模板文件夹 {folder} 里没有表式（form.toml）。请从备份换回这个文件；找不回来的，把这个文件夹移到别处，"
                    "运行 xxgk template，再把改过的模板放进新生成的文件夹里。"
                )
        return sorted(((load_form(folder), folder) for folder in folders), key=lambda pair: pair[0].from_year)

    def form(self, year: int) -> tuple[Form, Path]:
        """The form that covers a report year and its folder.

        Raises `WorkspaceError` when no form does, `FormError` when one is broken.
        """
        forms = self.forms()
        covering = [(form, folder) for form, folder in forms if form.covers(year)]
        if not covering:
            known = "；".join(f"{form.id} 适用于 {_years(form)}" for form, _ in forms)
            raise WorkspaceError(f"没有适用于 {year} 年度的表式（{known}）。请核对年度，或补充这一年的表式。")
        return max(covering, key=lambda pair: pair[0].from_year)

    def years(self) -> list[int]:
        """The years that have a 台账, the newest first."""
        folders = self.inputs.iterdir() if self.inputs.is_dir() else ()
        return sorted(
            (int(path.name) for path in folders if (path / CONTROL_FILE).is_file() and _is_year(path.name)),
            reverse=True,
        )

    def current_year(self) -> int:
        """The newest year with a 台账 that is not closed, else the newest. Raises `WorkspaceError` when there is none."""
        return self.newest_year()[0]

    def newest_year(self) -> tuple[int, bool]:
        """`current_year`, and whether it is open. Raises `WorkspaceError` when there is none."""
        years = self.years()
        if not years:
            raise WorkspaceError(
                f"{self.root.resolve()} 里没有找到工作区（没有 inputs/年度/{CONTROL_FILE}）。"
                "请到工作区里运行，或用 --workspace 指明；还没有的，先运行 xxgk init 目录 --year 年度。"
            )
        if not self.ledger.is_dir():
            return years[0], True
        with self.open_ledger() as ledger:
            still_open = next((year for year in years if ledger.closings.standing(year) is None), None)
        return (years[0], False) if still_open is None else (still_open, True)

    def require_inputs(self, year: int) -> None:
        """Raise `WorkspaceError` unless this is a workspace that holds the year."""
        if not self.year_inputs(year).is_dir():
            raise WorkspaceError(
                f"{self.root} 里没有 inputs/{year} 文件夹。"
                f"请用 --workspace 指明工作区，或先运行 xxgk init 目录 --year {year}。"
            )


def find_workspace(start: Path) -> Workspace:
    """The workspace around ``start``: the nearest folder upwards with ``inputs/`` and a year or a secret in it."""
    return next(
        (Workspace(folder) for folder in (start, *start.resolve().parents) if is_workspace(folder)), Workspace(start)
    )


def is_workspace(folder: Path) -> bool:
    """Whether ``folder`` holds ``inputs/`` with a year or a secret in it; any folder may have one of that name."""
    inputs = folder / "inputs"
    try:
        return (inputs / SECRET_FILE).exists() or any(_is_year(path.name) for path in inputs.iterdir())
    except OSError:
        return False


def _is_year(name: str) -> bool:
    return len(name) == 4 and name.isdecimal()


def template_file(folder: Path, name: str) -> Path:
    """A template of a form; raises `TemplateError` when it is not there."""
    path = folder / name
    if not path.is_file():
        if path.is_dir():
            raise TemplateError(f"模板 {path} 是一个文件夹，不是文件。请把它移到别处，再运行 xxgk template 生成。")
        raise TemplateError(f"没有找到模板 {path}。请运行 xxgk template 生成。")
    return path


def bundled_templates() -> Path:
    """The templates that came with the program: inside the installed package, or beside it in a checkout."""
    package = Path(str(resources.files("pipeline")))
    inside, beside = package / TEMPLATES, package.parent / TEMPLATES
    return inside if inside.is_dir() else beside


def _years(form: Form) -> str:
    return f"{form.from_year} 年起" if form.to_year >= 9999 else f"{form.from_year}—{form.to_year} 年"
