"""Which cases of a corpus run which functions: kept in the cache, and made when asked for.

A file a corpus, named by its digest. `fixtures build` and `check` leave it behind.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from parity_kit.candidates.workspace import Workspace
from parity_kit.contract import CaseId
from parity_kit.contract.canonical import digest
from parity_kit.contract.files import write_atomically
from parity_kit.corpora.corpus import Corpus, CorpusName
from parity_kit.corpora.manifest import read_manifest
from parity_kit.corpora.reach import this_python
from parity_kit.reference.functions import Function
from parity_kit.reference.watcher import Ran


@dataclass(frozen=True, slots=True)
class CasesRun:
    """The cases of one corpus, and for each function a number with a bit for each that runs it."""

    cases: Sequence[CaseId]
    functions: Mapping[str, int]

    def of(self, function: Function) -> list[CaseId]:
        """Return the cases that run a function, those first that run the fewest functions."""
        bits = self.functions.get(str(function), 0)
        running = [number for number in range(len(self.cases)) if bits >> number & 1]
        sizes = {
            number: sum(other >> number & 1 for other in self.functions.values())
            for number in running
        }
        return [self.cases[number] for number in sorted(running, key=sizes.__getitem__)]


def keep_cases(workspace: Workspace, corpus: Corpus, ran: Ran) -> None:
    """Write which cases of a corpus that was just made run which functions."""
    functions: dict[str, int] = {}
    for number, call in enumerate(ran.calls):
        for function in call:
            name = str(function)
            functions[name] = functions.get(name, 0) | 1 << number
    content = {
        "cases": [trace.case.id for trace in corpus.traces],
        "functions": {name: f"{bits:x}" for name, bits in sorted(functions.items())},
    }
    path = _file(workspace, corpus.name, digest(corpus.pack()))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(content, indent=0) + "\n")


def read_cases(workspace: Workspace, names: Collection[CorpusName]) -> dict[CorpusName, CasesRun]:
    """Return which cases of these corpora run which functions, where that is kept."""
    entries = read_manifest(workspace.fixtures).corpora
    found: dict[CorpusName, CasesRun] = {}
    for name in names:
        path = _file(workspace, name, entries[name].sha256)
        if path.is_file():
            content = cast("dict[str, Any]", json.loads(path.read_text(encoding="utf-8")))
            functions = {name: int(bits, 16) for name, bits in content["functions"].items()}
            found[name] = CasesRun(content["cases"], functions)
    return found


def _file(workspace: Workspace, name: CorpusName, sha256: str) -> Path:
    return workspace.cache / "reach" / f"{name}-{sha256[:12]}-python{this_python()}.json"
