"""Values + rules to findings."""

from pipeline.road.check.linear import Balances
from pipeline.road.check.own_texts import own_text_findings, text_findings
from pipeline.road.check.quantities import stated_year
from pipeline.road.check.root import root_findings
from pipeline.road.check.station import Checker

__all__ = ["Balances", "Checker", "own_text_findings", "root_findings", "stated_year", "text_findings"]
