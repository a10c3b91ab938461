"""A benchmark session: rounds of worker processes, then one event a workload and candidate.

A round has a fresh process for the reference, for the reference again (the control) and for every
candidate. They start together; then each workload goes round them in an order of chance, so that
its times are taken within moments of each other. A candidate's time and the reference's of the same
round are a pair.
"""

from __future__ import annotations

import dataclasses
import random
import secrets
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from parity_kit.bench.begun import FILE, Begun, Settings, read_begun, same_host
from parity_kit.bench.catalogue import Workload, select
from parity_kit.bench.plan import CONTROL, REFERENCE, Answer, Plan, Request
from parity_kit.bench.processes import Process, started
from parity_kit.bench.results import Pairs, file_of, load, measured_in
from parity_kit.bench.statistics import Speed, confirmed, estimate, verdict
from parity_kit.candidates.workspace import MARKER, Workspace
from parity_kit.contract.errors import KitError, UsageError
from parity_kit.contract.events import (
    MOST_SEEN,
    BenchMeasured,
    CandidateFailed,
    Event,
    GateProgress,
)

EVERYONE, GATE = "all engines", "benchmarks"
"""What progress is shown under: all engines are measured in turn, so there is one bar."""


@dataclass(slots=True)
class _Opponent:
    """What is measured against the reference: a candidate, or the reference again."""

    name: str
    pending: list[str]
    done: dict[str, set[int]] = field(default_factory=dict[str, set[int]])
    """The pairs that a stopped session measured, by workload."""
    problems: dict[str, str] = field(default_factory=dict[str, str])
    broken: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def engine(self) -> str:
        return REFERENCE if self.name == CONTROL else self.name

    def missing(self, number: int) -> list[str]:
        return [name for name in self.pending if number not in self.done.get(name, ())]

    def give_up(self, answer: Answer) -> None:
        text = f"[{answer.code}] {answer.problem.splitlines()[0]}"
        self.problems.update(dict.fromkeys(self.pending, text))
        self.pending = []

    def learn(self, workload: str, answer: Answer) -> None:
        if answer.problem:
            self.problems[workload] = answer.problem
            self.pending.remove(workload)
        if answer.code:
            self.broken[workload] = answer.code


