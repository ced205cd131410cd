"""The road a figure travels, station by station.

1. templates    the form to the blank workbook and the Word template
2. issue        form + 台账 to one stamped workbook a unit
3. intake       a folder to arrivals: settled, hashed, archived
4. read         an arrival to its unit, form, year and typed values
5. check        values + rules to findings
6. judge        findings + decisions to the state of every unit
7. consolidate  accepted submissions + adjustments to the county's figures, each with its sources
8. publish      the county's workbook, the Word report, open data, corrections

Stations do not know each other; the small types that travel between them (form, layout, control, findings, returns,
standings, county, outcome) they share. `nightly` alone knows the order.
"""
