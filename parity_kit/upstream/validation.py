"""LangGraph.js's validation of savers on a candidate: its savers, across the wire, in vitest.

What LangGraph's own saver of the same name fails, by the same adapter, is JavaScript's meaning and
no matter of the candidate. Without a candidate, LangGraph.js's `MemorySaver` is the control.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from parity_kit.candidates.cached import Cached
from parity_kit.candidates.manifest import Candidate, PipSetup
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.errors import UsageError
from parity_kit.upstream.bench import TestBench
from parity_kit.upstream.comparing import compare
from parity_kit.upstream.judged import CONFORMANCE, JudgedTests
from parity_kit.upstream.part import parts_of
from parity_kit.upstream.plugin_names import SAVER
from parity_kit.upstream.process import Runner
from parity_kit.upstream.results import FileResult

RELEASE = "@langchain/langgraph-checkpoint-validation 1.1.1"
CONTROL = "MemorySaver"
"""LangGraph.js's own saver."""

Emit = Callable[[str], None]

_SOURCES = Path(__file__).with_name("javascript")
_INSTALL = ("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")
_SAVERS = ("memory", "sqlite")
"""LangGraph's savers that need no server."""


def check(candidate: Candidate | None) -> None:
    """Check that the validation can run here, and on this candidate.

    Raises:
        UsageError: If Node is missing, or the candidate runs LangGraph itself.
    """
    if missing := [name for name in ("node", "npm") if shutil.which(name) is None]:
        hint = "install Node.js 20 or later, or leave --javascript out"
        raise UsageError(f"--javascript needs {' and '.join(missing)} on PATH", hint=hint)
    if candidate is not None and isinstance(candidate.setup, PipSetup):
        hint = "its savers are judged without --javascript"
        raise UsageError(f"{candidate.name} runs LangGraph: it has no saver of its own", hint=hint)


def install(workspace: Workspace, on_progress: Emit) -> Path:
    """Return the folder with the validation, vitest and the adapter, made by npm unless it is.

    Raises:
        EnvironmentBuildError: If it cannot be made.
    """
    sources = sorted(_SOURCES.iterdir())
    made_from = {path.name: path.read_text("utf-8") for path in sources}
    hint = "check that the npm registry is reachable"
    cached = Cached("javascript-validation", made_from, RELEASE, hint)

    def build(folder: Path) -> None:
        shutil.copytree(_SOURCES, folder)
        cached.run(_INSTALL, on_progress, folder)

    return cached.make(workspace, build, on_progress)


def judge(
    candidate: Candidate | None, bench: TestBench, workspace: Workspace, emit: Emit
) -> list[JudgedTests]:
    """Return what the validation says of a candidate's savers, or of LangGraph's."""
    folder = install(workspace, emit)
    oracle = Runner(bench, workspace)

    def validate(runner: Runner, saver: str) -> FileResult:
        emit(f"JavaScript's validation of {saver}")
        return runner.validate(folder, saver)

    if candidate is None:
        savers = (CONTROL, *(f"langgraph {name}" for name in _SAVERS))
        results = ((name, validate(oracle, name)) for name in savers)
        return [judged_beside(name, result, result, counts_calls=False) for name, result in results]
    part = next((part for part in parts_of(candidate, workspace, emit) if part.name == SAVER), None)
    runner = Runner(bench, workspace, candidate, part)
    return [
        judged_beside(
            name,
            validate(oracle, f"langgraph {name}"),
            validate(runner, f"wire {name}"),
            counts_calls=True,
        )
        for name in _SAVERS
        if part and name in part.savers
    ]


def judged_beside(
    saver: str, langgraph: FileResult, result: FileResult, *, counts_calls: bool
) -> JudgedTests:
    """Return how a saver stands beside LangGraph's own of the same name."""
    verdict = compare(saver, [langgraph], [langgraph], [result], [], counts_calls=counts_calls)
    if not (judged := verdict.judged({result.suite: RELEASE})):
        failure = result.problem or langgraph.problem or "it reported no test"
        return JudgedTests(
            CONFORMANCE, f"javascript/{saver}", RELEASE, (), (), {}, counts_calls, failure=failure
        )
    return replace(judged[0], kind=CONFORMANCE, name=f"javascript/{saver}", failure=result.problem)
