"""A release of LangGraph is judged by its changes: what cases do not run of them has no verdict."""

from __future__ import annotations

import html
import io
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from parity_kit.candidates.launch import find
from parity_kit.candidates.workspace import Workspace, find_workspace
from parity_kit.contract import CaseId
from parity_kit.contract.errors import BadManifestError, ExitCode
from parity_kit.contract.events import (
    CandidateStarted,
    Event,
    GateFinished,
    ReleaseCompared,
    RunFinished,
    RunStarted,
)
from parity_kit.corpora.corpus import CorpusName
from parity_kit.corpora.drift import release as releases
from parity_kit.corpora.drift.probed import Compared, Probed
from parity_kit.corpora.drift.release import NOT_RUN, Release
from parity_kit.corpora.drift.source import FunctionChange, Kind, SourceChanges
from parity_kit.gates.conclusion import conclude
from parity_kit.gates.rules import Rules
from parity_kit.gates.settings import read_settings
from parity_kit.gates.totals import GateTotals
from parity_kit.judging.words import functions_changed, not_judged, versions_changed
from parity_kit.reference.functions import Function
from parity_kit.report.ci import badge, junit, markdown
from parity_kit.report.ci.account import Account
from parity_kit.report.ci.terminal import Terminal
from parity_kit.report.page import render

WORKSPACE = find_workspace(Path(__file__))
CHANNELS, GRAPHS = CorpusName("channels"), CorpusName("graphs")
LINE, NEXT = (131, 8, 131, 60), (132, 12, 132, 30)
TEST = (131, 11, 131, 20)
VERSIONS = ({"langgraph": "1.2.22"}, {"langgraph": "1.2.24"})


def everything(corpus: CorpusName, case: CaseId) -> bool:
    del corpus, case
    return True


def release(probes: Mapping[str, dict[CorpusName, int]], kind: Kind = "changed") -> Release:
    """Return a release that changed one function, of which probes saw what is named."""
    change = FunctionChange(
        Function("langgraph.m", "f"), kind, {LINE: "if a:", NEXT: "b = 1"}, {TEST: "a"}
    )
    names = {
        "function": "langgraph.m:f",
        "line": "langgraph.m:f@131,8,131,60",
        "next": "langgraph.m:f@132,12,132,30",
        "true": "langgraph.m:f?131,11,131,20=True",
        "false": "langgraph.m:f?131,11,131,20=False",
    }
    cases = {CHANNELS: [CaseId("channels/a"), CaseId("channels/b")], GRAPHS: [CaseId("graphs/a")]}
    seen = Probed(cases, {names[name]: bits for name, bits in probes.items()})
    source = SourceChanges(*VERSIONS, (change,), (), ())
    return Release(source, after=seen, before=seen)


def function(judged: Release, compared: Compared = everything) -> dict[str, Any]:
    event = judged.compared("it", compared)
    assert event is not None
    (only,) = event.functions
    return only


ALL = {name: {CHANNELS: 0b11, GRAPHS: 1} for name in ("function", "line", "next", "true", "false")}


def test_a_function_is_judged_if_all_that_is_new_in_it_ran() -> None:
    judged = function(release(ALL))
    assert judged["missed"] == []
    assert judged["corpora"] == {"channels": 2, "graphs": 1}
    assert judged["cases"] == ["channels/a", "graphs/a"]


@pytest.mark.parametrize("kind", ["added", "changed", "removed"])
def test_a_function_that_no_case_runs_is_not_judged(kind: Kind) -> None:
    assert function(release({}, kind))["missed"] == [NOT_RUN]


def test_a_line_or_a_way_that_no_case_takes_is_named() -> None:
    without = {name: bits for name, bits in ALL.items() if name not in ("next", "true")}
    missed = function(release(without))["missed"]
    assert missed == ["line 132 never runs: b = 1", "line 131 is never true: a"]
    without = {name: bits for name, bits in ALL.items() if name not in ("false", "true")}
    assert function(release(without))["missed"] == ["line 131 is never reached: a"]


def test_what_a_statement_that_never_runs_holds_is_not_named_again() -> None:
    without = {name: ALL[name] for name in ("function", "next")}
    assert function(release(without))["missed"] == ["line 131 never runs: if a:"]


