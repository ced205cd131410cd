"""The craft of xlsx: what cells say, changing a workbook part by part, drawing and filling its sheets."""
