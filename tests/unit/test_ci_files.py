"""Files for CI systems: valid, the same every time, true of parts, and safe whatever is in them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from ci_runs import (
    DIVERGENT,
    EQUAL,
    PLACES,
    RUNS,
    STARTED,
    account,
    divergence,
    gate,
    hostile,
    judged,
    sarif_results,
    scanned,
)
from markdown_it import MarkdownIt

from parity_kit.contract.events import (
    CaseJudged,
    CorporaChecked,
    Event,
    GateFinished,
    RunFinished,
)
from parity_kit.report.ci import badge, github, junit, markdown
from parity_kit.report.ci.account import Account
from parity_kit.report.ci.files import Files, Wanted

XSD = xmlschema.XMLSchema(Path(__file__).parent / "junit.xsd")
FORMATS: dict[str, Callable[[Account], str]] = {
    "junit": junit.render,
    "sarif": scanned,
    "markdown": markdown.render,
    "github": lambda made: github.render(made, PLACES),
    "badge": badge.svg,
    "endpoint": badge.endpoint,
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
    assert {item["level"] for item in sarif_results(events)} == {"note"}


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
