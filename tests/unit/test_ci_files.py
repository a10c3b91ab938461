"""Files for CI systems: valid, the same every time, true of parts, and safe whatever is in them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from markdown_it import MarkdownIt
from sarif_format import Log

from parity_kit.candidates.workspace import Workspace, find_workspace
from parity_kit.contract.events import (
    CandidateFailed,
    CandidateJudged,
    CaseJudged,
    CorporaChecked,
    DivergenceFound,
    EntryStale,
    Event,
    GateFinished,
    RunFinished,
    RunStarted,
)
from parity_kit.gates.conclusion import conclude
from parity_kit.gates.rules import Rules
from parity_kit.gates.totals import GateTotals
from parity_kit.report.ci import badge, github, junit, markdown, sarif
from parity_kit.report.ci.account import Account
from parity_kit.report.ci.files import Files, Wanted
from parity_kit.report.ci.listing import Listing
from parity_kit.report.ci.source_locations import SourceLocations

WORKSPACE = find_workspace(Path(__file__))
PLACES = SourceLocations(WORKSPACE)
XSD = xmlschema.XMLSchema(Path(__file__).parent / "junit.xsd")
HOSTILE = (
    "\x00\x1b[31m]]></failure><script>alert(1)</script>`` ` | a | \n::error::x\r\n"
    "##[error]x ##vso[task] %0A @team #1 [x](https://e.org) {0} ![i](j) "
    "\u202e\ud800\ufffe $x$ &amp;"
)
STARTED = RunStarted("", "0.1.0", {"langgraph": "1.2.24"}, {}, 0, ["port"])


def divergence(number: int, count: int = 1, verdict: str = "divergent") -> DivergenceFound:
    return DivergenceFound(
        candidate="port",
        gate="corpus graphs",
        case="graphs/line/empty-input",
        verdict=verdict,
        headline=f"operation 0 (invoke): {'abcdefghijklmnop'[number]}",
        level="bytes",
        reference="1",
        candidate_side="2",
        reference_hex="01",
        candidate_hex="02",
        file=f"cases/{number}.case.msgpack",
        size=1,
        count=count,
    )


def case(name: str, verdict: str, headline: str) -> CaseJudged:
    return CaseJudged("port", "corpus graphs", name, verdict, "none", headline)


def gate(verdict: str = "divergent", **verdicts: int) -> GateFinished:
    compared = sum(verdicts.get(item, 0) for item in ("equal", "divergent", "expected"))
    return GateFinished(
        "port", "corpus graphs", "corpus", verdict, "bytes", "bytes", compared, verdicts, {}, 0.5
    )


def judged(events: Sequence[Event]) -> list[Event]:
    """Return the events with the conclusion that they come to, and the run's end."""
    totals = GateTotals()
    for event in events:
        totals.emit(event)
    conclusion = conclude(totals, Rules())
    end = RunFinished(int(conclusion.exit_code), 1.0)
    return [*events, conclusion.event("port"), end]


FIRST = divergence(0)
DIVERGENT = judged(
    [
        STARTED,
        case("graphs/line/invoke", "equal", "equal at level bytes"),
        case("graphs/line/empty-input", "divergent", FIRST.headline),
        case("graphs/a", "unsupported", "no graphs"),
        case("graphs/b", "expected", "known since May"),
        case("graphs/c", "crashed", "it ended"),
        FIRST,
        replace(divergence(1, verdict="crashed"), case="graphs/c", headline="it ended", level=""),
        gate(equal=1, divergent=1, unsupported=1, expected=1, crashed=1),
    ]
)
EQUAL = judged(
    [
        STARTED,
        case("graphs/line/invoke", "equal", "equal at level bytes"),
        gate("equal", equal=1),
    ]
)


def account(events: Sequence[Event]) -> Account:
    made = Account()
    for event in events:
        made.emit(event)
    return made


def hostile() -> list[Event]:
    """Return a run in which everything that a candidate can say is an attack."""
    return [
        replace(STARTED, candidates=[HOSTILE]),
        CandidateFailed(HOSTILE, HOSTILE, "crashed", HOSTILE),
        *(
            replace(event, candidate=HOSTILE)
            for event in [
                case(HOSTILE, "divergent", HOSTILE),
                case("b", "unsupported", HOSTILE),
                replace(
                    FIRST,
                    case=HOSTILE,
                    headline=HOSTILE,
                    reference=HOSTILE,
                    candidate_side=HOSTILE,
                    file=HOSTILE,
                ),
                replace(gate(divergent=1, unsupported=1), notes=[HOSTILE]),
                EntryStale("port", 1, HOSTILE, HOSTILE, HOSTILE),
                CandidateJudged("port", "divergent", HOSTILE, 1),
            ]
        ),
        RunFinished(1, 1.0, [HOSTILE]),
    ]


