"""The committed cases notice faults in LangGraph itself, in each of its modules.

If LangGraph lacks a mutant, or its case is gone, make the list again (`oracle_kills.py`).
"""

from __future__ import annotations

import importlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from oracle_kills import FILE

from parity_kit.candidates.workspace import find_workspace
from parity_kit.contract import Trace
from parity_kit.corpora.folder import read_corpora
from parity_kit.reference import Engine
from parity_kit.selftest.lines import Lines
from parity_kit.selftest.operators import Mutant, mutants
from parity_kit.selftest.patching import LiveFunctions
from parity_kit.selftest.runner import judge
from parity_kit.selftest.stages import CasesStage

WORKSPACE = find_workspace(Path(__file__))
KILLS: Any = json.loads(FILE.read_text(encoding="utf-8"))
MOST = 2
"""Of so many mutants in a module: all of the list take minutes."""
FLOOR = 0.8
"""The share that must be noticed in each module; a case may hang on a few lines of the sample."""


@pytest.mark.slow
def test_faults_in_every_module_of_langgraph_are_noticed() -> None:
    kills = {module: dict([*names.items()][:MOST]) for module, names in KILLS.items()}
    cases = {case for of_module in kills.values() for case in of_module.values()}
    traces = {
        str(trace.case.id): trace
        for corpus in read_corpora(WORKSPACE.fixtures)
        for trace in corpus.traces
        if trace.case.id in cases
    }
    assert cases == traces.keys()
    chosen = [mutant for module, names in kills.items() for mutant in _mutants(module, names)]
    live = LiveFunctions.now(frozenset(mutant.file for mutant in chosen))
    noticed = Counter[str]()
    for mutant in chosen:
        stage = _stage(mutant, kills[mutant.module][mutant.what], traces)
        (result,) = judge([mutant], [stage], live, 1)
        noticed[mutant.module] += result.kill is not None
    missed = [name for name, names in kills.items() if noticed[name] < FLOOR * len(names)]
    assert not missed


def _mutants(module: str, names: dict[str, str]) -> list[Mutant]:
    file = Path(str(importlib.import_module(module).__file__))
    chosen = [mutant for mutant in mutants(module, file) if mutant.what in names]
    assert len(chosen) == len(names), module
    return chosen


def _stage(mutant: Mutant, case: str, traces: dict[str, Trace]) -> CasesStage:
    lines = Lines()
    lines.add(case, 0.0, [(mutant.file, mutant.lines)])
    return CasesStage("gate", lines, traces, Engine(), is_reference=True)
