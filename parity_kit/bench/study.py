"""How far the method can be trusted here: LangGraph against itself, relabelled many times.

Rounds of two reference processes are measured for real. A comparison shuffles the rounds, swaps the
two sides of each by a coin, and comes to a verdict as a session does: 12 pairs, and further ones
where these leave it undecided or slower. Any verdict of faster or slower is a false one. For the
detection rate one side of the same pairs takes 10 % more time, and slower is the right verdict.
"""

from __future__ import annotations

import contextlib
import dataclasses
import random
import statistics
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from parity_kit.bench.begun import Settings
from parity_kit.bench.plan import CONTROL
from parity_kit.bench.results import Pairs, load
from parity_kit.bench.session import run_benchmarks
from parity_kit.bench.statistics import Pair, Speed, confirmed, estimate, verdict
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.events import Event, GateProgress

WORKLOADS = ("sequential-5", "checkpoint-memory-5", "serialization-medium", "channels-binop")
COMPARISONS = 200
SLOWDOWN = 1.10
FIRST_PAIRS = 12

_SPIN = "while True: pass"


@dataclass(frozen=True, slots=True)
class Rates:
    """What comparisons of one workload came to, in shares of 1.

    `pressure` is the median share of the time in which something waited for a CPU.
    """

    condition: str
    workload: str
    pairs: int
    dropped: int
    pressure: float | None
    false_positives: float
    equivalent: float
    detected: float


def study(  # noqa: PLR0913  # the settings of a study, each with its own name
    workspace: Workspace,
    folder: Path,
    rounds: int,
    value_seconds: float,
    *,
    seed: int,
    emit: Callable[[Event], None],
) -> list[Rates]:
    """Measure LangGraph against itself, quiet and beside a busy process, and return the rates.

    Raises:
        KitError: If the reference could not be measured.
    """
    settings = Settings(rounds, 0, value_seconds, WORKLOADS)
    rates: list[Rates] = []
    for before, (condition, beside) in enumerate(_CONDITIONS):
        here = folder / condition.replace(" ", "-")
        with beside():
            run_benchmarks(workspace, [], here, settings, seed=seed, emit=_of_all(emit, before))
        measured = load(here, CONTROL)
        rates += [rates_of(condition, name, measured[name], seed) for name in WORKLOADS]
    return rates


def _of_all(emit: Callable[[Event], None], before: int) -> Callable[[Event], None]:
    """Return where events of a condition go: their progress is that of all conditions."""

    def take(event: Event) -> None:
        if isinstance(event, GateProgress):
            done, total = event.done + before * event.total, event.total * len(_CONDITIONS)
            event = dataclasses.replace(event, done=done, total=total)
        emit(event)

    return take


def rates_of(condition: str, workload: str, measured: Pairs, seed: int) -> Rates:
    """Return what relabelled comparisons of a workload's pairs come to."""
    coin = random.Random(f"{seed} {workload}")  # noqa: S311  # to be repeated
    kept = list(measured.kept.values())
    same = [judge(_relabelled(kept, coin, 1.0)) for _ in range(COMPARISONS)]
    slowed = [judge(_relabelled(kept, coin, SLOWDOWN)) for _ in range(COMPARISONS)]
    return Rates(
        condition,
        workload,
        len(kept),
        len(measured.dropped),
        statistics.median(measured.pressure.values()) if measured.pressure else None,
        _share(same, Speed.FASTER, Speed.SLOWER),
        _share(same, Speed.EQUIVALENT),
        _share(slowed, Speed.SLOWER),
    )


def overall(rates: Sequence[Rates]) -> list[Rates]:
    """Return the mean rates of each condition over its workloads."""
    by_condition: dict[str, list[Rates]] = {}
    for row in rates:
        by_condition.setdefault(row.condition, []).append(row)
    return [_mean(rows) for rows in by_condition.values()]


def judge(pairs: Sequence[Pair]) -> Speed:
    """Return the verdict of a session that measures these pairs as far as it needs them."""
    first, further = pairs[:FIRST_PAIRS], pairs[FIRST_PAIRS:]
    if not first:
        return Speed.INCONCLUSIVE
    early = verdict(estimate(first))
    if further and early in {Speed.SLOWER, Speed.INCONCLUSIVE}:
        return confirmed(first, further)
    return early


def _relabelled(pairs: Sequence[Pair], coin: random.Random, slowdown: float) -> list[Pair]:
    """Return the pairs in another order, some with their sides swapped, one side slowed."""
    chosen: list[Pair] = []
    for pair in coin.sample(pairs, len(pairs)):
        sides = [pair.reference, pair.candidate]
        coin.shuffle(sides)
        chosen.append(Pair(sides[0], sides[1] * slowdown))
    return chosen


def _share(verdicts: Sequence[Speed], *wanted: Speed) -> float:
    return sum(speed in wanted for speed in verdicts) / len(verdicts)


def _mean(rows: Sequence[Rates]) -> Rates:
    pressures = [row.pressure for row in rows if row.pressure is not None]
    mean: Mapping[str, float] = {
        name: statistics.fmean(getattr(row, name) for row in rows)
        for name in ("false_positives", "equivalent", "detected")
    }
    return dataclasses.replace(
        rows[0],
        workload="all",
        pairs=sum(row.pairs for row in rows),
        dropped=sum(row.dropped for row in rows),
        pressure=statistics.fmean(pressures) if pressures else None,
        **mean,
    )


@contextlib.contextmanager
def _busy() -> Generator[None]:
    """Keep one core busy meanwhile."""
    with subprocess.Popen([sys.executable, "-c", _SPIN]) as process:
        try:
            yield
        finally:
            process.kill()


_CONDITIONS = (("quiet", contextlib.nullcontext), ("one core busy", _busy))