def scanned(made: Account) -> str:
    return sarif.render(made, PLACES, Listing(WORKSPACE.root / "parity.sarif.txt"))


FORMATS: dict[str, Callable[[Account], str]] = {
    "junit": junit.render,
    "sarif": scanned,
    "markdown": markdown.render,
    "github": lambda made: github.render(made, PLACES),
    "badge": badge.svg,
    "endpoint": badge.endpoint,
}
RUNS: dict[str, list[Event]] = {
    "divergent": DIVERGENT,
    "equal": EQUAL,
    "hostile": hostile(),
    "killed": DIVERGENT[:-3],
    "nothing": [],
}


@pytest.mark.parametrize("name", ["junit", "sarif", "markdown", "github"])
def test_an_error_of_many_lines_is_a_sentence_and_its_trace_once(name: str) -> None:
    error = "failed on case a: E: no\n    Traceback:\n      File it.py, line 7"
    finding = replace(
        divergence(1, verdict="crashed"), headline=error, reference="", candidate_side=""
    )
    broken = gate("crashed", crashed=1)
    text = FORMATS[name](account(judged([STARTED, finding, broken])))
    assert "␊" not in text
    assert text.count("it.py, line 7") == (name != "github")
    if name == "markdown":
        assert text.startswith(
            "## ✕ crashed: 1 of 1 case, first `graphs/line/empty-input: failed on case a: E: no`"
        )


@pytest.mark.parametrize("name", RUNS)
def test_junit_is_valid_and_counts_what_it_holds(name: str) -> None:
    text = junit.render(account(RUNS[name]))
    XSD.validate(text)
    root = ET.fromstring(text)  # noqa: S314  # our own
    for tag in ("failure", "error"):
        number = str(len(root.findall(f"testsuite/testcase/{tag}")))
        assert root.get(f"{tag}s") == number


def test_junit_says_of_each_case_what_came_of_it() -> None:
    text = junit.render(account(DIVERGENT))
    suites = ET.fromstring(text).findall("testsuite")  # noqa: S314  # our own
    assert [suite.get("name") for suite in suites] == ["port · corpus graphs", "port · verdict"]
    cases = suites[0].findall("testcase")
    assert {element.get("name"): [child.tag for child in element] for element in cases} == {
        "graphs/line/invoke": [],
        "graphs/line/empty-input": ["failure"],
        "graphs/a": ["skipped"],
        "graphs/b": ["skipped"],
        "graphs/c": ["error"],
    }
    assert 'message="divergent: 2 of 5 cases, first graphs/line/empty-input: oper' in text
    assert "known since May" in text
    assert "parity-kit replay cases/0.case.msgpack" in text


def test_junit_without_single_cases_has_one_for_those_that_pass() -> None:
    events = [event for event in DIVERGENT if not isinstance(event, CaseJudged)]
    root = ET.fromstring(junit.render(account(events)))  # noqa: S314  # our own
    names = [element.get("name") for element in root.findall("testsuite/testcase")]
    assert names[-2:] == ["all other cases: 1 equal, 1 unsupported, 1 expected", "verdict"]
    assert root.get("failures") == "2"  # the case, and the verdict


@pytest.mark.parametrize("name", RUNS)
def test_sarif_is_what_the_format_says(name: str) -> None:
    [run] = Log.model_validate_json(scanned(account(RUNS[name]))).runs
    rules = run.tool["driver"].rules
    assert [rules[result.ruleIndex].id for result in run.results] == [
        result.ruleId for result in run.results
    ]
    assert len({rule.id for rule in rules}) == len(rules)
    assert bool(run.results) is (name not in ("equal", "nothing"))


def results(events: list[Event]) -> list[dict[str, object]]:
    return json.loads(scanned(account(events)))["runs"][0]["results"]


def test_sarif_points_at_the_fixture_or_at_a_line_of_the_listing() -> None:
    crashed, divergent = sorted(results(DIVERGENT), key=lambda result: str(result["ruleId"]))
    place = '"uri": "fixtures/graphs.index", "uriBaseId": "%SRCROOT%"}, "region": {"startLine": 5}'
    assert place in json.dumps(divergent)
    assert '"uri": "parity.sarif.txt"' in json.dumps(crashed)
    index = (WORKSPACE.fixtures / "graphs.index").read_text(encoding="utf-8").splitlines()
    assert index[4].startswith("graphs/line/empty-input ")
    lockstep = replace(FIRST, candidate="pure", gate="lockstep graph", case="lockstep/graph/1")
    [found_alone] = results([lockstep])[:1]
    assert '"uri": "parity.sarif.txt"' in json.dumps(found_alone)


