"""A campaign: a search of many cases, in slices that any process may do, stopped and resumed.

Whatever process does a slice, its result becomes a line of the campaign's journal, and all that a
campaign knows is a fold over these lines. A slice that is not in the journal is done again; one
that comes twice counts once. The smallest case of a cause is looked for once.
"""

from __future__ import annotations

import dataclasses
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

from parity_kit.contract import Level
from parity_kit.contract.casefile import SUFFIX
from parity_kit.contract.errors import BadFileError
from parity_kit.contract.events import DivergenceFound, event_from_json, event_to_json
from parity_kit.gates.campaign_worker import Campaigned, Shrunk
from parity_kit.gates.examples import keep_example
from parity_kit.search.handing_over import SUITE as HANDOVER
from parity_kit.search.slices import CauseSeen, Searched, Shrinking, Slice, SliceOrShrinking

JOURNAL = "campaign.jsonl"
"""The journal's name in the folder of the run."""
LEAST_SECONDS = 120
"""A campaign that ran for less says nothing of whether to go on."""
LEAST_GAIN = 0.01
"""The share of the covered pairs that must be new in the second half for going on to be worth it,
if no cause is.
"""
CauseKey = tuple[str, str, str]
"""The suite, the verdict and the cause."""


class Executor(Protocol):
    """Does tasks in other processes."""

    def results(
        self, tasks: Sequence[SliceOrShrinking]
    ) -> Generator[tuple[SliceOrShrinking, Searched | Shrunk]]:
        """Yield each task with its result, as it comes."""
        ...

    def first(self, task: SliceOrShrinking) -> None:
        """Do another task, before those that wait."""
        ...


@dataclass(slots=True)
class Cause:
    """A cause: how many cases show it, when the first came, and the smallest, once it is known."""

    cases: int
    at: float
    choices: tuple[int, ...]
    shrunk: Shrunk | None = None


@dataclass(slots=True)
class SuiteTotals:
    """What the slices of one suite add up to."""

    cases: int = 0
    seconds: float = 0.0
    verdicts: Counter[str] = field(default_factory=Counter[str])
    features: Counter[str] = field(default_factory=Counter[str])
    pairs: int = 0
    reached: Level = Level.BYTES
    areas: set[str] | None = field(default_factory=set[str])
    """The areas of LangGraph that were run; None if some slice was not watched."""
    begun: Counter[str] = field(default_factory=Counter[str])
    left_out: Counter[str] = field(default_factory=Counter[str])

    def add(self, cases: int, result: Searched) -> int:
        """Add a slice of so many cases; return how many pairs of features are new."""
        before = self.pairs.bit_count()
        self.cases += cases
        self.seconds += result.seconds
        self.verdicts.update(result.verdicts)
        self.features.update(result.features)
        self.begun.update(result.begun)
        self.left_out.update(result.left_out)
        self.pairs |= result.pairs
        if self.areas is not None:
            self.areas = None if result.areas is None else self.areas | {*result.areas}
        if any(result.verdicts.get(word) for word in ("equal", "divergent", "expected")):
            self.reached = min(self.reached, Level[result.reached.upper()])
        return self.pairs.bit_count() - before


@dataclass(frozen=True, slots=True)
class Latest:
    """What the second half of a campaign brought: new pairs of features, of all, and new causes."""

    seconds: float
    pairs: int
    causes: int
    covered: int

    @property
    def pairs_per_hour(self) -> float:
        """How many new pairs an hour of that would bring."""
        return self.pairs * 3600 / self.seconds if self.seconds else 0.0

    @property
    def is_worth_more(self) -> bool | None:
        """Whether to go on; None if it did not run for long enough to say."""
        if 2 * self.seconds < LEAST_SECONDS:
            return None
        return self.causes > 0 or self.pairs >= LEAST_GAIN * self.covered


