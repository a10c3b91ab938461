"""Gates in several forks: the same events in the same order as in one process, whatever happens."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parity_kit.candidates.launch import find
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.events import (
    CandidateFailed,
    EngagementSeen,
    Event,
    GateFinished,
    GateProgress,
    event_to_json,
)
from parity_kit.gates import candidate_gates
from parity_kit.gates.gate import gate_corpus
from parity_kit.gates.rules import Rules
from parity_kit.gates.runner import Judging, Plan

ENGINES = Path(__file__).parent / "engines"
CORPORA = ("channels", "msgpack", "savers")
WHOLE = Plan(Rules(suites={"codec": 10}))
LEDGER = """
[[difference]]
case = "savers/*"
differs = "*: stored write/*"
level = "trace"
reason = "it is one byte off"
until = 2999-01-01
wide = true

[[difference]]
case = "msgpack/*"
differs = "never"
level = "trace"
reason = "it is stale"
until = 2999-01-01
"""


@pytest.fixture(scope="module")
def workspace(
    tmp_path_factory: pytest.TempPathFactory, some_corpora: Callable[..., Any]
) -> Workspace:
    root = tmp_path_factory.mktemp("workspace")
    (root / "parity.toml").write_text("", encoding="utf-8")
    some_corpora(root, *CORPORA, every=16)
    for name, engine, restarts in (
        ("off", "OneByteOff", 100),
        ("dies", "CountsAndDies", 100),
        ("gives-up", "CountsAndDies", 1),
        ("broken", "NoSuchEngine", 100),
    ):
        folder = root / "candidates" / name
        folder.mkdir(parents=True)
        (folder / "candidate.toml").write_text(
            f'name = "{name}"\ntitle = "It"\nkind = "python"\nlanguage = "Python"\n'
            f'object = "from_fixtures:{engine}"\npath = "{ENGINES}"\n'
            f'[env]\nPARITY_KIT_TEST_FIXTURES = "{root / "fixtures"}"\n'
            f"[limits]\nrestarts = {restarts}\n",
            encoding="utf-8",
        )
        (folder / "expected.toml").write_text(LEDGER, encoding="utf-8")
    return Workspace(root)


def untimed(event: Event) -> dict[str, Any]:
    return {**event_to_json(event), "seconds": 0}


def judged(
    workspace: Workspace, name: str, folder: Path, workers: int, plan: Plan = WHOLE
) -> list[Event]:
    """Return the events about a candidate, without progress; they name no place of this run."""
    events: list[Event] = []
    folder.mkdir()
    judging = Judging(workspace, folder, events.append, lambda _: None, workers=workers)
    conclusion = judging.candidate(find(workspace, name), plan)
    assert events[-1] == conclusion.event(name)
    return [event for event in events if not isinstance(event, GateProgress)]


def same(one: list[Event], other: list[Event]) -> bool:
    return [*map(untimed, one)] == [*map(untimed, other)]


@pytest.mark.parametrize("name", ["off", "dies", "gives-up", "broken"])
def test_the_events_are_the_same_whatever_the_number_of_workers(
    workspace: Workspace, name: str, tmp_path: Path
) -> None:
    one = judged(workspace, name, tmp_path / "one", 1)
    two = judged(workspace, name, tmp_path / "two", 2)
    assert same(one, two)
    files = [
        sorted((path.name, path.read_bytes()) for path in (tmp_path / run).rglob("*.msgpack"))
        for run in ("one", "two")
    ]
    assert files[0] == files[1]
    failed = any(isinstance(event, CandidateFailed) for event in one)
    assert failed == (name in {"gives-up", "broken"})
    if name == "dies":
        (seen,) = (event for event in two if isinstance(event, EngagementSeen))
        assert seen.functions["open"] > 20


def test_a_fork_that_is_killed_changes_nothing(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(Rules())
    expected = judged(workspace, "off", tmp_path / "one", 1, plan)
    killed = tmp_path / "killed"

    def gate(corpus: Any, under_test: Any, required: Any, emit: Any, **options: Any) -> None:
        """Gate a corpus; the first time, be killed after half of its events."""
        number = 0

        def emit_half(event: Event) -> None:
            nonlocal number
            number += 1
            emit(event)
            if corpus.name == "savers" and number > 20 and not killed.exists():
                killed.touch()
                os.kill(os.getpid(), signal.SIGKILL)

        gate_corpus(corpus, under_test, required, emit_half, **options)

    monkeypatch.setattr(candidate_gates, "gate_corpus", gate)
    assert same(expected, judged(workspace, "off", tmp_path / "two", 2, plan))
    assert killed.exists()


def test_progress_is_that_of_one_gate_after_another(workspace: Workspace) -> None:
    events: list[Event] = []
    judging = Judging(workspace, None, events.append, lambda _: None, workers=2)
    judging.candidate(find(workspace, "off"), Plan())
    gates = [event.gate for event in events if isinstance(event, (GateProgress, GateFinished))]
    assert [*dict.fromkeys(gates)] == [f"corpus {name}" for name in CORPORA]
    assert gates == sorted(gates)