def many_findings() -> list[Event]:
    """Return what two candidates, a corpus, a search and a ledger can give in one run."""
    search = gate("divergent", divergent=4)
    committed = [replace(divergence(n), cause="one cause", case=f"graphs/{n}") for n in range(3)]
    searched = [
        replace(divergence(n), gate="lockstep graph", case=f"lockstep/graph/{n}", cause="another")
        for n in range(4)
    ]
    stale: list[Event] = [EntryStale("port", n, "*", "value", f"ended {n}") for n in range(3)]
    first: list[Event] = [FIRST, *committed, *searched, replace(search, gate="lockstep graph")]
    second = [
        replace(event, candidate="other") for event in first if isinstance(event, DivergenceFound)
    ]
    return [STARTED, *first, *second, gate(divergent=4), *stale, RunFinished(1, 1.0)]


def test_no_two_results_share_a_line_or_a_fingerprint(tmp_path: Path) -> None:
    file = tmp_path / "parity.sarif"
    logs: list[list[dict[str, Any]]] = []
    for events in (many_findings(), many_findings(), many_findings()[:-8]):
        with Files(Wanted(sarif=file), PLACES, Account()) as files:
            for event in events:
                files.emit(event)
        logs.append(json.loads(file.read_bytes())["runs"][0]["results"])
    keys = [
        (place["artifactLocation"]["uri"], place["region"]["startLine"], result["ruleId"])
        for result in logs[0]
        for place in [result["locations"][0]["physicalLocation"]]
    ]
    prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in logs[0]]
    assert len(keys) == len(set(keys)) == len(set(prints)) == 21
    assert logs[0] == logs[1]
    assert all(result in logs[0] for result in logs[2]), "fewer results keep their places"
    listed = file.with_name("parity.sarif.txt").read_text(encoding="utf-8").splitlines()
    assert len(listed) == len(set(listed)) == 20
    assert max(line for uri, line, _ in keys if uri == "parity.sarif.txt") == len(listed)


