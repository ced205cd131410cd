"""The road a figure travels, station by station.

1. templates    the form to the blank workbook and the Word template
2. issue        form + 台账 to one stamped workbook a unit
3. past         a report or workbook of a former year to what it says
4. intake       a folder to arrivals: settled, hashed, archived
5. read         an arrival to its unit, form, year and typed values
6. check        values + rules to findings
7. judge        findings + decisions to the state of every unit
8. consolidate  accepted submissions + adjustments to the county's figures, each with its sources
9. publish      the county's workbook, the Word report, open data, corrections

Stations do not know each other; the small types that travel between them (form, layout, control, findings, returns,
standings, county, outcome) they share. `nightly` alone knows the order.
"""
