"""A program's graph with plain Python functions as nodes, as its script defines them.

Interpreting a body takes time that a user's own graph does not spend. Benchmarks ask for functions
(`functions` in the subject) to show what an engine gains where nodes are as a user writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parity_kit.contract import Case, CaseId, Subject
from parity_kit.programs.model import Program
from parity_kit.programs.script import script
from parity_kit.reference.build import Builder


def source(subject: Subject) -> str:
    """Return the script of a graph alone, without a checkpointer."""
    program = {"program": subject.spec["program"]}
    return script(Case(CaseId("functions"), Subject(subject.kind, program), ()))


@dataclass(frozen=True, slots=True)
class ScriptBuilder(Builder):
    """Builds the outermost graph by running its script."""

    source: str = ""

    def _graph(self, program: Program, place: tuple[str, ...], subgraphs: Mapping[str, Any]) -> Any:
        if place:  # the script has its own subgraphs
            return Builder._graph(self, program, place, subgraphs)  # noqa: SLF001  # `super` needs no slots
        defined: dict[str, Any] = {"__name__": "script"}
        code = compile(self.source, "script", "exec", dont_inherit=True)
        exec(code, defined)  # noqa: S102  # `check_source` lets through what the kit writes
        return defined["builder"]
