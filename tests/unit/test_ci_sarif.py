"""SARIF for code scanning: valid, each result in a place and with a fingerprint of its own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ci_runs import (
    DIVERGENT,
    FIRST,
    PLACES,
    RUNS,
    STARTED,
    WORKSPACE,
    account,
    divergence,
    gate,
    sarif_results,
    scanned,
)
from sarif_format import Log

from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.events import DivergenceFound, EntryStale, Event, RunFinished
from parity_kit.report.ci.account import Account
from parity_kit.report.ci.files import Files, Wanted
from parity_kit.report.ci.source_locations import SourceLocations


@pytest.mark.parametrize("name", RUNS)
def test_sarif_is_what_the_format_says(name: str) -> None:
    [run] = Log.model_validate_json(scanned(account(RUNS[name]))).runs
    rules = run.tool["driver"].rules
    assert [rules[result.ruleIndex].id for result in run.results] == [
        result.ruleId for result in run.results
    ]
    assert len({rule.id for rule in rules}) == len(rules)
    assert bool(run.results) is (name not in ("equal", "nothing"))


def test_sarif_points_at_the_fixture_or_at_a_line_of_the_listing() -> None:
    crashed, divergent = sorted(sarif_results(DIVERGENT), key=lambda result: str(result["ruleId"]))
    place = '"uri": "fixtures/graphs.index", "uriBaseId": "%SRCROOT%"}, "region": {"startLine": 5}'
    assert place in json.dumps(divergent)
    assert '"uri": "parity.sarif.txt"' in json.dumps(crashed)
    index = (WORKSPACE.fixtures / "graphs.index").read_text(encoding="utf-8").splitlines()
    assert index[4].startswith("graphs/line/empty-input ")
    lockstep = replace(FIRST, candidate="pure", gate="lockstep graph", case="lockstep/graph/1")
    [found_alone] = sarif_results([lockstep])[:1]
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
        json.dumps(sarif_results([STARTED, item, *DIVERGENT[-2:]])[0]["partialFingerprints"])
        for item in (first, second, other)
    ]
    assert prints[0] == prints[1] != prints[2]
