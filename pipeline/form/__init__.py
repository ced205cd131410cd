"""The statutory form and its rules, as frozen data."""

from pipeline.form.expressions import LAST, Equation, Sides, Term
from pipeline.form.kinds import KINDS, THRESHOLDS
from pipeline.form.lint import Remark, lint
from pipeline.form.load import load_form, parse_form
from pipeline.form.model import Band, Claim, Fact, Form, Item, Line, Rule, Severity, Table
from pipeline.form.prompts import prompt
from pipeline.form.values import Figure, Value, printed
from pipeline.form.vector import MISSING, Vector

__all__ = [
    "KINDS",
    "LAST",
    "MISSING",
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
    "Vector",
    "lint",
    "load_form",
    "parse_form",
    "printed",
    "prompt",
]
