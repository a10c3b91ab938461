"""Corpora made with another LangGraph: `python -m parity_kit.corpora.drift.baseline_worker PLAN`.

Runs in the environment of that release, with this kit's source on the path and nothing else of the
kit's. The plan is a JSON object: `workspace`, `target`, `corpora`. Each line on stdout is a JSON
object: `{"corpus", "done"}` while it works, and at last `{"cases", "absent", "problems"}`.

A case that the release cannot run must not stop the others: it is left out and reported, with what
it needs. If a generator itself fails, the cases of the committed corpus that it has not reached run
unchanged.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import Case, CaseRunner, Outcome, Trace, Unsupported
from parity_kit.contract.canonical import pack
from parity_kit.contract.files import write_atomically
from parity_kit.corpora.corpus import Corpus, CorpusName
from parity_kit.corpora.drift.missing_api import absent_in, import_with_absent
from parity_kit.corpora.folder import corpus_file, read_corpora, select, write_corpora
from parity_kit.corpora.generators import generators, make_importable, module_name
from parity_kit.corpora.manifest import read_manifest
from parity_kit.corpora.reach import ReachedBy, write_reach
from parity_kit.reference.logs import silence_langgraph
from parity_kit.reference.postgres_server import GET_DRIVER
from parity_kit.reference.watcher import Watcher

_EACH = 25  # cases between two lines of progress
_ADD_DRIVER = "add --with langgraph-checkpoint-postgres --with 'psycopg[binary]'"

Emit = Callable[[CorpusName, int], None]


@dataclass(slots=True)
class Made:
    """The result for one corpus: its traces, missing cases, and the error of its generator."""

    traces: dict[str, Trace] = field(default_factory=dict[str, Trace])
    absent: dict[str, str] = field(default_factory=dict[str, str])
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """The result: cases by corpus, reasons by absent case, problems by corpus."""

    cases: dict[str, int]
    absent: dict[str, str]
    problems: dict[str, str]


ABSENT = "ABSENT.json"
"""The file beside a baseline's corpora that holds the summary."""


def make(workspace: Workspace, target: Path, wanted: Collection[str], emit: Emit) -> Summary:
    """Make corpora with the LangGraph installed here, and write them to a folder."""
    from parity_kit.contract import run  # noqa: PLC0415  # beside the engine that it runs
    from parity_kit.reference.engine import ORACLE, Engine  # noqa: PLC0415  # loads LangGraph

    engine = Engine()
    make_importable(workspace)
    made: dict[CorpusName, Made] = {}
    reached = ReachedBy()
    with silence_langgraph(), Watcher() as watcher:

        def watched(case: Case) -> tuple[Outcome, ...]:
            return watcher.call(run, engine, case)

        for name in select(generators(workspace), wanted):
            made[name] = make_one(name, _committed(workspace, name), watched, emit)
            reached[name] = watcher.ran()
    summary = Summary(
        {name: len(result.traces) for name, result in made.items()},
        {case: reason for result in made.values() for case, reason in result.absent.items()},
        {name: result.problem for name, result in made.items() if result.problem},
    )
    corpora = [Corpus(name, tuple(result.traces.values())) for name, result in made.items()]
    oracle = {name: version(name) for name in ORACLE}
    write_corpora(target, corpora, oracle, platform.python_implementation())
    write_reach(target, oracle["langgraph"], reached)
    text = json.dumps(asdict(summary), indent=2) + "\n"
    write_atomically(target / ABSENT, text)
    return summary


def _committed(workspace: Workspace, name: CorpusName) -> tuple[Case, ...]:
    if name not in read_manifest(workspace.fixtures).corpora:
        return ()
    if not corpus_file(workspace.fixtures, name).is_file():
        return ()
    (corpus,) = read_corpora(workspace.fixtures, [name])
    return tuple(trace.case for trace in corpus.traces)


def make_one(name: CorpusName, committed: Collection[Case], run: CaseRunner, emit: Emit) -> Made:
    """Make one corpus from the cases its generator yields, and those it should have yielded."""
    made = Made()
    try:
        for case in _cases(name):
            _add(case, run, made)
            if len(made.traces) % _EACH == 0:
                emit(name, len(made.traces))
    except Exception as error:  # noqa: BLE001  # whatever a generator meets in another release
        made.problem = f"its generator broke off after {len(made.traces)} cases: {_summary(error)}"
        for case in committed:
            if case.id not in made.traces and case.id not in made.absent:
                _add(case, run, made)
    emit(name, len(made.traces))
    return made


def _cases(name: CorpusName) -> Iterator[Case]:
    module = import_with_absent(module_name(name))
    return cast("Callable[[], Iterator[Case]]", module.cases)()


def _add(case: Case, run: CaseRunner, made: Made) -> None:
    """Run one case, and keep its trace or the reason why there is none."""
    if lacks := absent_in(pack(case.to_plain())):
        made.absent[case.id] = f"needs {lacks}"
        return
    try:
        outcomes = run(case)
    except Exception as error:  # noqa: BLE001  # the adapter meets what it does not know
        made.absent[case.id] = f"the reference cannot run it there: {_summary(error)}"
        return
    if reason := _unsupported(outcomes):
        made.absent[case.id] = reason
    else:
        made.traces[case.id] = Trace(case, outcomes)


def _unsupported(outcomes: Collection[Outcome]) -> str:
    reasons = [outcome.reason for outcome in outcomes if isinstance(outcome, Unsupported)]
    # The extra that brings the driver is the kit's; a baseline's environment has its own.
    return reasons[0].replace(GET_DRIVER, _ADD_DRIVER) if reasons else ""


def _summary(error: Exception) -> str:
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"


def _print(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Carry out the plan in the first argument."""
    plan = json.loads(sys.argv[1])
    summary = make(
        Workspace(Path(plan["workspace"])),
        Path(plan["target"]),
        plan["corpora"],
        lambda corpus, done: _print({"corpus": corpus, "done": done}),
    )
    _print(asdict(summary))


if __name__ == "__main__":
    main()
