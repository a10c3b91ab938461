"""The ledger covers the difference it names and no other, and says when it is out of date."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from parity_kit.contract import CaseId, Level
from parity_kit.contract.errors import BadFileError
from parity_kit.judging.ledger import FILE, MOST_COVERED, Ledger, read_ledger
from parity_kit.judging.verdicts import Crashed, Difference, Divergent, Equal, Verdict

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


def differs(
    where: str = "stored write/t//1", path: str = "$[0].x", level: Level = Level.BYTES
) -> Verdict:
    difference = Difference(level, 2, "put", where, path, "a", "b")
    return Divergent(difference, Level(level - 1))


def problems(kept: Ledger, *, whole: bool = True) -> list[str]:
    return [each.problem for each in kept.stale(TODAY, whole=whole)]


def test_known_difference_is_expected_and_its_entry_holds(tmp_path: Path) -> None:
    kept = ledger(tmp_path)
    entry = kept.expects(SAVER, differs())
    assert entry is not None
    assert entry.reason == "x is not written yet"
    assert problems(kept) == []


@pytest.mark.parametrize(
    ("case", "verdict"),
    [
        (OTHER, differs()),
        (SAVER, differs(where="stored blob/t//1")),
        (SAVER, differs(path="$[0].y")),
        (SAVER, differs(level=Level.TRACE)),
        (SAVER, Crashed("operation 2 (put): stored write/ $[0].x")),
    ],
)
def test_other_difference_under_an_old_entry_is_not_covered(
    tmp_path: Path, case: CaseId, verdict: Verdict
) -> None:
    assert ledger(tmp_path).expects(case, verdict) is None


def test_entry_whose_cases_are_all_equal_is_stale(tmp_path: Path) -> None:
    kept = ledger(tmp_path)
    for _ in range(3):
        assert kept.expects(SAVER, Equal(Level.BYTES)) is None
    assert problems(kept) == ["none of its 3 cases shows that difference"]


def test_entry_without_cases_is_stale_only_where_all_were_run(tmp_path: Path) -> None:
    kept = ledger(tmp_path)
    kept.expects(OTHER, Equal(Level.BYTES))
    assert problems(kept) == ["matches no case"]
    assert problems(kept, whole=False) == []


def test_entry_that_has_ended_fails_though_it_still_covers(tmp_path: Path) -> None:
    kept = ledger(tmp_path, ENTRY.replace("2026-12-31", "2026-11-20"))
    assert kept.expects(SAVER, differs()) is not None
    assert problems(kept) == ["ended on 2026-11-20"]
    assert list(ledger(tmp_path).stale(date(2026, 11, 20), whole=False)) == []


def test_entry_that_hides_much_must_say_so(tmp_path: Path) -> None:
    for text, expected in ((ENTRY, 1), (ENTRY + "wide = true\n", 0)):
        kept = ledger(tmp_path, text)
        for number in range(MOST_COVERED + 1):
            assert kept.expects(CaseId(f"savers/{number}"), differs()) is not None
        assert len(problems(kept)) == expected


def test_crash_can_be_expected(tmp_path: Path) -> None:
    text = ENTRY.replace('level = "trace"', 'verdict = "crashed"').replace("*: stored", "its *")
    kept = ledger(tmp_path, text.replace("its *", "its process*").replace(" write/*$[0].x*", "*"))
    assert kept.expects(SAVER, Crashed("its process ended with exit code 3")) is not None
    assert kept.expects(SAVER, differs()) is None


def test_no_file_is_an_empty_ledger(tmp_path: Path) -> None:
    kept = read_ledger(tmp_path)
    assert kept.expects(SAVER, differs()) is None
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
    (ENTRY + ENTRY + "why = 1\n", "no such key", "difference 2, `why`"),
]


@pytest.mark.parametrize(("text", "problem", "where"), MISTAKES)
def test_mistake_is_named(tmp_path: Path, text: str, problem: str, where: str) -> None:
    with pytest.raises(BadFileError) as caught:
        ledger(tmp_path, text)
    assert problem in caught.value.problem
    assert where in caught.value.where
    assert str(tmp_path / FILE) in caught.value.where
