"""Where an engine's time goes: compile, run, store, serialize, and the wire.

One graph is measured in several ways, and parts are differences of them:

    compile    the operation `compile`
    run        `invoke` without a checkpointer
    store      `invoke` with an in-memory checkpointer, less run: whatever it serializes included
    serialize  encoding, one after another, every value that the contract says was stored
    wire       the case sent to an engine that does nothing, and its answer

Rounds alternate between LangGraph and the candidate in one process of each, so that what the
machine does meets both. The layout of one process's memory is in all of its rounds, which a
session's pairs of fresh processes avoid: this says where time goes, not who is faster.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parity_kit.bench.catalogue import select
from parity_kit.bench.worker import Timed, calibrate, in_process, outcome_digest
from parity_kit.candidates.launch import start
from parity_kit.candidates.manifest import Candidate, Kind, PythonSetup
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import (
    Case,
    CaseId,
    EngineName,
    Operation,
    Outcome,
    Returned,
    Subject,
    SubjectKind,
    Unsupported,
    UnsupportedSubjectError,
)

ROUNDS = 11
_PLAIN, _STORING = "sequential-5", "checkpoint-memory-5"
_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a run: the median seconds of LangGraph and of the candidate, where it has one."""

    name: str
    reference: float | None
    candidate: float | None
    detail: str = ""


def measure(
    workspace: Workspace, candidate: Candidate, say: Callable[[str], None], rounds: int = ROUNDS
) -> list[Part]:
    """Measure the parts of one run on LangGraph and on a candidate, in turn.

    Raises:
        CandidateError: If the candidate fails.
    """
    reference = in_process()
    cases = _cases(reference)
    loops = {name: calibrate(reference, case, _SECONDS) for name, case in cases.items()}
    null = Candidate(
        EngineName("null"), "null", Kind.PYTHON, "Python",
        PythonSetup("parity_kit.bench.null_engine:Engine", Path(__file__).parent),
        Path(__file__).parent,
    )  # fmt: skip
    times: dict[str, dict[str, list[float]]] = {"reference": {}, "candidate": {}, "wire": {}}
    with start(candidate, workspace, on_progress=say) as engine, start(null, workspace) as wire:
        problems = {name: _problem(reference, engine, case) for name, case in cases.items()}
        for number in range(rounds):
            say(f"{candidate.name}: round {number + 1} of {rounds}")
            for name, case in cases.items():
                for side, timed in (("reference", reference), ("candidate", engine)):
                    if side == "reference" or not problems[name]:
                        seconds = timed.measure(case, loops[name]) / 1e9 / loops[name]
                        times[side].setdefault(name, []).append(seconds)
            times["wire"].setdefault("wire", []).append(_crossing(wire, cases["storing"]))
    ours, theirs = _parts(times["reference"]), _parts(times["candidate"])
    parts = [
        Part(name, ours[name], theirs.get(name), _why(name, problems))
        for name in ("compile", "run", "store", "serialize")
    ]
    return [*parts, Part("wire", None, statistics.median(times["wire"]["wire"]), "null engine")]


def _cases(reference: Timed) -> dict[str, Case]:
    (plain,), (storing,) = select((_PLAIN,)), select((_STORING,))
    compiling = Case(CaseId("bench/compile"), plain.case.subject, (Operation("compile", {}),))
    encoded = Case(CaseId("bench/serialize"), Subject(SubjectKind.CODEC, {"strict": False}), ())
    stored: list[Operation] = [
        Operation("decode", {"type": "msgpack", "data": data})
        for outcome in reference.run(storing.case)
        for name, data in _stored(outcome).items()
        if name.endswith("/msgpack")
    ]
    values = reference.run(Case(encoded.id, encoded.subject, tuple(stored)))
    encodes = tuple(
        Operation("encode", {"value": outcome.value})
        for outcome in values
        if isinstance(outcome, Returned)
    )
    return {
        "compile": compiling,
        "run": plain.case,
        "serialize": Case(encoded.id, encoded.subject, encodes),
        "storing": storing.case,
    }


def _stored(outcome: Outcome) -> Mapping[str, bytes]:
    return outcome.stored if isinstance(outcome, Returned) else {}


def _problem(reference: Timed, engine: Timed, case: Case) -> str:
    """Return why a case is not to be timed: parity comes before speed."""
    outcomes = engine.run(case)
    refused = next((item for item in outcomes if isinstance(item, Unsupported)), None)
    if refused is not None:
        return f"unsupported: {refused.reason}"
    if outcome_digest(outcomes) != outcome_digest(reference.run(case)):
        return "the outcomes differ"
    try:
        engine.measure(case, 1)
    except UnsupportedSubjectError as error:
        return f"not timed: {error}"
    return ""


def _crossing(wire: Any, case: Case) -> float:
    began = time.perf_counter()
    wire.run(case)
    return time.perf_counter() - began


def _parts(times: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return the median of each part; what was not measured has none."""
    middle = {name: statistics.median(seconds) for name, seconds in times.items()}
    parts = {name: middle[name] for name in ("compile", "run", "serialize") if name in middle}
    if {"run", "storing"} <= times.keys():
        rounds = zip(times["storing"], times["run"], strict=True)
        parts["store"] = statistics.median(storing - run for storing, run in rounds)
    return parts


def _why(part: str, problems: Mapping[str, str]) -> str:
    needed = ("run", "storing") if part == "store" else (part,)
    return next((problems[name] for name in needed if problems[name]), "")
