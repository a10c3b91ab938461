"""Regenerating the corpora from real LangGraph, and checking the committed ones against that."""

from __future__ import annotations

import importlib
import platform
import time
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from parity_kit.candidates.forks import Job, Passing, Send, in_order
from parity_kit.candidates.workspace import MARKER, Workspace
from parity_kit.contract import Case, CaseRunner, Engine, Trace, Unsupported
from parity_kit.contract import run as run_case
from parity_kit.contract.canonical import digest
from parity_kit.contract.errors import BadFileError, ParityKitError, UsageError
from parity_kit.contract.events import CorporaChecked
from parity_kit.corpora.changes import Change, changes
from parity_kit.corpora.corpus import Corpus, CorpusName
from parity_kit.corpora.folder import index_file, read_corpora, select
from parity_kit.corpora.generators import generators, make_importable, module_name
from parity_kit.corpora.manifest import Manifest, read_manifest
from parity_kit.corpora.reach import REACH, Reach, ReachedBy, read_reach
from parity_kit.corpora.reach_cases import CasesRun, keep_cases, read_cases
from parity_kit.corpora.requirements import missing, required, versions
from parity_kit.reference.logs import silence_langgraph
from parity_kit.reference.watcher import Ran, Watcher

OnProgress = Callable[[CorpusName, int], None]
"""Told the corpus and how many of its cases are done."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of regenerating the committed corpora in memory.

    `cases` counts the cases of each corpus; `drifted` holds the changes of those that differ;
    `skipped` says of those that could not be regenerated here what is missing.
    """

    cases: dict[CorpusName, int]
    drifted: dict[CorpusName, tuple[Change, ...]]
    seconds: float
    skipped: dict[CorpusName, str]

    def event(self) -> CorporaChecked:
        """Return this as the event that sinks are told."""
        corpora: dict[str, int] = {**self.cases}
        return CorporaChecked(corpora, list(self.drifted), self.seconds)


def silent(corpus: CorpusName, done: int) -> None:
    """Take progress and show none."""
    del corpus, done


def oracle() -> tuple[dict[str, str], str]:
    """Return the installed oracle's versions, and the Python implementation."""
    from parity_kit.reference.engine import oracle_versions  # noqa: PLC0415  # loads LangGraph

    return oracle_versions(), platform.python_implementation()


def regenerate(
    workspace: Workspace,
    wanted: Collection[str] = (),
    on_progress: OnProgress = silent,
    reached: ReachedBy | None = None,
    workers: int = 1,
) -> dict[CorpusName, Corpus]:
    """Run generators on real LangGraph, and return the corpora they make.

    Several `workers` are as many forks. Those whose requirements are missing are left out:
    `unavailable` names them. `reached` is filled with the functions of LangGraph that each runs.

    Raises:
        BadFileError: If a generator breaks the rules of docs/fixture-format.md.
        UsageError: If there is no generator for a corpus that is asked for, or not what it needs.
    """
    known = generators(workspace)
    if not known:
        raise UsageError(
            "there is no generator to build a corpus with",
            where=str(workspace.generators),
            hint="write one; see: parity-kit docs fixture-format",
        )
    absent = _left_out(workspace, wanted)
    make_importable(workspace)
    names = [name for name in select(known, wanted) if name not in absent]

    def job(name: CorpusName) -> Job:
        def make(send: Send) -> None:
            send(_made(workspace, name, known[name], send, watched=reached is not None))

        return make

    made: dict[CorpusName, Corpus] = {}
    with closing(_in_forks([*map(job, names)], workers, on_progress)) as results:
        for name, (result,) in zip(names, results, strict=True):
            made[name], ran = result
            if reached is not None:
                reached[name] = ran
    return made


def _in_forks(jobs: Sequence[Job], workers: int, on_progress: OnProgress) -> Generator[list[Any]]:
    """Run jobs that watch LangGraph, and pass on how far they are."""
    if workers > 1:
        importlib.import_module("parity_kit.reference.engine")  # heavy, and all forks share it
        with Watcher():
            pass  # all share the compiled functions, too
    return in_order(jobs, workers, lambda progress: on_progress(*progress))


