"""What the committed cases run of the functions that are new in an environment's LangGraph.

The cases run there once, with probes; the result is kept in the cache until anything changes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, cast

import parity_kit
from parity_kit.candidates import environment
from parity_kit.candidates.cached import Progress, short_digest
from parity_kit.candidates.workers import WorkerFailedError, run_worker
from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import CaseId
from parity_kit.contract.errors import KitError
from parity_kit.contract.files import write_atomically
from parity_kit.corpora.corpus import CorpusName
from parity_kit.corpora.drift.probes import Probe
from parity_kit.corpora.drift.source import FunctionChange
from parity_kit.corpora.manifest import MANIFEST

Compared: TypeAlias = Callable[[CorpusName, CaseId], bool]
"""Whether a case of a corpus is among those that a verdict is about."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What probes saw: the cases of each corpus, and by probe and corpus a bit for each of them."""

    cases: Mapping[CorpusName, Sequence[CaseId]] = field(
        default_factory=dict[CorpusName, Sequence[CaseId]]
    )
    probes: Mapping[Probe, Mapping[CorpusName, int]] = field(
        default_factory=dict[Probe, Mapping[CorpusName, int]]
    )

    def seen(self, probe: Probe, compared: Compared) -> dict[CorpusName, list[CaseId]]:
        """Return the compared cases that a probe saw, by corpus."""
        by_corpus = {
            corpus: [
                case
                for number, case in enumerate(self.cases[corpus])
                if bits >> number & 1 and compared(corpus, case)
            ]
            for corpus, bits in self.probes.get(probe, {}).items()
        }
        return {corpus: cases for corpus, cases in by_corpus.items() if cases}


def probed(
    workspace: Workspace, python: Path, changes: Iterable[FunctionChange], emit: Progress
) -> Probed:
    """Return what the committed cases run of functions in the environment of an interpreter.

    Raises:
        KitError: If the cases cannot run there at all.
    """
    modules: dict[str, dict[str, Any]] = {}
    for change in changes:
        modules.setdefault(change.function.module, {})[change.function.name] = {
            "statements": list(change.statements),
            "conditions": list(change.conditions),
        }
    if not modules:
        return Probed()
    content = json.dumps([modules, str(python), _made_of(workspace)], sort_keys=True)
    target = workspace.cache / "reach" / f"{short_digest(content)}.json"
    if not target.is_file():
        _run(workspace, python, target, modules, emit)
    data = cast("dict[str, Any]", json.loads(target.read_text(encoding="utf-8")))
    return Probed(
        data["cases"],
        {
            probe: {corpus: int(bits, 16) for corpus, bits in by_corpus.items()}
            for probe, by_corpus in data["probes"].items()
        },
    )


def _run(
    workspace: Workspace,
    python: Path,
    target: Path,
    modules: Mapping[str, Any],
    emit: Progress,
) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    plan = target.with_suffix(".plan.json")
    content = {"fixtures": str(workspace.fixtures), "target": str(target), "modules": modules}
    write_atomically(plan, json.dumps(content))
    name = python.parents[1].name

    def on_line(line: str) -> None:
        answer = json.loads(line)
        if "corpus" in answer:
            emit(f"{name}: what cases run of it, {answer['corpus']}")

    try:
        run_worker(
            "parity_kit.corpora.drift.probe_worker",
            str(plan),
            environment={**os.environ, "PYTHONPATH": str(environment.kit_folder(workspace))},
            python=python,
            on_line=on_line,
        )
    except WorkerFailedError as error:
        quoted = "".join(f"\n    {line}" for line in error.lines)
        raise KitError(
            f"the cases ended with exit code {error.exit_code} there{quoted}",
            where=str(python),
            hint="the reference adapter (parity_kit/reference) may need what that release lacks",
        ) from error
    finally:
        plan.unlink()


def _made_of(workspace: Workspace) -> str:
    """Return a digest of the corpora and of the adapter that runs them."""
    package = Path(parity_kit.__file__).parent
    files = [path for room in ("reference", "programs") for path in package.glob(f"{room}/**/*.py")]
    whole = hashlib.sha256()
    for path in [workspace.fixtures / MANIFEST, *sorted(files)]:
        whole.update(path.read_bytes())
    return whole.hexdigest()