class Session:
    """One sitting in which candidates are measured against the reference."""

    def __init__(  # noqa: PLR0913  # the settings of a session, each with its own name
        self,
        workspace: Workspace,
        folder: Path,
        settings: Settings,
        *,
        seed: int,
        emit: Callable[[Event], None],
        folders: Mapping[str, Path],
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._seed = seed
        self._emit = emit
        self._coin = random.Random(seed)  # noqa: S311  # the order in a round, to be repeated
        self._workloads: dict[str, Workload] = {
            workload.name: workload for workload in select(settings.workloads)
        }
        self._base = Plan(
            REFERENCE,
            str(workspace.root),
            value_seconds=settings.value_seconds,
            folders={name: str(folder) for name, folder in folders.items()},
        )
        self._sitting = secrets.token_hex(4)
        self._done = 0
        self._left = 0

    def measure(self, candidates: Sequence[str], *, resume: bool = False) -> None:
        """Measure candidates and the control, and emit the results.

        To `resume` is to keep the pairs that a stopped session left in the folder.
        """
        opponents = [_Opponent(name, list(self._workloads)) for name in (*candidates, CONTROL)]
        self._folder.mkdir(parents=True, exist_ok=True)
        if resume and (self._folder / FILE).is_file():
            self._base = same_host(read_begun(self._folder), self._folder).plan
            for opponent in opponents:
                opponent.done = measured_in(self._folder, opponent.name)
        else:
            for name in (REFERENCE, *candidates):
                file_of(self._folder, name).unlink(missing_ok=True)
            self._calibrate(opponents)
            Begun([*candidates], self._seed, self._settings, self._base).write(self._folder)
        self._rounds(opponents, range(self._settings.pairs))
        self._extend(opponents)
        self._report(opponents)

    def _calibrate(self, opponents: Sequence[_Opponent]) -> None:
        self._left = len(self._workloads) + _planned(opponents, range(self._settings.pairs))
        answers: dict[str, Answer] = {}
        with started([self._base]) as (process,):
            _check_reference(process.started)
            for name in self._workloads:
                answers[name] = self._ask(process, Request(name))
                _check_reference(answers[name])
        self._base = dataclasses.replace(
            self._base,
            loops={name: answer.loops for name, answer in answers.items()},
            digests={name: answer.digest for name, answer in answers.items()},
        )

    def _rounds(self, opponents: Sequence[_Opponent], numbers: range) -> None:
        for number in numbers:
            self._left = _planned(opponents, numbers[numbers.index(number) :])
            self._round([opponent for opponent in opponents if opponent.missing(number)], number)

    def _round(self, opponents: Sequence[_Opponent], number: int) -> None:
        """Measure what is missing of a round, with the reference for all of it."""
        if not opponents:
            return
        plans = [self._plan(REFERENCE, REFERENCE, number)]
        plans += [self._plan(opponent.engine, opponent.name, number) for opponent in opponents]
        with started(plans) as (reference, *others):
            _check_reference(reference.started)
            taking_part: list[tuple[_Opponent, Process]] = []
            for opponent, process in zip(opponents, others, strict=True):
                if process.started.code:
                    self._fail(opponent, process.started)
                else:
                    taking_part.append((opponent, process))
            for name in _missing(opponents, number):
                self._workload(name, number, reference, taking_part)
        for opponent, _ in taking_part:
            if opponent.broken.keys() == self._workloads.keys():
                code = next(iter(opponent.broken.values()))
                problem = "it broke down on every workload"
                self._emit(CandidateFailed(opponent.name, opponent.name, code, problem))

    def _plan(self, engine: str, opponent: str, number: int) -> Plan:
        labels: dict[str, str | int] = {
            "engine": engine,
            "opponent": opponent,
            "pair": number,
            "seed": self._seed,
            "sitting": self._sitting,
        }
        file = file_of(self._folder, engine)
        return dataclasses.replace(self._base, engine=engine, append=str(file), labels=labels)

    def _workload(
        self,
        name: str,
        number: int,
        reference: Process,
        opponents: Sequence[tuple[_Opponent, Process]],
    ) -> None:
        """Measure a workload on the reference and on all opponents, one after another."""
        turns: list[tuple[_Opponent | None, Process]] = [(None, reference)]
        turns += [pair for pair in opponents if name in pair[0].missing(number)]
        if len(turns) == 1:
            return
        self._coin.shuffle(turns)
        for slot, (opponent, process) in enumerate(turns):
            answer = self._ask(process, Request(name, slot))
            if opponent is None:
                _check_reference(answer)
            elif process.hung:
                self._fail(opponent, answer)
            else:
                opponent.learn(name, answer)

    def _fail(self, opponent: _Opponent, answer: Answer) -> None:
        opponent.give_up(answer)
        self._emit(CandidateFailed(opponent.name, opponent.name, answer.code, answer.problem))

    def _ask(self, process: Process, request: Request) -> Answer:
        self._show_progress()
        answer = process.ask(request)
        self._done += 1
        self._left -= 1
        self._show_progress()
        return answer

    def _show_progress(self) -> None:
        self._emit(GateProgress(EVERYONE, GATE, self._done, self._done + self._left))

    def _extend(self, opponents: Sequence[_Opponent]) -> None:
        """Measure further pairs of what is undecided or slower."""
        further = range(self._settings.pairs, self._settings.extend_to)
        if not further:
            return
        for opponent in opponents:
            measured = load(self._folder, opponent.name)
            opponent.pending = [
                name
                for name in opponent.pending
                if self._first(measured.get(name, Pairs())) in {Speed.SLOWER, Speed.INCONCLUSIVE}
            ]
        self._rounds(opponents, further)

    def _first(self, pairs: Pairs) -> Speed:
        kept = [pair for number, pair in pairs.kept.items() if number < self._settings.pairs]
        return verdict(estimate(kept)) if kept else Speed.INCONCLUSIVE

    def _report(self, opponents: Sequence[_Opponent]) -> None:
        *candidates, control = [
            (opponent, load(self._folder, opponent.name)) for opponent in opponents
        ]
        steady: set[str] = set()
        for opponent, measured in (control, *candidates):
            for workload in self._workloads.values():
                row = self._row(opponent, workload, measured.get(workload.name, Pairs()), steady)
                if opponent.name == CONTROL and row.verdict == Speed.EQUIVALENT:
                    steady.add(workload.name)
                self._emit(row)

    def _row(
        self, opponent: _Opponent, workload: Workload, pairs: Pairs, steady: set[str]
    ) -> BenchMeasured:
        name, family = workload.name, workload.family
        kept = list(pairs.kept.values())
        problem = opponent.problems.get(name, "")
        if problem or not kept:
            speed = Speed.NOT_COMPARABLE if problem else Speed.INCONCLUSIVE
            detail = problem or "no pair was measured without disturbance"
            return BenchMeasured(
                opponent.name,
                name,
                family,
                speed.value,
                None,
                None,
                None,
                None,
                None,
                0,
                len(pairs.dropped),
                detail,
                workload.series,
                workload.size,
            )
        measured = estimate(kept)
        return BenchMeasured(
            opponent.name,
            name,
            family,
            self._speed(pairs).value,
            measured.ratio,
            measured.low,
            measured.high,
            statistics.median(pair.reference for pair in kept),
            statistics.median(pair.candidate for pair in kept),
            measured.pairs,
            len(pairs.dropped),
            self._remark(opponent, name, pairs, steady),
            workload.series,
            workload.size,
            _stored_pairs(pairs),
            pairs.memory,
        )

    def _speed(self, pairs: Pairs) -> Speed:
        limit = self._settings.pairs
        first = [pair for number, pair in pairs.kept.items() if number < limit]
        further = [pair for number, pair in pairs.kept.items() if number >= limit]
        if further or self._settings.extend_to > limit:
            return confirmed(first, further)
        return verdict(estimate(first))

    def _remark(self, opponent: _Opponent, name: str, pairs: Pairs, steady: set[str]) -> str:
        speed = self._speed(pairs)
        if opponent.name == CONTROL:
            return "" if speed is Speed.EQUIVALENT else _UNSTEADY
        remarks = [] if name in steady else ["the A/A control is not equivalent here"]
        if speed is Speed.SLOWER and self._settings.extend_to <= self._settings.pairs:
            remarks.append("seen in one set of pairs, not confirmed by a second")
        return "; ".join(remarks)


def _missing(opponents: Sequence[_Opponent], number: int) -> Iterable[str]:
    """Return the workloads that some opponent lacks in a round."""
    return dict.fromkeys(name for opponent in opponents for name in opponent.missing(number))


def _planned(opponents: Sequence[_Opponent], numbers: Iterable[int]) -> int:
    """Return how many measurements rounds have, the reference's included."""
    return sum(
        len([*_missing(opponents, number)])
        + sum(len(opponent.missing(number)) for opponent in opponents)
        for number in numbers
    )


def _check_reference(answer: Answer) -> None:
    if answer.problem:
        raise KitError(f"the reference could not be measured: {answer.problem}")


def _stored_pairs(pairs: Pairs) -> list[list[float | None]]:
    """Return the pairs as `SEEN_FIELDS` says, their times to four digits."""
    every = sorted((pairs.kept | pairs.dropped).items())[:MOST_SEEN]
    return [
        [
            number,
            _digits(pair.reference),
            _digits(pair.candidate),
            pairs.pressure.get(number),
            int(number in pairs.kept),
        ]
        for number, pair in every
    ]


def _digits(value: float) -> float:
    return float(f"{value:.4g}")


_UNSTEADY = "identical code was not found equivalent: timings of this workload gate nothing"


def run_benchmarks(  # noqa: PLR0913  # the settings of a session, each with its own name
    workspace: Workspace,
    candidates: Sequence[str],
    folder: Path,
    settings: Settings,
    *,
    seed: int,
    emit: Callable[[Event], None],
    resume: bool = False,
    folders: Mapping[str, Path] | None = None,
) -> None:
    """Measure candidates against the reference, and the reference against itself.

    The pyperf files land in `folder`, one per engine; to `resume` is to keep those that a stopped
    session with the same settings left there. `emit` gets `GateProgress` while it runs, a
    `CandidateFailed` where a candidate broke down, and at the end a `BenchMeasured` for each
    workload: first of the A/A control, then of each candidate. `folders` holds the folders of
    candidates that are not the workspace's own.

    Raises:
        UsageError: If a workload is unknown, a candidate is called `reference`, or the session to
            resume began on another host.
        KitError: If the reference could not be measured.
    """
    if REFERENCE in candidates:
        raise UsageError(
            f"a candidate cannot be called {REFERENCE!r}", hint="rename its folder and manifest"
        )
    if workspace.oracle:
        raise UsageError(
            f"only the kit's LangGraph can be measured, and the oracle is {workspace.oracle[0]}",
            where=f"{workspace.root / MARKER}: key `oracle`",
            hint="measure in a workspace that names no oracle",
        )
    session = Session(workspace, folder, settings, seed=seed, emit=emit, folders=folders or {})
    session.measure(candidates, resume=resume)
