"""The road a figure travels, station by station.

1. templates    the form to the blank workbook and the Word template
2. issue        form + 台账 to one stamped workbook a unit
3. intake       a folder to arrivals: settled, hashed, archived
4. read         an arrival to its unit, form, year and typed values
5. check        values + rules to findings
6. judge        findings + decisions to the state of every unit
7. consolidate  accepted submissions + adjustments to the county's figures, each with its sources
8. publish      the county's workbook, the Word report, open data, corrections

The stations are the rooms of ``road/``. None of them imports another. They share the types of ``model/``, ``form/``,
``layout/`` and the crafts of ``workbook/`` and ``files/``. ``night/run`` alone knows their order.
"""

STATIONS = ("templates", "issue", "intake", "read", "check", "judge", "consolidate", "publish")
"""The rooms of ``road/``, in the order a figure travels."""

FLOORS = (
    ("errors",),
    ("form",),
    ("files", "layout"),
    ("model",),
    ("workbook",),
    ("control", "ledger"),
    ("settings",),
    ("workspace",),
    ("road",),
    ("prior_year",),
    ("night", "setup"),
    ("queries", "demo", "service"),
    ("faces", "chase", "mailbox"),
    ("cli",),
)
"""The rooms from the ground up: a room imports rooms of lower floors only."""
