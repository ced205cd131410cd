"""The last gate (D1): a finished report, ours or one that people edited, against what it must say."""

from pipeline.night.gate.facts import sentence_pieces
from pipeline.night.gate.gate import gate_findings, read_page
from pipeline.night.gate.lines import headings
from pipeline.night.gate.printed import Printed

__all__ = ["Printed", "gate_findings", "headings", "read_page", "sentence_pieces"]
