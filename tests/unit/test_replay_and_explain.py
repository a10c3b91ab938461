"""`replay` and `explain`: each kind of case that they take, and the level that they speak at."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from parity_kit.cli import cli
from parity_kit.contract import Case, CaseId, Level, Operation, Subject, SubjectKind, run
from parity_kit.contract.casefile import CaseFile, read_case
from parity_kit.contract.errors import BadFileError, ExitCode, UsageError
from parity_kit.contract.outcomes import Returned
from parity_kit.reference import Engine

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "programs.md"
PROGRAM = {
    "state": {"n": {"type": "int"}},
    "nodes": {"a": {"body": [{"write": {"n": 1}}]}},
    "entry": "a",
}
CLAIMS = """
from parity_kit.contract import Description, Level, SubjectKind
from pure_engine import Engine as Pure


class Engine(Pure):
    def describe(self):
        return Description("shy", "1", "Python", {SubjectKind.GRAPH: Level.TRACE})
"""

Call = Callable[..., tuple[int, str]]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with a candidate that claims no more than the level trace."""
    (tmp_path / "parity.toml").touch()
    folder = tmp_path / "candidates" / "shy"
    folder.mkdir(parents=True)
    (folder / "shy.py").write_text(
        f"import sys\n\nsys.path.append({str(ROOT / 'candidates/pure')!r})\n{CLAIMS}"
    )
    (folder / "candidate.toml").write_text(
        'name = "shy"\ntitle = "Shy"\nkind = "python"\nlanguage = "Python"\nobject = "shy:Engine"\n'
    )
    return tmp_path


@pytest.fixture
def call(workspace: Path) -> Call:
    """Run a command in the workspace; return its exit code and output."""

    def call(*words: str | Path) -> tuple[int, str]:
        args = [*map(str, words), "--workspace", str(workspace)]
        result = CliRunner().invoke(cli, args, standalone_mode=False)
        if result.exception is not None:
            raise result.exception
        return int(result.return_value), result.stdout

    return call


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A file in which an id of the candidate's was changed: equal at the level trace."""
    subject = Subject(SubjectKind.GRAPH, {"program": PROGRAM, "saver": "memory"})
    operation = Operation("update_state", {"thread": "t", "values": {"n": 1}, "as_node": "a"})
    case = Case(CaseId("by-hand"), subject, (operation,))
    ours = run(Engine(), case)
    (outcome,) = ours
    assert isinstance(outcome, Returned)
    changed: Any = json.loads(json.dumps(outcome.value).replace("-6000-", "-6001-"))
    theirs = Returned(changed, outcome.events, outcome.stored, outcome.dropped)
    path = tmp_path / "by-hand.case.msgpack"
    CaseFile(case, "shy", ours, (theirs,), Level.TRACE).write(path)
    return path


def test_explain_compares_at_the_level_that_was_kept_or_is_asked_for(
    kept: Path, call: Call
) -> None:
    assert read_case(kept).level is Level.TRACE
    _, output = call("explain", kept)
    assert output.startswith("equal at level trace")
    assert "candidate shy, compared at level trace" in output
    _, output = call("explain", kept, "--level", "bytes")
    assert "operation 0 (update_state): value" in output


def test_a_file_from_before_the_level_was_kept_is_compared_at_bytes(
    kept: Path, tmp_path: Path
) -> None:
    from parity_kit.contract.canonical import pack, unpack  # noqa: PLC0415  # only here

    fields: Any = unpack(kept.read_bytes())
    del fields["level"]
    old = tmp_path / "old.case.msgpack"
    old.write_bytes(pack(fields))
    assert read_case(old).level is Level.BYTES


def test_no_more_is_compared_than_was_asked_for_and_is_claimed(kept: Path, call: Call) -> None:
    code, output = call("replay", kept, "--level", "bytes")
    assert code == 0
    assert "level trace (bytes was asked for, and shy claims trace for graph)" in output
    assert "equal at level trace" in output
    answer = json.loads(call("replay", kept, "--level", "result", "--json")[1])
    assert (answer["asked"], answer["level"], answer["verdict"]) == ("result", "result", "equal")


def test_a_fixture_is_named_by_its_id(call: Call) -> None:
    code, output = call("replay", "graphs/line/invoke", "--candidate", "pure")
    assert (code, "equal at level bytes" in output) == (0, True)
    _, output = call("explain", "graphs/line/invoke")
    assert output.startswith("no candidate\ncase graphs/line/invoke\n")
    assert "from langgraph.graph import" in output
    with pytest.raises(UsageError, match="no candidate is named"):
        call("replay", "graphs/line/invoke")
    with pytest.raises(UsageError, match="no fixture 'graphs/line/invok'") as caught:
        call("explain", "graphs/line/invok")
    assert "graphs/line/invoke" in caught.value.hint
    with pytest.raises(UsageError, match="no fixture 'xxx"):
        call("explain", "x" * 5000)


def on_the_page() -> tuple[str, str, list[str]]:
    section = PAGE.read_text(encoding="utf-8").partition("## A case as YAML")[2]
    graph, channel = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    (block,) = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    return graph, channel, block.splitlines()


def test_the_example_of_the_page_runs_word_by_word(
    workspace: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace)
    graph, channel, (replay, explain) = on_the_page()
    (workspace / "ask.yaml").write_text(graph, encoding="utf-8")
    (workspace / "channel.yaml").write_text(channel, encoding="utf-8")
    code, output = call(*replay.split()[1:])
    assert (code, "✓ equal" in output) == (0, True)
    assert "'work-2', 'yes'" in output
    code, output = call("replay", "channel.yaml", "--candidate", "pure")
    assert (code, "✓ equal" in output) == (0, True)
    code, output = call(*explain.split()[1:])
    assert (code, output.startswith("equal at level bytes")) == (0, True)
    _, output = call("explain", "ask.yaml", "--script", "ask.py")
    assert "candidate" not in output.splitlines()[1]
    assert 'Command(resume="yes")' in (workspace / "ask.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("- history: {thread: t}", "line 5, script[0]: graph has no operation history"),
        ("- stream: {thread: t}", "line 5, script[0]: stream lacks the argument modes"),
        ("- invoke: {threat: t}", "line 5, script[0]: invoke has no argument threat"),
    ],
)
def test_an_operation_that_langgraph_does_not_offer_is_named_with_its_line(
    workspace: Path, call: Call, script: str, says: str
) -> None:
    path = workspace / "bug.yaml"
    path.write_text(
        f"state: {{n: {{type: int}}}}\nnodes: {{a: {{body: []}}}}\nentry: a\nscript:\n{script}"
    )
    with pytest.raises(BadFileError) as caught:
        call("replay", path, "--candidate", "pure")
    assert says in str(caught.value)
    assert caught.value.exit_code is ExitCode.USAGE


def test_a_program_that_langgraph_refuses_is_named_with_its_file(
    workspace: Path, call: Call
) -> None:
    path = workspace / "bug.yaml"
    path.write_text(
        "state: {n: {type: int}}\nnodes: {a: {body: []}}\nscript: [invoke: {input: {}}]"
    )
    with pytest.raises(UsageError, match=r"bug.yaml: LangGraph refuses it: .*entrypoint"):
        call("explain", path)