def _made(
    workspace: Workspace, name: CorpusName, path: Path, send: Send, *, watched: bool
) -> tuple[Corpus, Ran | None]:
    """Return the corpus that a generator makes in this process, and what it runs if `watched`."""
    from parity_kit.reference.engine import Engine as Reference  # noqa: PLC0415  # loads LangGraph
    from parity_kit.reference.leftovers import clear_leftovers  # noqa: PLC0415  # the same

    def progress(corpus: CorpusName, done: int) -> None:
        send(Passing((corpus, done)))

    engine = Reference()
    clear_leftovers()
    with silence_langgraph(), Watcher() if watched else nullcontext() as watcher:
        corpus = _regenerate(name, path, _runner(engine, watcher), progress)
    if watcher is None:
        return corpus, None
    keep_cases(workspace, corpus, ran := watcher.ran())
    return corpus, ran


def cases_run(
    workspace: Workspace, names: Collection[CorpusName], on_progress: OnProgress = silent
) -> dict[CorpusName, CasesRun]:
    """Return which cases of corpora run which functions; what is not kept is found out now.

    Corpora that cannot be regenerated here are left out.

    Raises:
        DriftError: If the installed oracle is not the one that made the corpora.
    """
    gone = set(names) - read_cases(workspace, names).keys()
    if unmade := gone - unavailable(workspace).keys():
        read_manifest(workspace.fixtures).check_oracle(*oracle())
        regenerate(workspace, unmade, on_progress, ReachedBy())
    return read_cases(workspace, names)


def _runner(engine: Engine, watcher: Watcher | None) -> CaseRunner:
    if watcher is None:
        return lambda case: run_case(engine, case)
    return lambda case: watcher.call(run_case, engine, case)


def unavailable(workspace: Workspace, wanted: Collection[str] = ()) -> dict[CorpusName, str]:
    """Return the corpora that cannot be regenerated here, each with what is missing."""
    required = _required(workspace, wanted)
    return {name: reason for name, needs in required.items() if (reason := missing(needs))}


def _left_out(workspace: Workspace, wanted: Collection[str]) -> dict[CorpusName, str]:
    """Return the corpora that cannot be regenerated here; one that is asked for is an error."""
    absent = unavailable(workspace, wanted)
    if wanted and absent:
        name, reason = next(iter(absent.items()))
        raise UsageError(f"corpus {name} cannot be regenerated here: {reason}")
    return absent


def needs(workspace: Workspace, names: Collection[CorpusName]) -> dict[CorpusName, dict[str, str]]:
    """Return the installed versions of what corpora need beside the oracle."""
    return {
        name: versions(distributions)
        for name, distributions in _required(workspace, names).items()
        if distributions
    }


def _required(workspace: Workspace, wanted: Collection[str]) -> dict[CorpusName, tuple[str, ...]]:
    known = generators(workspace)
    return {name: required(known[name]) for name in select(known, wanted)}


def check(
    workspace: Workspace,
    wanted: Collection[str] = (),
    on_progress: OnProgress = silent,
    workers: int = 1,
) -> Checked:
    """Regenerate corpora in memory and compare them with the committed ones.

    That is done in forks where there are several `workers`.

    Raises:
        DriftError: If the installed oracle is not the one the manifest lists.
        BadFileError: If a committed file is broken, or a generator is.
        UsageError: If a corpus that is asked for has neither generator nor file.
    """
    started = time.perf_counter()
    if workspace.oracle:
        raise UsageError(
            f"these corpora are made with {workspace.oracle[0]} when they are needed, none is kept",
            where=f"{workspace.root / MARKER}: key `oracle`",
            hint="make them again: remove them, and run the gate",
        )
    manifest = read_manifest(workspace.fixtures)
    manifest.check_oracle(*oracle())
    known = generators(workspace)
    absent = _left_out(workspace, wanted)
    names = [name for name in select({*manifest.corpora, *known}, wanted) if name not in absent]
    committed = read_reach(workspace.fixtures)
    make_importable(workspace)

    def job(name: CorpusName) -> Job:
        def compare(send: Send) -> None:
            before, after, reached = None, None, ReachedBy()
            if name in manifest.corpora:
                (before,) = read_corpora(workspace.fixtures, [name])
            if name in known:
                manifest.check_needs(name, needs(workspace, [name]).get(name, {}))
                after, ran = _made(workspace, name, known[name], send, watched=True)
                reached.update({} if ran is None else {name: ran})
            drift = _drift(workspace, manifest, before, after)
            count = len(after.traces) if after else 0
            send((count, drift or _reach_drift(committed, name, reached)))

        return compare

    cases: dict[CorpusName, int] = {}
    drifted: dict[CorpusName, tuple[Change, ...]] = {}
    with closing(_in_forks([*map(job, names)], workers, on_progress)) as results:
        for name, ((count, drift),) in zip(names, results, strict=True):
            if name in known:
                cases[name] = count
            if drift:
                drifted[name] = drift
    return Checked(cases, drifted, time.perf_counter() - started, absent)


