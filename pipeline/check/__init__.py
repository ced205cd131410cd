"""Values + rules to findings."""

from pipeline.check.linear import Balances
from pipeline.check.root import root_findings
from pipeline.check.station import Checker

__all__ = ["Balances", "Checker", "root_findings"]
