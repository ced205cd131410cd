"""The basis of a year from workspace and ledger: read in one place, each file once."""

from __future__ import annotations

from dataclasses import replace

from pipeline.control import read_control
from pipeline.form import Form
from pipeline.layout import read_layout
from pipeline.ledger import Ledger
from pipeline.model.basis import Basis
from pipeline.prior_year.known import history
from pipeline.workspace import Workspace, template_file


def load_basis(workspace: Workspace, ledger: Ledger, year: int) -> Basis:
    """What holds for ``year``, as the office's files are now.

    Raises `WorkspaceError` when no form covers the year or 台账 or secret cannot be read, `TemplateError` when a template
    is missing, `FormError` when the form is broken.
    """
    statutory, folder = workspace.form(year)
    control = read_control(workspace.control(year), statutory, year=year)
    template = template_file(folder, "return.xlsx")
    form = control.in_force(statutory)
    return Basis(
        statutory=statutory,
        form=form,
        layout=read_layout(statutory, template),
        template=template.read_bytes(),
        word=template_file(folder, "report.docx"),
        secret=workspace.load_secret(),
        control=control,
        history=history(ledger, control, form, year),
    )


def changed_basis(basis: Basis, ledger: Ledger, workspace: Workspace, statutory: Form) -> Basis:
    """The same year under another version of its form, with the 台账 read by that one."""
    control = read_control(workspace.control(basis.year), statutory, year=basis.year)
    form = control.in_force(statutory)
    last = history(ledger, control, form, basis.year)
    return replace(basis, statutory=statutory, form=form, control=control, history=last)