@dataclass(slots=True)
class Campaign:
    """All that is known of a campaign. Times are seconds that it ran, its earlier legs included."""

    seconds: float = 0.0
    suites: dict[str, SuiteTotals] = field(default_factory=dict[str, SuiteTotals])
    causes: dict[CauseKey, Cause] = field(default_factory=dict[CauseKey, Cause])
    gained: list[tuple[float, int, int]] = field(default_factory=list[tuple[float, int, int]])
    """When a slice came, and how many pairs of features and causes were new in it."""
    _done: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Return what a campaign's journal says; a last line that was cut off is taken away.

        Raises:
            BadFileError: If a line is none of a campaign's.
        """
        path, campaign = folder / JOURNAL, cls()
        if not path.exists():
            return campaign
        data = path.read_bytes()
        complete = data.rfind(b"\n") + 1
        os.truncate(path, complete)
        for number, line in enumerate(data[:complete].splitlines(), 1):
            try:
                campaign.add(*_from_json(json.loads(line)))
            except (ValueError, KeyError, TypeError) as error:
                raise BadFileError(
                    f"line {number} is none of a campaign: {error}",
                    where=str(path),
                    hint="restore the file, or begin a new campaign",
                ) from error
        return campaign

    @property
    def cases(self) -> int:
        """The cases that were tried."""
        return sum(suite.cases for suite in self.suites.values())

    def is_done(self, part: Slice) -> bool:
        """Whether a slice is in the journal."""
        return (part.suite, part.number) in self._done

    def to_shrink(self) -> list[Shrinking]:
        """Return the causes whose smallest case is still to be found."""
        return [
            Shrinking(*key, cause.choices)
            for key, cause in self.causes.items()
            if cause.shrunk is None
        ]

    def add(self, seconds: float, task: SliceOrShrinking, result: Searched | Shrunk) -> None:
        """Add the result of a task that came after so many seconds."""
        self.seconds = max(self.seconds, seconds)
        match task, result:
            case Slice(), Searched():
                self._done.add((task.suite, task.number))
                totals = self.suites.setdefault(task.suite, SuiteTotals())
                pairs = totals.add(task.cases, result)
                new = sum(self._see(task.suite, seen, seconds) for seen in result.causes)
                self.gained.append((seconds, pairs, new))
            case Shrinking(), Shrunk():
                self.causes[task.suite, task.verdict, task.cause].shrunk = result
            case _:
                raise TypeError(f"no result of {task}")

    def _see(self, suite: str, seen: CauseSeen, seconds: float) -> bool:
        key = suite, seen.verdict, seen.cause
        if known := self.causes.get(key):
            known.cases += seen.cases
            return False
        self.causes[key] = Cause(seen.cases, seconds, seen.choices)
        return True

    @property
    def covered(self) -> int:
        """The pairs of features that were covered."""
        return sum(suite.pairs.bit_count() for suite in self.suites.values())

    @property
    def last_new(self) -> float | None:
        """The moment at which the last new cause came."""
        return max((cause.at for cause in self.causes.values()), default=None)

    def latest(self) -> Latest:
        """Return what the second half of the time so far has brought."""
        half = self.seconds / 2
        late = [(pairs, causes) for at, pairs, causes in self.gained if at > half]
        return Latest(
            half,
            sum(pairs for pairs, _ in late),
            sum(causes for _, causes in late),
            self.covered,
        )


@dataclass(slots=True)
class CampaignRun:
    """A leg of a campaign: its executor does what the journal does not have yet."""

    asked: Campaigned
    folder: Path
    campaign: Campaign
    progress: Callable[[], None]
    """Called when something came."""

    def run(self, tasks: Iterable[Slice], executor: Executor, seconds: float) -> None:
        """Do tasks, for so many seconds at most."""
        began = time.monotonic() - self.campaign.seconds
        until = time.monotonic() + seconds
        left = [task for task in tasks if not self.campaign.is_done(task)]
        self.folder.mkdir(parents=True, exist_ok=True)
        with (
            (self.folder / JOURNAL).open("a", encoding="utf-8", newline="\n") as journal,
            closing(executor.results([*self.campaign.to_shrink(), *left])) as results,
        ):
            for task, result in results:
                if isinstance(task, Slice) and self.campaign.is_done(task):
                    continue  # its process died after it had sent this, and it was done twice
                entry = time.monotonic() - began, task, self._kept(task, result)
                journal.write(json.dumps(_to_json(*entry), ensure_ascii=False) + "\n")
                journal.flush()
                before = set(self.campaign.causes)
                self.campaign.add(*entry)
                for key in self.campaign.causes.keys() - before:
                    executor.first(Shrinking(*key, self.campaign.causes[key].choices))
                self.progress()
                if time.monotonic() > until:
                    return

    def _kept(self, task: SliceOrShrinking, result: Searched | Shrunk) -> Searched | Shrunk:
        """Return what the journal keeps: no choices of known causes, and a case as a file."""
        if isinstance(result, Searched):
            known = self.campaign.causes
            causes = (
                dataclasses.replace(seen, choices=())
                if (task.suite, seen.verdict, seen.cause) in known
                else seen
                for seen in result.causes
            )
            return dataclasses.replace(result, causes=tuple(causes))
        if result.found is None or result.file is None:
            return result
        number = sum(cause.shrunk is not None for cause in self.campaign.causes.values()) + 1
        path = self.folder / "cases" / f"{self.asked.candidate}-{task.suite}-{number}{SUFFIX}"
        result.file.write(path)
        if task.suite != HANDOVER:  # `run` makes its handovers anew
            keep_example(self.asked.workspace, task.suite, result.file)
        file = str(path.relative_to(self.folder))
        return Shrunk(dataclasses.replace(result.found, file=file))


def _to_json(seconds: float, task: SliceOrShrinking, result: Searched | Shrunk) -> dict[str, Any]:
    data: dict[str, Any] = {"at": round(seconds, 3), type(task).__name__: dataclasses.asdict(task)}
    if isinstance(result, Searched):
        return {**data, **dataclasses.asdict(result), "pairs": f"{result.pairs:x}"}
    return {**data, "found": result.found and event_to_json(result.found)}


def _from_json(data: Mapping[str, Any]) -> tuple[float, SliceOrShrinking, Searched | Shrunk]:
    fields = dict(data)
    seconds = float(fields.pop("at"))
    if (part := fields.pop("Slice", None)) is not None:
        fields["causes"] = tuple(CauseSeen(**_with_tuple(seen)) for seen in fields["causes"])
        fields["pairs"] = int(fields["pairs"], 16)
        areas = fields.get("areas")
        fields["areas"] = None if areas is None else tuple(areas)
        return seconds, Slice(**part), Searched(**fields)
    task = Shrinking(**_with_tuple(fields.pop("Shrinking")))
    found = event_from_json(fields["found"]) if fields["found"] else None
    if found is not None and not isinstance(found, DivergenceFound):
        raise TypeError(f"{type(found).__name__} is no divergence")
    return seconds, task, Shrunk(found)


def _with_tuple(data: Mapping[str, Any]) -> dict[str, Any]:
    return {**data, "choices": tuple(data["choices"])}
