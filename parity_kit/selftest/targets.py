"""What is mutated: the bundled engine `pure`, LangGraph itself, or the kit's own verdict code."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import parity_kit
from parity_kit.candidates.forks import Job, Send, in_forks
from parity_kit.candidates.workspace import BUNDLED, INSTALLED, Workspace
from parity_kit.contract import CaseId, Engine, Trace
from parity_kit.contract.canonical import digest
from parity_kit.contract.errors import KitError, UsageError
from parity_kit.contract.files import write_atomically
from parity_kit.corpora.corpus import Corpus, CorpusName, read_corpus
from parity_kit.corpora.folder import read_corpora
from parity_kit.corpora.manifest import read_manifest
from parity_kit.reference.functions import module_of, source_roots
from parity_kit.search.choices import seeded
from parity_kit.search.generate import SUITES
from parity_kit.selftest.faults import faults
from parity_kit.selftest.lines import Lines, sources_digest
from parity_kit.selftest.operators import Mutant, mutants
from parity_kit.selftest.stages import (
    CasesStage,
    Stage,
    TestsStage,
    load_tests,
    trace_cases,
    trace_tests,
)

TARGETS = ("named", "pure", "oracle", "kit")
"""Hand-written faults in `pure`, its mutants, those of LangGraph, and of the kit's verdict code."""

_KIT = (
    "parity_kit.judging.compare",
    "parity_kit.judging.judge",
    "parity_kit.judging.ledger",
    "parity_kit.judging.parts",
    "parity_kit.judging.verdicts",
    "parity_kit.gates.conclusion",
    "parity_kit.gates.rules",
)
_KIT_TESTS = (
    "test_compare",
    "test_conclusion",
    "test_conclusion_words",
    "test_gate",
    "test_gate_rules",
    "test_judge",
    "test_ledger",
    "test_places",
    "test_verdict_words",
)
_PACKAGE = Path(parity_kit.__file__).parent
# Runs every command on every kind of candidate, in processes of their own.
_LEFT_OUT = "test_conclusion.py::test_all_say_the_same_of_each_kind_of_candidate"
_SERVED = "postgres"  # a saver behind a server, which LangGraph would start in every fork

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Target:
    """All mutants of what is mutated, and what judges them, the cheapest stage first."""

    mutants: Sequence[Mutant]
    stages: Sequence[Stage]


