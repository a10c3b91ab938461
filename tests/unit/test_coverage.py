"""Coverage: pairs of features are counted as they are; a search that saw too few says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import Case, CaseId, Level, Subject, SubjectKind, Unsupported, run
from parity_kit.contract.errors import BadManifestError
from parity_kit.gates.settings import read_settings
from parity_kit.judging.candidate_under_test import CandidateUnderTest
from parity_kit.judging.judge import Tally
from parity_kit.judging.verdicts import Equal, NotSupported
from parity_kit.reference import Engine
from parity_kit.search.choices import seeded
from parity_kit.search.coverage import Calibration, Coverage, Floors, calibrations, pairs_of
from parity_kit.search.generate import SUITES
from parity_kit.search.lockstep import Lockstep, search

SUBJECT = Subject(SubjectKind.CODEC, {"strict": False})


def case(*features: str) -> Case:
    return Case(CaseId("c"), SUBJECT, (), features)


def test_pairs_are_of_one_case_and_counted_once() -> None:
    assert pairs_of([("a", "b", "c"), ("a", "b"), ("d",)]) == {("a", "b"), ("a", "c"), ("b", "c")}


def test_what_was_not_compared_covers_nothing() -> None:
    tally = Tally(Level.BYTES)
    tally.add(case("a", "b"), Equal(Level.BYTES))
    tally.add(case("a", "c"), NotSupported("no"))
    assert pairs_of(tally.combinations) == {("a", "b")}
    assert tally.features == {"a": 1, "b": 1}


def test_a_calibration_is_written_and_read_again() -> None:
    before = Calibration(9, frozenset({("a", "b"), ("a", "c"), ("b", "c")}), {5: 2, 9: 3})
    after = Calibration.from_json(before.to_json())
    assert after == before
    assert after.coverage([("a", "b"), ("x", "y")], 8) == Coverage(
        covered=1, possible=3, expected=2
    )


@pytest.mark.parametrize("suite", list(SUITES))
def test_the_committed_calibration_is_of_the_generators_there_are(suite: str) -> None:
    reference, choices = Engine(), seeded(5, [])
    features = [SUITES[suite](choices, reference).case.features for _ in range(60)]
    unknown = pairs_of(features) - calibrations()[suite].pairs
    # Crashes take a process each: they were calibrated on fewer cases, which met fewer pairs.
    share = 1 / 50 if calibrations()[suite].cases >= 1000 else 1 / 10
    assert len(unknown) < len(pairs_of(features)) * share, f"run make pairs: {sorted(unknown)[:5]}"


def searched(*, supported: int) -> Lockstep:
    """Search codecs with an engine that answers only so many cases."""
    reference, left = Engine(), iter(range(supported))
    return search(
        "codec",
        reference,
        CandidateUnderTest(
            "it",
            lambda case: (
                run(reference, case)
                if next(left, None) is not None
                else (Unsupported("tired"),) * len(case.operations)
            ),
        ),
        examples=0,
        bulk=50,
        seed_value=1,
        required=Level.BYTES,
        on_case=lambda _: None,
    )


def test_a_search_that_compared_too_little_is_unknown() -> None:
    assert searched(supported=50).judged(Floors()) == ("equal", "")
    verdict, missed = searched(supported=20).judged(Floors())
    assert (verdict, missed) == ("unknown", "compared 20 of 50 cases; the floor is 50%")


def test_a_search_that_covered_too_few_pairs_is_unknown() -> None:
    verdict, missed = searched(supported=3).judged(Floors(compared=0, pairs=1))
    assert verdict == "unknown"
    assert missed.startswith("covered ")
    assert "feature pairs" in missed


def test_floors_come_from_the_settings(tmp_path: Path) -> None:
    (tmp_path / "parity.toml").write_text("[floors]\npairs = 0.25\n")
    assert read_settings(Workspace(tmp_path)).floors == Floors(compared=0.5, pairs=0.25)
    (tmp_path / "parity.toml").write_text("[floors]\npears = 0.25\n")
    with pytest.raises(BadManifestError, match="floors"):
        read_settings(Workspace(tmp_path))


@pytest.mark.parametrize("seed", range(4))
def test_a_small_search_reaches_the_floor_whatever_its_seed(seed: int) -> None:
    reference = Engine()
    result = search(
        "channel",
        reference,
        CandidateUnderTest("it", lambda case: run(reference, case)),
        examples=100,
        seed_value=seed,
        required=Level.BYTES,
        on_case=lambda _: None,
    )
    assert result.tried == 100
    assert result.judged(Floors()) == ("equal", "")
