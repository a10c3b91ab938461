"""The long run that measures which pairs of features occur together: `make pairs`.

Only the reference runs. The result depends on the generators alone, so run it again when they
change, and commit `pairs.json` with them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from parity_kit.contract.files import write_atomically
from parity_kit.reference import Engine
from parity_kit.reference.logs import silence_langgraph
from parity_kit.search import coverage
from parity_kit.search.choices import seeded
from parity_kit.search.coverage import FILE, STEPS, Calibration, pairs_of
from parity_kit.search.generate import SUITES

CASES = {
    "codec": 5_000,
    "channel": 10_000,
    "graph": 2_000,
    "saver": 1_000,
    "store": 5_000,
    "cache": 2_000,
    "crash": 450,
}
"""Cases in the run of each suite."""
_SEED = 2026


def calibrate(suite: str, cases: int) -> Calibration:
    """Run a suite and return its calibration."""
    reference, choices = Engine(), seeded(_SEED, [])
    generate = SUITES[suite]
    combinations: list[tuple[str, ...]] = []
    for _ in range(cases):
        with silence_langgraph():
            combinations.append(generate(choices, reference).case.features)
        if len(combinations) % 1000 == 0:
            print(f"{suite}: {len(combinations)}", file=sys.stderr)  # noqa: T201  # minutes go by
    return Calibration(cases, pairs_of(combinations), _curve(combinations))


def _curve(combinations: Sequence[tuple[str, ...]]) -> dict[int, int]:
    """Return the fewest pairs that any of ten stretches covers, for each length of stretch."""
    curve: dict[int, int] = {}
    for step in STEPS:
        starts = range(0, len(combinations) - step + 1, step)
        stretches = [combinations[start : start + step] for start in starts[:10]]
        if stretches:
            curve[step] = min(len(pairs_of(stretch)) for stretch in stretches)
    return curve


def main() -> None:
    """Write the calibration of every suite."""
    calibrations = {suite: calibrate(suite, CASES[suite]).to_json() for suite in SUITES}
    lines = [f"{json.dumps(suite)}: {json.dumps(data)}" for suite, data in calibrations.items()]
    path = Path(coverage.__file__).with_name(FILE)
    write_atomically(path, "{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