def test_only_the_compared_cases_count() -> None:
    only_graphs = {**ALL, "true": {GRAPHS: 1}}
    judged = function(release(only_graphs), lambda corpus, case: corpus == CHANNELS and bool(case))
    assert judged["corpora"] == {"channels": 2}
    assert judged["missed"] == ["line 131 is never true: a"]
    judged = function(
        release(ALL), lambda corpus, case: (corpus, case) == ("channels", "channels/b")
    )
    assert judged["corpora"] == {"channels": 1}


def test_recordings_alone_run_no_committed_case(monkeypatch: pytest.MonkeyPatch) -> None:
    def changes(*_: object) -> SourceChanges:
        return release({}).source

    def compared(*_: object) -> Release:
        raise AssertionError("committed cases ran")

    monkeypatch.setattr(releases, "source_changes", changes)
    monkeypatch.setattr(releases, "source_of", str)
    monkeypatch.setattr(releases, "oracle_python", lambda *_: Path(sys.executable))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]  # whatever is asked
    monkeypatch.setattr(releases, "compare_release", compared)
    candidate = find(WORKSPACE, "langgraph-1.2.22")
    given = (WORKSPACE, candidate, everything, print)
    judged = releases.compare_candidate(*given, ("recordings",))
    assert judged
    assert [function["missed"] for function in judged.functions] == [[NOT_RUN]]
    for corpora in ((), ("recordings", "channels")):
        with pytest.raises(AssertionError, match="committed cases ran"):
            releases.compare_candidate(*given, corpora)


def test_the_same_langgraph_has_nothing_to_tell() -> None:
    same = SourceChanges(VERSIONS[0], VERSIONS[0], (), (), ())
    assert Release(same, Probed(), Probed()).compared("it", everything) is None


MISSED = ReleaseCompared(
    "it",
    *VERSIONS,
    [
        {
            "function": "langgraph.m:<f>",
            "kind": "changed",
            "corpora": {},
            "cases": [],
            "missed": [NOT_RUN],
        },
        {
            "function": "langgraph.m:g",
            "kind": "changed",
            "corpora": {"channels": 2},
            "cases": ["channels/a"],
            "missed": ["line 7 is never true: a"],
        },
        {
            "function": "langgraph.m:h",
            "kind": "changed",
            "corpora": {"channels": 1},
            "cases": ["channels/a"],
            "missed": [],
        },
    ],
    ["langgraph.types"],
    ["langgraph-checkpoint-postgres"],
)


def totals(*events: Event, **verdicts: int) -> GateTotals:
    counted = GateTotals(verdicts=Counter(verdicts), subjects={"channel": Counter(verdicts)})
    for event in events:
        counted.emit(event)
    return counted


def test_a_release_with_unjudged_functions_is_unknown() -> None:
    conclusion = conclude(totals(MISSED, equal=9), Rules())
    assert (conclusion.verdict, conclusion.exit_code) == ("unknown", ExitCode.NOT_JUDGED)
    assert "9 of 9 cases equal" in conclusion.reason
    assert "not judged: 2 of 3 changed functions, first langgraph.m:<f>" in conclusion.reason
    assert conclusion.not_judged == ("langgraph.m:<f>", "langgraph.m:g")


def test_a_divergent_release_names_them_too() -> None:
    conclusion = conclude(totals(MISSED, equal=9, divergent=1), Rules())
    assert conclusion.verdict == "divergent"
    assert len(conclusion.not_judged) == 2


def test_an_unjudged_function_goes_before_a_broken_rule() -> None:
    assert conclude(totals(MISSED, equal=9), Rules(floor=10)).exit_code is ExitCode.NOT_JUDGED


def test_accepted_functions_need_no_judgement() -> None:
    rules = Rules(accepted=("langgraph.m:<f>",))
    conclusion = conclude(totals(MISSED, equal=9), rules)
    assert (conclusion.verdict, conclusion.not_judged) == ("unknown", ("langgraph.m:g",))
    conclusion = conclude(totals(MISSED, equal=9), replace(rules, accepted=("langgraph.m:*",)))
    assert (conclusion.verdict, conclusion.not_judged) == ("equal", ())


@pytest.mark.parametrize("pattern", ["langgraph.m:h", "langgraph.m:none", "langgraph.m.g"])
def test_an_entry_that_accepts_nothing_is_stale(pattern: str) -> None:
    conclusion = conclude(totals(MISSED, equal=9), Rules(accepted=("langgraph.m:*", pattern)))
    assert (conclusion.verdict, conclusion.exit_code) == ("stale", ExitCode.DIVERGENCE)
    assert f"accepts {pattern}" in conclusion.detail


