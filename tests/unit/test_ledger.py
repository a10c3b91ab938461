"""The ledger covers the difference it names and no other, and says when it is out of date."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from parity_kit.contract import CaseId, Level
from parity_kit.contract.errors import BadFileError
from parity_kit.judging.ledger import (
    FILE,
    MOST_COVERED,
    UNEXPLAINED,
    Ledger,
    read_ledger,
)
from parity_kit.judging.places import Place, StoredEntry
from parity_kit.judging.verdicts import (
    Crashed,
    Difference,
    Divergent,
    Equal,
    Expected,
    NotSupported,
    Verdict,
)

TODAY = date(2026, 11, 21)
ENTRY = """
[[difference]]
case = "savers/*"
differs = "*: stored write/*$[0].x*"
level = "trace"
reason = "x is not written yet"
until = 2026-12-31
"""
SAVER, OTHER = CaseId("savers/memory/put"), CaseId("graphs/line/invoke")


def ledger(tmp_path: Path, text: str = ENTRY) -> Ledger:
    (tmp_path / FILE).write_text(text)
    return read_ledger(tmp_path)


WRITE, BLOB = (StoredEntry((kind, "t", "", "1")) for kind in ("write", "blob"))


def difference(
    place: Place = WRITE,
    path: str = "$[0].x",
    level: Level = Level.BYTES,
) -> Difference:
    return Difference(level, 2, "put", place, path, "a", "b")


def differs(*differences: Difference, more: int = 0, unsupported: str = "") -> Divergent:
    reached = Level(min(item.level for item in differences) - 1)
    return Divergent(differences, reached, more, unsupported)


KNOWN = differs(difference())


def problems(kept: Ledger, *, complete: bool = True) -> list[str]:
    return [stale.problem for stale in kept.stale(TODAY, complete=complete)]


def test_known_difference_is_expected_and_its_entry_holds(tmp_path: Path) -> None:
    kept = ledger(tmp_path)
    assert kept.held_against(SAVER, KNOWN) == Expected("x is not written yet", Level.TRACE)
    assert problems(kept) == []


@pytest.mark.parametrize(
    ("case", "verdict"),
    [
        (OTHER, KNOWN),
        (SAVER, differs(difference(BLOB))),
        (SAVER, differs(difference(path="$[0].y"))),
        (SAVER, differs(difference(level=Level.TRACE))),
        (SAVER, Crashed("operation 2 (put): stored write/ $[0].x")),
    ],
)
def test_other_difference_under_an_old_entry_is_not_covered(
    tmp_path: Path, case: CaseId, verdict: Verdict
) -> None:
    assert ledger(tmp_path).held_against(case, verdict) == verdict


def test_a_further_difference_is_not_hidden_by_a_known_one(tmp_path: Path) -> None:
    other = difference(path="$[0].y")
    kept = ledger(tmp_path)
    verdict = kept.held_against(SAVER, differs(difference(), other))
    assert isinstance(verdict, Divergent)
    assert verdict.differences == (other,)


def test_differences_too_many_to_list_are_not_expected(tmp_path: Path) -> None:
    verdict = differs(difference(), more=1)
    assert ledger(tmp_path).held_against(SAVER, verdict) == verdict


def test_a_case_that_stops_behind_known_differences_is_unsupported(tmp_path: Path) -> None:
    verdict = ledger(tmp_path).held_against(SAVER, differs(difference(), unsupported="no list"))
    assert verdict == NotSupported("no list")


def test_a_case_counts_once_and_those_of_a_search_never(tmp_path: Path) -> None:
    kept = ledger(tmp_path, ENTRY.replace("savers/*", "*"))
    for case in (SAVER, SAVER, CaseId("lockstep/saver/1")):
        kept.held_against(case, KNOWN)
    assert kept.covered == kept.concerned == {1: 1}


def test_an_entry_without_a_reason_yet_fails(tmp_path: Path) -> None:
    kept = ledger(tmp_path, ENTRY.replace("x is not written yet", UNEXPLAINED))
    kept.held_against(SAVER, KNOWN)
    (problem,) = problems(kept)
    assert problem.startswith("its reason is still `not explained yet`")


def test_an_entry_may_list_cases_and_places_and_each_place_must_show(tmp_path: Path) -> None:
    text = ENTRY.replace('"savers/*"', '["savers/*", "graphs/*"]')
    text = text.replace('"*: stored write/*$[0].x*"', '["*: stored write/*", "*: stored blob/*"]')
    kept = ledger(tmp_path, text)
    assert isinstance(kept.held_against(OTHER, KNOWN), Expected)
    assert [
        (stale.entry.number, stale.entry.differs) for stale in kept.stale(TODAY, complete=True)
    ] == [(1, "*: stored blob/*")]


@pytest.mark.parametrize("case", ["*", "savers/*", "*/*"])
@pytest.mark.parametrize("differs", ["*", "operation *", "* (*)*"])
def test_an_entry_that_excuses_everything_is_refused(
    tmp_path: Path, case: str, differs: str
) -> None:
    text = ENTRY.replace("savers/*", case).replace("*: stored write/*$[0].x*", differs)
    assert ledger(tmp_path, text).entries, "what leaves results alone may stand"
    with pytest.raises(BadFileError, match="name the place that differs"):
        ledger(tmp_path, text.replace('"trace"', '"none"'))


@pytest.mark.parametrize(
    ("case", "differs"),
    [
        ("savers/put*", "*"),
        ("savers/*", "*: stored write/*"),
        ("savers/*", "*: value *"),
        ("*", "operation * (put)*"),
    ],
)
def test_an_entry_that_names_a_case_or_a_place_may_hide_results(
    tmp_path: Path, case: str, differs: str
) -> None:
    text = ENTRY.replace("savers/*", case).replace("*: stored write/*$[0].x*", differs)
    assert ledger(tmp_path, text.replace('"trace"', '"none"')).entries


def test_entry_whose_cases_are_all_equal_is_stale(tmp_path: Path) -> None:
    kept = ledger(tmp_path)
    for number in range(3):
        kept.held_against(CaseId(f"savers/{number}"), Equal(Level.BYTES))
    assert problems(kept) == ["none of its 3 cases shows that difference"]


def test_entry_without_cases_is_stale_only_where_all_were_run(tmp_path: Path) -> None:
    kept = ledger(tmp_path)
    kept.held_against(OTHER, Equal(Level.BYTES))
    assert problems(kept) == ["matches no case"]
    assert problems(kept, complete=False) == []


def test_entry_that_has_ended_fails_though_it_still_covers(tmp_path: Path) -> None:
    kept = ledger(tmp_path, ENTRY.replace("2026-12-31", "2026-11-20"))
    assert isinstance(kept.held_against(SAVER, KNOWN), Expected)
    assert problems(kept) == ["ended on 2026-11-20"]
    assert list(ledger(tmp_path).stale(date(2026, 11, 20), complete=False)) == []


def test_entry_that_hides_much_must_say_so(tmp_path: Path) -> None:
    for text, expected in ((ENTRY, 1), (ENTRY + "wide = true\n", 0)):
        kept = ledger(tmp_path, text)
        for number in range(MOST_COVERED + 1):
            kept.held_against(CaseId(f"savers/{number}"), KNOWN)
        assert len(problems(kept)) == expected


def test_crash_can_be_expected(tmp_path: Path) -> None:
    text = ENTRY.replace('level = "trace"', 'verdict = "crashed"').replace("*: stored", "its *")
    kept = ledger(tmp_path, text.replace("its *", "its process*").replace(" write/*$[0].x*", "*"))
    crash = Crashed("its process ended with exit code 3")
    assert isinstance(kept.held_against(SAVER, crash), Expected)
    assert kept.held_against(SAVER, KNOWN) == KNOWN


def test_no_file_is_an_empty_ledger(tmp_path: Path) -> None:
    kept = read_ledger(tmp_path)
    assert kept.held_against(SAVER, KNOWN) == KNOWN
    assert problems(kept) == []


MISTAKES = [
    ("x = ", "is not TOML", ""),
    ("[differences]\n", "`differences` is not [[difference]]", ""),
    (ENTRY.replace('reason = "x is not written yet"', ""), "is missing", "`reason`"),
    (ENTRY.replace("until = 2026-12-31", ""), "must be a date", "difference 1, `until`"),
    (ENTRY.replace("2026-12-31", '"2026-12-31"'), "must be a date", "`until`"),
    (ENTRY.replace('"trace"', '"bytes"'), "no level 'bytes'", "`level`"),
    (ENTRY + 'verdict = "equal"\n', "no verdict 'equal'", "`verdict`"),
    (ENTRY + "wide = 1\n", "true or false", "`wide`"),
    (ENTRY.replace('"savers/*"', "[]"), "a list of strings", "`case`"),
    (ENTRY + ENTRY + "why = 1\n", "no such key", "difference 2, `why`"),
]


@pytest.mark.parametrize(("text", "problem", "where"), MISTAKES)
def test_mistake_is_named(tmp_path: Path, text: str, problem: str, where: str) -> None:
    with pytest.raises(BadFileError) as caught:
        ledger(tmp_path, text)
    assert problem in caught.value.problem
    assert where in caught.value.where
    assert str(tmp_path / FILE) in caught.value.where