def test_corpora_that_the_kit_brings_are_no_place_in_a_port_s_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They lie in its folder where its environment does, and are in no version control."""
    monkeypatch.setattr("parity_kit.candidates.workspace.BUNDLED", tmp_path / ".venv")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "fixtures").symlink_to(WORKSPACE.fixtures)
    candidate = tmp_path / "candidates" / "port"
    candidate.mkdir(parents=True)
    (candidate / "candidate.toml").touch()
    problems = account(DIVERGENT).problems()
    files = {SourceLocations(Workspace(tmp_path)).of(problem).file for problem in problems}
    assert files == {"candidates/port/candidate.toml"}


def test_a_cause_is_known_again_in_another_run() -> None:
    first = replace(FIRST, headline="operation 0 (invoke): event 16 at byte 3", cause="a field")
    second = replace(first, headline="operation 0 (invoke): event 17 at byte 40", case="x", count=9)
    other = replace(first, cause="another field")
    prints = [
        json.dumps(results([STARTED, item, *DIVERGENT[-2:]])[0]["partialFingerprints"])
        for item in (first, second, other)
    ]
    assert prints[0] == prints[1] != prints[2]


def commands(events: list[Event]) -> list[str]:
    return github.render(account(events), PLACES).splitlines()


def test_github_gets_no_more_annotations_than_it_shows_the_worst_first() -> None:
    many: list[Event] = [divergence(number, number + 1) for number in range(12)]
    many = [replace(event, case=f"graphs/{n}") for n, event in enumerate(many)]  # pyright: ignore[reportArgumentType]  # all are findings
    lines = commands([STARTED, *many, *DIVERGENT[-2:]])
    assert len(lines) == github.MOST
    assert lines[0].startswith("::error file=")
    assert "::12 cases of corpus graphs, first graphs/11: operation 0" in lines[0]
    assert lines[-1] == "::error title=Parity Kit::and 3 more; the report has them all"


def test_what_does_not_decide_is_no_error() -> None:
    events = [replace(STARTED, shown=["port"]), *DIVERGENT[1:-1], RunFinished(0, 1.0)]
    assert all(line.startswith("::warning ") for line in commands(events))
    assert ET.fromstring(junit.render(account(events))).get("failures") == "0"  # noqa: S314  # our own
    assert {result["level"] for result in results(events)} == {"note"}


def test_no_candidate_can_give_a_runner_a_command() -> None:
    lines = commands(hostile())
    assert len(lines) == 3  # a divergence, a stale entry, and that it is a part
    for line in lines:
        head, title, message = re.fullmatch(r"::(\w+) (.*?)::(.*)", line).groups()  # pyright: ignore[reportOptionalMemberAccess]  # a failed match fails the test
        assert head in ("error", "notice")
        assert re.fullmatch(r"(file=[\w./]+,line=\d+,)?title=[^,:]*", title)
        assert not re.search(r"##\w*\[", message)
        assert not re.search(r"%(?!25|0A|0D)", message)


def test_markdown_holds_no_more_than_the_kit_wrote() -> None:
    text = markdown.render(account(hostile()))
    lines = text.splitlines()
    assert all(line.isprintable() for line in lines)
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    inside = [child for token in tokens for child in token.children or []]
    kinds = {token.type for token in [*tokens, *inside]}
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "fence", "code_block"}
    prose = "".join(child.content for child in inside if child.type == "text")
    assert "script>" not in prose
    assert "@team" not in prose
    rows = [line for line in lines if line.startswith("|")]
    assert [len(re.findall(r"\|", row)) for row in rows] == [8, 8, 8]


def test_the_first_line_says_the_verdict_and_why() -> None:
    assert markdown.render(account(DIVERGENT)).splitlines()[0] == (
        "## ≠ divergent: 2 of 5 cases, first `graphs/line/empty-input: operation 0 (invoke): a`"
    )
    assert markdown.render(account(EQUAL)).splitlines()[0] == (
        "## ✓ equal: 1 of 1 case equal at level bytes"
    )


def test_markdown_is_the_same_however_long_it_took() -> None:
    slower = [
        replace(event, seconds=99.0) if isinstance(event, (GateFinished, RunFinished)) else event
        for event in DIVERGENT
    ]
    assert markdown.render(account(slower)) == markdown.render(account(DIVERGENT))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "events",
    [
        pytest.param(EQUAL[:-1], id="killed before its end"),
        pytest.param(EQUAL[:2], id="killed in a gate"),
        pytest.param([*EQUAL[:-1], RunFinished(0, 1.0, ["only graphs"])], id="asked for a part"),
        pytest.param([], id="killed before anything"),
    ],
)
def test_a_part_says_that_it_is_one(name: str, events: list[Event]) -> None:
    complete, part = (FORMATS[name](account(item)) for item in (EQUAL, events))
    signs = ("partial", "did not end", "a part")
    assert not any(sign in complete.lower() for sign in signs)
    assert any(sign in part.lower() for sign in signs)


def test_a_run_that_was_killed_leaves_no_pass_behind(tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    file.write_text(junit.render(account(EQUAL)), encoding="utf-8")
    files = Files(Wanted(junit=file), PLACES, Account())
    files.__enter__()  # and nothing after it, as if the process had been killed
    assert 'errors="1"' in file.read_text(encoding="utf-8")


def test_a_badge_says_the_lowest_level_of_those_that_decide() -> None:
    other = [replace(event, candidate="other") for event in EQUAL[1:-1]]  # pyright: ignore[reportCallIssue]  # each has one
    lower = [
        replace(event, reached="trace") if isinstance(event, GateFinished) else event
        for event in other
    ]
    started = replace(STARTED, candidates=["port", "other"])
    assert badge.message(account([started, *EQUAL[1:-1], *lower, EQUAL[-1]])) == (
        "trace, 2 of 2 cases",
        "good",
    )
    shown = replace(started, shown=["other"])
    assert (
        badge.message(account([shown, *EQUAL[1:-1], *lower, EQUAL[-1]]))[0] == "bytes, 1 of 1 case"
    )


def test_drifted_fixtures_are_nobodys_divergence() -> None:
    events: list[Event] = [
        STARTED,
        CorporaChecked({"graphs": 1}, ["graphs"], 1.0),
        *EQUAL[1:-1],
        RunFinished(4, 1.0),
    ]
    [line] = commands(events)
    assert line.startswith("::error file=fixtures/graphs.index,line=1,title=fixtures%3A unknown::")
    assert "not what LangGraph makes now" in markdown.render(account(events)).splitlines()[0]
    assert badge.message(account(events))[1] == "unknown"


@pytest.mark.parametrize("name", RUNS)
def test_badges_are_xml_and_what_an_endpoint_must_be(name: str) -> None:
    made = account(RUNS[name])
    assert ET.fromstring(badge.svg(made)).tag.endswith("svg")  # noqa: S314  # our own
    data = json.loads(badge.endpoint(made))
    assert data["schemaVersion"] == 1
    assert data["isError"] is (name != "equal")
    expected = {
        "equal": "bytes, 1 of 1 case",
        "divergent": "divergent",
        "nothing": "unknown (partial)",
    }
    assert data["message"] == expected.get(name, data["message"])
