"""Where a marked workbook may be written: beside everything that is there, never over it, and not among what arrived."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.errors import PublishError
from pipeline.workspace import Workspace, is_workspace

_OURS = ("inputs", "outputs")


def require_new(target: Path, sources: Sequence[Path], workspace: Workspace | None = None) -> None:
    """Raise `PublishError` unless ``target`` is a new file in a folder that is there, outside ``inputs/`` and
    ``outputs/`` of every workspace, also of the one in use.
    """
    here = target.resolve()
    if any(here == source.resolve() for source in sources):
        raise PublishError(f"{target} 就是要核对的报表，不能写在它上面。请换一个文件名。")
    if target.exists() or target.is_symlink():
        raise PublishError(f"已经有 {target} 了，不覆盖。请换一个文件名。")
    if not here.parent.is_dir():
        raise PublishError(f"没有 {target.parent} 这个文件夹，写不了。请核对要另存到哪里。")
    for folder in _kept_folders(here, workspace):
        if here.is_relative_to(folder):
            raise PublishError(
                f"{target} 在工作区的 {folder.name} 里：inputs 只放来件和台账，outputs 由程序生成。请写到别的文件夹。"
            )


def write_new(target: Path, content: bytes) -> None:
    """Write a file that is not there yet. Raises `PublishError` when that is not possible; then nothing is left of it."""
    created = False
    try:
        with target.open("xb") as file:
            created = True
            file.write(content)
    except FileExistsError as error:
        raise PublishError(f"已经有 {target} 了，不覆盖。请换一个文件名。") from error
    except OSError as error:
        if created:
            target.unlink(missing_ok=True)
        raise PublishError(f"写不了 {target}。请检查磁盘空间和文件夹权限。") from error


def _kept_folders(here: Path, workspace: Workspace | None) -> Iterator[Path]:
    if workspace:
        yield from (workspace.inputs.resolve(), workspace.outputs.resolve())
    yield from (folder for folder in here.parents if folder.name in _OURS and is_workspace(folder.parent))