@dataclass(frozen=True, slots=True)
class Preparation:
    """How a target is prepared: what is not in the cache is made in forks."""

    workspace: Workspace
    workers: int
    examples: int
    seed: int
    tell: Tell

    def target(self, name: str) -> Target:
        """Return a target; its engine is loaded into this process.

        Raises:
            KitError: If cases fail without any mutant.
            UsageError: If the target is not there.
        """
        if name == "kit":
            return self._kit()
        if name == "oracle":
            return self._oracle()
        folder = BUNDLED / "candidates" / "pure"
        package = folder / "pure_engine"
        engine = _pure(folder)
        stages = self._cases_stages(engine, [package], is_reference=False)
        if name == "named":
            return Target(faults(package), stages)
        return Target(_of_files(_modules("pure_engine")), stages)

    def _oracle(self) -> Target:
        from parity_kit.reference.engine import Engine as Reference  # noqa: PLC0415  # loads LangGraph

        roots = source_roots()
        stages = self._cases_stages(Reference(), roots, is_reference=True)
        files = {file for stage in stages for file in stage.lines.by_file}
        modules = {
            module_of(root, Path(file)): Path(file)
            for file in sorted(files)
            for root in roots
            if Path(file).is_relative_to(root)
        }
        for module in modules:
            importlib.import_module(module)
        return Target(_of_files(modules), stages)

    def _kit(self) -> Target:
        if INSTALLED:
            raise UsageError("the kit's own tests are only in its repository")
        modules = {name: Path(importlib.import_module(name).__file__ or "") for name in _KIT}
        tests = [f"tests/unit/{name}.py" for name in _KIT_TESTS]
        tests.append(f"--deselect=tests/unit/{_LEFT_OUT}")
        sources = sources_digest([_PACKAGE, BUNDLED / "tests"])
        path = self._kept(f"kit-{sources}.json")
        folders = [_PACKAGE]
        load_tests(BUNDLED, tests)
        self._make([("tests", path, lambda: trace_tests(BUNDLED, tests, folders))])
        return Target(_of_files(modules), [TestsStage("tests", Lines.read(path), BUNDLED)])

    def _cases_stages(
        self, engine: Engine, folders: Sequence[Path], *, is_reference: bool
    ) -> list[Stage]:
        """Return the committed cases, then those that a search draws."""
        committed = {
            corpus.name: corpus
            for corpus in read_corpora(self.workspace.fixtures)
            if not (is_reference and corpus.name.endswith(_SERVED))
        }
        stages = [self._stage("gate", engine, folders, committed, is_reference=is_reference)]
        if self.examples:
            drawn = {
                name: Corpus(name, tuple(filter(_is_local, corpus.traces)))
                if is_reference
                else corpus
                for name, corpus in self._drawn().items()
            }
            stages.append(self._stage("search", engine, folders, drawn, is_reference=is_reference))
        return stages

    def _stage(
        self,
        name: str,
        engine: Engine,
        folders: Sequence[Path],
        corpora: dict[CorpusName, Corpus],
        *,
        is_reference: bool,
    ) -> Stage:
        kind = "oracle" if is_reference else "pure"
        kit = [_PACKAGE / room for room in ("reference", "programs")] if is_reference else []
        sources = sources_digest([*folders, *kit])
        paths = {
            corpus: self._kept(f"{kind}-{corpus}-{digest(held.pack())[:16]}-{sources}.json")
            for corpus, held in corpora.items()
        }
        self._make(
            [
                (
                    f"{corpus}: which lines its cases run",
                    path,
                    lambda held=corpora[corpus]: trace_cases(engine, held.traces, folders),
                )
                for corpus, path in paths.items()
            ]
        )
        lines = Lines()
        for path in paths.values():
            lines.merge(Lines.read(path))
        if lines.failed:
            raise KitError(
                f"{len(lines.failed)} cases fail without a mutant, the first {lines.failed[0]}",
                hint="parity-kit gate pure and parity-kit fixtures check show how",
            )
        traces = {str(trace.case.id): trace for held in corpora.values() for trace in held.traces}
        return CasesStage(name, lines, traces, engine, is_reference)

    def _drawn(self) -> dict[CorpusName, Corpus]:
        """Return the cases that a search of each suite would draw, with LangGraph's outcomes."""
        oracle = read_manifest(self.workspace.fixtures).oracle
        rooms = [_PACKAGE / room for room in ("search", "reference", "programs")]
        sources = digest(f"{sources_digest(rooms)} {oracle}".encode())[:16]
        paths = {
            suite: self._kept(f"drawn-{suite}-{self.seed}-{self.examples}-{sources}.msgpack")
            for suite in SUITES
        }
        self._make(
            [
                (f"{suite}: drawing cases", path, lambda suite=suite: self._draw(suite))
                for suite, path in paths.items()
            ]
        )
        return {corpus.name: corpus for corpus in map(read_corpus, paths.values())}

    def _draw(self, suite: str) -> Corpus:
        from parity_kit.reference.engine import Engine as Reference  # noqa: PLC0415  # loads LangGraph
        from parity_kit.reference.logs import silence_langgraph  # noqa: PLC0415  # the same

        engine, choices, traces = Reference(), seeded(self.seed, []), list[Trace]()
        with silence_langgraph():
            for number in range(self.examples):
                trace = SUITES[suite](choices, engine)
                case = replace(trace.case, id=CaseId(f"drawn-{suite}/{number}"))
                traces.append(Trace(case, trace.outcomes))
        return Corpus(CorpusName(f"drawn-{suite}"), tuple(traces))

    def _make(self, wanted: Sequence[tuple[str, Path, Callable[[], Lines | Corpus]]]) -> None:
        """Make the files that are not there, each in a process of its own."""
        absent = [item for item in wanted if not item[1].is_file()]
        jobs = [_job(path, make) for _, path, make in absent]
        if absent:
            self.tell(absent[0][0])
        for number, ended in in_forks(jobs, self.workers):
            title, _, _ = absent[number]
            if ended.error is not None:
                raise KitError(f"{title}: {ended.error}")
            self.tell(title)

    def _kept(self, name: str) -> Path:
        return self.workspace.cache / "selftest" / name


def _job(path: Path, make: Callable[[], Lines | Corpus]) -> Job:
    def job(send: Send) -> None:
        del send  # the file is the result
        made = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, made.to_json() if isinstance(made, Lines) else made.pack())

    return job


def _is_local(trace: Trace) -> bool:
    return trace.case.subject.spec.get("saver") != _SERVED


def _of_files(modules: dict[str, Path]) -> list[Mutant]:
    return [mutant for module, file in modules.items() for mutant in mutants(module, file)]


def _pure(folder: Path) -> Engine:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    return importlib.import_module("pure_engine").Engine()


def _modules(package: str) -> dict[str, Path]:
    """Return the modules of a package, imported, with their files."""
    root = importlib.import_module(package)
    found = pkgutil.walk_packages(root.__path__, f"{package}.")
    names = sorted(info.name for info in found)
    return {name: Path(importlib.import_module(name).__file__ or "") for name in names}
