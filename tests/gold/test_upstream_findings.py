"""docs/upstream-findings.md says what the corpus upstream_findings shows, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from parity_kit.candidates.workspace import find_workspace
from parity_kit.cli.fixtures import command
from parity_kit.contract import Trace
from parity_kit.corpora.folder import read_corpora
from parity_kit.corpora.show import findings_of

WORKSPACE = find_workspace(Path(__file__))
CORPUS = "upstream_findings"


@pytest.fixture(scope="module")
def traces() -> tuple[Trace, ...]:
    (corpus,) = read_corpora(WORKSPACE.fixtures, [CORPUS])
    return corpus.traces


@pytest.fixture(scope="module")
def page() -> str:
    return (WORKSPACE.root / "docs" / "upstream-findings.md").read_text(encoding="utf-8")


def test_each_finding_is_listed_with_its_sentence(traces: tuple[Trace, ...], page: str) -> None:
    sections = dict(
        re.findall(rf"^\| case `{CORPUS}/(\w+)/…` .*?\n((?:\|.*\n)+)", page, re.MULTILINE)
    )
    listed = {
        (group, name): says
        for group, table in sections.items()
        for name, says in re.findall(r"^\| `(.+?)` \| (.+) \|$", table, re.MULTILINE)
    }
    shown: dict[tuple[str, str], str] = {}
    for trace in traces:
        (sentence,) = findings_of(trace.case)
        _, group, name = trace.case.id.split("/")
        shown[group, name] = sentence
    assert listed == shown


def test_cases_of_other_corpora_are_there(page: str) -> None:
    named = re.findall(r"^\| `(savers\w*/.+?)` ", page, re.MULTILINE)
    known = {
        trace.case.id for corpus in read_corpora(WORKSPACE.fixtures) for trace in corpus.traces
    }
    assert named
    assert set(named) <= known


def test_show_says_it_and_prints_a_script() -> None:
    case = f"{CORPUS}/interrupt/empty-map-answers-nothing"
    args = ["show", case, "--workspace", str(WORKSPACE.root)]
    shown = CliRunner().invoke(command, args, standalone_mode=False)
    assert (
        "upstream  an empty map is no answer: it is taken for a map of interrupt ids"
        in shown.output
    )
    script = CliRunner().invoke(command, [*args, "--script"], standalone_mode=False)
    assert "Command(resume={})" in script.output
    compile(script.output, case, "exec")
