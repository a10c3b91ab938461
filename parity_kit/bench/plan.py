"""What a worker process is told to do, and what it answers; both cross the seam as JSON."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field

REFERENCE = "reference"
CONTROL = "reference (A/A control)"
"""The name under which the reference is measured against itself."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One worker: an engine, and the workloads it measures one after another.

    `loops` maps workload to runs a value; where it is empty the worker calibrates it so that a
    value takes about `value_seconds`. `digests` holds the reference's outcomes: a workload whose
    outcome differs is not measured. `labels` go into the metadata of every run. With `memory` no
    time is taken, but how much memory the engine holds at the height of each workload.
    """

    engine: str
    workspace: str
    workloads: list[str]
    loops: dict[str, int] = field(default_factory=dict[str, int])
    digests: dict[str, str] = field(default_factory=dict[str, str])
    value_seconds: float = 0.1
    append: str = ""
    labels: dict[str, str | int] = field(default_factory=dict[str, str | int])
    memory: bool = False

    def to_json(self) -> str:
        """Return the plan as JSON."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Return the plan that `to_json` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker found: digests of outcomes, calibrated loops, and why something was not timed.

    `broken` names the workloads on which the engine broke down, with the error's code. `memory` has
    the engine's resident bytes before any workload and at the height of this one.
    `error` is set where the engine did not start: the error's code and its text.
    """

    digests: dict[str, str] = field(default_factory=dict[str, str])
    loops: dict[str, int] = field(default_factory=dict[str, int])
    problems: dict[str, str] = field(default_factory=dict[str, str])
    broken: dict[str, str] = field(default_factory=dict[str, str])
    memory: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    error: list[str] = field(default_factory=list[str])

    def to_json(self) -> str:
        """Return the answer as JSON, on one line."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Answer:
        """Return the answer that `to_json` wrote."""
        return cls(**json.loads(text))
