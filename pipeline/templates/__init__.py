"""The blank workbook and the Word template, built from the form."""
