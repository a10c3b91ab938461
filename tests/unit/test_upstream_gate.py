"""LangGraph's own tests in a run: events, rules and ledger, the page, JUnit, and the commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from parity_kit.cli import cli
from parity_kit.contract.events import Event, UpstreamJudged
from parity_kit.contract.journal import read_journal
from parity_kit.gates.conclusion import Conclusion
from parity_kit.gates.rules import Rules
from parity_kit.gates.settings import read_settings
from parity_kit.gates.upstream_gate import conclude_tests
from parity_kit.judging.ledger import Ledger, read_ledger
from parity_kit.upstream import bench, part
from parity_kit.upstream.comparing import compare
from parity_kit.upstream.judged import CONFORMANCE, UPSTREAM, JudgedTests
from parity_kit.upstream.part import Part
from parity_kit.upstream.plugin_names import CODEC
from parity_kit.upstream.results import FileResult, Outcome, TestResult
from parity_kit.upstream.session import UpstreamSession
from tests.support.upstream import bench_of, suite
from tests.support.upstream import workspace as workspace  # noqa: PLC0414  # a fixture

KNOWN = """
[[difference]]
case = "upstream/langgraph/tests/test_a.py::*"
differs = "ValueError*at subject.py*"
level = "none"
reason = "it has no steps yet"
until = 2999-01-01
"""


def passed(name: str, calls: int = 1) -> TestResult:
    return TestResult(f"tests/test_a.py::{name}", Outcome.PASSED, calls={"step": calls})


def failed(name: str, error: str = "ValueError: no step", place: str = "") -> TestResult:
    return TestResult(
        f"tests/test_a.py::{name}", Outcome.FAILED, error=error, place=place or "subject.py:4"
    )


def outcome_of(*results: TestResult, counts_calls: bool = True, **more: Any) -> JudgedTests:
    good = tuple(result for result in results if result.outcome is Outcome.PASSED)
    bad = tuple(result for result in results if result.outcome is not Outcome.PASSED)
    counted = {"passed": len(good), "regression": len(bad), "skipped": 3}
    return JudgedTests(
        UPSTREAM, "langgraph", "langgraph 1", good, bad, counted, counts_calls, **more
    )


def conclude(
    *judged: JudgedTests, known: Ledger | None = None, **rules: Any
) -> tuple[Conclusion, list[Event]]:
    events: list[Event] = []
    conclusion = conclude_tests(
        "mine",
        None,
        judged,
        rules=Rules(**rules),
        ledger=known or Ledger(Path()),
        emit=events.append,
    )
    return conclusion, events


TWO = (passed("test_one"), passed("test_two", 0))


@pytest.mark.parametrize(
    ("judged", "rules", "code", "line"),
    [
        (
            outcome_of(*TWO),
            {},
            0,
            "✓ equal: 2 of 2 tests equal at level result (its code ran in 1 of",
        ),
        (outcome_of(*TWO), {"driven": 0.5}, 0, "✓ equal"),
        (
            outcome_of(*TWO),
            {"driven": 0.6},
            1,
            "its code ran in 1 of 2 tests, the rules ask for 60.0%",
        ),
        (outcome_of(*TWO), {"floor": 3}, 1, "2 of 2 tests equal, the floor is 3"),
        (outcome_of(passed("t", 0)), {}, 3, "unknown: not engaged"),
        (outcome_of(TestResult("t", Outcome.PASSED)), {}, 3, "its code ran in none of 1 test that"),
        (
            outcome_of(TestResult("t", Outcome.PASSED), counts_calls=False),
            {},
            0,
            "it counts no calls",
        ),
        (
            outcome_of(TestResult("t", Outcome.PASSED), counts_calls=False),
            {"driven": 0.1},
            1,
            "the rules ask for its code",
        ),
        (
            outcome_of(*TWO, failed("t")),
            {},
            1,
            "≠ divergent: 1 of 3 tests (its code ran in 1 of the 2",
        ),
        # What fails has run, even if nothing that is counted did.
        (outcome_of(passed("t", 0), failed("u")), {}, 1, "1 of 2 tests (its code ran in 0"),
        (
            outcome_of(failure="its process ended with 1"),
            {},
            3,
            "langgraph: its process ended with 1",
        ),
    ],
)
def test_the_conclusion_says_who_drove(
    judged: JudgedTests, rules: dict[str, Any], code: int, line: str
) -> None:
    conclusion, _ = conclude(judged, **rules)
    assert (conclusion.exit_code, line in conclusion.first_line) == (code, True), conclusion


def test_what_offers_nothing_is_not_judged() -> None:
    conclusion, _ = conclude()
    assert conclusion.exit_code == 3
    assert conclusion.detail == "it offers neither a codec nor a saver"


def test_a_ledger_names_known_regressions_and_goes_stale(tmp_path: Path) -> None:
    (tmp_path / "expected.toml").write_text(KNOWN, encoding="utf-8")
    other = failed("test_u", "KeyError: 5")

    def held(*results: TestResult, **rules: Any) -> Conclusion:
        return conclude(outcome_of(*TWO, *results), known=read_ledger(tmp_path), **rules)[0]

    assert held(failed("test_t")).verdict == "expected"
    assert "KeyError: 5 at subject.py:4" in held(failed("test_t"), other).detail
    assert held(failed("test_t"), ledger=False).verdict == "divergent"
    assert "none of its 2 cases shows that" in held().detail
    assert held(complete=False).verdict == "equal"
    # It says nothing of a conformance suite, so it is not stale there.
    conforming = JudgedTests(CONFORMANCE, "memory", "suite 1", TWO, (), {}, counts_calls=True)
    assert conclude(conforming, known=read_ledger(tmp_path))[0].verdict == "equal"


@pytest.fixture
def command(
    tmp_path: Path, workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str]]:
    """The command, with three tests that LangGraph passes and one of which the candidate fails."""
    prepared = bench_of(suite(tmp_path, ""))
    on_both = [FileResult("langgraph", "test_a.py", tuple(map(passed, "abc")), 0.0)]
    seen = (passed("a"), passed("b", 0), failed("c", "KeyError: 'fail'"))
    one = FileResult("langgraph", "test_a.py", seen, 0.0)
    verdict = compare("mine", on_both, on_both, [one], [], counts_calls=True)
    monkeypatch.setattr(bench, "prepare", lambda *_, **__: prepared)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    monkeypatch.setattr(UpstreamSession, "judge", lambda _: verdict)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]

    def run(*words: str) -> tuple[int, str]:
        arguments = [*words, "--workspace", str(workspace.root)]
        result = CliRunner().invoke(cli, arguments, standalone_mode=False, catch_exceptions=False)
        return result.return_value, result.stdout

    return run


def test_a_run_is_kept_with_journal_page_and_junit(
    command: Callable[..., tuple[int, str]], workspace: Any, tmp_path: Path
) -> None:
    (workspace.root / "parity.toml").write_text(
        'ours = ["mine"]\n[upstream]\nfloor = 3\ndriven = 0.9\n', encoding="utf-8"
    )
    junit = tmp_path / "junit.xml"

    code, text = command("upstream", "mine", "--junit", str(junit), "--json")

    told = json.loads(text)
    assert (code, told["verdict"], told["exit_code"]) == (1, "divergent", 1)
    folder = Path(told["run"])
    events, _ = read_journal(folder)
    (stood,) = [event for event in events if isinstance(event, UpstreamJudged)]
    assert (stood.gate, stood.drove) == ("upstream langgraph", 1)
    assert stood.standings == {"passed": 2, "regression": 1}
    root = ET.parse(junit).getroot()  # noqa: S314  # the kit wrote it
    failure, _ = root.findall("testsuite/testcase/failure")
    assert "KeyError" in str(failure.get("message"))
    assert "parity-kit upstream mine --suite langgraph --file test_a.py" in str(failure.text)
    assert root.get("tests") == "4"  # three tests, and the verdict
    assert command("report", str(folder))[1].strip() == str(folder / "report.html")
    page = (folder / "report.html").read_text("utf-8")
    assert '<section id="upstream">' in page
    assert "LangGraph&#39;s own tests</span>" in page  # the group of the matrix
    assert "langgraph/tests/test_a.py::c" in page
    assert "which of them pass, and nothing that they store" in page
    assert "every stored byte" not in page.partition("<main")[0]

    # A known regression is excused, and a part is held to no share.
    ledger = KNOWN.replace("ValueError*", "KeyError*")
    (workspace.candidates / "mine" / "expected.toml").write_text(ledger, encoding="utf-8")
    code, text = command("upstream", "mine", "--file", "test_i*")
    assert (code, "≈ expected: 2 of 3 tests equal, 1 expected (its code ran" in text) == (0, True)
    assert read_settings(workspace).test_rules("mine", UPSTREAM) == Rules(floor=3, driven=0.9)
    assert read_settings(workspace).test_rules("other", UPSTREAM) == Rules()


def test_a_part_that_is_not_offered_is_named(
    command: Callable[..., tuple[int, str]], workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = workspace.candidates / "half"
    folder.mkdir()
    manifest = 'name = "half"\ntitle = "half"\nkind = "python"\nlanguage = "Python"\n'
    (folder / "candidate.toml").write_text(f'{manifest}object = "half:Engine"\n', encoding="utf-8")
    monkeypatch.setattr(part, "parts_of", lambda *_: [Part(CODEC, (), "")])  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]

    words = "half offers no saver: none stood in LangGraph"
    assert words in command("upstream", "half")[1]
    assert json.loads(command("upstream", "half", "--json")[1])["not_offered"] == ["saver"]
    assert words not in command("upstream", "half", "--part", "codec")[1]
    assert words not in command("upstream", "mine")[1]
