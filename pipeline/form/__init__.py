"""The statutory form and its rules, as frozen data."""

from pipeline.form.expressions import Equation, Term
from pipeline.form.load import load_form
from pipeline.form.model import Band, Form, Item, Line, Rule, Severity, Table, Value

__all__ = ["Band", "Equation", "Form", "Item", "Line", "Rule", "Severity", "Table", "Term", "Value", "load_form"]
