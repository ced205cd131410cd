"""定稿: the report that is sealed, the office's own or ours, after the gate has passed it."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import WorkspaceError, explain_fault
from pipeline.night.gate import Printed, gate_findings, read_page

FINAL = ("定稿.docx", "定稿.html")
"""Under which name the office's own report is sealed."""
_MOST = 20


def load_report(file: Path) -> bytes:
    """The bytes of a report. Raises `WorkspaceError` when it cannot be opened or is none."""
    try:
        content = file.read_bytes()
        read_page(content)
    except OSError as error:
        raise WorkspaceError(
            f"报告 {file} 打不开（{explain_fault(error)}）。请核对文件名，关闭正在打开它的程序。"
        ) from error
    except ValueError as error:
        raise WorkspaceError(f"报告 {file} 读不出来（{error}）。请另存为 .docx 或 .html 再核对。") from error
    return content


def final_name(content: bytes) -> str:
    """The name under which it is sealed."""
    return FINAL[0] if content.startswith(b"PK") else FINAL[1]


def require_publishable(name: str, content: bytes, printed: Printed) -> None:
    """Raise `WorkspaceError` with what the gate says when a report must not be sealed."""
    wrong = [f for f in gate_findings(name, content, printed, final=True) if f.severity == "error"]
    if not wrong:
        return
    lines = []
    for finding in wrong[:_MOST]:
        place = " ".join(part for part in (finding.sheet, finding.cell) if part)
        lines.append(f"  {finding.code} {place}：{finding.message}" if place else f"  {finding.code} {finding.message}")
    more = f"\n  ……共 {len(wrong)} 处" if len(wrong) > _MOST else ""
    raise WorkspaceError(
        f"{printed.year} 年度没有封存：要封存的报告 {name} 有 {len(wrong)} 处不能印发。\n"
        + "\n".join(lines)
        + more
        + "\n"
        "文字没有写的，填在台账“报告文字”里再汇总一次；或者在 Word 里写好，用 xxgk lock --report 文件 封存写好的那一份。"
    )
