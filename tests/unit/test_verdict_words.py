"""The words of a conclusion and of a difference, and what an entry of the ledger matches."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from parity_kit.contract import (
    Case,
    CaseId,
    Level,
    Operation,
    Raised,
    Returned,
    Subject,
    SubjectKind,
)
from parity_kit.contract.canonical import pack
from parity_kit.contract.errors import BadFileError, ExitCode
from parity_kit.gates.conclusion import Conclusion, conclude
from parity_kit.gates.rules import Rules
from parity_kit.gates.totals import Cause, GateTotals
from parity_kit.judging.compare import _LONGEST, MOST_LISTED, compare  # pyright: ignore[reportPrivateUsage]  # what is shown
from parity_kit.judging.ledger import FILE, Entry, read_ledger
from parity_kit.judging.verdicts import Difference, Divergent

CASE = Case(CaseId("case"), Subject(SubjectKind.SAVER, {"saver": "sqlite"}), (Operation("put"),))
TEXT, PACKED = "metadata/t//1/json", "checkpoint/t//1/msgpack"


def concluded(**verdicts: int) -> Conclusion:
    """Return the conclusion on a candidate with so many cases of each verdict."""
    count = Counter({name.replace("_", " "): number for name, number in verdicts.items()})
    totals = GateTotals(verdicts=count, subjects={"saver": count}, claimed={"saver": "bytes"})
    return conclude(totals, Rules())


def differences(ours: dict[str, bytes], theirs: dict[str, bytes]) -> tuple[Difference, ...]:
    verdict = compare(CASE, (Returned(stored=ours),), (Returned(stored=theirs),))
    assert isinstance(verdict, Divergent)
    return verdict.differences


@pytest.mark.parametrize(
    ("verdicts", "first_line"),
    [
        ({"equal": 3}, "✓ equal: 3 of 3 cases equal at level bytes"),
        ({"equal": 1}, "✓ equal: 1 of 1 case equal at level bytes"),
        ({"equal": 2, "expected": 1}, "expected: 2 of 3 cases equal, 1 expected"),
        ({"equal": 2, "unsupported": 4}, "2 of 6 cases equal at level bytes, 4 unsupported"),
        (
            {"equal": 2, "expected": 1, "unsupported": 1},
            "expected: 2 of 4 cases equal, 1 expected, 1 unsupported",
        ),
        ({"equal": 2, "divergent": 1}, "divergent: 1 of 3 cases"),
        ({"unsupported": 2}, "unknown: 0 of 2 cases compared, 2 unsupported"),
    ],
)
def test_the_first_line_counts_each_verdict(verdicts: dict[str, int], first_line: str) -> None:
    assert concluded(**verdicts).first_line.endswith(first_line)


def test_a_failure_names_the_first_case() -> None:
    count = Counter(equal=1, divergent=2)
    cause = Cause("divergent", 2, "graphs/line", "value $.n", 1, "value")
    assert conclude(GateTotals(verdicts=count, causes=[cause]), Rules()).reason == (
        "2 of 3 cases, first "
    )


def test_only_a_breakdown_on_every_case_is_not_judged() -> None:
    assert concluded(crashed=2).exit_code is ExitCode.NOT_JUDGED
    assert concluded(crashed=2, equal=1).exit_code is ExitCode.DIVERGENCE
    assert concluded(divergent=2).exit_code is ExitCode.DIVERGENCE


def test_a_part_is_not_asked_for_shares() -> None:
    rules = Rules(floor=7, unsupported=0.0, expected=0.0, complete=True).for_a_part()
    assert (rules.floor, rules.unsupported, rules.expected) == (1, 1.0, 1.0)
    assert not rules.complete
    assert not rules.suites


@pytest.mark.parametrize(
    ("name", "theirs", "shown"),
    [
        (TEXT, b"", "there, and empty"),
        (TEXT, b'{"a": 2}', '{"a": 2}'),
        (TEXT, b"\x81\xa1a\x02", "\\x81\\xa1a\x02"),
        (PACKED, b"\xc1", "1 bytes that are no MessagePack"),
        (PACKED, pack({"a": 2}), "2 (positive fixint)"),
        (TEXT, b"x" * _LONGEST, "x" * _LONGEST),
        (TEXT, b"x" * (_LONGEST + 1), "x" * _LONGEST + f"… ({_LONGEST + 1} bytes)"),
    ],
)
def test_a_stored_side_is_shown_in_its_own_form(name: str, theirs: bytes, shown: str) -> None:
    ours = pack({"a": 1}) if name == PACKED else b'{"a": 1}'
    (difference,) = differences({name: ours}, {name: theirs})
    assert difference.candidate == shown


def test_a_side_that_is_absent_has_no_bytes() -> None:
    (difference,) = differences({PACKED: pack(1)}, {})
    assert (difference.candidate, difference.candidate_hex) == ("absent", "")
    assert difference.reference_hex == "01"


def test_bytes_are_shown_from_where_they_differ() -> None:
    (difference,) = differences({PACKED: pack([7, 1])}, {PACKED: pack([7, 2])})
    assert (difference.offset, difference.reference_hex, difference.candidate_hex) == (
        2,
        "01",
        "02",
    )


def test_differences_that_fit_are_all_listed() -> None:
    ours = {PACKED: pack(list(range(MOST_LISTED)))}
    theirs = {PACKED: pack([number + 1 for number in range(MOST_LISTED)])}
    verdict = compare(CASE, (Returned(stored=ours),), (Returned(stored=theirs),))
    assert isinstance(verdict, Divergent)
    assert (len(verdict.differences), verdict.more) == (MOST_LISTED, 0)


ENTRY = """
[[difference]]
case = "{case}"
differs = "{differs}"
level = "none"
reason = "r"
until = 2026-12-31
"""


@pytest.mark.parametrize(
    ("case", "differs", "refused"),
    [
        ("savers/*", "*", True),
        ("savers*", "operation*", True),
        ("savers/memory/*", "*", False),
        ("savers/*", "operation 0*", False),
        ("savers/*", "*: value $.n*", False),
    ],
)
def test_only_an_entry_for_whole_corpora_may_say_nothing(
    tmp_path: Path,
    case: str,
    differs: str,
    refused: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    (tmp_path / FILE).write_text(ENTRY.format(case=case, differs=differs))
    if not refused:
        assert read_ledger(tmp_path)
        return
    with pytest.raises(BadFileError, match="excuses whatever"):
        read_ledger(tmp_path)


@pytest.mark.parametrize(
    ("pattern", "case", "matches"),
    [
        ("ab*ba", "aba", False),
        ("ab*ba", "abba", True),
        ("*", "", True),
        ("a*b*c", "abc", True),
        ("a*b*c", "axbxc", True),
        ("a*b*c", "acb", False),
        ("a*b*c", "bac", False),
        ("a*bb*c", "abc", False),
        ("a*b*b*c", "abc", False),
        ("*b*", "b", True),
        ("*b*", "a", False),
        ("a", "a", True),
        ("a", "ab", False),
    ],
)
def test_a_star_stands_for_anything(pattern: str, case: str, matches: bool) -> None:  # noqa: FBT001  # a parameter of the test
    until = date(2026, 12, 31)
    entry = Entry(0, 1, (pattern,), "*", "divergent", Level.NONE, "r", until)
    assert entry.concerns(CaseId(case)) is matches
    assert entry.covers("divergent", Level.NONE, case)


def test_entries_of_a_list_are_numbered_and_have_no_link(tmp_path: Path) -> None:
    text = ENTRY.format(case="savers/memory/*", differs="*: value*")
    (tmp_path / FILE).write_text(text + text.replace('"*: value*"', '["a*", "b*"]'))
    entries = read_ledger(tmp_path).entries
    assert [(entry.index, entry.number, entry.link) for entry in entries] == [
        (1, 1, ""),
        (2, 2, ""),
        (3, 2, ""),
    ]


def test_an_entry_may_have_a_link(tmp_path: Path) -> None:
    text = ENTRY.format(case="savers/memory/*", differs="*: value*")
    (tmp_path / FILE).write_text(f'{text}link = "https://example.org/1"\n')
    assert [entry.link for entry in read_ledger(tmp_path).entries] == ["https://example.org/1"]


@pytest.mark.parametrize(
    ("theirs", "path"), [(Raised("B", "m"), "$.error"), (Raised("A", "n"), "$.message")]
)
def test_errors_differ_in_class_or_message(theirs: Raised, path: str) -> None:
    verdict = compare(CASE, (Raised("A", "m"),), (theirs,))
    assert isinstance(verdict, Divergent)
    assert verdict.difference.path == path


def test_a_missing_reason_says_so(tmp_path: Path) -> None:
    text = ENTRY.format(case="savers/memory/*", differs="*: value*")
    (tmp_path / FILE).write_text(text.replace('reason = "r"', ""))
    with pytest.raises(BadFileError) as caught:
        read_ledger(tmp_path)
    assert caught.value.problem == "is missing"
