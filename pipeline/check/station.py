"""Every rule of the form over all submissions of a night."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.check.linear import Balances
from pipeline.findings import Finding
from pipeline.returns import Submission


def check_returns(
    submissions: Sequence[Submission], balances: Balances
) -> Iterator[tuple[Submission, tuple[Finding, ...]]]:
    """Each submission with everything found in it: what reading found, then what the rules say."""
    verdicts = balances.check([submission.values for submission in submissions])
    for submission, broken in zip(submissions, verdicts, strict=True):
        where = {"unit": submission.unit, "file": submission.arrival.name}
        rules = (finding.at(**where) for finding in balances.findings(broken, submission.places))
        yield submission, (*submission.findings, *rules)
