from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from parity_kit.bench import study as study_module
from parity_kit.bench.results import Pairs
from parity_kit.bench.statistics import Pair, Speed
from parity_kit.bench.study import judge, overall, rates_of, study
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract.events import Event, GateProgress


def _measured(noise: float, pairs: int = 40) -> Pairs:
    source = random.Random(1)
    times = (Pair(*(source.lognormvariate(0, noise) for _ in range(2))) for _ in range(pairs))
    return Pairs(kept=dict(enumerate(times)), pressure={0: 0.25})


def test_where_noise_is_low_nothing_is_false_and_every_slowdown_is_found() -> None:
    rates = rates_of("quiet", "sequential-5", _measured(0.01), seed=1)

    assert (rates.false_positives, rates.equivalent, rates.detected) == (0, 1, 1)
    assert (rates.pairs, rates.pressure) == (40, 0.25)


@pytest.mark.parametrize("noise", [0.05, 0.2, 1.0])
def test_where_noise_is_high_slowdowns_are_missed_but_verdicts_are_not_false(noise: float) -> None:
    rates = rates_of("busy", "sequential-5", _measured(noise), seed=2)

    assert rates.false_positives <= 0.05
    assert rates.detected < 1


def test_slower_has_to_show_in_the_first_pairs_and_in_the_further_ones() -> None:
    slow, same = Pair(1.0, 1.2), Pair(1.0, 1.0)

    assert judge([slow] * 40) is Speed.SLOWER
    assert judge([slow] * 12 + [same] * 10) is Speed.INCONCLUSIVE
    assert judge([same] * 12 + [slow] * 28) is Speed.EQUIVALENT
    assert judge([]) is Speed.INCONCLUSIVE


def test_the_mean_of_a_condition_is_over_its_workloads() -> None:
    rows = [rates_of("quiet", name, _measured(0.01), seed=1) for name in ("a", "b")]
    (mean,) = overall(rows)

    assert (mean.condition, mean.workload, mean.pairs, mean.detected) == ("quiet", "all", 80, 1)


def test_progress_is_that_of_both_conditions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(*_: object, emit: Callable[[Event], None], **__: Any) -> None:
        for done in (1, 2):
            emit(GateProgress("everyone", "benchmarks", done, 2))

    monkeypatch.setattr(study_module, "run_benchmarks", half)

    def load(*_: object) -> Mapping[str, Pairs]:
        return defaultdict(lambda: _measured(0.01))

    monkeypatch.setattr(study_module, "load", load)
    events: list[Event] = []
    study(Workspace(tmp_path), tmp_path, 2, 0.001, seed=1, emit=events.append)

    shown = [(event.done, event.total) for event in events if isinstance(event, GateProgress)]
    assert shown == [(1, 4), (2, 4), (3, 4), (4, 4)]
