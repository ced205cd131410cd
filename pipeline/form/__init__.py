"""The statutory form and its rules, as frozen data."""

from pipeline.form.expressions import LAST, Equation, Sides, Term
from pipeline.form.kinds import KINDS, THRESHOLDS
from pipeline.form.lint import Remark, lint
from pipeline.form.load import load_form, parse_form
from pipeline.form.model import Band, Claim, Fact, Form, Item, Line, Rule, Severity, Table
from pipeline.form.prompts import CARRIED, prompt, reminder
from pipeline.form.values import Figure, Value, printed

__all__ = [
    "CARRIED",
    "KINDS",
    "LAST",
    "THRESHOLDS",
    "Band",
    "Claim",
    "Equation",
    "Fact",
    "Figure",
    "Form",
    "Item",
    "Line",
    "Remark",
    "Rule",
    "Severity",
    "Sides",
    "Table",
    "Term",
    "Value",
    "lint",
    "load_form",
    "parse_form",
    "printed",
    "prompt",
    "reminder",
]
