"""Committed cases run with probes in LangGraph: `python -m parity_kit.corpora.drift.probe_worker`.

Runs in the environment of a release, with this kit's source on the path and nothing else of the
kit's. The plan is a JSON file: `fixtures`, `modules` (by module and function, the places of
`statements` and `conditions`), `target`. Each line on stdout is a JSON object `{"corpus"}`. The
target gets `cases`, the ids of each corpus in order, and `probes`: by probe and corpus, a
hexadecimal number with a bit for each case that saw it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from parity_kit.contract import Unsupported
from parity_kit.contract.canonical import pack
from parity_kit.contract.files import write_atomically
from parity_kit.corpora.corpus import CorpusName
from parity_kit.corpora.drift.missing_api import absent_in
from parity_kit.corpora.drift.probes import Probes, Watched
from parity_kit.corpora.folder import read_corpora
from parity_kit.reference.logs import silence_langgraph

Emit = Callable[[CorpusName], None]


def watch(fixtures: Path, probes: Probes, emit: Emit) -> dict[str, Any]:
    """Run the committed cases, and return what the probes saw."""
    probes.install()
    from parity_kit.contract import Case, run  # noqa: PLC0415  # beside the engine that it runs
    from parity_kit.reference.engine import Engine  # noqa: PLC0415  # loads LangGraph

    engine = Engine()

    def counts(case: Case) -> bool:
        """Run a case, and return whether the release can."""
        if absent_in(pack(case.to_plain())):
            return False
        try:
            outcomes = run(engine, case)
        except Exception:  # noqa: BLE001  # the adapter meets what it does not know
            return False
        return not any(isinstance(outcome, Unsupported) for outcome in outcomes)

    cases: dict[str, list[str]] = {}
    seen: dict[str, dict[str, int]] = {}
    with silence_langgraph():
        for corpus in read_corpora(fixtures):
            cases[corpus.name] = [trace.case.id for trace in corpus.traces]
            emit(corpus.name)
            for number, trace in enumerate(corpus.traces):
                probes.seen.clear()
                if counts(trace.case):
                    for probe in probes.seen:
                        bits = seen.setdefault(probe, {})
                        bits[corpus.name] = bits.get(corpus.name, 0) | 1 << number
    shown = {probe: {name: f"{bits:x}" for name, bits in by.items()} for probe, by in seen.items()}
    return {"cases": cases, "probes": dict(sorted(shown.items()))}


def _print(line: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Carry out the plan in the first argument."""
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    modules = {
        module: {name: Watched.from_json(watched) for name, watched in functions.items()}
        for module, functions in plan["modules"].items()
    }
    result = watch(
        Path(plan["fixtures"]),
        Probes(modules),
        lambda corpus: _print({"corpus": corpus}),
    )
    write_atomically(Path(plan["target"]), json.dumps(result) + "\n")
    _print({"target": plan["target"]})


if __name__ == "__main__":
    main()
