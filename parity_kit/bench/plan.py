"""What a worker process is told, asked and answers; all of it crosses the seam as lines of JSON."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field

REFERENCE = "reference"
CONTROL = "reference (A/A control)"
"""The name under which the reference is measured against itself."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One worker: its engine, and how it measures the workloads that it is asked for.

    `loops` maps workload to runs a value; where it is empty the worker calibrates it so that a
    value takes about `value_seconds`. `digests` holds the reference's outcomes: a workload whose
    outcome differs is not measured. `labels` go into the metadata of every run, which is appended
    to the pyperf file `append` when the worker ends. `folders` holds the folders of candidates that
    are not the workspace's own.
    """

    engine: str
    workspace: str
    loops: dict[str, int] = field(default_factory=dict[str, int])
    digests: dict[str, str] = field(default_factory=dict[str, str])
    value_seconds: float = 0.1
    append: str = ""
    labels: dict[str, str | int] = field(default_factory=dict[str, str | int])
    folders: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Request:
    """A workload to be measured, and its place in the order of the engines of its round."""

    workload: str
    slot: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """A workload's digest and calibrated loops, or the problem for which it was not timed.

    `code` is set where the engine broke down, or did not start: the error's code.
    """

    digest: str = ""
    loops: int = 0
    problem: str = ""
    code: str = ""


def to_line(message: Plan | Request | Answer) -> str:
    """Return a message as JSON, on one line; its fields are the keys."""
    return json.dumps(dataclasses.asdict(message))
