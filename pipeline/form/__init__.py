"""The statutory form and its rules, as frozen data."""

from pipeline.form.expressions import LAST, Equation, Sides, Term
from pipeline.form.kinds import KINDS, THRESHOLDS
from pipeline.form.lint import LintRemark, lint
from pipeline.form.load import load_form, parse_form
from pipeline.form.local import LOCAL, extend_form, local_items, local_rules
from pipeline.form.model import Band, Crosswalk, Form, Item, Line, Table
from pipeline.form.prompts import CARRIED, LARGEST, prompt, reminder, stop
from pipeline.form.rule_model import Fact, Rule, Severity, TextClaim
from pipeline.form.values import Figure, Value, print_figure
from pipeline.form.vector import MISSING, Vector, unscale
from pipeline.form.verdict import Verdict

__all__ = [
    "CARRIED",
    "KINDS",
    "LARGEST",
    "LAST",
    "LOCAL",
    "MISSING",
    "THRESHOLDS",
    "Band",
    "Crosswalk",
    "Equation",
    "Fact",
    "Figure",
    "Form",
    "Item",
    "Line",
    "LintRemark",
    "Rule",
    "Severity",
    "Sides",
    "Table",
    "Term",
    "TextClaim",
    "Value",
    "Vector",
    "Verdict",
    "extend_form",
    "lint",
    "load_form",
    "local_items",
    "local_rules",
    "parse_form",
    "print_figure",
    "prompt",
    "reminder",
    "stop",
    "unscale",
]
