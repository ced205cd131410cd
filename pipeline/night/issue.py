"""Issuing: one stamped workbook a unit, archived with the originals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.errors import PublishError, TemplateError, WorkspaceError, explain_fault
from pipeline.files.atomic import publish_files
from pipeline.model.finding import Finding
from pipeline.model.seal import make_secret
from pipeline.night.basis import load_basis
from pipeline.night.close import require_open
from pipeline.night.outputs import ISSUED
from pipeline.night.run import Progress, quiet
from pipeline.night.template_trial import template_faults
from pipeline.road.issue import Stamper, file_name
from pipeline.workspace import Workspace

RETURN = "return.xlsx"
_MOST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedFiles:
    """The issued workbooks by file name, and the findings about the 台账."""

    files: tuple[str, ...]
    findings: tuple[Finding, ...]


def issue_workbooks(
    workspace: Workspace,
    year: int,
    *,
    now: dt.datetime | None = None,
    progress: Progress = quiet,
    new_secret: bool = False,
) -> IssuedFiles:
    """Write one stamped workbook a unit to ``outputs/<year>/issued/``. Raises `XxgkError` when it cannot.

    A lost secret is not replaced silently, because no return would be recognised any more; ``new_secret`` confirms that
    it is lost for good.
    """
    workspace.require_inputs(year)
    _require_secret(workspace, new=new_secret)
    try:
        make_secret(workspace.secret)
    except (OSError, ValueError) as error:
        reason = explain_fault(error) if isinstance(error, OSError) else "内容已损坏，请从备份恢复"
        raise PublishError(f"无法写入签发密钥 {workspace.secret}（{reason}）。请检查文件夹权限。") from error
    with workspace.alone() as ledger:
        require_open(ledger, year)
        basis = load_basis(workspace, ledger, year)
        faults = template_faults(basis.statutory, workspace.form(year)[1], basis.control.indicators)
        _require_sound(faults)
        stamper, units = Stamper(basis), [unit for unit in basis.control.units if unit.readable]
        files = {file_name(unit): stamper.stamp(unit) for unit in progress(units, "生成报表")}
        rows = [
            (unit.code, name, ledger.keep(content)) for unit, (name, content) in zip(units, files.items(), strict=True)
        ]
        # recorded only when the bytes are safe, published only when they are recorded
        ledger.settle()
        ledger.closings.issue(year, rows, now or dt.datetime.now().astimezone())
        publish_files(workspace.year_outputs(year), {f"{ISSUED}/{n}": f for n, f in files.items()}, replaces=(ISSUED,))
    return IssuedFiles(files=tuple(files), findings=(*basis.control.findings, *faults))


def _require_sound(faults: Sequence[Finding]) -> None:
    """Raise `TemplateError` when the workbook that would be sent out is damaged."""
    broken = [fault for fault in faults if fault.file == RETURN and fault.severity == "error"]
    if broken:
        lines = "".join(f"\n  {fault.code} {fault.sheet} {fault.cell}：{fault.message}" for fault in broken[:_MOST])
        more = f"\n  ……共 {len(broken)} 处" if len(broken) > _MOST else ""
        raise TemplateError(
            f"报表模板 {RETURN} 有损坏，没有下发：{lines}{more}\n"
            "请改正后用 xxgk template check 核对，或用 xxgk template --force 重新生成（改过的样式会丢失）。"
        )


def _require_secret(workspace: Workspace, *, new: bool) -> None:
    """Raise when the secret of issued workbooks is lost; move a damaged one aside when a new one is allowed."""
    try:
        workspace.load_secret()
    except WorkspaceError as error:
        if isinstance(error.__cause__, PermissionError):
            raise
        with workspace.open_ledger() as ledger:
            was_issued = ledger.closings.ever_issued() or ledger.readings.any_of_units()
        if was_issued and not new:
            raise WorkspaceError(
                f"签发密钥 {workspace.secret} 不见了或已损坏，而报表已经用它下发过。请从备份恢复；确实找不回来的，"
                "运行 xxgk issue --new-secret 换一把新的：以前下发的报表就认不出来了，收回来的要逐份认领，或者重新下发。"
            ) from error
        if workspace.secret.is_file() and (new or not was_issued):
            workspace.secret.replace(workspace.secret.with_name(f"{workspace.secret.name}.损坏"))