def test_parity_toml_accepts_by_candidate(tmp_path: Path) -> None:
    (tmp_path / "candidates" / "next").mkdir(parents=True)
    toml = tmp_path / "parity.toml"
    toml.write_text('[reach.accepted]\nnext = ["langgraph.m:*"]\n', encoding="utf-8")
    settings = read_settings(Workspace(tmp_path))
    assert settings.rules("next").accepted == ("langgraph.m:*",)
    assert settings.rules("other").accepted == ()
    toml.write_text('[reach.accepted]\nnexxt = ["langgraph.m:*"]\n', encoding="utf-8")
    with pytest.raises(BadManifestError, match="unknown key") as error:
        read_settings(Workspace(tmp_path))
    assert "next" in str(error.value)


PACKAGES = {"pydantic": ["2.14.4", "2.12.5"], "xxhash": ["4.1.0", "3.6.0"]}
OTHER_PACKAGES = (
    "environment is not the oracle's: pydantic 2.12.5 instead of 2.14.4, "
    "xxhash 3.6.0 instead of 4.1.0"
)


def finished() -> list[Event]:
    """Return the events of a run on such a release."""
    equal = {"channel": {"reached": "bytes", "verdicts": {"equal": 9}}}
    gated = GateFinished(
        "it", "corpus channels", "corpus", "equal", "bytes", "bytes", 9, {"equal": 9}, {}, 0.5,
        subjects=equal,
    )  # fmt: skip
    events: list[Event] = [RunStarted("r", "0", {}, {}, 0, ["it"]), gated, MISSED]
    started = CandidateStarted("it", "It", "langgraph 1.2.24", "Python", {}, 0.1, "", PACKAGES)
    conclusion = conclude(totals(gated, MISSED), Rules())
    return [*events, started, conclusion.event("it"), RunFinished(int(conclusion.exit_code), 1.0)]


def test_every_file_names_what_is_not_judged() -> None:
    account = Account()
    for event in finished():
        account.emit(event)
    text = markdown.render(account)
    assert (
        "langgraph 1.2.22 → 1.2.24: 3 functions differ: 1 judged, 1 not run, 1 run in part" in text
    )
    assert "- `langgraph.m:g` (changed): `line 7 is never true: a`" in text
    line = "not judged: 2 changed functions: langgraph.m:&lt;f&gt;, langgraph.m:g"
    assert f"<system-out>{line}</system-out>" in junit.render(account)
    assert badge.message(account)[0] == "unknown"
    (candidate,) = account.summary.to_json()["candidates"]
    assert candidate["not_judged"] == ["langgraph.m:<f>", "langgraph.m:g"]
    assert candidate["release"]["functions"] == MISSED.functions
    assert candidate["packages"] == PACKAGES


def test_the_terminal_and_the_page_name_them() -> None:
    console = Console(width=200, record=True, file=io.StringIO())
    account = Account()
    with Terminal(console) as terminal:
        for event in finished():
            terminal.emit(event)
            account.emit(event)
    text = console.export_text()
    assert "? unknown  langgraph 1.2.22 → 1.2.24 · 3 functions differ" in text
    assert "langgraph.m:<f> no case runs it" in text
    assert f"its {OTHER_PACKAGES}" in text
    page = render(account.summary.to_json())
    assert f"Its {OTHER_PACKAGES}." in html.unescape(page)
    assert "Not judged: 2 changed functions, langgraph.m:&lt;f&gt;, langgraph.m:g" in page
    assert "line 7 is never true: a" in page
    assert "langgraph-checkpoint-postgres is in only one environment" in page


def test_words_for_one_and_for_many() -> None:
    assert not not_judged([])
    assert not_judged(["a"]) == "not judged: 1 changed function: a"
    assert not_judged([*"abcde"]) == "not judged: 5 changed functions: a, b, c and 2 more"
    assert functions_changed([{"missed": [], "corpora": {}}]).startswith("1 function differs: 1")
    assert versions_changed({"a": "1", "langgraph": "1"}, {"a": "2", "langgraph": "2"}) == (
        "langgraph 1 → 2, a 1 → 2"
    )
