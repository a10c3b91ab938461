"""A benchmark session: pairs of worker processes, then one event a workload and candidate.

Pairs of all candidates and of the control are interleaved, so that each of them sees the same hours
of the machine; within a pair the two processes run back to back, in an order decided by a coin.
"""

from __future__ import annotations

import dataclasses
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from parity_kit.bench.begun import FILE, Begun, Settings, read_begun
from parity_kit.bench.catalogue import Workload, select
from parity_kit.bench.plan import CONTROL, REFERENCE, Answer, Plan
from parity_kit.bench.processes import ask
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
"""What progress is shown under: pairs of all candidates are interleaved, so there is one bar."""


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

    def give_up(self, code: str, problem: str) -> None:
        text = f"[{code}] {problem.splitlines()[0]}"
        self.problems.update(dict.fromkeys(self.pending, text))
        self.pending = []

    def learn(self, answer: Answer) -> None:
        self.problems.update(answer.problems)
        self.broken.update(answer.broken)
        self.pending = [name for name in self.pending if name not in answer.problems]


class Session:
    """One sitting in which candidates are measured against the reference."""

    def __init__(
        self,
        workspace: Workspace,
        folder: Path,
        settings: Settings,
        *,
        seed: int,
        emit: Callable[[Event], None],
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._seed = seed
        self._emit = emit
        self._coin = random.Random(seed)  # noqa: S311  # the order of a pair, to be repeated
        self._workloads: dict[str, Workload] = {
            workload.name: workload for workload in select(settings.workloads)
        }
        self._base = Plan(
            REFERENCE,
            str(workspace.root),
            list(self._workloads),
            value_seconds=settings.value_seconds,
        )
        self._memory: dict[str, dict[str, list[int]]] = {}
        self._done = 0
        self._total = 0

    def measure(self, candidates: Sequence[str], *, resume: bool = False) -> None:
        """Measure candidates and the control, and emit the results.

        To `resume` is to keep the pairs that a stopped session left in the folder.
        """
        opponents = [_Opponent(name, list(self._workloads)) for name in (*candidates, CONTROL)]
        self._folder.mkdir(parents=True, exist_ok=True)
        self._total = 1 + (1 + 2 * self._settings.pairs) * len(opponents)
        if resume and (self._folder / FILE).is_file():
            self._base = read_begun(self._folder).plan
            for opponent in opponents:
                opponent.done = measured_in(self._folder, opponent.name)
        else:
            for name in (REFERENCE, *candidates):
                file_of(self._folder, name).unlink(missing_ok=True)
            self._calibrate()
            Begun([*candidates], self._seed, self._settings, self._base).write(self._folder)
        self._rounds(opponents, range(self._settings.pairs))
        self._extend(opponents)
        self._weigh(opponents)
        self._report(opponents)

    def _calibrate(self) -> None:
        answer = self._ask(self._base)
        if answer.error or answer.problems:
            problem = answer.error[1] if answer.error else str(answer.problems)
            raise KitError(f"the reference could not be measured: {problem}")
        self._base = Plan(
            self._base.engine,
            self._base.workspace,
            self._base.workloads,
            answer.loops,
            answer.digests,
            self._base.value_seconds,
        )

    def _rounds(self, opponents: Sequence[_Opponent], numbers: range) -> None:
        for number in numbers:
            for opponent in opponents:
                self._pair(opponent, number)

    def _pair(self, opponent: _Opponent, number: int) -> None:
        sides = ["reference", "candidate"]
        if self._coin.random() < 0.5:  # noqa: PLR2004  # a fair coin
            sides.reverse()
        for slot, side in enumerate(sides):
            if opponent.missing(number):
                self._process(opponent, number, slot, side)
            else:
                self._done += 1

    def _process(self, opponent: _Opponent, number: int, slot: int, side: str) -> None:
        engine = REFERENCE if side == "reference" else opponent.engine
        labels: dict[str, str | int] = {
            "engine": engine,
            "versus": opponent.name,
            "side": side,
            "pair": number,
            "slot": slot,
            "seed": self._seed,
        }
        plan = Plan(
            engine,
            self._base.workspace,
            opponent.missing(number),
            self._base.loops,
            self._base.digests,
            self._base.value_seconds,
            str(file_of(self._folder, engine)),
            labels,
        )
        answer = self._ask(plan)
        if answer.error:
            code, problem = answer.error
            if engine == REFERENCE:
                raise KitError(f"the reference could not be measured: {problem}")
            opponent.give_up(code, problem)
            self._emit(CandidateFailed(opponent.name, opponent.name, code, problem))
            return
        opponent.learn(answer)
        if answer.broken and opponent.broken.keys() == self._workloads.keys():
            code = next(iter(answer.broken.values()))
            problem = "it broke down on every workload"
            self._emit(CandidateFailed(opponent.name, opponent.name, code, problem))

    def _ask(self, plan: Plan) -> Answer:
        self._emit(GateProgress(EVERYONE, GATE, self._done, self._total))
        answer = ask(plan)
        self._done += 1
        self._emit(GateProgress(EVERYONE, GATE, self._done, self._total))
        return answer

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
        undecided = sum(bool(opponent.pending) for opponent in opponents)
        self._total += 2 * undecided * len(further)
        self._rounds([opponent for opponent in opponents if opponent.pending], further)

    def _weigh(self, opponents: Sequence[_Opponent]) -> None:
        """Measure memory, in processes of its own: what makes it visible costs time.

        An engine that fails here has been judged by its pairs; it only has no figure for memory.
        """
        for opponent in opponents:
            names = [name for name in self._workloads if name not in opponent.problems]
            plan = dataclasses.replace(
                self._base, engine=opponent.engine, workloads=names, memory=True
            )
            if names:
                self._memory[opponent.engine] = self._ask(plan).memory
            else:
                self._done += 1

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
            {
                side: self._memory[engine][name]
                for side, engine in (("reference", REFERENCE), ("candidate", opponent.engine))
                if name in self._memory.get(engine, {})
            },
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
) -> None:
    """Measure candidates against the reference, and the reference against itself.

    The pyperf files land in `folder`, one per engine; to `resume` is to keep those that a stopped
    session with the same settings left there. `emit` gets `GateProgress` while it runs, a
    `CandidateFailed` where a candidate broke down, and at the end a `BenchMeasured` for each
    workload: first of the A/A control, then of each candidate.

    Raises:
        UsageError: If a workload is unknown, or a candidate is called `reference`.
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
    Session(workspace, folder, settings, seed=seed, emit=emit).measure(candidates, resume=resume)