def _drift(
    workspace: Workspace, manifest: Manifest, before: Corpus | None, after: Corpus | None
) -> tuple[Change, ...]:
    drift = changes(before, after)
    if drift or after is None:
        return drift
    name = after.name
    entry = manifest.corpora.get(name)
    if entry is None:
        return (Change(f"{name}.msgpack", "added", "the generator's corpus is not committed"),)
    if digest(after.pack()) != entry.sha256:
        return (Change(f"{name}.msgpack", "changed", "the file is not canonical MessagePack"),)
    path = index_file(workspace.fixtures, name)
    if not path.is_file() or path.read_bytes() != after.index().encode():
        return (Change(path.name, "changed", "the index is not the corpus's"),)
    return ()


def _reach_drift(
    committed: Reach | None, name: CorpusName, reached: ReachedBy
) -> tuple[Change, ...]:
    """Return how what a corpus runs differs from what is committed."""
    if committed is None or name not in reached or not committed.is_of_this_python():
        return ()
    before, after = committed.ran(name), reached[name]
    functions = sorted(before.functions ^ (after.functions & committed.functions.keys()))
    if functions:
        detail = f"runs other functions than it lists: {len(functions)}, first {functions[0]}"
    elif given := sorted(before.given ^ (after.given & committed.parameters.keys())):
        detail = f"gives other parameters than it lists: {len(given)}, first {given[0]}"
    else:
        return ()
    return (Change(REACH, "changed", f"{name} {detail}"),)


def _regenerate(name: CorpusName, path: Path, run: CaseRunner, on_progress: OnProgress) -> Corpus:
    traces: dict[str, Trace] = {}
    for case in _cases(name, path):
        if case.id in traces or not case.id.startswith(f"{name}/"):
            raise BadFileError(
                f"case id {case.id!r} is taken or does not begin with {name}/",
                where=str(path),
                hint="give every case an id of its own, like " + f"{name}/group/what-it-shows",
            )
        try:
            outcomes = run(case)
        except ParityKitError as error:
            raise BadFileError(f"case {case.id}: {error}", where=str(path)) from error
        for operation, outcome in zip(case.operations, outcomes, strict=True):
            if isinstance(outcome, Unsupported):
                raise BadFileError(
                    f"case {case.id}: the reference does not offer {operation.name}: "
                    f"{outcome.reason}",
                    where=str(path),
                    hint="see the operations of each subject in: parity-kit docs contract",
                )
        traces[case.id] = Trace(case, outcomes)
        on_progress(name, len(traces))
    return Corpus(name, tuple(traces.values()))


def _cases(name: CorpusName, path: Path) -> Iterator[Case]:
    cases = getattr(_module(name, path), "cases", None)
    if cases is None:
        raise BadFileError(
            "a generator needs `def cases() -> Iterator[Case]`",
            where=str(path),
            hint="see: parity-kit docs fixture-format",
        )
    return cast("Callable[[], Iterator[Case]]", cases)()


def _module(name: CorpusName, path: Path) -> ModuleType:
    try:
        return importlib.import_module(module_name(name))
    except (ImportError, SyntaxError) as error:
        raise BadFileError(f"cannot be imported: {error}", where=str(path)) from error
