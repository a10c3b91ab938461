"""Records a run twice: what differs between the two was not deterministic."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from langgraph.types import Command

from parity_kit.apps.recording import Recording, record_again
from parity_kit.apps.source_places import raised_at
from parity_kit.contract.casefile import read_case
from parity_kit.contract.errors import CannotRecordError, UsageError


def record_twice(
    graph: Any,
    runs: Sequence[Mapping[str, Any]],
    path: Path,
    *,
    redact: bool = False,
    keep: bool = True,
) -> Recording:
    """Record inputs and answers, and check that a second recording is the same.

    Unless it is to `keep`, nothing is written.

    Raises:
        CannotRecordError: If it cannot be recorded, or differs, naming the node.
        UsageError: If the graph raises.
    """
    with tempfile.TemporaryDirectory() as folder:
        once, again = Path(folder, "first", path.name), Path(folder, "second", path.name)
        try:
            first = _recorded(graph, runs, once, None, redact=redact)
            second = _recorded(graph, runs, again, once.parent, redact=redact)
        except CannotRecordError as error:
            raise CannotRecordError(error.problem, where=str(path), hint=error.hint) from error
        for one, other in zip(first.files, second.files, strict=True):
            if one.read_bytes() != other.read_bytes():
                raise CannotRecordError(
                    f"is not deterministic: {first_difference(one, other)} the second time",
                    where=str(path),
                    hint="let no node keep anything between runs, such as a counter or a failure"
                    " that happens once; pass times and random values in as input",
                )
        if not keep:
            return Recording(path, first.cases, [], first.notes, first.replaced)
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = [path.with_name(file.name) for file in first.files]
        for file, target in zip(first.files, kept, strict=True):
            target.write_bytes(file.read_bytes())
    return Recording(path, first.cases, kept, first.notes, first.replaced)


def _recorded(
    graph: Any, runs: Sequence[Mapping[str, Any]], path: Path, kept: Path | None, *, redact: bool
) -> Recording:
    with record_again(path, kept, redact=redact) as recording:
        for number, run in enumerate(runs, start=1):
            config: Any = {"configurable": {"thread_id": str(run.get("thread", "1"))}}
            given = Command(resume=run["resume"]) if "resume" in run else run["input"]
            try:
                graph.invoke(given, config)
            except Exception as error:
                raise UsageError(
                    f"the graph raises {type(error).__name__}: {error}",
                    where=raised_at(error) or f"input {number}",
                    hint=f"change input {number}, or the application; parity_kit.record in Python"
                    " also records runs that are meant to raise",
                ) from error
    return recording


def first_difference(one: Path, other: Path) -> str:
    """Return the first part of a recording that the other has differently."""
    first: Any = read_case(one).case.subject.spec["program"]
    second: Any = read_case(other).case.subject.spec["program"]
    for name, node in first["nodes"].items():
        if node != second["nodes"].get(name):
            return f"node {name!r} did something else"
    if first.get("subgraphs") != second.get("subgraphs"):
        return "a node of a subgraph did something else"
    return "a router, an edge or an input differs"
