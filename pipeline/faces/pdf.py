"""The report as PDF, printed by LibreOffice where that is installed; its bytes depend on the machine's fonts."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from pipeline.errors import PublishError

_SECONDS = 180


def print_pdf(report: bytes) -> bytes:
    """Return the PDF of a .docx. Raises `PublishError` when there is no LibreOffice or it does not succeed."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        raise PublishError(
            "这台机器上没有 LibreOffice，PDF 没有生成。请装上 LibreOffice，或在 Word、WPS 里另存为 PDF。"
        )
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "report.docx"
        source.write_bytes(report)
        profile = (Path(folder) / "profile").as_uri()
        command = [program, f"-env:UserInstallation={profile}", "--headless", "--convert-to", "pdf", "--outdir", folder]
        try:
            subprocess.run([*command, str(source)], capture_output=True, check=True, timeout=_SECONDS)  # noqa: S603
            return source.with_suffix(".pdf").read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            raise PublishError(
                f"LibreOffice 没有把报告转成 PDF（{error}）。请关闭打开着的 LibreOffice，再试一次。"
            ) from error
