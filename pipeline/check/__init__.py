"""Values + rules to findings."""

from pipeline.check.linear import Balances
from pipeline.check.root import root_findings
from pipeline.check.station import check_returns

__all__ = ["Balances", "check_returns", "root_findings"]
