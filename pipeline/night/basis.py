"""The basis of a year from workspace and ledger: read in one place, each file once."""

from __future__ import annotations

from dataclasses import replace

from pipeline.control import read_control
from pipeline.form import Form
from pipeline.layout import read_layout
from pipeline.ledger import Ledger
from pipeline.model.basis import Basis
from pipeline.model.control import ACCEPTANCES, CONTROL_FILE, Control
from pipeline.model.finding import notice
from pipeline.model.precedents import Bound, Identity, Precedents
from pipeline.prior_year.known import load_history
from pipeline.workspace import Workspace, template_file


def load_basis(workspace: Workspace, ledger: Ledger, year: int) -> Basis:
    """Load the basis of ``year`` from the office's files as they are now.

    Raises `WorkspaceError` when no form covers the year or 台账 or secret cannot be read, `TemplateError` when a template
    is missing, `FormError` when the form is broken.
    """
    statutory, folder = workspace.form(year)
    control = without_copies(read_control(workspace.control(year), statutory, year=year), ledger)
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
        history=load_history(ledger, control, form, year),
        precedents=load_precedents(ledger, year),
    )


def without_copies(control: Control, ledger: Ledger) -> Control:
    """Return the 台账 without signed rows that were in force the year before and do not name this year. Offices begin a
    year with a copy of the last 台账, whose decisions were made on other figures.
    """
    former = {
        (row.kind, row.subject, row.detail, row.reason, row.approver)
        for row in ledger.nights.decisions(control.profile.year - 1)
    }
    copied = [row for row in control.decisions if row.year is None and row.identity in former]
    findings = []
    for row in copied:
        where = {"file": CONTROL_FILE, "sheet": row.sheet, "cell": row.cell}
        findings.append(notice("T23", where=where, found=row.reason, expected=control.profile.year))
    return control.without(copied, findings) if copied else control


def load_precedents(ledger: Ledger, year: int) -> Precedents:
    """Load what was known when each decision of the 台账 was first seen."""
    looked = {run.id: run.sight for run in ledger.nights.runs(year)}
    looks: dict[Identity, int] = {}
    for run, row in ledger.nights.decision_log(year):
        identity = (row.kind, row.subject, row.detail, row.reason, row.approver)
        if row.in_force:
            looks.setdefault(identity, looked[run])
        else:
            looks.pop(identity, None)
    bound: dict[Identity, tuple[Bound, ...]] = {}
    for used in ledger.nights.acceptances(year):
        identity = (ACCEPTANCES, used.unit, used.rule, used.reason, used.approver)
        bound[identity] = (*bound.get(identity, ()), Bound(key=used.key, operands=used.operands, figures=used.figures))
    return Precedents(looks=looks, bound=bound)


def changed_basis(basis: Basis, ledger: Ledger, workspace: Workspace, statutory: Form) -> Basis:
    """Return the basis under another version of the form, with the 台账 read by it."""
    control = read_control(workspace.control(basis.year), statutory, year=basis.year)
    form = control.in_force(statutory)
    last = load_history(ledger, control, form, basis.year)
    return replace(basis, statutory=statutory, form=form, control=control, history=last)
