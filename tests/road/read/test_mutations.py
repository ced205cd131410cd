"""What people do to a return: harmless changes leave every value as it was, harmful ones are told, none lies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pipeline.model.submission import Submission
from tests.road.read import workbooks
from tests.road.read.workbooks import HARMFUL, HARMLESS, codes, filled, form, mutated, read, truth, values

EXAMPLES = int(os.environ.get("MUTATION_EXAMPLES", "12"))
RELAXED = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


def unharmed(result: object) -> None:
    assert isinstance(result, Submission), result
    assert values(result) == truth()
    assert [finding for finding in result.findings if finding.severity == "error"] == []


def honest(result: object) -> None:
    """Every value is the true one, or there is none and an error that says so."""
    assert isinstance(result, Submission), result
    errors = [finding for finding in result.findings if finding.severity == "error"]
    assert errors
    wrong = {code: value for code, value in values(result).items() if value is not None and value != truth()[code]}
    assert wrong == {}
    assert all(finding.message and finding.remedy for finding in result.findings)


def test_filled_return_is_read_on_the_fast_path(tmp_path: Path) -> None:
    result = read(tmp_path, filled())
    unharmed(result)
    assert result.findings == ()


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless(name: str, tmp_path: Path) -> None:
    unharmed(read(tmp_path, mutated(filled(), HARMLESS[name])))


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_without_names(name: str, tmp_path: Path) -> None:
    unharmed(read(tmp_path, mutated(filled(), HARMLESS[name], workbooks.strip_names)))


@pytest.mark.parametrize("name", HARMFUL)
def test_harmful(name: str, tmp_path: Path) -> None:
    honest(read(tmp_path, mutated(filled(), HARMFUL[name])))


def order(name: str) -> int:
    """Mutations speak of cells as issued: what rewrites cells comes first, what moves them later, new sheets last."""
    if name in ("one_sheet", "one_label_column", "rename_sheet", "rename_all_sheets"):
        return 3
    if name.startswith(("insert_", "delete_")):
        return 2
    return 1 if name.endswith(("_copy", "_new_sheet")) else 0


def both(first: str, second: str) -> bytes:
    """The filled return after two mutations; a pair that cannot both be done is no example."""
    assume(order(first) < 3 or order(second) < 3)
    assume("one_label_column" not in (first, second) or min(order(first), order(second)) < 2)
    every = HARMLESS | HARMFUL
    try:
        return mutated(filled(), *(every[name] for name in sorted((first, second), key=order)))
    except KeyError:
        assume(False)
        raise


@RELAXED
@given(first=st.sampled_from(sorted(HARMLESS)), second=st.sampled_from(sorted(HARMLESS)))
def test_two_harmless_changes(first: str, second: str, tmp_path: Path) -> None:
    unharmed(read(tmp_path, both(first, second)))


FOLLOWED = {"swap_row_labels", "swap_column_labels", "swap_block_labels"}


@RELAXED
@given(harmless=st.sampled_from(sorted(HARMLESS)), harmful=st.sampled_from(sorted(set(HARMFUL) - FOLLOWED)))
def test_harmful_after_harmless(harmless: str, harmful: str, tmp_path: Path) -> None:
    try:
        data = mutated(filled(), HARMFUL[harmful], HARMLESS[harmless])
    except (KeyError, TypeError, AttributeError):  # the harmless one finds its cells no more
        assume(False)
        raise
    honest(read(tmp_path, data))


@pytest.mark.parametrize("name", sorted(FOLLOWED))
def test_without_names_a_swapped_label_is_followed(name: str, tmp_path: Path) -> None:
    result = read(tmp_path, mutated(filled(), workbooks.strip_names, HARMFUL[name]))
    assert isinstance(result, Submission)
    assert "L1" in codes(result)
    book = dict(zip([item.code for item in form().items], result.values, strict=True))
    for code, place in result.places.items():
        home = next(other for other, there in workbooks.layout().places.items() if there == place)
        assert book[code] in (truth()[home], None)


@pytest.mark.parametrize("mutation", [workbooks.erase_group_label, workbooks.erase_group_column_label])
def test_a_lost_group_heading_is_made_good_by_the_names(mutation: workbooks.Mutation, tmp_path: Path) -> None:
    result = read(tmp_path, mutated(filled(), mutation))
    unharmed(result)
    assert isinstance(result, Submission)
    assert "L2" in codes(result)
    honest(read(tmp_path, mutated(filled(), mutation, workbooks.strip_names)))


@pytest.mark.external
@pytest.mark.parametrize("extension", ["xlsx", "xls", "ods"])
def test_saved_by_libreoffice(extension: str, soffice: str, tmp_path: Path) -> None:
    data = workbooks.through_libreoffice(soffice, tmp_path, filled(), extension)
    result = read(tmp_path, data, f"001_方正县财政局.{extension}")
    assert isinstance(result, Submission), result
    entered = {item.code for item in form().items if item.mode == "entered"}
    assert {code: value for code, value in values(result).items() if code in entered} == {
        code: value for code, value in truth().items() if code in entered
    }


@pytest.mark.external
def test_insert_row_in_what_libreoffice_saved(soffice: str, tmp_path: Path) -> None:
    data = workbooks.through_libreoffice(soffice, tmp_path, mutated(filled(), workbooks.insert_row_in_t3), "ods")
    unharmed(read(tmp_path, data, "报送件.ods"))
